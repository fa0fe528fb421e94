"""Backups on replayed hosts: now, and by the clock, which is set up once and taken away when it is no longer wanted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plans.play import Played, journal, play

DEBIAN = "debian-13.synthetic"
NOW = "backup: to /var/backups/clawlama"


def backed_up(folder: Path, monkeypatch: pytest.MonkeyPatch, deploy: str, **data: object) -> Played:
    monkeypatch.setenv("REPLAY_DATA", json.dumps(data))
    return play(folder, DEBIAN, deploy=deploy)


def test_a_backup_says_what_it_took_and_where_its_password_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played = backed_up(tmp_path, monkeypatch, "deploy/backup.py")
    assert played.code == 0, played.said
    assert "backup 4f2a91c0: 412 files, 81 MB, of which 1.2 MB new, in 4 s" in played.said
    assert "keep a copy of /opt/clawlama/backup/password elsewhere" in played.said
    again = backed_up(tmp_path, monkeypatch, "deploy/backup.py")
    assert again.of(DEBIAN) == {"backup: the means": "no_change", NOW: "success"}


def test_a_password_is_never_in_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backed_up(tmp_path, monkeypatch, "deploy/backup.py")
    assert "RESTIC_PASSWORD=" not in journal(tmp_path, DEBIAN)


def test_a_schedule_is_set_up_once_and_ended_when_it_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted, change in [("daily", "success"), ("daily", "no_change"), ("off", "success"), ("off", "no_change")]:
        played = backed_up(tmp_path, monkeypatch, "deploy/clawlama.py", clawlama_backup_schedule=wanted)
        assert played.of(DEBIAN)[f"backup: by schedule: {wanted}"] == change, played.said
    assert "OnCalendar=daily" in journal(tmp_path, DEBIAN)


def test_a_password_file_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = "/root/nosuch"
    played = backed_up(tmp_path, monkeypatch, "deploy/backup.py", clawlama_backup_password_file=file)
    assert played.code != 0
    assert f'CLAWLAMA_BACKUP_PASSWORD_FILE="{file}": must be a file with a password on the host' in played.said


def test_a_restore_brings_a_bare_host_up_with_the_state_of_a_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = backed_up(tmp_path, monkeypatch, "deploy/restore.py", backup="4f2a91c0")
    assert played.code == 0, played.said
    done = journal(tmp_path, DEBIAN)
    assert done.index("ID=4f2a91c0 /opt/clawlama/backup/backup.sh restore") < done.index("up --detach")
    assert "restored backup 4f2a91c0" in played.said
    assert "answer: The capital of France is Paris." in played.said


def test_a_backup_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played = backed_up(tmp_path, monkeypatch, "deploy/restore.py", backup="$(touch /canary)")
    assert played.code != 0
    assert "must be a backup's id, 4 to 64 digits of 0-9 and a-f; leave it out for the newest" in played.said
