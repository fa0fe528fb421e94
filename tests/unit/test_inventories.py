"""The inventories that are to be copied say by themselves how each host is set up."""

from __future__ import annotations

import pytest
from pyinfra.api.state import State
from pyinfra.context import ctx_state
from pyinfra_cli.inventory import make_inventory  # type: ignore[import-untyped]

from roles import sudo
from tests.testbed.machine import ROOT


@pytest.mark.parametrize("example", ["fleet", "home"])
def test_an_example_sets_up_each_host_as_root_but_a_mac(example: str) -> None:
    with ctx_state.use(State()):
        inventory = make_inventory(str(ROOT / f"inventories/{example}.py"), cwd=str(ROOT))
    as_root = {host.name: host.data.get("_sudo") for host in inventory}
    assert as_root == {name: name != "mac" for name in as_root}


def test_a_host_without_sudo_where_root_logs_in_is_told_that_it_needs_none() -> None:
    assert "set _sudo to False" in sudo.refused(["root", "missing"], password=False)
    assert "ann is not root" in sudo.refused(["ann", "missing"], password=False)
