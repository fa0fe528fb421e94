"""The image of the working tree, in this machine's Docker."""

from __future__ import annotations

import functools
import os
import subprocess

from roles.image import plan, sources
from roles.settings import Settings, environment, settings_from
from tests.testbed.docker import MINUTE, docker
from tests.testbed.machine import ROOT

NAME = settings_from({"CLAWLAMA_IMAGE": os.environ.get("CLAWLAMA_IMAGE")}).clawlama_image


# What build steps run in; it has what the image has not, such as zstd.
TOOLS = "clawlama-tools:latest"


def tools() -> str:
    """The name of the image that build steps run in; made, if it is not there."""
    if not docker("images", "--quiet", TOOLS):
        resolve = ["sh", str(ROOT / "container/scripts/build.sh"), "--resolve"]
        subprocess.run(resolve, stdout=subprocess.DEVNULL, timeout=10 * MINUTE, check=True)
    return TOOLS


@functools.cache
def image() -> str:
    """Its name. It is there if the testbed handed it out, or an earlier run built it; else it is built now."""
    wanted = plan.inputs(sources.read(ROOT / "container"), environment(Settings(), "build"))
    labels = docker("image", "inspect", "--format", "{{json .Config.Labels}}", NAME, check=False)
    if plan.labels(labels).get(plan.INPUTS_LABEL) != wanted:
        build = ["sh", str(ROOT / "container/scripts/build.sh"), "--tag", NAME, "--inputs", wanted]
        subprocess.run(build, stdout=subprocess.DEVNULL, timeout=25 * MINUTE, check=True)
    return NAME
