"""A converge that changes nothing, of one real host over ssh: ours, and an ansible-core playbook's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.clock import seconds
from bench.limits import Figure, Limit
from tests.scenarios.deploys import deploy
from tests.testbed import report
from tests.testbed.docker import MINUTE, docker
from tests.testbed.hosts import RealHost, real_hosts
from tests.testbed.image import NAME, image
from tests.testbed.machine import ROOT

PLAYBOOK = ROOT / "bench/playbook.yml"
ANSIBLE = str(Path(sys.executable).parent / "ansible-playbook")
TIMES = 3
# Ansible's modules are Python, which our hosts need not have. apt's index is there, from the deploy.
FOR_ANSIBLE = "apt-get install -q -y --no-install-recommends python3 python3-apt"


def figures() -> Iterator[Figure]:
    image()
    with tempfile.TemporaryDirectory() as place, real_hosts(Path(place), vm="trixie") as hosts:
        folder = Path(place)
        assert deploy(folder).code == 0
        prepare(folder, hosts["vm"])
        ours, ansibles = [], []
        for _ in range(TIMES):
            ours.append(seconds(lambda: converge(folder)))
            ansibles.append(seconds(lambda: play(folder)))
    yield Figure(f"nothing to do, one host over ssh, best of {TIMES} (s)", f"{min(ours):.1f}")
    yield Figure(f"the same by ansible-core, pipelined, best of {TIMES} (s)", f"{min(ansibles):.1f}")
    yield Figure("ours / ansible-core's", f"{min(ours) / min(ansibles):.2f}", Limit(most=0.25))


def prepare(folder: Path, host: RealHost) -> None:
    host.sh(FOR_ANSIBLE, timeout=5 * MINUTE)
    # To the byte: the release is known by its files' digests.
    docker("cp", f"{host.container}:/opt/clawlama/docker-compose.yml", str(folder / "compose.yml"))


def converge(folder: Path) -> None:
    ended = deploy(folder)
    assert ended.code == 0
    assert report.changed(ended.output) == []


def play(folder: Path, names: Sequence[str] = ("vm",)) -> None:
    """Its fastest way: one connection a host kept open, no files copied for a module, all hosts at a time."""
    given = {"image": NAME, "compose_file": str(folder / "compose.yml")}
    tuned = {
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_SSH_ARGS": f"-F {folder}/ssh_config -o ControlMaster=auto -o ControlPersist=60s",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
    }
    done = subprocess.run(
        [ANSIBLE, f"--forks={len(names)}", f"--inventory={','.join(names)},", "-e", json.dumps(given), str(PLAYBOOK)],
        env=os.environ | tuned,
        capture_output=True,
        text=True,
        timeout=5 * MINUTE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"changed=(\d+)", done.stdout) == ["0"] * len(names), done.stdout
