"""The main job: one command from a bare machine to an answering assistant."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.hosts import CHANGED
from tests.testbed import image, report
from tests.testbed.docker import MINUTE
from tests.testbed.machine import Ended, Machine

OPEN = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)"
TOKEN = "/data/clawlama/gateway_token"
Tell = Callable[[str], None]
pytestmark = [pytest.mark.testbed, pytest.mark.timeout(30 * MINUTE)]


def test_one_command_takes_a_bare_machine_to_an_answer_and_a_link(machine: Machine, first: Ended, tell: Tell) -> None:
    tell(stages(first))
    proof = machine.clawlama("status")["proof"]
    [link] = re.findall(r"chat: (http://\S+)", first.output)
    assert proof["ok"]
    assert proof["answer"].strip()
    assert proof["answer"].splitlines()[0] in first.output
    assert machine.sh(f"python3 -c '{OPEN}' '{link}'") == "200"


@pytest.mark.usefixtures("first")
def test_a_second_run_changes_nothing_and_shows_the_recorded_proof(machine: Machine, tell: Tell) -> None:
    container, proof = machine.identity("container", "clawlama"), machine.clawlama("status")["proof"]
    again = machine.make_up()
    tell(stages(again))
    assert report.changed(again.output) == []
    assert machine.identity("container", "clawlama") == container
    assert machine.clawlama("status")["proof"] == proof
    assert f"{proof['answer'].splitlines()[-1]} (" in again.output
    assert " ago)" in again.output


@pytest.mark.usefixtures("first", "other_model")
def test_changed_settings_renew_the_container_and_keep_everything_else(machine: Machine, tell: Tell) -> None:
    container, kept, note = machine.identity("container", "clawlama"), what_stays(machine), "/data/workspace/note.txt"
    machine.sh(f"docker exec clawlama sh -c 'echo mine >{note}'")
    machine.configure(CHANGED)
    changed = machine.make_up()
    tell(stages(changed))
    assert {name.partition(":")[0] for name in report.changed(changed.output)} == {"clawlama"}
    assert machine.identity("container", "clawlama") != container
    status = machine.clawlama("status")
    [link] = re.findall(r"chat: (http://\S+)", changed.output)
    assert (status["context"], status["threads"], status["profile"]) == (65536, 1, "lean")
    assert (status["model"], status["demonstration"]) == ("other:latest", False)
    assert link.startswith("http://127.0.0.1:18800/#bootstrapToken=")
    assert machine.sh(f"python3 -c '{OPEN}' '{link}'") == "200"
    assert what_stays(machine) == kept
    assert machine.sh(f"docker exec clawlama cat {note}") == "mine"


def stages(ended: Ended) -> str:
    whole = f"{ended.seconds:7.1f} s  make up, of which"
    return "\n".join(
        [whole, *(f"{seconds:7.1f} s  {name}" for name, seconds in report.stages(ended.lines, ended.seconds))]
    )


def what_stays(machine: Machine) -> tuple[object, ...]:
    """Image, volume, versions, and the token."""
    versions, token = machine.clawlama("status")["versions"], machine.sh(f"docker exec clawlama cat {TOKEN}")
    volume = machine.sh("docker volume inspect --format '{{.CreatedAt}}' clawlama-data")
    return machine.identity("image", image.NAME), volume, versions, token
