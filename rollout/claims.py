"""Hosts are this rollout's for as long as it lives: two operators do not meet on one."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rollout import journal
from rollout.journal import Journal
from rollout.plan import Outcome
from rollout.runs import Inventory, unheard

# A claim lasts longer (roles/claims/plan.py): one look that fails loses nothing.
RENEWED_AFTER_SECONDS = 300


@dataclass(frozen=True)
class Claims:
    journal: Journal
    inventory: Inventory
    log: TextIO

    def take(self, hosts: Sequence[str]) -> Mapping[str, Outcome]:
        """Claims them, or renews that; who has it is the reason of a failure."""
        return self.inventory.run("claim", hosts, unheard, self.log, *self._data())

    def give_back(self, results: Mapping[str, str]) -> None:
        """``results``: host → the line for its own log."""
        with tempfile.TemporaryDirectory() as place:
            written = Path(place) / "results.json"
            written.write_text(json.dumps(results), encoding="utf-8")
            self.inventory.run("claim", list(results), unheard, self.log, *self._data(), f"results={written}")

    @contextmanager
    def renewed(self, hosts: Sequence[str]) -> Iterator[None]:
        """While a batch is at work, which may take hours, on all hosts that are still claimed."""
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(RENEWED_AFTER_SECONDS):
                self.take(hosts)

        renewing = threading.Thread(target=renew, daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()

    def _data(self) -> tuple[str, ...]:
        who = f"{self.journal.begun['who']} on {socket.gethostname()}"
        gone = " ".join(journal.dead(self.journal))
        return (f"run={self.journal.name}", f"who={who}", f"verb={self.journal.verb}", f"dead={gone}")
