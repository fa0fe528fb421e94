"""Which hosts when, and whether to go on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from roles.errors import UserMistake

# A group of this name in an inventory goes first.
CANARY = "canary"
DONE, FAILED = "done", "failed"
Batches = Sequence[Sequence[str]]
SHARE = re.compile(r"([1-9]\d*)(%?)")


@dataclass(frozen=True)
class Member:
    """A host of the inventory, and the groups that it is in."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a host in a run, or would. ``reason``: why it failed, in one line; empty where it did not."""

    changed: bool = False
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return bool(self.reason)

    @property
    def state(self) -> str:
        """As the journal keeps it and the screen shows it."""
        return FAILED if self.failed else DONE


def without(members: Sequence[Member], skipped: Iterable[str]) -> list[Member]:
    """Raises UserMistake for a name that is not there, and where nobody is left."""
    unknown = sorted(set(skipped) - {member.name for member in members})
    if unknown:
        raise UserMistake("--skip", unknown[0], "must be a host of the inventory", "name one that is there")
    rest = [member for member in members if member.name not in set(skipped)]
    if not rest:
        raise UserMistake("--skip", ",".join(skipped), "must leave a host", "leave one in")
    return rest


def batches(members: Sequence[Member], canaries: Iterable[str], batch: str) -> Batches:
    """The canaries, then the others in the inventory's order, each so many at a time.

    ``canaries``: names of hosts or groups; the group `canary` where there is none, else the first host. ``batch``: a
    number of hosts, or a share of those that are not canaries: ``25%``. Raises UserMistake.
    """
    first = _canaries(members, tuple(canaries))
    others = [member.name for member in members if member.name not in first]
    size = _size(batch, len(others))
    return (first, *(tuple(others[at : at + size]) for at in range(0, len(others), size)))


def _canaries(members: Sequence[Member], wanted: tuple[str, ...]) -> tuple[str, ...]:
    known = {name for member in members for name in (member.name, *member.groups)}
    for name in wanted:
        if name not in known:
            raise UserMistake("--canary", name, "must be a host or a group of the inventory", "name one that is there")
    asked = wanted or (CANARY,)
    chosen = tuple(member.name for member in members if {member.name, *member.groups} & set(asked))
    return chosen or (members[0].name,)


def _size(batch: str, hosts: int) -> int:
    matched = SHARE.fullmatch(batch)
    if not matched or (matched[2] and int(matched[1]) > 100):
        raise UserMistake("--batch", batch, "must be a number of hosts or a share of them", "write 5, or 25%")
    number = int(matched[1])
    return max(1, hosts * number // 100) if matched[2] else number


def halts(outcomes: Mapping[str, Outcome], most_failed: int) -> bool:
    """Whether more hosts have failed than may."""
    return sum(outcome.failed for outcome in outcomes.values()) > most_failed


def left(planned: Batches, done: Iterable[str]) -> Batches:
    """The batches without the hosts that are done, and without those in which nothing is left."""
    finished = set(done)
    rest = (tuple(host for host in batch if host not in finished) for batch in planned)
    return tuple(batch for batch in rest if batch)


def not_well(rows: Mapping[str, Mapping[str, object]], hosts: Iterable[str]) -> dict[str, Outcome]:
    """Of hosts that were proven: those that ``deploy/status.py`` does not show ready any more."""
    states = {host: (rows.get(host) or {}).get("state") or "not reached" for host in hosts}
    unwell = {host: state for host, state in states.items() if state != "ready"}
    return {host: Outcome(reason=f"was proven, and is {state} now") for host, state in unwell.items()}


def foreseen(outcome: Outcome) -> str:
    """A line for people: what would be done to a host, or why nothing can be."""
    if outcome.failed:
        return f"refused: {outcome.reason}"
    return "; ".join(outcome.notes) or ("is changed" if outcome.changed else "nothing to do")


def told(outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, object]]:
    """The same for programs."""
    return {host: {"ok": not outcome.failed} | asdict(outcome) for host, outcome in outcomes.items()}
