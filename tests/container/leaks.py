"""Where a secret could be read by those whom it is not for: arguments and environments of processes, while they run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.testbed.docker import MINUTE

KINDS = ("cmdline", "environ")


@dataclass
class Sampled:
    """Each argument and each variable that was seen, by any process of this machine, containers included."""

    words: dict[str, set[bytes]] = field(default_factory=lambda: {kind: set() for kind in KINDS})
    looked: threading.Condition = field(default_factory=threading.Condition)

    def holding(self, secret: str) -> list[str]:
        """The kinds of place where a secret stood."""
        return [kind for kind in KINDS if any(secret.encode() in word for word in self.words[kind])]

    def wait_for(self, secret: str) -> list[str]:
        with self.looked:
            self.looked.wait_for(lambda: self.holding(secret), MINUTE)
        return self.holding(secret)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """At processes that begin meanwhile, again and again: one becomes another by exec."""
        over, known = threading.Event(), set(Path("/proc").glob("[0-9]*"))

        def look() -> None:
            while not over.wait(0.01):
                for process in set(Path("/proc").glob("[0-9]*")) - known:
                    self._note(process)
                with self.looked:
                    self.looked.notify_all()

        looker = threading.Thread(target=look, daemon=True)
        looker.start()
        try:
            yield
        finally:
            over.set()
            looker.join(MINUTE)

    def _note(self, process: Path) -> None:
        for kind in KINDS:
            # It may have ended, or be somebody else's.
            with suppress(OSError):
                self.words[kind].update((process / kind).read_bytes().split(b"\0"))
