"""What a host is like when a deploy has ended, and after a reboot."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import testinfra  # type: ignore[import-untyped]
from testinfra.host import Host  # type: ignore[import-untyped]

FOLDER = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "hosts"
NAMES = [line.split()[1] for line in (FOLDER / "ssh_config").read_text().splitlines() if line.startswith("Host ")]

HEALTH = "docker inspect --format '{{.State.Health.Status}}' clawlama"
PROVE = "docker exec clawlama clawlama prove --json"
# After a reboot it starts anew.
AWAIT_HEALTHY = (
    f"tries=0; until [ $({HEALTH}) = healthy ] || [ $tries = 240 ]; do tries=$((tries + 1)); sleep 0.5; done; {HEALTH}"
)


@pytest.fixture(params=NAMES)
def host(request: pytest.FixtureRequest) -> Host:
    return testinfra.get_host(
        f"ssh://{request.param}", ssh_config=str(FOLDER / "ssh_config"), sudo=request.param != "mac"
    )


def test_docker_comes_with_the_host(host: Host) -> None:
    docker = host.service("docker")
    assert docker.is_enabled
    assert docker.is_running


def test_the_assistant_answers(host: Host) -> None:
    assert host.check_output(AWAIT_HEALTHY) == "healthy"
    status = json.loads(host.check_output("docker exec clawlama clawlama status --json"))
    # The deploy's own proof is enough while the container lives; after a reboot it is asked again.
    proof = status["proof"] if status["warm"] else json.loads(host.check_output(PROVE))
    assert proof["ok"], proof


def test_its_port_is_on_loopback_alone(host: Host) -> None:
    assert host.socket("tcp://127.0.0.1:18789").is_listening
    assert not host.socket("tcp://0.0.0.0:18789").is_listening
