"""What a rollout is told of its hosts by pyinfra's run over them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from roles import alone
from rollout.runs import Inventory, unheard
from tests.plans.play import INVENTORY, forget_locks, replaying
from tests.testbed.machine import ROOT

HOSTS = ("@replay/debian-13.synthetic", "@replay/debian-12.synthetic")


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inventory:
    for name, value in replaying(tmp_path, *(host.removeprefix("@replay/") for host in HOSTS)).items():
        monkeypatch.setenv(name, value)
    return Inventory(ROOT / INVENTORY)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[TextIO]:
    with (tmp_path / "log").open("w", encoding="utf-8") as file:
        yield file


@pytest.mark.parametrize("dry", [True, False])
def test_no_host_is_done_by_a_run_that_ended_before_it_began(inventory: Inventory, log: TextIO, dry: bool) -> None:
    outcomes = inventory.run("clawlama", HOSTS, unheard, log, "clawlama_profile=fast", dry=dry)
    forget_locks()
    reasons = sorted(outcome.reason for outcome in outcomes.values())
    assert [outcome.failed for outcome in outcomes.values()] == [True, True], reasons
    assert any("CLAWLAMA_PROFILE" in reason for reason in reasons), reasons


@pytest.mark.parametrize("dry", [True, False])
def test_hosts_that_can_be_begun_with_are_told_so(inventory: Inventory, log: TextIO, dry: bool) -> None:
    outcomes = inventory.run("clawlama", HOSTS, unheard, log, dry=dry)
    forget_locks()
    assert [(outcome.reason, outcome.changed) for outcome in outcomes.values()] == [("", True), ("", True)]


def test_hosts_are_looked_at_beside_a_run_that_has_them(inventory: Inventory, log: TextIO) -> None:
    for host in HOSTS:
        alone.on(host)
    outcomes = inventory.run("clawlama", HOSTS, unheard, log, dry=True)
    forget_locks()
    assert [outcome.reason for outcome in outcomes.values()] == ["", ""]
