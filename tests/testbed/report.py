"""What a run of pyinfra says of itself, read from its lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

OPERATION = re.compile(r"--> Starting operation: (.*\S)")
# Operation, hosts, success, error, no change; a dash is a zero.
ROW = re.compile(r"    (\S.*\S) +(\d+|-) +(\d+|-) +(\d+|-) +(\d+|-) *$")
TOTAL = "Grand total"


def changed(output: str) -> list[str]:
    """The operations that changed something; fails where there is no table of results."""
    rows = [found.groups() for line in output.splitlines() if (found := ROW.match(line))]
    assert rows, "pyinfra printed no results"
    return [name for name, _, success, error, _ in rows if name != TOTAL and (success, error) != ("-", "-")]


def stages(lines: Iterable[tuple[float, str]], whole: float) -> Iterator[tuple[str, float]]:
    """Each operation and its seconds; before the first one, Python's packages and pyinfra's own start."""
    begins = [(0.0, "start")]
    begins += [(at, found[1]) for at, line in lines if (found := OPERATION.match(line))]
    for (began, name), (ended, _) in pairwise([*begins, (whole, "")]):
        yield name, ended - began
