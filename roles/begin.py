"""How every deploy begins: one run at a host at a time, valid settings, and mistakes in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host

from roles import alone, failures, foresight, interruption, sparing
from roles.errors import UserMistake
from roles.settings import Settings, settings_from


@contextmanager
def in_one_line(host: Host) -> Iterator[None]:
    """A user's mistake as PyinfraError, which pyinfra shows as one line, and which ends the run for every host."""
    try:
        yield
    except UserMistake as mistake:
        foresight.refuse(host, str(mistake))
        raise PyinfraError(str(mistake)) from None


def begin(host: Host, *, alone_there: bool = True) -> Settings:
    """The host's settings. Raises PyinfraError for a user's mistake.

    ``alone_there``: False for what only looks, beside whatever run, as a program's dry run does in any case.
    """
    sparing.pyinfra()
    interruption.obey()
    data = host.data.dict()  # type: ignore[no-untyped-call]
    failures.sum_up_at_the_end()
    by_a_program, dry = "outcomes" in data, bool(data.get("dry"))
    if by_a_program:
        failures.tell_at_the_end(Path(data["outcomes"]), dry=dry)
        interruption.end_with_the_caller()
    if "prove" in data:
        data["clawlama_prove"] = data["prove"]
    with in_one_line(host):
        settings = settings_from(data)
        if alone_there and not dry:
            alone.on(host.name, alone.OF_A_DYING_RUN if by_a_program else 0)
    return settings
