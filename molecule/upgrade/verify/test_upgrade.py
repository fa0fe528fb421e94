"""An upgrade that fails comes back with its state; one that works takes it along; a rollback goes back to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.scenarios import upgrades
from tests.scenarios.upgrades import TALK, Upgraded, newest
from tests.testbed import hosts, image, older, report
from tests.testbed.docker import MINUTE

FOLDER = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "hosts"
pytestmark = pytest.mark.timeout(15 * MINUTE)
State = tuple[int, list[str]]


@pytest.fixture(scope="module")
def old() -> Upgraded:
    [host] = hosts.there(FOLDER)
    return upgrades.on(host, FOLDER)


@pytest.fixture(scope="module")
def before(old: Upgraded) -> State:
    assert old.openclaw() == older.OPENCLAW
    old.say(TALK)
    return old.state()


def test_an_upgrade_that_is_not_proven_comes_back_with_its_state(old: Upgraded, before: State) -> None:
    upgrades.comes_back(old, before, "fails in its migration")


def test_an_image_of_another_openclaw_is_not_started_by_the_way(old: Upgraded, before: State) -> None:
    old.break_image(upgrades.BROKEN["dies"])
    refused = old.deploy("clawlama")
    old.host.sh(f"docker tag {older.NAME} {image.NAME}")
    assert refused.code != 0
    assert f"and what ran last is {older.OPENCLAW}: its data would change, with no way back" in refused.output
    assert old.state() == before


def test_an_upgrade_takes_the_state_along_and_the_next_one_changes_nothing(old: Upgraded, before: State) -> None:
    form, said = before
    upgraded = old.deploy("upgrade")
    assert upgraded.code == 0, upgraded.output
    assert f"what changes: OpenClaw {older.OPENCLAW} to " in upgraded.output
    assert old.openclaw() == newest()
    newer_form, still_said = old.state()
    assert newer_form > form
    assert still_said == said
    old.say("Red is new.")
    again = old.deploy("upgrade")
    assert again.code == 0
    assert report.changed(again.output) == []


def test_a_rollback_asks_before_it_loses_what_is_newer(old: Upgraded) -> None:
    present = old.state()
    refused = old.deploy("rollback")
    assert refused.code != 0
    assert "1 conversation would be lost" in refused.output
    assert "--data discard_newer=yes goes on" in refused.output
    assert old.state() == present


def test_a_rollback_brings_image_settings_and_state_of_the_release_before(old: Upgraded, before: State) -> None:
    back = old.deploy("rollback", discard_newer="yes")
    assert back.code == 0, back.output
    assert old.openclaw() == older.OPENCLAW
    assert old.state() == before
