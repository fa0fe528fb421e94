"""`make bench-check` fails on a ratio that misses its limit, and says which, by how much."""

from __future__ import annotations

import pytest

from bench import __main__ as bench
from bench.limits import LIMITS
from tests.testbed.machine import ROOT

MET = [("new conversation over HTTP / cold", "0.017"), ("ours / ansible-core's", "0.21"), ("start (s)", "12.1")]


@pytest.mark.parametrize(
    ("figure", "says"),
    [
        (("new conversation over HTTP / cold", "0.071"), "is 0.071, must be 0.06 at most"),
        (("decode in the agent's turns / replayed", "0.90"), "is 0.9, must be 0.97 at least"),
    ],
)
def test_a_missed_ratio_fails_the_check_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], figure: tuple[str, str], says: str
) -> None:
    monkeypatch.setattr(bench, "BENCHMARKS", {"turns": lambda: [*MET, figure]})
    assert bench.main(["--check", "turns"]) == 1
    assert capsys.readouterr().err == f"bench: missed: {figure[0]}: {says}\n"
    assert bench.main(["turns"]) == 0, "without the check it only shows"


def test_ratios_that_are_met_pass_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "BENCHMARKS", {"turns": lambda: MET})
    assert bench.main(["--check"]) == 0


def test_each_limit_is_of_a_figure_that_a_benchmark_prints() -> None:
    sources = "".join((ROOT / f"bench/{name}.py").read_text() for name in bench.BENCHMARKS)
    for words in LIMITS:
        what, _, _ = words.partition(" / ")
        assert what.replace("over HTTP", "{where}").replace("in the page", "{where}") in sources or what in sources
