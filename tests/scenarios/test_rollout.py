"""A rollout that is killed at any moment, or whose connection to a host is cut, is finished by --resume."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from roles import registry
from tests.scenarios import fleets
from tests.scenarios.deployed import Deployed
from tests.scenarios.deploys import DATA
from tests.scenarios.test_interruptions import CUT
from tests.testbed import hosts as real
from tests.testbed import older
from tests.testbed.docker import MINUTE

pytestmark = [pytest.mark.soak, pytest.mark.timeout(20 * MINUTE)]
# What is said as each stage begins, on the canary and on the host behind it.
MOMENTS = [
    (host, words)
    for host in ("one", "two")
    for words in (
        "works",
        "taking the image",
        "what changes",
        "keeping the state as it is",
        "starting the container",
        "starting the gateway",
        "asking the assistant",
    )
]
Fleet = dict[str, Deployed]
Fault = Callable[[subprocess.Popen[str], Deployed], object]


def end_registry(_: subprocess.Popen[str], host: Deployed) -> None:
    """The one that hosts reach, in the middle of what it gives."""
    ours = str(fleets.cache(host.folder) / "clawlama" / registry.config(for_hosts=True).name)
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = place.read_text().split("\0")
            if words[0] == registry.PROGRAM and ours in words:
                os.kill(int(place.parent.name), signal.SIGKILL)


FAULTS: dict[str, Fault] = {
    "killed": lambda process, _: process.kill(),
    "cut": lambda _, host: host.host.sh(CUT),
    "rebooted": lambda _, host: real.reboot(host.folder, host.host.name),
    "registry": end_registry,
}
BROKEN_OFF = [
    *((where, words, fault) for where, words in MOMENTS for fault in ("killed", "cut")),
    ("one", "taking the image", "registry"),
    ("one", "starting the container", "rebooted"),
    ("two", "keeping the state as it is", "rebooted"),
]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two hosts with an older release, each with a conversation."""
    folder = tmp_path_factory.mktemp("hosts")
    fleets.hand_older()
    with real.real_hosts(folder, one="trixie", two="bookworm") as hosts:
        begun = fleets.rolled_out(folder, DATA | fleets.OLDER, "--skip=three")
        assert begun.code == 0, begun.output
        fleet = {name: Deployed(host, folder) for name, host in hosts.items()}
        for name, host in fleet.items():
            host.say(f"I am {name}.")
        fleets.hand_newest()
        yield fleet


@pytest.mark.parametrize(("where", "words", "fault"), BROKEN_OFF)
@pytest.mark.fault(
    "a rollout killed, its connection cut, its registry ended, a host rebooted",
    "--resume finishes it; no host that was done is touched",
)
def test_a_rollout_that_is_broken_off_is_finished_by_resume(fleet: Fleet, where: str, words: str, fault: str) -> None:
    folder = fleet["one"].folder
    with fleets.begun(folder, DATA, "--verb=upgrade", "--skip=three") as process:
        for line in process.stdout or ():
            event = json.loads(line)
            if event.get("host") == where and words in f"{event.get('words')} {event.get('state')}":
                FAULTS[fault](process, fleet[where])
                break
        for _ in process.stdout or ():
            pass
        assert process.wait(timeout=MINUTE) != 0
    resumed = fleets.rolled_out(folder, {}, "--verb=upgrade", "--resume")
    assert resumed.code == 0, resumed.output
    for name, host in fleet.items():
        assert host.status()["versions"]["openclaw"] != older.OPENCLAW
        assert host.state()[1] == [f"I am {name}."]
    back = fleets.rolled_out(folder, DATA | {"discard_newer": "yes"}, "--verb=rollback", "--skip=three")
    assert back.code == 0, back.output
