"""The table of faults: each test that has the marker `fault` is a row, with the seconds until it works again.

The table is printed at the end of a run. `docs/faults.md` is written where a whole run had other rows than it holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs/faults.md"
INTRODUCTION = """# What happens when things go wrong

Every row is a test on the real parts (`make test`), which also writes this page. Seconds: from the fault until it works
again, as one run on 2 cores saw them; a dash where there is nothing to mend.
"""
HEAD = ("what goes wrong", "what happens", "seconds")
Row = tuple[str, str, str]


@dataclass(frozen=True)
class Outcome:
    """How one fault test ended."""

    row: Row
    passed: bool


OUTCOMES = pytest.StashKey[list[Outcome]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[OUTCOMES] = []


@pytest.fixture
def took(request: pytest.FixtureRequest) -> Callable[[float], None]:
    """``took(seconds)``: how long it was from a fault until it worked again."""
    return lambda seconds: request.node.user_properties.append(("seconds", seconds))


@pytest.fixture
def mended(took: Callable[[float], None]) -> Callable[[], AbstractContextManager[None]]:
    """``with mended():`` around the time from a fault to the moment at which it works again."""

    @contextmanager
    def measured() -> Iterator[None]:
        began = time.monotonic()
        yield
        took(time.monotonic() - began)

    return measured


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    marker = item.get_closest_marker("fault")
    if marker and (report.when == "call" or report.failed):
        case, happens = marker.args
        item.config.stash[OUTCOMES].append(Outcome((case, happens, _seconds(item)), report.passed))
    return report


def _seconds(item: pytest.Item) -> str:
    return f"{dict(item.user_properties)['seconds']:.0f}" if "seconds" in dict(item.user_properties) else "–"  # noqa: RUF001


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    outcomes = terminalreporter.config.stash[OUTCOMES]
    if not outcomes:
        return
    terminalreporter.section(f"{len(_rows(outcomes))} faults")
    for line in _table(_rows(outcomes)):
        terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A part of the suite has only a part of the rows: it writes nothing."""
    outcomes = session.config.stash[OUTCOMES]
    whole = session.config.args_source.name != "ARGS" and not session.config.option.keyword
    rows = _rows(outcomes)
    if whole and rows and all(outcome.passed for outcome in outcomes) and _cases(rows) != _cases(_written()):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(INTRODUCTION + "\n" + "\n".join(_table(rows)) + "\n", encoding="utf-8")


def _rows(outcomes: list[Outcome]) -> list[Row]:
    """One a case: of those that several tests show, the longest time."""
    longest: dict[tuple[str, str], str] = {}
    for case, happens, seconds in (outcome.row for outcome in outcomes):
        longest[case, happens] = max(
            longest.get((case, happens), ""), seconds, key=lambda text: (text.isdigit(), len(text), text)
        )
    return [(*case, seconds) for case, seconds in longest.items()]


def _cases(rows: list[Row]) -> list[tuple[str, str]]:
    return [row[:2] for row in rows]


def _written() -> list[Row]:
    lines = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.is_file() else []
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [(row[0], row[1], row[2]) for row in cells[2:]]


def _table(rows: list[Row]) -> list[str]:
    widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [HEAD, *rows]]
    lines.insert(1, "-|-".join("-" * width for width in widths))
    return [f"| {line} |" if "-|-" not in line else f"|-{line}-|" for line in lines]
