"""What all tests share: figures worth reading, the table of faults, and what runs side by side.

Each test with the marker `fault` is a row of the table, with the seconds until it works again. Table, figures and what
each file took are printed at the end of a run. A run whose tests all pass adds its rows to `docs/faults.md`; one of
`make test` also takes away those that no test has any more, and knows those of `make soak`, which it leaves out.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

PLANS, UNIT, CONTAINER, HOSTS = "tests/plans/", "tests/unit/", "tests/container/", "hosts"
PAGE = Path(__file__).parent.parent / "docs/faults.md"
INTRODUCTION = """# What happens when things go wrong

Every row is a test on the real parts (`make test`), which also writes this page. Seconds: from the fault until it works
again, as one run on 2 cores saw them; a dash where there is nothing to mend.
"""
HEAD = ("what goes wrong", "what happens", "seconds")
Row = tuple[str, str, str]
Case = tuple[str, str]
# How many examples hypothesis tries: `make soak` names its own profile.
settings.register_profile("test", max_examples=200)
settings.register_profile("soak", max_examples=2000)
settings.load_profile("test")
PLACE = pytest.StashKey[int]()
# Names of what a test's report carries from the process that ran it to the one that prints.
SECONDS, FIGURES, FAULT = "seconds", "figures", "fault"
# A file that took fewer seconds is not told.
TELLING = 5
# What a process that runs tests for another one hands over at its end.
CASES = "cases"


class Seen:
    """The reports of a run."""

    def __init__(self) -> None:
        self.figures: list[str] = []
        self.rows: list[tuple[int, Row]] = []
        self.seconds: defaultdict[str, float] = defaultdict(float)
        # All that there are, in the order of the tests, also of those that this run leaves out.
        self.known: list[Case] = []
        self.all_passed = True

    def take(self, report: pytest.TestReport) -> None:
        told: dict[str, Any] = dict(report.user_properties)
        self.all_passed = self.all_passed and not report.failed
        self.seconds[report.nodeid.partition("::")[0]] += report.duration
        if report.when == "call" or report.failed:
            self.figures += [str(text) for name, text in report.user_properties if name == FIGURES]
            if FAULT in told:
                place, case, happens = told[FAULT]
                seconds = f"{told[SECONDS]:.0f}" if SECONDS in told else "–"  # noqa: RUF001
                self.rows.append((place, (case, happens, seconds)))


SEEN = pytest.StashKey[Seen]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SEEN] = Seen()
    config.pluginmanager.register(Reports(config.stash[SEEN]))


class Reports:
    """Hears of every report, of whatever process."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seen.take(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """What a process that ran tests for this one says at its end."""
        self.seen.known = [tuple(case) for case in getattr(node, "workeroutput", {}).get(CASES, self.seen.known)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before some are left out."""
    for place, item in enumerate(items):
        item.stash[PLACE] = place
    markers = [marker for item in items if (marker := item.get_closest_marker("fault"))]
    config.stash[SEEN].known = list(dict.fromkeys((marker.args[0], marker.args[1]) for marker in markers))


class BySharedParts(LoadFileScheduling):  # type: ignore[misc]
    """Of two processes one has the hosts; the other what needs no Docker and then, when the image is there, containers.

    Who is done first takes of these, a file at a time. Both wait more than they compute; three would starve each other
    on two cores. The tests of a file share what they start, those of tests/plans their hosts' locks.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith((UNIT, CONTAINER)):
            return file
        return PLANS if file.startswith(PLANS) else HOSTS


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> BySharedParts:
    return BySharedParts(config, log)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """``tell(text)``: a figure that the end of the run shall show."""
    return lambda text: request.node.user_properties.append((FIGURES, text))


@pytest.fixture
def took(request: pytest.FixtureRequest) -> Callable[[float], None]:
    """``took(seconds)``: how long it was from a fault until it worked again."""
    return lambda seconds: request.node.user_properties.append((SECONDS, seconds))


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
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if marker := item.get_closest_marker("fault"):
        report.user_properties.append((FAULT, [item.stash[PLACE], *marker.args]))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seen = terminalreporter.config.stash[SEEN]
    rows = _longest(seen.rows)
    slowest = sorted(((seconds, file) for file, seconds in seen.seconds.items() if seconds >= TELLING), reverse=True)
    for title, lines in (
        (f"{len(rows)} faults", _table(rows) if rows else []),
        ("seconds by file", [f"{seconds:7.0f} {file}" for seconds, file in slowest]),
        ("figures", seen.figures),
    ):
        if lines:
            terminalreporter.section(title)
            for line in lines:
                terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    seen, config = session.config.stash[SEEN], session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput[CASES] = seen.known
        return
    whole = config.args_source.name != "ARGS" and not config.option.keyword
    rows = merged(_written(), _longest(seen.rows), seen.known if whole else None)
    if seen.rows and seen.all_passed and _cases(rows) != _cases(_written()):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(INTRODUCTION + "\n" + "\n".join(_table(rows)) + "\n", encoding="utf-8")


def merged(written: list[Row], seen: list[Row], known: list[Case] | None) -> list[Row]:
    """The rows that were written, with those that were seen; ``known``, if given: all cases, in their order."""
    by_case = {(case, happens): (case, happens, seconds) for case, happens, seconds in [*written, *seen]}
    return [by_case[case] for case in (by_case if known is None else known) if case in by_case]


def _longest(rows: Iterable[tuple[int, Row]]) -> list[Row]:
    """One a case, in the order of the tests: of those that several tests show, the longest time."""
    longest: dict[tuple[str, str], str] = {}
    for _, (case, happens, seconds) in sorted(rows):
        longest[case, happens] = max(
            longest.get((case, happens), ""), seconds, key=lambda text: (text.isdigit(), len(text), text)
        )
    return [(*case, seconds) for case, seconds in longest.items()]


def _cases(rows: list[Row]) -> list[Case]:
    return sorted(row[:2] for row in rows)


def _written() -> list[Row]:
    lines = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.is_file() else []
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [(row[0], row[1], row[2]) for row in cells[2:]]


def _table(rows: list[Row]) -> list[str]:
    widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [HEAD, *rows]]
    lines.insert(1, "-|-".join("-" * width for width in widths))
    return [f"| {line} |" if "-|-" not in line else f"|-{line}-|" for line in lines]
