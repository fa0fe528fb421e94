"""Many questions, one round trip."""

import subprocess

from roles.readings import json_in, reading, sections


def test_every_question_has_its_answer_and_a_failing_one_is_empty() -> None:
    script = reading({"two": "echo one; echo two", "broken": "nosuchcommand", "last": "printf unended; exit 3"})
    asked = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=10, check=True)
    assert sections(asked.stdout.splitlines()) == {"two": "one\ntwo", "broken": "", "last": "unended"}
    assert asked.stderr == ""


def test_a_question_cannot_eat_the_input_of_the_next() -> None:
    asked = subprocess.run(
        ["sh", "-c", reading({"eater": "cat", "next": "echo here"})],
        input="typed",
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    assert sections(asked.stdout.splitlines()) == {"eater": "", "next": "here"}


def test_only_a_json_object_counts_as_one() -> None:
    assert json_in('{"schema": 1}') == {"schema": 1}
    assert [json_in(text) for text in ("", "null", "[1]", "{broken", "3")] == [None] * 5
