"""The image of the working tree, in this machine's Docker."""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from roles.image import plan, sources
from roles.settings import Settings, environment, settings_from
from tests.testbed.alone import alone
from tests.testbed.docker import MINUTE, docker
from tests.testbed.machine import ROOT

NAME = settings_from({"CLAWLAMA_IMAGE": os.environ.get("CLAWLAMA_IMAGE")}).clawlama_image


# What build steps run in; it has what the image has not, such as zstd.
TOOLS = "clawlama-tools:latest"
LOCK = Path(tempfile.gettempdir()) / "clawlama-image.lock"


def tools() -> str:
    """The name of the image that build steps run in; made, if it is not there."""
    if not docker("images", "--quiet", TOOLS):
        resolve = ["sh", str(ROOT / "container/scripts/build.sh"), "--resolve"]
        subprocess.run(resolve, stdout=subprocess.DEVNULL, timeout=10 * MINUTE, check=True)
    return TOOLS


def making() -> AbstractContextManager[None]:
    """One process at a time makes the image; who needs it meanwhile waits for that one's."""
    return alone(LOCK)


@functools.cache
def image() -> str:
    """Its name. It is there if the testbed handed it out, or an earlier run built it; else it is built now."""
    with making():
        return _made()


def _made() -> str:
    wanted = plan.inputs(sources.read(ROOT / "container"), environment(Settings(), "build"))
    labels = docker("image", "inspect", "--format", "{{json .Config.Labels}}", NAME, check=False)
    if plan.labels(labels).get(plan.INPUTS_LABEL) != wanted:
        build = ["sh", str(ROOT / "container/scripts/build.sh"), "--tag", NAME, "--inputs", wanted]
        subprocess.run(build, stdout=subprocess.DEVNULL, timeout=25 * MINUTE, check=True)
    return NAME
