"""Three ways: what was generated last, what is on the disk, what is generated now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.container import jq

OURS = {"tools": {"exec": 1}, "gateway": {"auth": {"mode": "token"}}}


@pytest.fixture
def merge(tmp_path: Path) -> Any:
    def three_ways(base: Any, found: Any, new: Any) -> Any:
        merged = jq.run("merge.jq", *jq.files(tmp_path, base=base, found=found, new=OURS | new))
        return {key: value for key, value in merged.items() if key not in OURS}

    return three_ways


def test_the_first_start_writes_what_is_generated(merge: Any) -> None:
    assert merge({}, None, {"a": {"b": 1}}) == {"a": {"b": 1}}


def test_a_key_of_the_users_own_survives(merge: Any) -> None:
    assert merge({"a": {"b": 1}}, {"a": {"b": 1, "mine": 2}, "too": 3}, {"a": {"b": 4}}) == {
        "a": {"b": 4, "mine": 2},
        "too": 3,
    }


def test_an_edit_of_a_generated_key_survives_until_the_setting_changes(merge: Any) -> None:
    assert merge({"a": 1}, {"a": 2}, {"a": 1}) == {"a": 2}
    assert merge({"a": 1}, {"a": 2}, {"a": 3}) == {"a": 3}


def test_a_key_that_is_no_longer_generated_goes_and_the_users_stays_beside_it(merge: Any) -> None:
    assert merge({"a": {"b": 1}}, {"a": {"b": 1}}, {}) == {}
    assert merge({"a": {"b": 1}}, {"a": {"b": 1, "mine": 2}}, {}) == {"a": {"mine": 2}}


def test_a_list_is_one_value(merge: Any) -> None:
    assert merge({"a": [1, 2]}, {"a": [1, 2, 3]}, {"a": [1, 2]}) == {"a": [1, 2, 3]}


def test_null_and_missing_differ(merge: Any) -> None:
    assert merge({"a": 1}, {"a": None}, {"a": 1}) == {"a": None}
    assert merge({"a": 1}, {}, {"a": 1}) == {}


def test_a_section_of_ours_is_never_anything_else(merge: Any) -> None:
    assert merge({"a": {"b": 1}}, {"a": "broken"}, {"a": {"b": 1}}) == {"a": {"b": 1}}


def test_what_the_agent_may_do_and_who_may_talk_to_it_is_always_ours(tmp_path: Path) -> None:
    found = {"tools": {"exec": 9, "elevated": True}, "gateway": {"auth": {"mode": "none"}, "mine": 1}}
    merged = jq.run("merge.jq", *jq.files(tmp_path, base=OURS, found=found, new=OURS))
    assert merged == {"tools": {"exec": 1}, "gateway": {"auth": {"mode": "token"}, "mine": 1}}


def test_whom_it_tells_of_itself_is_always_ours(merge: Any) -> None:
    quiet = {"update": {"checkOnStart": False}, "telemetry": {"enabled": False}, "discovery": {"mdns": {"mode": "off"}}}
    quiet |= {"models": {"catalogRefresh": {"enabled": False}}}
    loud = {"update": {"auto": {"enabled": True}}, "telemetry": {"enabled": True}, "models": {"mine": 1}}
    assert merge(quiet, loud, quiet) == quiet | {"models": {"catalogRefresh": {"enabled": False}, "mine": 1}}


def test_our_plugin_stays_allowed_and_the_users_are_allowed_too(merge: Any) -> None:
    ours = {"plugins": {"allow": ["ollama", "clawlama"], "load": {"paths": ["/ours"]}}}
    theirs = {"plugins": {"allow": ["ollama", "discord"], "load": {"paths": ["/theirs"]}}}
    assert merge(ours, theirs, ours) == {
        "plugins": {"allow": ["ollama", "clawlama", "discord"], "load": {"paths": ["/ours", "/theirs"]}}
    }
    assert merge(ours, {}, ours) == ours
