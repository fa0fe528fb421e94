"""Every way in which a new release may be broken, and an upgrade killed at every stage; molecule's has the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.scenarios import deploys, upgrades
from tests.scenarios.upgrades import BACK, BROKEN, TALK, Upgraded, newest
from tests.testbed import image, older
from tests.testbed.docker import MINUTE
from tests.testbed.hosts import real_hosts

pytestmark = [pytest.mark.soak, pytest.mark.timeout(15 * MINUTE)]
# What is said as each stage begins.
MOMENTS = (
    "taking the image",
    "what changes",
    "keeping the state as it is",
    "putting the release in place",
    "starting the container",
    "starting the gateway",
    "asking the assistant",
)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """A host with an assistant of an older release, and a conversation."""
    folder = tmp_path_factory.mktemp("hosts")
    with real_hosts(folder, vm=upgrades.KIND) as hosts:
        upgraded = upgrades.on(hosts["vm"], folder)
        upgraded.take(older.older_image(), image.NAME)
        done = upgraded.deploy("clawlama")
        assert done.code == 0, done.output
        upgraded.say(TALK)
        yield upgraded


@pytest.fixture(scope="module")
def before(old: Upgraded) -> tuple[int, list[str]]:
    return old.state()


@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=pytest.mark.fault(f"an upgrade whose OpenClaw {how}", BACK)) for how in BROKEN]
)
def test_an_upgrade_that_is_not_proven_comes_back_with_its_state(
    old: Upgraded, before: tuple[int, list[str]], how: str, took: Callable[[float], None]
) -> None:
    took(upgrades.comes_back(old, before, how).seconds)


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_upgrade_that_is_killed_is_finished_by_the_next_run(
    old: Upgraded, before: tuple[int, list[str]], moment: str
) -> None:
    old.host.sh(f"docker tag {older.NAME} {image.NAME}")
    killed = old.deploy("upgrade", when={moment: deploys.Deploying.kill})
    assert killed.code != 0
    done = old.deploy("upgrade")
    assert done.code == 0, done.output
    assert old.openclaw() == newest()
    assert old.state()[1] == before[1]
    assert old.deploy("rollback", discard_newer="yes").code == 0
    assert old.state() == before


def test_what_a_rollback_left_can_be_gone_forward_to(old: Upgraded, before: tuple[int, list[str]]) -> None:
    forth = old.deploy("rollback", discard_newer="yes")
    assert forth.code == 0, forth.output
    assert old.openclaw() == newest()
    assert old.state()[1] == before[1]
