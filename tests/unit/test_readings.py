"""Many questions, one round trip."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from roles.readings import PARTS, Reading, Said, after, answers, asking, holding, json_in, known, script
from tests.testbed.docker import run


@dataclass(frozen=True)
class Asked(Reading):
    """Questions that a test makes up."""

    snippets: tuple[tuple[str, str], ...]

    def questions(self) -> Mapping[str, str]:
        return dict(self.snippets)


def asked(**snippets: str) -> Asked:
    return Asked(tuple(snippets.items()))


def shell(*readings: Reading, typed: str = "") -> tuple[dict[str, str], str]:
    """Snippet → answer, and what went to stderr."""
    questions = asking(readings)
    done = subprocess.run(
        ["sh", "-c", script(questions)], input=typed, capture_output=True, text=True, timeout=10, check=True
    )
    return answers(questions, done.stdout.splitlines()), done.stderr


def test_every_question_has_its_answer_and_a_failing_one_is_empty() -> None:
    reading = asked(two="echo one; echo two", broken="nosuchcommand", last="printf unended; exit 3")
    said, complained = shell(reading)
    assert known(reading, said) == {"two": "one\ntwo", "broken": "", "last": "unended"}
    assert complained == ""


def test_a_question_cannot_eat_the_input_of_the_next() -> None:
    reading = asked(eater="cat", next="echo here")
    assert known(reading, shell(reading, typed="typed")[0]) == {"eater": "", "next": "here"}


def test_what_two_readings_ask_alike_is_asked_once_and_answered_to_both() -> None:
    one, other = asked(mine="mktemp -u", own="echo a"), asked(yours="mktemp -u", another="echo b")
    said, _ = shell(one, other)
    assert known(one, said)["mine"] == known(other, said)["yours"]
    assert (known(one, said)["own"], known(other, said)["another"]) == ("a", "b")


def test_a_command_of_which_several_want_some_is_run_once() -> None:
    command = "echo two words; echo path $(mktemp -u); complain; echo other 2"
    reading = asked(
        words=Said(command, after("two")), path=Said(command, after("path")), other=Said(command, after("other"))
    )
    again = asked(
        same=Said(command, f"{after('path')} | cat"), none=Said(command, f"{after('none')} | grep . || echo no")
    )
    said, complained = shell(reading, again)
    assert (known(reading, said)["words"], known(reading, said)["other"]) == ("words", "2")
    assert known(again, said) == {"same": known(reading, said)["path"], "none": "no"}
    assert complained == ""


def test_a_command_does_no_more_than_is_asked_for() -> None:
    command = f"echo begun; {PARTS}"
    one, two = Said(command, after("a"), "echo a 1"), Said(command, after("b"), "echo b 2")
    lines = Said(command, f"{holding('.')} | wc -l", "echo a 1")
    of_one, of_both = asked(one=one, lines=lines), asked(one=one, two=two, lines=lines)
    assert known(of_one, shell(of_one)[0]) == {"one": "1", "lines": "2"}
    assert known(of_both, shell(of_both)[0]) == {"one": "1", "two": "2", "lines": "3"}


def test_such_a_snippet_alone_is_one_as_any_other() -> None:
    assert run("sh", "-c", Said("echo two words; echo other 2", after("other"))) == "2"
    assert run("sh", "-c", Said(f"echo two words; {PARTS}", after("other"), "echo other 2")) == "2"


def test_an_answer_may_look_like_the_beginning_of_another() -> None:
    reading = asked(log="echo '@@@ Asked.nothing'; echo end", next="echo here")
    assert known(reading, shell(reading)[0]) == {"log": "@@@ Asked.nothing\nend", "next": "here"}


def test_a_script_that_was_cut_short_has_answered_nothing() -> None:
    questions = asking([asked(first="echo 1", second="echo 2")])
    said = answers(questions, ["@@@ Asked.first", "1"])
    assert said == {}
    with pytest.raises(KeyError):
        known(asked(first="echo 1"), said)


def test_only_a_json_object_counts_as_one() -> None:
    assert json_in('{"schema": 1}') == {"schema": 1}
    assert [json_in(text) for text in ("", "null", "[1]", "{broken", "3")] == [None] * 5
