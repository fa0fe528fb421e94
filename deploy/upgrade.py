"""To the newest OpenClaw and Ollama, or back if that does not answer: pyinfra -y inventories/local.py deploy/upgrade.py

The image is made, or pulled, while the assistant goes on. Then it is stopped, its state is kept, and the new release
has to prove itself; if it does not, the old one comes back with that state, and the run fails.
"""

from pyinfra.context import host

import roles.clawlama.tasks
import roles.image.tasks
from roles.begin import begin

settings = begin(host)
roles.clawlama.tasks.settle(settings)
roles.image.tasks.renew(settings)
roles.clawlama.tasks.upgrade(settings)
