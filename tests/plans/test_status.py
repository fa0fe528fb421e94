"""The state of all hosts at a glance, with what is wrong on one of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plans.play import play

HOSTS = ("debian-13.synthetic", "macos.synthetic")


def test_every_host_has_a_line_and_a_row_for_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLAY_DATA", json.dumps({"json": str(tmp_path / "status.json")}))
    assert play(tmp_path, HOSTS[0]).code == 0
    shown = play(tmp_path, *HOSTS, deploy="deploy/status.py")
    assert shown.code == 0, shown.said
    [head, mac, debian] = shown.said.rstrip().splitlines()[-3:]
    assert head.split() == [
        "host",
        "state",
        "openclaw",
        "ollama",
        "model",
        "context",
        "answer",
        "memory",
        "free",
        "backup",
        "held",
        "says",
    ]
    assert debian.startswith("@replay/debian-13.synthetic  ready      2026.9.6")
    assert "demo:latest  8192     21.6 s, " in debian
    assert mac.startswith("@replay/macos.synthetic      not there  -")
    rows = json.loads((tmp_path / "status.json").read_text())["hosts"]
    assert rows["@replay/debian-13.synthetic"]["proof"]["ok"]
    assert [held["openclaw"] for held in rows["@replay/debian-13.synthetic"]["releases"]] == ["2026.9.6"]
    assert rows["@replay/macos.synthetic"]["state"] is None
