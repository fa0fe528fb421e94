"""Who may set up this machine, asked before anything is done."""

import os
import sys
from pathlib import Path

import pytest

from roles import rights
from roles.errors import UserMistake


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The whole PATH of a user who is not root and has no terminal."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 12345678)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    return tmp_path


def sudo(folder: Path, script: str) -> None:
    (folder / "sudo").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "sudo").chmod(0o755)


def test_root_needs_no_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert not rights.needs_sudo()


def test_sudo_that_asks_nothing_is_used(bin_folder: Path) -> None:
    sudo(bin_folder, "exit 0")
    assert rights.needs_sudo()


def test_neither_root_nor_sudo_is_refused_in_one_line(bin_folder: Path) -> None:
    assert not list(bin_folder.iterdir())
    with pytest.raises(UserMistake, match='user="user 12345678": must be root or have sudo, which is not installed; '):
        rights.needs_sudo()


def test_sudo_that_asks_where_nobody_answers_is_refused_with_its_own_words(bin_folder: Path) -> None:
    sudo(bin_folder, '[ "$1" = -n ] || exit 0; echo "sudo: a password is required" >&2; exit 1')
    with pytest.raises(UserMistake, match="and said: sudo: a password is required; use a terminal, "):
        rights.needs_sudo()


def test_on_a_terminal_sudo_asks_for_itself(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    sudo(bin_folder, '[ "$1" = -v ]')
    assert rights.needs_sudo()
    sudo(bin_folder, "exit 1")
    with pytest.raises(UserMistake, match="was refused"):
        rights.needs_sudo()
