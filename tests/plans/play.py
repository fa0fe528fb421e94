"""Plays deploys on replayed hosts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roles import alone
from tests.plans import cassette
from tests.testbed.machine import ROOT

PLAYER, INVENTORY = (sys.executable, "-m", "pyinfra", "-y"), "tests/plans/inventory.py"


@dataclass(frozen=True)
class Played:
    """A run of pyinfra over some hosts: its exit code, what it said, and operation → host → outcome."""

    code: int
    said: str
    outcomes: Mapping[str, Mapping[str, str]]

    def of(self, host: str) -> dict[str, str]:
        return {operation: outcomes[host] for operation, outcomes in self.outcomes.items() if host in outcomes}


def play(folder: Path, *hosts: str, deploy: str = "deploy/clawlama.py", **environment: str) -> Played:
    """Runs a deploy on the hosts as they stand in ``folder``."""
    done = subprocess.run(
        [*PLAYER, "--json", INVENTORY, deploy],
        cwd=ROOT,
        env=replaying(folder, *hosts) | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    forget_locks()
    return Played(done.returncode, done.stderr, outcomes(json.loads(done.stdout)) if done.stdout else {})


def replaying(folder: Path, *hosts: str) -> dict[str, str]:
    """The environment in which pyinfra finds these hosts, as they stand in ``folder``."""
    variables = {"REPLAY_FOLDER": str(folder), "REPLAY_HOSTS": " ".join(hosts)}
    return os.environ | variables | {"PYTHONPATH": f"{ROOT}/tests/plans:{ROOT}"}


def forget_locks() -> None:
    """What runs over replayed hosts leave, one a host."""
    for lock in alone.FOLDER.glob("clawlama-replay*.lock"):
        lock.unlink(missing_ok=True)


def outcomes(answer: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return {
        operation["name"]: {
            host.removeprefix("@replay/"): outcome
            for outcome in ("success", "error", "no_change")
            for host in operation[outcome]
        }
        for operation in answer["results"]["operations"]
    }


def journal(folder: Path, host: str) -> str:
    return (folder / f"{host}.journal").read_text(encoding="utf-8")


def standing(folder: Path, host: str, changes: Mapping[str, str | None]) -> None:
    """A host as its cassette has it at first, but for these answers; None: it was never asked that."""
    answers = {**cassette.load(host.partition("!")[0]).answers, **changes}
    kept = {"answers": {name: said for name, said in answers.items() if said is not None}, "variables": {}}
    (folder / f"{host}.json").write_text(json.dumps(kept), encoding="utf-8")
