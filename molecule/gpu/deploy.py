"""A host with a card, as far as Docker and the card go."""

from pyinfra.context import host

import roles.docker.tasks
import roles.nvidia.tasks
from roles.settings import settings_from

settings = settings_from(host.data.dict())  # type: ignore[no-untyped-call]
roles.docker.tasks.apply(settings)
roles.nvidia.tasks.apply(settings)
