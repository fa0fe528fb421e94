"""The container's jq programs, run by the jq of this machine as the container runs them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CONTAINER = Path(__file__).parent.parent.parent.parent / "container"
LIB = CONTAINER / "rootfs/usr/local/lib/clawlama"
ETC = CONTAINER / "rootfs/etc/clawlama"


def verdicts(environments: Iterable[Mapping[str, str]]) -> list[Any]:
    """What settings.jq says of each environment, by one process."""
    program = 'include "settings"; verdict(.; []; $declaration[0])'
    done = subprocess.run(
        ["jq", "-c", "-L", str(LIB), "--slurpfile", "declaration", str(ETC / "settings.json"), program],
        input="\n".join(map(json.dumps, environments)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(program: str, *arguments: str, given: str | None = None) -> Any:
    """The program's answer; ``given`` is standard input, none of it where the program takes its input otherwise."""
    source = [] if given is not None else ["-n"]
    done = subprocess.run(
        ["jq", *source, "-f", str(LIB / program), *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def files(folder: Path, **values: object) -> list[str]:
    """``--slurpfile`` arguments: each name bound to an array of its one value."""
    arguments = []
    for name, value in values.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(value))
        arguments += ["--slurpfile", name, str(path)]
    return arguments
