"""The last lines of a run over several hosts."""

from __future__ import annotations

from roles import failures


def test_the_end_of_a_run_names_each_host_that_failed_and_why() -> None:
    assert failures.summary(3, ["pi", "mac", "pi"], {"mac": "Docker is stopped"}) == [
        "--> 2 of 3 hosts failed; the others are as they should be; the same command goes on from here",
        "    [mac] Docker is stopped",
        "    [pi] see its lines above",
    ]


def test_it_says_nothing_where_nothing_failed_or_the_only_host_has_just_said_it() -> None:
    assert failures.summary(3, [], {}) == []
    assert failures.summary(1, ["@local"], {"@local": "no"}) == []
