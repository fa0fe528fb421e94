"""How all hosts stand, a line a host: pyinfra -y inventories/home.py deploy/status.py

Those stand first that need a person first. ``--data json=FILE`` also writes it for programs. It
looks, and changes nothing; a deploy may be under way.
"""

from pyinfra.context import host

import roles.clawlama.tasks
from roles.begin import begin
from roles.clawlama import overview

settings = begin(host, alone_there=False)
hosts = [other.name for other in host.state.inventory if host.state.is_host_in_limit(other)]
overview.show_at_the_end(str(host.data.get("json") or ""), hosts)
roles.clawlama.tasks.show(settings)
