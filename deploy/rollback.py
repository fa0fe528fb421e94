"""To the release before this one, image, settings and state: pyinfra -y inventories/local.py deploy/rollback.py

``--data release=NAME`` names another one (deploy/status.py lists them); ``--data discard_newer=yes`` goes on where
conversations have been written to since it was left. A snapshot of the present state is kept with the present release.
"""

from pyinfra.context import host

import roles.clawlama.tasks
from roles.begin import begin

settings = begin(host)
roles.clawlama.tasks.settle(settings)
roles.clawlama.tasks.roll_back(
    settings, host.data.get("release"), discard_newer=host.data.get("discard_newer") == "yes"
)
