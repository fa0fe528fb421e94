"""pyinfra, run on some hosts of an inventory: its words as they come, and what became of each host."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from roles.errors import UserMistake
from rollout.plan import Member, Outcome

ROOT = Path(__file__).parent.parent
PYINFRA = (sys.executable, "-m", "pyinfra")
# What pyinfra puts before a host's line, between colours.
OF_A_HOST = re.compile(r"^\s*(?:-->\s*)?\[(?P<host>[^\]\s]+)\]\s+(?P<words>.*\S)")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
LISTING_SECONDS = 120
Hear = Callable[[str, str], None]


@dataclass(frozen=True)
class Inventory:
    """``path``: absolute, as every run of pyinfra gets it. ``data``: `--data` for all its hosts."""

    path: Path
    data: tuple[str, ...] = ()

    def members(self) -> list[Member]:
        """Its hosts, none of which is asked. Raises UserMistake where it is no inventory, or names nobody."""
        command = [*PYINFRA, str(self.path), "debug-inventory", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LISTING_SECONDS, check=False, cwd=ROOT)
        listed = json.loads(done.stdout) if done.returncode == 0 and done.stdout.startswith("[") else []
        if not listed:
            said = [line.strip() for line in COLOURS.sub("", done.stderr).splitlines() if line.strip()]
            rule = f"must be an inventory of pyinfra's with hosts in it{f' ({said[-1]})' if said else ''}"
            raise UserMistake("INVENTORY", str(self.path), rule, "see inventories/fleet.py for one")
        return [Member(host["name"], tuple(host["groups"])) for host in listed]

    def run(
        self, deploy: str, hosts: Sequence[str], hear: Hear, log: TextIO, *data: str, dry: bool = False
    ) -> Mapping[str, Outcome]:
        """``deploy/DEPLOY.py`` on these hosts; ``hear(host, words)`` gets what pyinfra says of each, ``log`` all.

        ``dry``: what would become of them.
        """
        if not hosts:
            return {}
        with tempfile.TemporaryDirectory() as place:
            written = Path(place) / "outcomes.json"
            limits = [f"--limit={host}" for host in hosts]
            how, told = ("--dry", ["dry=yes"]) if dry else ("-y", [])
            given = [f"--data={item}" for item in (*self.data, *data, f"outcomes={written}", *told)]
            command = [*PYINFRA, how, str(self.path), f"deploy/{deploy}.py", *limits, *given]
            last = _follow(command, hear, log)
            found = json.loads(written.read_text(encoding="utf-8")) if written.exists() else {}
        return {host: _outcome(found.get(host), last.get(host, "")) for host in hosts}

    def rows(self, hosts: Sequence[str], log: TextIO) -> Mapping[str, Any]:
        """How they stand, as ``deploy/status.py`` tells programs; those that answer."""
        with tempfile.TemporaryDirectory() as place:
            told = Path(place) / "hosts.json"
            self.run("status", hosts, unheard, log, f"json={told}")
            rows: Mapping[str, Any] = json.loads(told.read_text(encoding="utf-8"))["hosts"] if told.exists() else {}
        return rows


def unheard(host: str, words: str) -> None:
    """What is said of hosts while they are looked at is in the log alone."""


def _follow(command: list[str], hear: Hear, log: TextIO) -> dict[str, str]:
    """Runs it to its end; the last words of each host.

    It ends when its standard input does: with us, however we end. ^C is ours alone to hear.
    """
    last: dict[str, str] = {}
    pipes = {"stdin": subprocess.PIPE, "stdout": log, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, cwd=ROOT, start_new_session=True) as run:  # type: ignore[call-overload]
        try:
            for line in run.stderr:
                _take(line, last, hear, log)
        except KeyboardInterrupt:
            run.stdin.close()
            for line in run.stderr:
                _take(line, last, hear, log)
            raise
    return last


def _take(line: str, last: dict[str, str], hear: Hear, log: TextIO) -> None:
    log.write(line)
    log.flush()
    if matched := OF_A_HOST.match(COLOURS.sub("", line)):
        last[matched["host"]] = matched["words"]
        hear(matched["host"], matched["words"])


def _outcome(told: Mapping[str, Any] | None, last: str) -> Outcome:
    """A host of which nothing was told was not reached, or the run was ended."""
    if told is None:
        return Outcome(reason=last or "the run ended before it was done with this host")
    reason = "" if told["ok"] else str(told["reason"] or last)
    return Outcome(bool(told["changed"]), reason, tuple(told.get("notes") or ()))
