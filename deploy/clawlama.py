"""A host, bare or not, to a proven assistant: pyinfra inventories/local.py deploy/clawlama.py"""

from pyinfra.api.exceptions import PyinfraError
from pyinfra.context import host

import roles.clawlama.tasks
import roles.docker.tasks
import roles.image.tasks
import roles.volumes.tasks
from roles import alone, interruption
from roles.errors import UserMistake
from roles.settings import settings_from

interruption.obey()
data = host.data.dict()  # type: ignore[no-untyped-call]
if "prove" in data:
    data["clawlama_prove"] = data["prove"]
try:
    settings = settings_from(data)
    alone.on(host.name)
except UserMistake as mistake:
    raise PyinfraError(str(mistake)) from None

roles.docker.tasks.apply()
roles.clawlama.tasks.check(settings)
roles.volumes.tasks.apply(settings)
roles.image.tasks.apply(settings)
roles.clawlama.tasks.apply(settings)
