"""`make bench-check` fails on a ratio that misses its limit, and says which, by how much."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import __main__ as bench
from bench.limits import Figure, Limit

MET = [
    Figure("new / cold", "0.06", Limit(most=0.06)),
    Figure("ours / theirs", "0.97", Limit(least=0.97)),
    Figure("by part", "1  2"),
]


@pytest.mark.parametrize(
    ("figure", "says"),
    [
        (Figure("new / cold", "0.071", Limit(most=0.06)), "is 0.071, must be 0.06 at most"),
        (Figure("ours / theirs", "0.90", Limit(least=0.97)), "is 0.9, must be 0.97 at least"),
    ],
)
def test_a_missed_ratio_fails_the_check_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], figure: Figure, says: str
) -> None:
    monkeypatch.setattr(bench, "BENCHMARKS", {"turns": lambda: [*MET, figure]})
    assert bench.main(["--check", "turns"]) == 1
    assert capsys.readouterr().err == f"bench: missed: {figure.what}: {says}\n"
    assert bench.main(["turns"]) == 0, "without the check it only shows"


def test_ratios_that_are_met_pass_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "BENCHMARKS", {"turns": lambda: MET})
    assert bench.main(["--check"]) == 0


def test_a_benchmark_that_breaks_off_is_a_miss_beside_its_others_and_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks_off() -> Iterator[Figure]:
        yield Figure("chosen / best", "0.5", Limit(least=0.95))
        raise TimeoutError("no answer")

    monkeypatch.setattr(bench, "BENCHMARKS", {"threads": breaks_off, "turns": lambda: MET})
    assert bench.main(["--check"]) == 1
    said = capsys.readouterr()
    assert "bench: missed: chosen / best: is 0.5, must be 0.95 at least" in said.err
    assert "bench: missed: threads: broke off: TimeoutError('no answer')" in said.err
    assert "ours / theirs" in said.out
