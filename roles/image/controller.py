"""The image on the machine that pyinfra runs on: made there once, for every host of its architecture."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gevent.lock import BoundedSemaphore

from roles.causes import AGAIN
from roles.errors import UserMistake
from roles.image import plan, sources
from roles.image.facts import ImageReading
from roles.readings import DOCKER_PATH, answers, asking, json_in, known, script
from roles.registry import CACHE

ASK_SECONDS = 60
RESOLVE_SECONDS = 300
LOG = CACHE / "build.log"
# Hosts that are set up side by side wait here for the one that makes it.
_making = BoundedSemaphore()


class NotMade(Exception):
    """A build or a packing that failed; ``lines``: what it said."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        super().__init__(lines[-1] if lines else "it said nothing")


@dataclass(frozen=True)
class Made:
    """Docker's id of it, and a line on what was built for it: empty, if it was there."""

    identity: str
    built: str


def architecture(image: str) -> str:
    """Of this machine's Docker server, in Docker's words (``amd64``). Raises UserMistake where none answers."""
    return _found(image)["architecture"]


def size(image: str) -> str:
    """Bytes of it on this machine's disk; empty where it is not there. Raises UserMistake where no server answers."""
    return _found(image)["image_bytes"]


def resolved(context: Path, build_settings: Mapping[str, str]) -> str:
    """What a build here would take now, as ``build.sh --resolve`` prints it; an empty string where it cannot say."""
    command = ["sh", str(context / "scripts/build.sh"), "--resolve"]
    done = subprocess.run(
        command,
        env={**os.environ, **build_settings},
        capture_output=True,
        text=True,
        timeout=RESOLVE_SECONDS,
        check=False,
    )
    return done.stdout


def made(image: str, context: Path, build_settings: Mapping[str, str], versions: Mapping[str, str]) -> Made:
    """The image of these versions, built if it has others or its inputs have changed.

    Raises UserMistake where there is no Docker or no room, NotMade where the build fails.
    """
    with _making:
        found, files, built = _found(image), sources.read(context), ""
        inputs = plan.inputs(files, build_settings)
        CACHE.mkdir(parents=True, exist_ok=True)
        wanted = {**plan.present(found), **versions}
        if not plan.is_built(found, inputs, wanted):
            plan.check_room(found, plan.A_BUILD)
            built = _build(image, context, inputs, {**wanted, **build_settings})
            found = _found(image)
        return Made(found["identity"], built)


def packed(image: str, identity: str) -> Path:
    """A gzipped tar as ``docker load`` reads it. It stays for the next run, and makes way for the next image.

    Raises NotMade.
    """
    with _making:
        return _packed(image, identity)


def step() -> str:
    """Where the build is."""
    return plan.step(_log()) if _making.locked() else ""


def _found(image: str) -> dict[str, str]:
    reading = ImageReading(image)
    asked = asking([reading])
    command = ["sh", "-c", script(asked)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=ASK_SECONDS, check=False).stdout
    found = known(reading, answers(asked, said.splitlines()))
    if not found["architecture"]:
        rule = "needs a Docker server here that this user may speak to, and there is none"
        fix = f"start or install one, or set CLAWLAMA_IMAGE_SOURCE=build, {AGAIN}"
        raise UserMistake("CLAWLAMA_IMAGE_SOURCE", "controller", rule, fix)
    return found


def _build(image: str, context: Path, inputs: str, environment: Mapping[str, str]) -> str:
    command = ["sh", str(context / "scripts/build.sh"), "--tag", image, "--inputs", inputs]
    with LOG.open("wb") as log:
        done = subprocess.run(
            command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=log, check=False
        )
    if done.returncode != 0:
        raise NotMade(_log())
    return plan.taken(json_in(done.stdout.decode().splitlines()[-1]) or {})


def _packed(image: str, identity: str) -> Path:
    # Two hosts may know the same image by two names, each of which stands in its archive.
    name = re.sub("[^A-Za-z0-9]+", "-", image)
    archive = CACHE / f"{name}-{identity.removeprefix('sha256:')[:12]}.tar.gz"
    if not archive.exists():
        for old in CACHE.glob(f"{name}-*.tar*"):
            old.unlink()
        part = archive.with_suffix(".part")
        # A shell's pipe hides that its beginning failed, so the tar is whole before it is zipped.
        script = f'{DOCKER_PATH} docker save --output "$2" "$1" && gzip -1 <"$2" >"$3" && rm "$2"'
        command = ["sh", "-c", script, "sh", image, str(archive.with_suffix("")), str(part)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotMade(done.stderr.splitlines())
        part.rename(archive)
    return archive


def _log() -> list[str]:
    return LOG.read_text(encoding="utf-8", errors="replace").splitlines() if LOG.exists() else []
