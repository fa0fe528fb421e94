"""Backups by the scripts, as somebody without the provisioner makes them, and what lies in a volume."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.testbed.docker import LABEL, MINUTE, docker
from tests.testbed.machine import ROOT

SCRIPTS = ROOT / "container/scripts"
# Of all that the agent's user has, what no running assistant writes: content, place, rights.
EVERYTHING = """
cd /data
find workspace .config -printf '%y %m %l %p\\0' | sort -z | sha256sum
find workspace .config -type f -print0 | sort -z | xargs -0 sha256sum
"""


@dataclass(frozen=True)
class Done:
    """How a command ended; ``said``: what it wrote to stderr."""

    code: int
    said: str

    @property
    def last(self) -> str:
        return self.said.strip().splitlines()[-1]


def backup(path: Path, *arguments: str) -> Done:
    return script("backup.sh", str(path), *arguments)


def restore(path: Path, *arguments: str) -> Done:
    return script("restore.sh", str(path), *arguments)


def script(name: str, *arguments: str) -> Done:
    return ended("sh", str(SCRIPTS / name), *arguments, timeout=10 * MINUTE)


def ended(*command: str, timeout: float = 5 * MINUTE) -> Done:
    """How a command ended, whichever way."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    print(done.stderr)
    return Done(done.returncode, done.stderr)


def digests(image: str, data: str) -> str:
    """One line a file, and one for all names, kinds and rights."""
    return in_volume(image, data, EVERYTHING)


def in_volume(image: str, data: str, shell: str) -> str:
    """What a shell script printed in a container of its own on the volume."""
    return docker(
        "run", "--rm", f"--label={LABEL}", f"--volume={data}:/data", "--entrypoint=sh", image, "-euc", shell,
        timeout=5 * MINUTE,
    )  # fmt: skip
