"""Containers get the card, after a reboot too, and what Docker was told before is still there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import testinfra  # type: ignore[import-untyped]
from testinfra.host import Host  # type: ignore[import-untyped]

from tests.testbed.nvidia import CARD, VERSION

FOLDER = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "hosts"
AWAIT_DOCKER = (
    "tries=0; until docker version >/dev/null 2>&1 || [ $tries = 120 ]; do tries=$((tries + 1)); sleep 0.5; done"
)
# An image of one program, made on the host: no registry is needed.
IMAGE = "tar -c -C / bin/busybox | docker import - seer"


@pytest.fixture
def host() -> Host:
    host = testinfra.get_host("ssh://vm", ssh_config=str(FOLDER / "ssh_config"), sudo=True)
    host.check_output(AWAIT_DOCKER)
    return host


def test_the_toolkit_is_nvidias_own(host: Host) -> None:
    assert VERSION in host.check_output("nvidia-ctk --version")
    assert host.package("nvidia-container-toolkit").is_installed


def test_dockers_own_settings_survive_the_merge(host: Host) -> None:
    merged = json.loads(host.file("/etc/docker/daemon.json").content_string)
    assert merged["log-driver"] == "local"
    assert merged["runtimes"]["nvidia"]["path"] == "nvidia-container-runtime"
    assert json.loads(host.check_output("docker info --format '{{json .Runtimes}}'"))["nvidia"]


def test_a_container_sees_the_card(host: Host) -> None:
    host.check_output(IMAGE)
    asked = "docker run --rm --gpus all seer /bin/busybox sh /usr/bin/nvidia-smi -L"
    assert CARD in host.check_output(asked)
