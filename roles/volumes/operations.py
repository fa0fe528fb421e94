"""Makes the place for the data."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import PyinfraCommand
from pyinfra.api.operation import operation
from pyinfra.context import host, state

from roles.hosts import attended, read, refusing
from roles.volumes import plan
from roles.volumes.facts import DataReading, KeptReading


@operation()
@refusing
def lasting(data: str) -> Generator[PyinfraCommand, None, None]:
    """``data``, a volume's name or an absolute path, is fit to hold the assistant's data."""
    found = read(host, DataReading(data))
    needs_making = plan.needs_making(data, found)
    if state.is_executing and (room := plan.room(data, found)):
        host.log(room)
    if needs_making:
        user, group = plan.OWNER.split(":")
        make = f"install -d -m {plan.MODE} -o {user} -g {group} {data}"
        yield attended(f"making {data}", make, f"could not make {data}")


@operation()
@refusing
def kept(data: str, directory: str, *, purge: bool) -> Generator[PyinfraCommand, None, None]:
    """The data is all that is left; with ``purge`` neither is that."""
    found = read(host, KeptReading(data, directory))
    if purge:
        for script in plan.purge(found):
            yield attended("removing the data", script, "could not remove all of the data")
    elif state.is_executing:
        for place in [*found["volumes"].split(), *found["data"].split()]:
            host.log(f"{place} is kept; --data purge=yes removes it, too")
    if found["empty"]:
        yield attended(f"removing {directory}", f"rmdir {directory}", f"could not remove {directory}")
    elif found["left"] and state.is_executing:
        host.log(f"{directory} is kept: it holds {', '.join(found['left'].split())}")
