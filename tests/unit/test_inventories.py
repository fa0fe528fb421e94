"""The inventories that are to be copied say by themselves how each host is set up."""

from __future__ import annotations

import re
import sys

import pytest

from roles import sudo
from tests.testbed.docker import run
from tests.testbed.machine import ROOT

HOST = re.compile(r'^\[(\S+)\].*?"_sudo": (\w+)', re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", ["fleet", "home"])
def test_an_example_sets_up_each_host_as_root_but_a_mac(example: str) -> None:
    # Apart: to load an inventory makes this process gevent's.
    command = (sys.executable, "-m", "pyinfra", str(ROOT / f"inventories/{example}.py"), "debug-inventory")
    shown = run("sh", "-c", 'exec "$@" 2>&1', "sh", *command)
    as_root = dict(HOST.findall(shown))
    assert len(as_root) == shown.count("--> Groups:")
    assert as_root == {name: "false" if name == "mac" else "true" for name in as_root}


def test_a_host_without_sudo_where_root_logs_in_is_told_that_it_needs_none() -> None:
    assert "set _sudo to False" in sudo.refused(["root", "missing"], password=False)
    assert "ann is not root" in sudo.refused(["ann", "missing"], password=False)
