"""What needs a person first stands first, and says why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from roles.clawlama.overview import row, table, unreached

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
WELL = row({"container": "", "status": ""}, ()) | {
    "state": "ready",
    "versions": {"openclaw": "2026.9.6", "ollama": "0.24.0"},
    "disk_free": 90 * 1000**3,
    "backup": {"at": "2026-11-27T03:00:00Z", "id": "00aa", "bytes": 1},
}
IN_NEED: dict[str, tuple[dict[str, Any], str]] = {
    "z-gone": (unreached("z-gone"), "z-gone could not be reached"),
    "y-failed": (WELL | {"state": "failed"}, ""),
    "x-killed": (WELL | {"warnings": ["the runner was killed; more memory"]}, "the runner was killed; more memory"),
    "w-full": (WELL | {"disk_free": 3 * 1000**3}, "the disk has 3.0 GB left"),
    "v-old": (WELL | {"versions": {"openclaw": "2026.8.2"}}, "openclaw 2026.8.2, most have 2026.9.6"),
    "u-alone": (WELL | {"backup": {"at": "2026-11-01T03:00:00Z"}}, "no backup for 26 days"),
}
ORDER = ["y-failed", "z-gone", "x-killed", "w-full", "v-old", "u-alone", "a-well", "b-well"]


@pytest.fixture
def lines() -> list[str]:
    rows = {"b-well": WELL, "a-well": WELL} | {host: row for host, (row, _) in IN_NEED.items()}
    return table(rows, NOW)[1:]


def test_the_worst_come_first_and_then_it_is_by_name(lines: list[str]) -> None:
    assert [line.split()[0] for line in lines] == ORDER


@pytest.mark.parametrize("host", IN_NEED)
def test_a_host_in_need_says_what_of(lines: list[str], host: str) -> None:
    [line] = [line for line in lines if line.startswith(host)]
    assert line.endswith(IN_NEED[host][1] or "-")


def test_a_host_that_is_well_says_nothing(lines: list[str]) -> None:
    assert lines[-1].split()[-1] == "-"
