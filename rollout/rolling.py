"""The rollout itself: looks, shows the plan, runs batch after batch, watches, halts."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from roles.clawlama import overview
from roles.errors import UserMistake
from rollout import journal, plan
from rollout.claims import Claims
from rollout.journal import Journal
from rollout.plan import Batches, Outcome
from rollout.runs import Inventory, unheard
from rollout.screen import WORKING, Screen

VERBS = ("clawlama", "upgrade", "rollback", "backup", "restore", "uninstall")
# After these an assistant is there that was proven, and can be watched.
PROVING = ("clawlama", "upgrade", "rollback", "restore")
LOOKS_APART_SECONDS = 10
Outcomes = Mapping[str, Outcome]


def roll(options: Namespace, screen: Screen) -> int:
    """The exit code. Raises UserMistake before anything is changed."""
    path = Path(options.inventory).resolve()
    with journal.unfinished(str(path), options.verb).held() if options.resume else nullcontext() as resumed:
        inventory = Inventory(path, tuple(resumed.data if resumed else options.data))
        batches = plan.left(resumed.batches, resumed.done()) if resumed else begun(inventory, options)
        found = look(inventory, options.verb, batches, screen)
        refused = {host: outcome for host, outcome in found.items() if outcome.failed}
        halts = plan.halts(refused, options.max_failed)
        if halts:
            count = f"{len(refused)} of {len(found)} hosts cannot be begun with"
            screen.say(f"nothing was changed: {count}; mend them, or leave them out with --skip HOST")
        if halts or options.plan:
            screen.ended({"ok": not refused, "batches": batches, "hosts": plan.told(found)})
            return 1 if refused else 0
        confirm(options)
        with written(resumed, str(path), options, batches) as running, running.log.open("a", encoding="utf-8") as log:
            claims = Claims(running, inventory, log)
            rollout = Rollout(running, inventory, claims, screen, log, options.max_failed, options.soak)
            return rollout.through(plan.left(batches, refused), refused)


@contextmanager
def written(resumed: Journal | None, path: str, options: Namespace, batches: Batches) -> Iterator[Journal]:
    """The journal to go on in."""
    if resumed:
        yield resumed
    else:
        with journal.begin(path, options.verb, options.data, batches).held() as begun:
            yield begun


def begun(inventory: Inventory, options: Namespace) -> Batches:
    return plan.batches(plan.without(inventory.members(), options.skip), options.canary, options.batch)


def look(inventory: Inventory, verb: str, batches: Batches, screen: Screen) -> Outcomes:
    """Every host, and what would be done there, shown; nothing is changed."""
    hosts = [host for batch in batches for host in batch]
    screen.say(f"looking at {len(hosts)} hosts")
    with journal.log_of_looks().open("w", encoding="utf-8") as log:
        rows = inventory.rows(hosts, log)
        found = inventory.run(verb, hosts, unheard, log, dry=True)
    for line in overview.table(rows, datetime.now(UTC)):
        screen.say(line)
    for number, batch in enumerate(batches, start=1):
        screen.say(f"batch {number}: {', '.join(batch)}")
        for host in batch:
            screen.say(f"  {host}: {plan.foreseen(found[host])}")
    return found


def confirm(options: Namespace) -> None:
    """Raises UserMistake where nobody says yes."""
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise UserMistake("--yes", "not given", "there is no terminal to ask on", "look at the plan, then add --yes")
    if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        raise UserMistake("answer", "no", "nothing was changed", "run it again when it suits")


@dataclass(frozen=True)
class Rollout:
    """One that may change hosts. ``soak``: seconds. ``most_failed``: with more failed hosts it halts."""

    journal: Journal
    inventory: Inventory
    claims: Claims
    screen: Screen
    log: TextIO
    most_failed: int
    soak: float

    def through(self, batches: Batches, refused: Outcomes) -> int:
        """Batch after batch, up to the end or to a halt; the exit code."""
        hosts = [host for batch in batches for host in batch]
        claimed = self.claims.take(hosts)
        if held := {host: one for host, one in claimed.items() if one.failed}:
            self.claims.give_back({host: "not begun" for host in hosts if host not in held})
            return self.closed({**refused, **held})
        outcomes: dict[str, Outcome] = dict(refused)
        try:
            with self.screen.following(batches):
                for batch in batches:
                    with self.claims.renewed([host for host in hosts if host not in outcomes]):
                        self.proceed(batch, outcomes)
                    self.claims.give_back({host: outcomes[host].reason or "done" for host in batch})
                    if plan.halts(outcomes, self.most_failed):
                        break
        finally:
            words = {host: "broken off" if host in self.journal.hosts else "untouched" for host in hosts}
            self.claims.give_back({host: said for host, said in words.items() if host not in outcomes})
        return self.closed(outcomes)

    def proceed(self, batch: Sequence[str], outcomes: dict[str, Outcome]) -> None:
        """Runs the batch, and watches its canaries, if that has not halted it already."""
        outcomes |= self.run(batch)
        if not plan.halts(outcomes, self.most_failed):
            outcomes |= self.watched(set(batch) & set(self.journal.batches[0]))

    def run(self, batch: Sequence[str]) -> Outcomes:
        for host in batch:
            self.journal.write(host, journal.BEGUN)
            self.screen.show(host, WORKING)
        outcomes = self.inventory.run(self.journal.verb, batch, self.screen.hear, self.log)
        self.record(outcomes)
        return outcomes

    def watched(self, canaries: Iterable[str]) -> Outcomes:
        """Those of the canaries that do not stay as they were proven."""
        names = sorted(canaries) if self.journal.verb in PROVING else []
        until = time.monotonic() + self.soak
        while names and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOKS_APART_SECONDS))
            rows = self.inventory.rows(names, self.log)
            if unwell := plan.not_well(rows, names):
                self.record(unwell)
                return unwell
        return {}

    def record(self, outcomes: Outcomes) -> None:
        for host, outcome in outcomes.items():
            self.journal.write(host, outcome.state, outcome.reason)
            self.screen.show(host, outcome.state, outcome.reason)

    def closed(self, outcomes: Outcomes) -> int:
        """The last words, and the exit code."""
        done, failed = self.journal.done(), {host: one.reason for host, one in outcomes.items() if one.failed}
        untouched = [host for batch in self.journal.batches for host in batch if host not in {*done, *failed}]
        whole = not failed and not untouched
        if whole:
            self.journal.end()
            self.screen.say(f"all {len(done)} hosts are done")
        else:
            for host, reason in failed.items():
                self.screen.say(f"  {host}: {reason}")
            counts = f"{len(done)} done, {len(failed)} failed, {len(untouched)} untouched"
            self.screen.say(f"{counts}; mend what failed, then the same with --resume (whole log: {self.journal.log})")
        result = {"ok": whole, "run": self.journal.name, "done": done, "failed": failed, "untouched": untouched}
        self.screen.ended(result | {"changed": [host for host, one in outcomes.items() if one.changed]})
        return 0 if whole else 1
