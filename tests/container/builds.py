"""Builds of the image from sites on this machine, as build.sh makes them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.testbed.docker import LABEL, MINUTE, docker
from tests.testbed.image import tools
from tests.testbed.machine import ROOT
from tests.testbed.ports import free_port
from tests.testbed.upstream import Site, serving


@dataclass(frozen=True)
class Built:
    """How build.sh ended: its exit code, its result, what it said, and the seconds it took."""

    code: int
    result: dict[str, Any]
    said: list[str]
    seconds: float


@dataclass(frozen=True)
class Line:
    """The way to the sites: the address that they are served on, their certificate, and a CA bundle that knows it."""

    address: str
    certificate: Path
    bundle: Path

    def serving(self, site: Site) -> AbstractContextManager[str]:
        return serving(site, self.address, self.certificate)

    def build(self, settings: Mapping[str, str], *arguments: str) -> Built:
        began = time.monotonic()
        done = subprocess.run(
            ["sh", str(ROOT / "container/scripts/build.sh"), *arguments],
            env=os.environ | {"SSL_CERT_FILE": str(self.bundle)} | dict(settings),
            capture_output=True,
            text=True,
            timeout=8 * MINUTE,
            check=False,
        )
        result = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
        return Built(done.returncode, result, done.stderr.splitlines(), time.monotonic() - began)


def sites(ollama: str, node: str) -> dict[str, str]:
    return {"CLAWLAMA_OLLAMA_UPSTREAM": ollama, "CLAWLAMA_NODE_UPSTREAM": node}


def refusing(line: Line) -> str:
    """A site where nobody listens."""
    return f"https://{line.address}:{free_port()}"


def take_ollama(line: Line, url: str, version: str) -> list[str]:
    """The build's own step, in the image that it runs in: the files that it takes, each with its mode."""
    step = f"/build/ollama-from-upstream.sh {version} {url} /taken && find /taken -type f -printf '%P %u %m\\n'"
    mounts = (f"--volume={ROOT}/container/build:/build:ro", f"--volume={line.bundle}:/run/secrets/ca:ro")
    return docker("run", "--rm", f"--label={LABEL}", *mounts, "--entrypoint=sh", tools(), "-euc", step).splitlines()
