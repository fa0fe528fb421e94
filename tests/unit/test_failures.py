"""The last lines of a run over several hosts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

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


@pytest.mark.parametrize(("concludes", "said"), [(False, "the gateway ended"), (True, "the old release is back")])
def test_what_failed_first_counts_unless_the_end_says_what_became_of_it(
    monkeypatch: pytest.MonkeyPatch, concludes: bool, said: str
) -> None:
    why: dict[str, str] = {}
    monkeypatch.setattr(failures, "_why", why)
    host: Any = SimpleNamespace(name="pi")
    failures.remember(host, "the gateway ended")
    failures.remember(host, "the old release is back", concludes=concludes)
    assert why == {"pi": said}
