"""How all hosts stand, a line a host: pyinfra -y inventories/home.py deploy/status.py

``--data json=FILE`` also writes it for programs. It looks, and changes nothing; a deploy may be under way.
"""

from pyinfra.context import host

import roles.clawlama.tasks
from roles.begin import begin
from roles.clawlama import overview

settings = begin(host, alone_there=False)
overview.show_at_the_end(str(host.data.get("json") or ""))
roles.clawlama.tasks.show(settings)
