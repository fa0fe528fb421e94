"""Of two who come, one has the host, and the other is told who."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from roles.claims.plan import FILE, LEASE_MINUTES, LOG, Claim, claiming, freeing, holder

ANN, BOB = Claim("one", "ann on desk", "upgrade"), Claim("two", "bob's on laptop", "backup")
Ask = Callable[[Claim], str]


def sh(script: str) -> str:
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=20, check=True)
    return (done.stdout.splitlines() or [""])[-1]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "clawlama"


@pytest.fixture
def ask(place: Path) -> Ask:
    return lambda claim: sh(claiming(str(place), claim))


def test_the_second_one_is_told_who_has_it_and_the_first_may_renew(ask: Ask) -> None:
    assert ask(ANN) == "mine"
    said = ask(BOB)
    assert said.startswith("theirs")
    assert holder(said).startswith("ann on desk has been at work here since 20")
    assert "(upgrade, run one)" in holder(said)
    assert ask(ANN) == "mine"


def test_what_was_given_back_is_free_and_the_log_says_who_did_what(ask: Ask, place: Path) -> None:
    ask(ANN)
    sh(freeing(str(place), ANN, "failed: it's broken"))
    assert ask(BOB) == "mine"
    lines = [line.split(" ", 1)[1] for line in (place / LOG).read_text().splitlines()]
    assert lines == [
        "begun: upgrade by ann on desk in one",
        "failed: it's broken: upgrade by ann on desk in one",
        "begun: backup by bob's on laptop in two",
    ]


def test_nobody_gives_back_what_is_another_ones(ask: Ask, place: Path) -> None:
    ask(ANN)
    sh(freeing(str(place), BOB, "done"))
    assert ask(BOB).startswith("theirs")


def test_the_claim_of_a_run_that_is_known_to_be_gone_is_taken_at_once(ask: Ask) -> None:
    ask(ANN)
    assert ask(Claim("two", "bob", "backup", ("zero", "one"))).startswith("taken\tone\tann on desk\t")
    assert ask(ANN).startswith("theirs")


@pytest.mark.parametrize(("minutes", "said"), [(LEASE_MINUTES - 1, "theirs"), (LEASE_MINUTES + 1, "taken")])
def test_a_claim_that_nobody_renewed_lapses(ask: Ask, place: Path, minutes: int, said: str) -> None:
    ask(ANN)
    then = time.time() - minutes * 60
    os.utime(place / FILE, (then, then))
    assert ask(BOB).startswith(said)


def test_of_many_who_come_at_once_one_has_it(ask: Ask) -> None:
    ask(ANN)
    claims = [Claim(f"run-{number}", "somebody", "upgrade", ("one",)) for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        said = Counter(answer.partition("\t")[0] for answer in pool.map(ask, claims))
    assert said == {"taken": 1, "theirs": 15} or said == {"mine": 1, "theirs": 15}


def test_where_nothing_can_be_written_it_fails(tmp_path: Path) -> None:
    (tmp_path / "clawlama").write_text("a file")
    with pytest.raises(subprocess.CalledProcessError):
        sh(claiming(str(tmp_path / "clawlama"), ANN))
