"""Runs of pyinfra over real hosts, watched line by line."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.testbed.docker import MINUTE
from tests.testbed.hosts import MODEL
from tests.testbed.machine import ROOT, Ended

# The image is this machine's, the model a file: real hosts need neither a build nor a model registry.
DATA = {
    "clawlama_image_source": "controller",
    "clawlama_model_file_host": MODEL,
    "clawlama_profile": "lean",
    "clawlama_max_tokens": 64,
    "ollama_num_threads": 1,
}


@dataclass(frozen=True)
class Deploying:
    """A run that is under way."""

    process: subprocess.Popen[str]

    def kill(self) -> None:
        self.process.kill()


Reaction = Callable[[Deploying], object]


def deploy(
    folder: Path,
    inventory: str = "molecule/inventory.py",
    when: Mapping[str, Reaction] | None = None,
    file: str = "deploy/clawlama.py",
    **data: object,
) -> Ended:
    """``pyinfra INVENTORY FILE`` on the hosts of a folder; both streams as one, as on a terminal.

    ``when`` a line has these words in it for the first time, the reaction is called before the next line is read.
    """
    given = DATA | {"ssh_config_file": folder / "ssh_config"} | data
    arguments = [f"--data={name}={value}" for name, value in given.items()]
    command = [sys.executable, "-m", "pyinfra", "-y", *arguments, inventory, file]
    began, lines, waiting = time.monotonic(), [], dict(when or {})
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    ) as process:
        limit = threading.Timer(10 * MINUTE, process.kill)
        limit.start()
        for line in process.stdout or ():
            lines.append((time.monotonic() - began, line.rstrip()))
            print(f"{lines[-1][0]:7.1f} {lines[-1][1]}")
            for words in [words for words in waiting if words in line]:
                waiting.pop(words)(Deploying(process))
        limit.cancel()
    return Ended(process.wait(), tuple(lines), time.monotonic() - began)
