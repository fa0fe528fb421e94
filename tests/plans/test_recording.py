"""What is recorded of a host can be played again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.plans import cassette
from tests.plans.recording import Recording

FIRST, SECOND = "a" * 64, "b" * 64


@pytest.fixture
def recording() -> Recording:
    return Recording("a host")


def played(folder: Path, monkeypatch: pytest.MonkeyPatch, recording: Recording) -> cassette.Tape:
    monkeypatch.setattr(cassette, "FOLDER", folder)
    cassette.path("a.recorded").write_text(recording.yaml(), encoding="utf-8")
    return cassette.load("a.recorded")


def test_an_answer_changes_with_the_command_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recording: Recording
) -> None:
    recording.heard("Docker.server", "")
    recording.did("systemctl start docker", "", (["so be it"], []), fails=False)
    recording.heard("Docker.server", "26.1")
    tape = played(tmp_path, monkeypatch, recording)
    assert tape.answer("Docker.server") == ""
    effect = tape.run("systemctl start docker")
    assert effect is not None
    assert effect.says == "so be it"
    assert tape.answer("Docker.server") == "26.1"


def test_a_command_that_nobody_gave_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recording: Recording
) -> None:
    recording.did("apt-get install (docker.io)", "", ([], []), fails=False)
    tape = played(tmp_path, monkeypatch, recording)
    assert tape.run("apt-get install (docker.io)") is not None
    assert tape.run("apt-get install (docker.io) more") is None


def test_digests_that_commands_brought_in_may_be_others_when_it_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recording: Recording
) -> None:
    recording.heard("Image.labels", "")
    recording.did(f"build --inputs {FIRST} .", "", ([], []), fails=False)
    recording.heard("Image.labels", f"inputs={FIRST} $HOME")
    tape = played(tmp_path, monkeypatch, recording)
    assert tape.run(f"build --inputs {SECOND} .") is not None
    assert tape.answer("Image.labels") == f"inputs={SECOND} $HOME"


def test_so_may_what_a_command_was_fed_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recording: Recording
) -> None:
    recording.heard("Release.files", "")
    recording.did("cat >compose.yml", f"release: {FIRST}\n", ([], []), fails=False)
    recording.heard("Release.files", f"{cassette.digest(f'release: {FIRST}' + chr(10))} {FIRST}")
    tape = played(tmp_path, monkeypatch, recording)
    other = f"release: {SECOND}\nmore: yes\n"
    assert tape.run(cassette.fed("cat >compose.yml", other)) is not None
    assert tape.answer("Release.files") == f"{hashlib.sha256(other.encode()).hexdigest()} {SECOND}"


def test_neither_mirrors_nor_links_that_let_in_are_kept(recording: Recording) -> None:
    recording.heard("Summary.link", "http://127.0.0.1:18789/#bootstrapToken=secret&bootstrapProfile=owner")
    recording.did("apt-get update", "", (["Get:1 https://packages.inside.example/debian bookworm"], []), fails=False)
    kept = recording.yaml()
    assert "secret" not in kept
    assert "inside.example" not in kept
    assert "127.0.0.1:18789" in kept
