"""The image and nothing else, for hosts that have a Docker: what bench/carried.py deploys."""

from pyinfra.context import host

import roles.image.tasks
from roles.begin import begin

roles.image.tasks.apply(begin(host))
