"""A backup comes back, on its host or a new one: pyinfra -y inventories/local.py deploy/restore.py

``--data backup=ID`` names one, else it is the newest; ``--data replace=yes`` where there is a state already, which is
backed up first. On a new host CLAWLAMA_BACKUP_REPOSITORY and its password file are all that has to be there.
"""

from pyinfra.context import host

import roles.backup.tasks
import roles.clawlama.tasks
import roles.docker.tasks
import roles.image.tasks
import roles.nvidia.tasks
import roles.volumes.tasks
from roles.backup.plan import chosen
from roles.begin import begin, in_one_line

settings = begin(host)
with in_one_line(host):
    backup = chosen(host.data.get("backup"))

roles.docker.tasks.apply(settings)
roles.nvidia.tasks.apply(settings)
roles.clawlama.tasks.check(settings)
roles.volumes.tasks.apply(settings)
roles.image.tasks.apply(settings)
roles.backup.tasks.restore(settings, backup, replace=host.data.get("replace") == "yes")
roles.clawlama.tasks.apply(settings)
