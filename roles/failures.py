"""What a run ends with: which hosts failed, and the line that says why; for people, and as a file for programs."""

from __future__ import annotations

import atexit
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from pyinfra.api.host import Host
from pyinfra.api.state import State
from pyinfra.context import ctx_state

from roles import foresight

UNSAID = "see its lines above"
NOT_BEGUN = "the run ended before anything was done there"
_why: dict[str, str] = {}
_registered: list[State] = []
_telling: list[Path] = []


def remember(host: Host, line: str, *, concludes: bool = False) -> None:
    """The first line counts: what fails after it fails because of it. Unless that says so, and what became of it."""
    if concludes or host.name not in _why:
        _why[host.name] = line


def sum_up_at_the_end() -> None:
    """Has this run's end say which hosts failed. Called by a deploy, which runs once for each host."""
    if not _registered:
        _registered.append(ctx_state.get())  # type: ignore[no-untyped-call]
        atexit.register(_say)


def tell_at_the_end(path: Path, *, dry: bool) -> None:
    """Has this run's end tell a program what became of each host; or what would, where it is a dry run."""
    if not _telling:
        _telling.append(path)
        atexit.register(_write, path, _planned if dry else _done)


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


def _write(path: Path, tell: Callable[[State, Host], dict[str, object]]) -> None:
    [state] = _registered
    outcomes = {host.name: tell(state, host) for host in state.inventory.iter_activated_hosts()}
    path.write_text(json.dumps(outcomes), encoding="utf-8")


def _done(state: State, host: Host) -> dict[str, object]:
    """Whether all that was to be done there is done, whether that changed anything, and why not."""
    operations = [operation.operation_meta for operation in state.ops[host].values()]
    succeeded = all(operation.did_succeed(_raise_if_not_complete=False) for operation in operations)
    failed = host in state.failed_hosts or host.name in _why
    return {
        "ok": bool(operations) and succeeded and not failed,
        "changed": any(operation.is_complete() and operation.did_change() for operation in operations),
        "reason": _why.get(host.name) or _refusal(host, operations),
    }


def _planned(state: State, host: Host) -> dict[str, object]:
    """Whether it may be begun there, whether anything would be done, and what."""
    operations = [operation.operation_meta for operation in state.ops[host].values()]
    reason = _refusal(host, operations)
    return {
        "ok": not reason and host not in state.failed_hosts,
        "changed": any(operation.will_change for operation in operations),
        "reason": reason,
        "notes": foresight.notes(host.name),
    }


def _refusal(host: Host, operations: Sequence[object]) -> str:
    """Why nothing was done there that was to be; empty where something was."""
    return foresight.refusal(host.name) or ("" if operations else NOT_BEGUN)
