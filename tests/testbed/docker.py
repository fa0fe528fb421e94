"""Docker as the tests use it: one client that works, a time limit on everything, one label on what is made."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO

LABEL = "io.clawlama.test=1"
MINUTE = 60.0


def docker(*arguments: str, given: str = "", timeout: float = MINUTE, check: bool = True) -> str:
    """What the Docker client printed, with ``given`` to read."""
    return run(client(), *arguments, given=given, timeout=timeout, check=check)


@functools.cache
def client() -> str:
    """The first Docker client that reaches the server: another one on the PATH may be too new for it."""
    candidates = [shutil.which("docker", path=folder) for folder in os.get_exec_path()]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "version"], capture_output=True, timeout=MINUTE, check=False).returncode == 0:
            return candidate
    raise AssertionError("no Docker server answers: `make test` installs and starts one")


def run(
    *command: str,
    stdin: IO[bytes] | None = None,
    given: str = "",
    environment: Mapping[str, str] | None = None,
    timeout: float = MINUTE,
    check: bool = True,
) -> str:
    """What the command printed, stripped; fails with all that it said where it failed, unless told not to."""
    read, around = None if stdin else given.encode(), os.environ | (environment or {})
    done = subprocess.run(
        command, stdin=stdin, input=read, env=around, capture_output=True, timeout=timeout, check=False
    )
    said = done.stdout.decode(errors="replace").strip()
    if check and done.returncode != 0:
        raise AssertionError(
            f"{shlex.join(command)}: exit {done.returncode}\n{said}\n{done.stderr.decode(errors='replace')}"
        )
    return said


def built(tag: str, dockerfile: str) -> None:
    """An image out of a Dockerfile that needs nothing beside it."""
    build = (client(), "build", "--quiet", f"--label={LABEL}", "--tag", tag, "-")
    run(*build, given=dockerfile, environment={"DOCKER_BUILDKIT": "1"}, timeout=3 * MINUTE)


def piped(producer: Sequence[str], consumer: Sequence[str], timeout: float) -> None:
    """``producer | consumer``; fails where either does."""
    with subprocess.Popen(producer, stdout=subprocess.PIPE) as source:
        run(*consumer, stdin=source.stdout, timeout=timeout)
    assert source.returncode == 0, f"{shlex.join(producer)}: exit {source.returncode}"
