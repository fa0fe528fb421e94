"""How every deploy begins: one run at a host at a time, valid settings, and mistakes in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host

from roles import alone, failures, interruption
from roles.errors import UserMistake
from roles.settings import Settings, settings_from


@contextmanager
def in_one_line() -> Iterator[None]:
    """A user's mistake as PyinfraError, which pyinfra shows as one line."""
    try:
        yield
    except UserMistake as mistake:
        raise PyinfraError(str(mistake)) from None


def begin(host: Host, *, alone_there: bool = True) -> Settings:
    """The host's settings. Raises PyinfraError for a user's mistake.

    ``alone_there``: False for what only looks, beside whatever run.
    """
    interruption.obey()
    data = host.data.dict()  # type: ignore[no-untyped-call]
    outcomes_file = str(data.get("outcomes") or "")
    failures.sum_up_at_the_end(outcomes_file)
    if outcomes_file:
        interruption.end_with_the_caller()
    if "prove" in data:
        data["clawlama_prove"] = data["prove"]
    with in_one_line():
        settings = settings_from(data)
        if alone_there:
            alone.on(host.name)
    return settings
