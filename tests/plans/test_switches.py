"""Upgrade and rollback on replayed hosts: what is done in which order, and what a run that was cut short leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plans.play import Played, journal, play

HOST = "_upgradable"
UPGRADE, ROLLBACK = "deploy/upgrade.py", "deploy/rollback.py"
MOST_COMMANDS = 40


def upgraded(folder: Path, host: str = HOST, deploy: str = UPGRADE, **data: object) -> Played:
    return play(folder, host, deploy=deploy, REPLAY_DATA=json.dumps(data))


def order(said: str, *steps: str) -> list[int]:
    return [said.index(step) for step in steps]


def test_an_upgrade_keeps_the_state_of_a_stopped_assistant_before_another_one_starts(tmp_path: Path) -> None:
    played = upgraded(tmp_path)
    assert played.code == 0, played.said
    assert "what changes: OpenClaw 2026.9.4 to 2026.9.6" in played.said
    steps = order(
        journal(tmp_path, HOST),
        "build.sh --tag",
        "plan --json",
        '"phase": "stopping"',
        "docker stop",
        "backup --json",
        '"phase": "started"',
        "up --detach",
        "prove --json",
        "rm -f /opt/clawlama/switch.json",
    )
    assert steps == sorted(steps)


def test_an_upgrade_with_nothing_newer_changes_nothing(tmp_path: Path) -> None:
    upgraded(tmp_path)
    again = upgraded(tmp_path)
    assert again.code == 0, again.said
    assert set(again.of(HOST).values()) == {"no_change"}


def test_a_release_that_dies_makes_way_for_the_old_one_and_its_state(tmp_path: Path) -> None:
    host = "_upgradable-to-what-dies"
    played = upgraded(tmp_path, host)
    assert played.code != 0
    assert "stage switch: stage gateway: gateway ended; 222222222222 is back, proven, with its state" in played.said
    said = journal(tmp_path, host)
    steps = order(said, '"phase": "started"', '"phase": "returning"', "BACKUP_ID=2b2b2b2b", '"phase": "returned"')
    assert steps == sorted(steps)
    assert said.index("rm -f /opt/clawlama/switch.json") > steps[-1]


@pytest.mark.large
def test_an_upgrade_that_is_cut_short_at_any_command_is_finished_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    upgraded(tmp_path / "whole")
    commands = journal(tmp_path / "whole", HOST).count("\n$ ") + 1
    assert 15 < commands < MOST_COMMANDS
    hosts = [f"{HOST}!{number}{when}" for number in range(1, commands + 1) for when in ("", "+")]
    cut = play(tmp_path, *hosts, deploy=UPGRADE)
    assert cut.code != 0
    assert "Traceback" not in cut.said
    again = play(tmp_path, *hosts, deploy=UPGRADE, REPLAY_STEADY="1")
    assert again.code == 0, again.said
    after = play(tmp_path, *hosts, deploy=UPGRADE, REPLAY_STEADY="1")
    for host in hosts:
        assert set(after.of(host).values()) == {"no_change"}, host


def test_a_deploy_does_not_touch_what_is_between_two_releases(tmp_path: Path) -> None:
    host = f"{HOST}!12+"
    cut = upgraded(tmp_path, host)
    assert cut.code != 0
    played = play(tmp_path, host, REPLAY_STEADY="1")
    assert played.code != 0
    assert (
        'release="between two": must be one, and a run was cut short while it changed; deploy/upgrade.py' in played.said
    )


def test_a_rollback_that_would_lose_conversations_says_how_many_and_does_nothing(tmp_path: Path) -> None:
    played = upgraded(tmp_path, deploy=ROLLBACK)
    assert played.code != 0
    assert "3 conversations would be lost, written to since 2026-11-02T12:00:00+00:00" in played.said
    assert "docker stop" not in journal(tmp_path, HOST)


def test_a_rollback_keeps_the_present_and_brings_back_what_was(tmp_path: Path) -> None:
    played = upgraded(tmp_path, deploy=ROLLBACK, discard_newer="yes")
    assert played.code == 0, played.said
    steps = order(
        journal(tmp_path, HOST),
        "docker stop",
        "clawlama-release:<release> backup --json",
        "CLAWLAMA_BACKUP_ID=00aa00aa clawlama-release:<release> restore --json",
        "up --detach",
    )
    assert steps == sorted(steps)
    assert "000000000000 is proven; 222222222222 is held" in played.said


@pytest.mark.parametrize("wanted", ["333", "222222222222", "$(touch /canary)", ""])
def test_a_release_that_is_not_held_is_refused_with_those_that_are(tmp_path: Path, wanted: str) -> None:
    played = upgraded(tmp_path, deploy=ROLLBACK, release=wanted)
    assert played.code != 0
    assert "must be one that is held here; there are: 000000000000 (OpenClaw 2026.8.2, 2026-11-01T12:00)" in played.said
