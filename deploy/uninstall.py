"""Takes away what ClawLama put on a host, and only that: pyinfra -y inventories/local.py deploy/uninstall.py

The data stays, unless ``--data purge=yes`` says otherwise; backups and their password stay in any case, and so does
Docker with what it needs for a card.
"""

from pyinfra.context import host

import roles.backup.tasks
import roles.clawlama.tasks
import roles.image.tasks
import roles.volumes.tasks
from roles.begin import begin

settings = begin(host)
roles.backup.tasks.remove(settings)
roles.clawlama.tasks.remove(settings)
roles.image.tasks.remove(settings)
roles.volumes.tasks.keep(settings, purge=host.data.get("purge") == "yes")
