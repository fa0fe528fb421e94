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
from tests.scenarios.test_interruptions import cut
from tests.testbed import hosts as real
from tests.testbed import older
from tests.testbed.docker import MINUTE

pytestmark = [pytest.mark.soak, pytest.mark.timeout(20 * MINUTE)]
# What is said as each stage begins, on the canary and on the host behind it.
MOMENTS = [
    (host, words)
    for host in ("one", "two")
    for words in (
        "Connected",
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
    "cut": lambda _, host: cut(host.host),
    "rebooted": lambda _, host: real.reboot(host.folder, host.host.name),
    "registry": end_registry,
}
ONCE = [
    ("one", "taking the image", "registry"),
    ("one", "starting the container", "rebooted"),
    ("two", "keeping the state as it is", "rebooted"),
]
UPGRADE, RESUME = ("--verb=upgrade", "--skip=three"), ("--verb=upgrade", "--resume")


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


@pytest.fixture(autouse=True)
def back_again(fleet: Fleet) -> Iterator[None]:
    yield
    go_back(fleet)


def go_back(fleet: Fleet) -> None:
    """To the older release, and nothing is left of the newer one's image."""
    back = fleets.rolled_out(fleet["one"].folder, DATA | {"discard_newer": "yes"}, "--verb=rollback", "--skip=three")
    for host in fleet.values():
        host.host.sh("docker image prune --all --force")
    assert back.code == 0, back.output


@pytest.mark.parametrize("fault", ["killed", "cut"])
@pytest.mark.fault(
    "a rollout killed, or its connection cut, at every stage in turn", "--resume goes on each time, and finishes it"
)
def test_a_rollout_that_is_broken_off_at_every_stage_in_turn_is_finished_by_resume(fleet: Fleet, fault: str) -> None:
    data, options = DATA, UPGRADE
    for where, words in MOMENTS:
        # A host goes on with what it was told before the connection was cut: all may be done by then.
        if not broken_off(fleet, (where, words, fault), data, *options):
            go_back(fleet)
            assert broken_off(fleet, (where, words, fault), DATA, *UPGRADE)
        data, options = {}, RESUME
    check_that_resume_finishes(fleet)


@pytest.mark.parametrize(("where", "words", "fault"), ONCE)
@pytest.mark.fault("a fleet's registry ends, a host is rebooted, in the middle of a rollout", "--resume finishes it")
def test_a_rollout_whose_registry_or_host_ends_is_finished_by_resume(
    fleet: Fleet, where: str, words: str, fault: str
) -> None:
    if broken_off(fleet, (where, words, fault), DATA, *UPGRADE):
        check_that_resume_finishes(fleet)


def broken_off(fleet: Fleet, moment: tuple[str, str, str], data: dict[str, object], *options: str) -> bool:
    """Whether it was; else it went to its end, and nothing was said of the moment."""
    where, words, fault = moment
    seen, struck = [], False
    with fleets.begun(fleet["one"].folder, data, *options) as process:
        for line in process.stdout or ():
            seen.append(line)
            event = json.loads(line)
            if not struck and event.get("host") == where and words in event.get("words", ""):
                FAULTS[fault](process, fleet[where])
                struck = True
        code = process.wait(timeout=MINUTE)
    print("".join(seen))
    # A host that the registry gave nothing yet gets the image whole.
    assert (code != 0) == struck or fault == "registry", f"{fault} at {words!r} of {where}: ended with {code}"
    return struck and code != 0


def check_that_resume_finishes(fleet: Fleet) -> None:
    resumed = fleets.rolled_out(fleet["one"].folder, {}, *RESUME)
    assert resumed.code == 0, resumed.output
    for name, host in fleet.items():
        assert host.status()["versions"]["openclaw"] != older.OPENCLAW
        assert host.state()[1] == [f"I am {name}."]
