"""A backup now, of hosts that have an assistant: pyinfra inventories/local.py deploy/backup.py"""

from pyinfra.context import host

import roles.backup.tasks
from roles.begin import begin

roles.backup.tasks.apply(begin(host))
