"""Makes the place for the data."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import PyinfraCommand
from pyinfra.api.operation import operation
from pyinfra.context import host, state

from roles.errors import UserMistake
from roles.hosts import attended, read, refusal
from roles.volumes import plan
from roles.volumes.facts import DataReading


@operation()
def lasting(data: str) -> Generator[PyinfraCommand, None, None]:
    """``data``, a volume's name or an absolute path, is fit to hold the assistant's data."""
    found = read(host, DataReading, data=data)
    try:
        needs_making = plan.needs_making(data, found)
    except UserMistake as mistake:
        yield refusal(str(mistake))
        return
    if state.is_executing and (room := plan.room(data, found)):
        host.log(room)
    if needs_making:
        user, group = plan.OWNER.split(":")
        make = f"install -d -m {plan.MODE} -o {user} -g {group} {data}"
        yield attended(f"making {data}", make, f"could not make {data}")
