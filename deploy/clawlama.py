"""A host, bare or not, to a proven assistant: pyinfra inventories/local.py deploy/clawlama.py"""

from pyinfra.context import host

import roles.backup.tasks
import roles.clawlama.tasks
import roles.docker.tasks
import roles.image.tasks
import roles.nvidia.tasks
import roles.volumes.tasks
from roles.begin import begin

settings = begin(host)
# Where nothing is to be done, all that follows Docker is asked at once.
foreseen = [
    *roles.nvidia.tasks.readings(),
    *roles.clawlama.tasks.readings(settings),
    *roles.volumes.tasks.readings(settings),
    *roles.image.tasks.readings(settings),
    *roles.backup.tasks.readings(settings),
]
roles.docker.tasks.apply(settings, then=foreseen)
roles.nvidia.tasks.apply(settings)
roles.clawlama.tasks.check(settings)
roles.volumes.tasks.apply(settings)
roles.image.tasks.apply(settings)
roles.clawlama.tasks.apply(settings)
roles.backup.tasks.schedule(settings)
