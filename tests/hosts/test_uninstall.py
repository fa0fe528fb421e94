"""Uninstalling leaves a machine as it was, but for Docker and the data. In `make soak`: faults leave traces, too."""

from __future__ import annotations

import re

import pytest

from tests.testbed.docker import LABEL, MINUTE, docker
from tests.testbed.machine import CLONE, IMAGE, Machine, surroundings
from tests.testbed.traces import Traces, traces

pytestmark = [pytest.mark.testbed, pytest.mark.soak, pytest.mark.timeout(30 * MINUTE)]
UNINSTALL = ".venv/bin/python -m pyinfra -y inventories/local.py deploy/uninstall.py"
# The packages that apt would bring for Docker alone, on a machine that is as bare as this one was.
FOR_DOCKER = """
apt-get -qq update >/dev/null
apt-get -q --simulate install --no-install-recommends docker.io iptables ca-certificates |
  sed -n 's/^Inst \\([^ ]*\\).*/\\1/p'
"""
# From the next suite, and the source that they came from, which their next security update comes from too.
PLUGINS = {"docker-compose", "docker-buildx"}
# What these packages make when they are installed or run.
EXPECTED = re.compile(
    # Backups, and the password without which they are lost.
    r"/var/backups/clawlama/|/opt/clawlama/backup/password$|"
    r"/etc/alternatives/\w+tables|/etc/apt/\S+/clawlama-trixie|/etc/docker/|/root/.docker/|/etc/rc.\.d/...docker"
    r"|/(etc|var/lib)/systemd/\S*(docker|containerd)|/etc/(gshadow-|networks)$"
)
OBJECTS = "docker ps --all --quiet; docker images --all --quiet; docker network ls --quiet --filter type=custom"


@pytest.mark.usefixtures("first")
def test_uninstalling_leaves_nothing_but_docker_and_the_data(machine: Machine, bare: Traces) -> None:
    machine.sh(f"rm -f {CLONE}/.env")
    done = machine.try_make_up(UNINSTALL)
    assert done.code == 0, done.output
    assert "clawlama-data is kept; --data purge=yes removes it, too" in done.output
    left = traces(machine)
    asked = ("run", "--rm", f"--label={LABEL}", *surroundings(), IMAGE, "sh", "-euc", FOR_DOCKER)
    assert left.packages - bare.packages <= {*docker(*asked, timeout=3 * MINUTE).split(), *PLUGINS}
    assert left.users - bare.users <= {"docker"}
    assert [path for path in sorted(left.files - bare.files) if not EXPECTED.match(path)] == []
    assert bare.packages | bare.users | bare.files <= left.packages | left.users | left.files
    assert machine.sh(OBJECTS) == ""
    assert "clawlama-data" in machine.sh("docker volume ls --quiet").split()
