"""settings.sh itself, run by this machine's sh with its jq, over any environment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.unit.container import jq

# As verbs/plan.sh does it: neither log nor status file. Then every name's value, each with a NUL behind it.
DRIVER = """
set -eu
for concern in paths status settings; do . "$TEST_LIB/$concern.sh"; done
write_status() { :; }
validate_settings
for name in $TEST_NAMES; do eval "printf '%s\\0' \\"\\$$name\\""; done
eval "$TEST_THEN"
"""
HANGS_AFTER = 20.0


@dataclass(frozen=True)
class Outcome:
    code: int
    complaints: list[str]
    values: dict[str, str]
    token: str
    said: str


def validate(environment: Mapping[bytes, bytes], names: list[str], place: Path, then: str = ":") -> Outcome:
    """What settings.sh makes of the environment; ``names`` are the variables asked for, ``place`` a folder to work in.

    ``then`` is shell that runs last; what it says is ``said``.

    Whatever the environment's values may try to write ends up in ``place / "here"``.
    """
    here, token = place / "here", place / "data/clawlama/telegram_token"
    for folder in (here, token.parent, place / "run"):
        folder.mkdir(parents=True, exist_ok=True)
    ours = {
        "PATH": os.environ["PATH"],
        "TEST_LIB": str(jq.LIB),
        "TEST_ETC": str(jq.ETC),
        "TEST_DATA": str(place / "data"),
        "TEST_RUN": str(place / "run"),
        "TEST_NAMES": " ".join(names),
        "TEST_THEN": then,
    }
    done = subprocess.run(
        ["sh", "-c", DRIVER],
        env={**environment, **{os.fsencode(name): os.fsencode(value) for name, value in ours.items()}},
        cwd=here,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANGS_AFTER,
        check=False,
    )
    *values, said = done.stdout.decode(errors="surrogateescape").split("\0")
    return Outcome(
        code=done.returncode,
        complaints=done.stderr.decode().removeprefix("clawlama: ").splitlines(),
        values=dict(zip(names, values, strict=True)) if done.returncode == 0 else {},
        said=said,
        token=token.read_text() if token.exists() else "",
    )
