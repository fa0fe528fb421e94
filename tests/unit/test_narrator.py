"""What a waiting user reads: every change, and something every 15 seconds."""

import pytest

from roles.narrator import EVERY_SECONDS, Narrator, duration, size


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_change_is_said_at_once_and_the_same_only_every_15_seconds() -> None:
    said: list[str] = []
    clock = Clock()
    narrator = Narrator(said.append, clock)
    for second in range(40):
        clock.now = 100.0 + second
        narrator.hear("pulling" if second < 35 else "loading", f"{second} MB")
    assert said == ["pulling: 0 MB (0 s)", "pulling: 15 MB (15 s)", "pulling: 30 MB (30 s)", "loading: 35 MB (35 s)"]
    assert EVERY_SECONDS == 15


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (61, "1 min 1 s"),
        (3599, "59 min 59 s"),
        (7500, "2 h 5 min"),
        (86400 * 3.2, "3 days"),
    ],
)
def test_a_duration_is_said_in_two_units_at_most(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (98_362_432, "98 MB"),
        (2_500_000_000, "2.5 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_bytes_are_said_in_human_units(count: int, words: str) -> None:
    assert size(count) == words
