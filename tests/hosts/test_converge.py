"""The main job: one command from a bare machine to an answering assistant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hosts import CHANGED
from tests.scenarios import deploys
from tests.testbed import image, report
from tests.testbed.docker import MINUTE, client, piped
from tests.testbed.hosts import real_hosts
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


@pytest.mark.usefixtures("first")
def test_what_was_backed_up_comes_back_in_the_place_of_what_there_is(machine: Machine, tell: Tell) -> None:
    write_note(machine, "kept")
    tell(stages(deployed(machine, "backup.py")))
    write_note(machine, "written since")
    refused = deploy(machine, "restore.py")
    assert refused.code != 0
    assert "clawlama-data holds a state already; --data replace=yes backs it up, then replaces it" in refused.output
    assert machine.sh(f"docker exec clawlama cat {NOTE}") == "written since"
    tell(stages(deployed(machine, "restore.py --data replace=yes")))
    assert machine.sh(f"docker exec clawlama cat {NOTE}") == "kept"
    assert machine.clawlama("status")["proof"]["ok"]
    deployed(machine, "status.py --data json=/tmp/hosts.json")
    [shown] = json.loads(machine.sh("cat /tmp/hosts.json"))["hosts"].values()
    assert shown["state"] == "ready"
    assert shown["backup"]["bytes"] > 0


@pytest.mark.soak
@pytest.mark.timeout(15 * MINUTE)
@pytest.mark.usefixtures("first")
def test_a_backup_comes_back_on_a_bare_machine_of_another_debian(machine: Machine, tmp_path: Path, tell: Tell) -> None:
    write_note(machine, "kept")
    machine.sh(f"docker exec clawlama sh -euc '{LARGE_AND_ODD}'")
    deployed(machine, "backup.py")
    with real_hosts(tmp_path, vm="trixie") as hosts:
        there = hosts["vm"]
        piped(
            [client(), "exec", machine.name, "tar", "-c", "-C", "/", "var/backups/clawlama", PASSWORD],
            [client(), "exec", "-i", there.container, "tar", "-x", "-C", "/"],
            timeout=2 * MINUTE,
        )
        there.sh(f"mv /{PASSWORD} /root/password && rm -r /opt/clawlama")
        restored = deploys.deploy(tmp_path, file="deploy/restore.py", clawlama_backup_password_file="/root/password")
        assert restored.code == 0, restored.output
        tell(stages(restored))
        for shown in (DIGESTS, f"cat {NOTE} {TOKEN}"):
            asked = f"docker exec clawlama sh -euc '{shown}'"
            assert there.sh(asked) == machine.sh(asked)
        assert json.loads(there.sh("docker exec clawlama clawlama status --json"))["proof"]["ok"]


NOTE = "/data/workspace/kept.txt"
PASSWORD = "opt/clawlama/backup/password"
LARGE_AND_ODD = """
mkdir -p "/data/workspace/a folder/-rf"
head -c 300000000 /dev/urandom >"/data/workspace/a folder/-rf/large"
echo odd >"/data/workspace/* ? [odd]; (name)"
echo odder >"/data/workspace/$(printf "caf\\351")"
"""
DIGESTS = "cd /data/workspace && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum"


def write_note(machine: Machine, text: str) -> None:
    machine.sh(f"docker exec clawlama sh -c 'echo {text} >{NOTE}'")


def deploy(machine: Machine, command: str) -> Ended:
    return machine.try_make_up(f".venv/bin/python -m pyinfra -y inventories/local.py deploy/{command}")


def deployed(machine: Machine, command: str) -> Ended:
    ended = deploy(machine, command)
    assert ended.code == 0, ended.output
    return ended


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
