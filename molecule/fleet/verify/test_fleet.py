"""An upgrade of a fleet halts at the host that breaks, touches nothing behind it, and goes on when that is mended."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.scenarios import fleets
from tests.scenarios.deployed import Deployed
from tests.testbed import hosts, older
from tests.testbed.docker import MINUTE

FOLDER = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "hosts"
pytestmark = pytest.mark.timeout(20 * MINUTE)
STARTED = "docker inspect --format '{{.Id}} {{.State.StartedAt}}' clawlama"
LOG = "/opt/clawlama/audit.log"


@pytest.fixture(scope="module")
def fleet() -> dict[str, Deployed]:
    """Three hosts with an older release, each with a conversation."""
    found = {host.name: Deployed(host, FOLDER) for host in hosts.there(FOLDER)}
    for name, host in found.items():
        assert version(host) == older.OPENCLAW
        host.say(f"I am {name}.")
    return found


@pytest.fixture(scope="module")
def halted(fleet: dict[str, Deployed]) -> fleets.RolledOut:
    """An upgrade to what breaks on the second host. Another operator comes while it is under way."""
    fleets.hand_newest()
    data = fleets.data(FOLDER)
    fleets.break_newest(fleet["two"].host)
    before = {name: (host.state(), host.host.sh(STARTED)) for name, host in fleet.items()}
    with fleets.begun(FOLDER, data, "--verb=upgrade") as first:
        assert first.stdout is not None
        events = []
        for line in first.stdout:
            events.append(json.loads(line))
            if events[-1].get("state") == "works" and events[-1]["host"] == "two":
                second = fleets.rolled_out(FOLDER, data, "--verb=backup")
        code = first.wait(timeout=MINUTE)
    assert second.code == 1
    assert "has been at work here since" in second.result["failed"]["two"]
    assert second.result["done"] == []
    state, started = before["three"]
    assert (fleet["three"].state(), fleet["three"].host.sh(STARTED)) == (state, started)
    assert fleet["two"].state() == before["two"][0]
    return fleets.RolledOut(code, events)


@pytest.mark.usefixtures("fleet")
def test_the_models_registry_was_asked_once_for_each_blob() -> None:
    asked = fleets.asked_for(FOLDER)
    assert asked
    assert len(asked) == len(set(asked))


def version(host: Deployed) -> str:
    return str(host.status()["versions"]["openclaw"])


def test_it_halts_at_the_host_that_breaks_which_is_back_as_it_was(
    halted: fleets.RolledOut, fleet: dict[str, Deployed]
) -> None:
    assert halted.code == 1
    assert (halted.result["done"], halted.result["untouched"]) == (["one"], ["three"])
    assert "is back, proven, with its state as it was" in halted.result["failed"]["two"]
    assert [version(fleet[name]) == older.OPENCLAW for name in ("one", "two", "three")] == [False, True, True]


@pytest.mark.usefixtures("halted")
def test_when_it_is_mended_it_goes_on_from_there(fleet: dict[str, Deployed]) -> None:
    fleets.mend(fleet["two"].host)
    started = fleet["one"].host.sh(STARTED)
    resumed = fleets.rolled_out(FOLDER, {}, "--verb=upgrade", "--resume")
    assert resumed.code == 0, resumed.output
    assert sorted(resumed.result["done"]) == ["one", "three", "two"]
    assert fleet["one"].host.sh(STARTED) == started
    for name, host in fleet.items():
        assert version(host) != older.OPENCLAW
        assert host.state()[1] == [f"I am {name}."]


def test_each_host_has_a_log_of_who_did_what(fleet: dict[str, Deployed]) -> None:
    lines = fleet["two"].host.sh(f"cut -d ' ' -f 2- {LOG}").splitlines()
    assert [line.partition(":")[0] for line in lines if "upgrade by root on" in line] == [
        "begun",
        "stage switch",
        "begun",
        "done",
    ]
