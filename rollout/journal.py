"""What a rollout has done so far, on disk before it goes on: a line a fact, so that a kill loses one line at most."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from roles import alone
from roles.errors import UserMistake
from roles.rights import user
from rollout.plan import DONE

SCHEMA = 1
BEGUN = "begun"


def folder() -> Path:
    """Where a user's programs keep what they have done: https://specifications.freedesktop.org/basedir-spec."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state) / "clawlama/rollouts"


def log_of_looks() -> Path:
    """What was said while hosts were looked at, the last time."""
    folder().mkdir(parents=True, exist_ok=True)
    return folder() / "look.log"


@dataclass
class Journal:
    """``begun``: the first line. ``hosts``: the last word on each host. ``ended``: whether nothing is left to do."""

    path: Path
    begun: Mapping[str, Any]
    hosts: dict[str, str] = field(default_factory=dict)
    ended: bool = False

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def batches(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(batch) for batch in self.begun["batches"])

    @property
    def verb(self) -> str:
        return str(self.begun["verb"])

    @property
    def data(self) -> list[str]:
        return [str(item) for item in self.begun["data"]]

    @property
    def log(self) -> Path:
        """What its runs of pyinfra said."""
        return self.path.with_suffix(".log")

    @contextmanager
    def held(self) -> Iterator[Journal]:
        """Nobody else goes on with it meanwhile. Raises UserMistake where another process does."""
        with self.path.open("rb") as file:
            if not alone.taken(file):
                rule = "another process goes on with this rollout"
                raise UserMistake("--resume", self.name, rule, "wait for its end")
            yield self

    def done(self) -> list[str]:
        return [host for host, state in self.hosts.items() if state == DONE]

    def write(self, host: str, state: str, reason: str = "") -> None:
        self.hosts[host] = state
        _append(self.path, {"host": host, "state": state} | ({"reason": reason} if reason else {}))

    def end(self) -> None:
        self.ended = True
        _append(self.path, {"ended": True})


def begin(inventory: str, verb: str, data: Sequence[str], batches: Sequence[Sequence[str]]) -> Journal:
    """A new journal, on disk."""
    now = datetime.now(UTC)
    begun = {
        "schema": SCHEMA,
        "inventory": inventory,
        "verb": verb,
        "data": list(data),
        "batches": [list(batch) for batch in batches],
        "who": user(),
        "at": now.isoformat(timespec="seconds"),
    }
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{now:%Y%m%dT%H%M%S}-{verb}-{os.getpid()}.jsonl"
    _append(path, begun)
    return Journal(path, begun)


def unfinished(inventory: str, verb: str) -> Journal:
    """The newest one of this inventory and verb. Raises UserMistake where there is none, or nothing is left to do."""
    for path in sorted(folder().glob(f"*-{verb}-*.jsonl"), reverse=True):
        found = read(path)
        if found and found.begun["inventory"] == inventory:
            if found.ended:
                break
            return found
    rule = f"no rollout of {verb} is unfinished here"
    raise UserMistake("--resume", inventory, rule, "begin one without --resume")


def dead(but: Journal) -> list[str]:
    """Names of the other rollouts of this user on this machine that were broken off: no process goes on with them."""
    others = (read(path) for path in folder().glob("*.jsonl") if path != but.path and not _is_held(path))
    return [other.name for other in others if other and not other.ended]


def _is_held(path: Path) -> bool:
    with path.open("rb") as file:
        return not alone.taken(file)


def read(path: Path) -> Journal | None:
    """None for what is no journal of ours."""
    lines = list(_lines(path))
    if not lines or lines[0].get("schema") != SCHEMA:
        return None
    journal = Journal(path, lines[0])
    for line in lines[1:]:
        if "host" in line:
            journal.hosts[line["host"]] = line["state"]
        journal.ended = journal.ended or bool(line.get("ended"))
    return journal


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """A kill in the middle of a line leaves the beginning of one: it is passed over."""
    for line in path.read_text(encoding="utf-8").splitlines():
        with suppress(ValueError):
            yield json.loads(line)


def _append(path: Path, line: Mapping[str, Any]) -> None:
    """Begins with a line break: what was there may have been cut off in the middle."""
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
