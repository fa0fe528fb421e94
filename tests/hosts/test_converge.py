"""The main job: one command from a bare machine to an answering assistant."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.container import models
from tests.testbed import image, report
from tests.testbed.docker import MINUTE, docker
from tests.testbed.machine import Ended, Machine, bare_machine

CLONE = "/root/clawlama"
OPEN = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)"
TOKEN = "/data/clawlama/gateway_token"
OTHER_MODEL = "/srv/other.gguf"
CHANGED = {
    "CLAWLAMA_MODEL_FILE_HOST": OTHER_MODEL,
    "CLAWLAMA_CONTEXT_WINDOW": 6144,
    "OLLAMA_NUM_THREADS": 1,
    "CLAWLAMA_OPENCLAW_PORT": 18800,
    "CLAWLAMA_PROFILE": "lean",
}
Capture = pytest.CaptureFixture[str]
pytestmark = [pytest.mark.testbed, pytest.mark.timeout(30 * MINUTE)]


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with bare_machine() as machine:
        machine.clone(CLONE)
        yield machine


@pytest.fixture(scope="module")
def first(machine: Machine) -> Ended:
    """The first `make up` of the machine's life. The image it made serves the container tests too."""
    ended = make_up(machine)
    machine.hand_out(image.NAME)
    return ended


def test_one_command_takes_a_bare_machine_to_an_answer_and_a_link(
    machine: Machine, first: Ended, capsys: Capture
) -> None:
    show(first, capsys)
    proof = machine.clawlama("status")["proof"]
    [link] = re.findall(r"chat: (http://\S+)", first.output)
    assert proof["ok"]
    assert proof["answer"].strip()
    assert proof["answer"].splitlines()[0] in first.output
    assert machine.sh(f"python3 -c '{OPEN}' '{link}'") == "200"


@pytest.mark.usefixtures("first")
def test_a_second_run_changes_nothing_and_shows_the_recorded_proof(machine: Machine, capsys: Capture) -> None:
    container, proof = identity(machine, "container", "clawlama"), machine.clawlama("status")["proof"]
    again = make_up(machine)
    show(again, capsys)
    assert report.changed(again.output) == []
    assert identity(machine, "container", "clawlama") == container
    assert machine.clawlama("status")["proof"] == proof
    assert f"{proof['answer'].splitlines()[-1]} (" in again.output
    assert " ago)" in again.output


@pytest.mark.usefixtures("first")
def test_changed_settings_renew_the_container_and_keep_everything_else(machine: Machine, capsys: Capture) -> None:
    container, kept, note = identity(machine, "container", "clawlama"), what_stays(machine), "/data/workspace/note.txt"
    machine.sh(f"docker exec clawlama sh -c 'echo mine >{note}'")
    docker("cp", str(models.smollm2()), f"{machine.name}:{OTHER_MODEL}")
    machine.sh("\n".join(f"echo {name}={value} >>{CLONE}/.env" for name, value in CHANGED.items()))
    changed = make_up(machine)
    show(changed, capsys)
    assert {name.partition(":")[0] for name in report.changed(changed.output)} == {"clawlama"}
    assert identity(machine, "container", "clawlama") != container
    status = machine.clawlama("status")
    [link] = re.findall(r"chat: (http://\S+)", changed.output)
    assert (status["context"], status["threads"], status["profile"]) == (6144, 1, "lean")
    assert (status["model"], status["demonstration"]) == ("other:latest", False)
    assert link.startswith("http://127.0.0.1:18800/#bootstrapToken=")
    assert machine.sh(f"python3 -c '{OPEN}' '{link}'") == "200"
    assert what_stays(machine) == kept
    assert machine.sh(f"docker exec clawlama cat {note}") == "mine"


def make_up(machine: Machine) -> Ended:
    ended = machine.follow("make up", CLONE, timeout=25 * MINUTE)
    assert ended.code == 0, f"make up ended with {ended.code}"
    return ended


def show(ended: Ended, capsys: Capture) -> None:
    with capsys.disabled():
        print(f"\n{ended.seconds:7.1f} s  make up, of which")
        for stage, seconds in report.stages(ended.lines, ended.seconds):
            print(f"{seconds:7.1f} s  {stage}")


def what_stays(machine: Machine) -> tuple[object, ...]:
    """Image, volume, versions, and the token."""
    versions, token = machine.clawlama("status")["versions"], machine.sh(f"docker exec clawlama cat {TOKEN}")
    volume = machine.sh("docker volume inspect --format '{{.CreatedAt}}' clawlama-data")
    return identity(machine, "image", image.NAME), volume, versions, token


def identity(machine: Machine, kind: str, name: str) -> str:
    return machine.sh(f"docker {kind} inspect --format '{{{{.Id}}}}' {name}")
