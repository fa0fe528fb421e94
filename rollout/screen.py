"""What a rollout shows: one table on a terminal, a line an event elsewhere, JSON lines for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from roles.narrator import duration
from rollout.plan import DONE, FAILED, Batches

WAITING, WORKING = "waits", "works"
STYLES = {WAITING: "dim", WORKING: "bold", DONE: "green", FAILED: "red"}
UPDATES_A_SECOND = 2


class Screen:
    """For what is no terminal: plain lines, in the order in which they come."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        self.console.print(text, markup=False)

    def hear(self, host: str, words: str) -> None:
        self.console.print(f"[{host}] {words}", markup=False)

    def show(self, host: str, state: str, reason: str = "") -> None:
        self.console.print(f"[{host}] {state}{f': {reason}' if reason else ''}", markup=False, style=STYLES[state])

    def ended(self, result: Mapping[str, Any]) -> None:
        """The whole result, for programs."""

    @contextmanager
    def following(self, batches: Batches) -> Iterator[None]:  # noqa: ARG002 # what only a table shows
        """While hosts are at work."""
        yield


class TableScreen(Screen):
    """A line a host: its batch, how it stands, what it said last, and for how long it has been at work."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self.lines: dict[str, tuple[str, str]] = {}
        self.began: dict[str, float] = {}
        self.took: dict[str, float] = {}
        self.batch_of: dict[str, int] = {}

    def hear(self, host: str, words: str) -> None:
        state, _ = self.lines.get(host, (WORKING, ""))
        self.lines[host] = (state, words)

    def show(self, host: str, state: str, reason: str = "") -> None:
        _, words = self.lines.get(host, ("", ""))
        self.lines[host] = (state, reason or words)
        if state == WORKING:
            self.began[host] = self.clock()
        elif host in self.began:
            self.took[host] = self.clock() - self.began[host]

    @contextmanager
    def following(self, batches: Batches) -> Iterator[None]:
        self.batch_of = {host: number for number, batch in enumerate(batches, start=1) for host in batch}
        self.lines = dict.fromkeys(self.batch_of, (WAITING, "")) | self.lines
        with Live(get_renderable=self.table, console=self.console, refresh_per_second=UPDATES_A_SECOND):
            yield

    def table(self) -> Table:
        table = Table("batch", "host", "", "time", "says", box=None, pad_edge=False)
        for host, (state, words) in self.lines.items():
            seconds = self.took.get(host, self.clock() - self.began[host] if host in self.began else 0)
            cells = (str(self.batch_of.get(host, "")), host, state, duration(seconds) if seconds else "", words)
            table.add_row(*cells, style=STYLES[state])
        return table


class JsonScreen(Screen):
    """An event a line on standard output; the last one is the result."""

    def say(self, text: str) -> None:
        self._write(event="said", words=text)

    def hear(self, host: str, words: str) -> None:
        self._write(event="heard", host=host, words=words)

    def show(self, host: str, state: str, reason: str = "") -> None:
        self._write(event="host", host=host, state=state, reason=reason)

    def ended(self, result: Mapping[str, Any]) -> None:
        self._write(event="ended", **result)

    def _write(self, **event: Any) -> None:
        print(json.dumps(event), flush=True)


def screen(*, as_json: bool) -> Screen:
    if as_json:
        return JsonScreen()
    return TableScreen() if sys.stderr.isatty() else Screen()
