"""Uninstalling on a replayed host: what goes, what stays, and that it is done once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plans.play import Played, journal, play

DEBIAN = "debian-13.synthetic"


def uninstalled(folder: Path, **data: object) -> Played:
    return play(folder, DEBIAN, deploy="deploy/uninstall.py", REPLAY_DATA=json.dumps(data))


@pytest.fixture
def lived(tmp_path: Path) -> Path:
    assert play(tmp_path, DEBIAN).code == 0
    return tmp_path


def test_the_data_stay_and_are_named_and_a_second_run_finds_nothing_to_do(lived: Path) -> None:
    played = uninstalled(lived)
    assert played.code == 0, played.said
    assert "clawlama-data is kept; --data purge=yes removes it, too" in played.said
    assert "docker volume rm" not in journal(lived, DEBIAN)
    assert set(uninstalled(lived).of(DEBIAN).values()) == {"no_change"}


def test_the_data_go_where_that_is_said_in_so_many_words(lived: Path) -> None:
    assert "docker volume rm" not in journal(lived, DEBIAN)
    assert uninstalled(lived, purge="true").code == 0
    assert "docker volume rm" not in journal(lived, DEBIAN)
    assert uninstalled(lived, purge="yes").code == 0
    assert "docker volume rm clawlama-data" in journal(lived, DEBIAN)


def test_a_host_that_never_had_it_is_left_alone(tmp_path: Path) -> None:
    played = uninstalled(tmp_path)
    assert played.code == 0, played.said
    assert set(played.of(DEBIAN).values()) == {"no_change"}
    assert "\n$ " not in journal(tmp_path, DEBIAN)
