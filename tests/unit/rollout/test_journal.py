"""What was done is known after a kill at any moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from roles.errors import UserMistake
from rollout import journal
from rollout.journal import BEGUN, Journal
from rollout.plan import DONE, FAILED

BATCHES = [["a"], ["b", "c"]]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def running() -> Journal:
    made = journal.begin("/fleet.py", "upgrade", ["x=1"], BATCHES)
    made.write("a", BEGUN)
    made.write("a", DONE)
    made.write("b", BEGUN)
    made.write("b", FAILED, "broken")
    return made


def test_the_last_word_on_each_host_is_found_again(running: Journal) -> None:
    found = journal.unfinished("/fleet.py", "upgrade")
    assert (found.path, found.hosts, found.batches) == (running.path, {"a": DONE, "b": FAILED}, (("a",), ("b", "c")))
    assert (found.data, found.done()) == (["x=1"], ["a"])


def test_whatever_a_kill_cuts_off_what_was_whole_before_is_known(running: Journal) -> None:
    whole = running.path.read_bytes()
    for length in range(whole.index(b"\n", 1) + 1, len(whole)):
        running.path.write_bytes(whole[:length])
        found = journal.unfinished("/fleet.py", "upgrade")
        lines = whole[:length].count(b"}")
        assert len(found.done()) == (lines >= 3)
        found.write("c", DONE)
        assert "c" in journal.unfinished("/fleet.py", "upgrade").done()


@pytest.mark.parametrize(("inventory", "verb"), [("/other.py", "upgrade"), ("/fleet.py", "backup")])
def test_a_rollout_of_something_else_is_not_gone_on_with(running: Journal, inventory: str, verb: str) -> None:  # noqa: ARG001
    with pytest.raises(UserMistake, match="unfinished"):
        journal.unfinished(inventory, verb)


def test_one_that_ended_is_not_gone_on_with(running: Journal) -> None:
    running.end()
    with pytest.raises(UserMistake, match="unfinished"):
        journal.unfinished("/fleet.py", "upgrade")


def test_two_processes_never_go_on_with_the_same_one(running: Journal) -> None:
    with (
        running.held(),
        pytest.raises(UserMistake, match="another process"),
        journal.unfinished("/fleet.py", "upgrade").held(),
    ):
        pass
