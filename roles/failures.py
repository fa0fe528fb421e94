"""What a run over several hosts ends with: which of them failed, and the line that says why."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterable, Mapping
from itertools import chain

from pyinfra.api.host import Host
from pyinfra.api.state import State
from pyinfra.context import ctx_state

UNSAID = "see its lines above"
_why: dict[str, str] = {}
_registered: list[State] = []


def remember(host: Host, line: str) -> None:
    """The first line counts: what fails after it fails because of it."""
    _why.setdefault(host.name, line)


def sum_up_at_the_end() -> None:
    """Has this run's end say which hosts failed. Called by a deploy, which runs once for each host."""
    if not _registered:
        _registered.append(ctx_state.get())  # type: ignore[no-untyped-call]
        atexit.register(_say)


def summary(hosts: int, failed: Iterable[str], why: Mapping[str, str]) -> list[str]:
    """The last lines; none where nothing failed, or where there is one host, whose line stands just above."""
    names = sorted(set(failed))
    if hosts < 2 or not names:
        return []
    rest = "the others are as they should be; " if len(names) < hosts else ""
    first = f"--> {len(names)} of {hosts} hosts failed; {rest}the same command goes on from here"
    return [first, *(f"    [{name}] {why.get(name, UNSAID)}" for name in names)]


def _say() -> None:
    [state] = _registered
    failed = chain(_why, (host.name for host in state.failed_hosts))
    for line in summary(len(state.inventory), failed, _why):
        print(line, file=sys.stderr)
