"""Which releases are held, which is gone back to, and whether the state goes with it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from roles.clawlama import plan, releases
from roles.clawlama.releases import Held, Switch
from roles.errors import UserMistake

NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)


def held(name: str, openclaw: str, day: int, snapshot: str = "") -> Held:
    left = {"at": f"2026-11-{day + 1:02}T12:00:00+00:00", "snapshot": snapshot} if snapshot else None
    return Held(name, {"versions": {"openclaw": openclaw}, "at": f"2026-11-{day:02}T12:00:00+00:00"}, left)


OLDEST, OLD, PRESENT = held("aaa", "2026.8.1", 1, "s1"), held("aba", "2026.9.4", 5, "s2"), held("ccc", "2026.9.6", 9)
ALL = [OLDEST, OLD, PRESENT]


def test_what_is_held_is_listed_from_the_oldest_and_half_a_release_is_none() -> None:
    rows = [
        ("bbb", {"at": "2026-11-05"}, ""),
        ("aaa", {"at": "2026-11-09"}, '{"at": "x", "snapshot": "s"}'),
    ]
    text = "\n".join(f"{name}\t{json.dumps(record)}\t{left}" for name, record, left in rows) + "\n*\t\t"
    first, second = releases.held(text)
    assert (first.name, first.left) == ("bbb", None)
    assert (second.name, second.left) == ("aaa", {"at": "x", "snapshot": "s"})
    assert releases.held("") == []


def test_the_journal_reads_as_it_was_written_and_a_foreign_one_is_refused() -> None:
    under_way = Switch("aaa", "bbb", "started", "s1", "s2")
    assert releases.switch(json.dumps(releases.journal(under_way))) == under_way
    assert releases.switch("") is None
    with pytest.raises(UserMistake, match="is no journal of this provisioner's"):
        releases.switch('{"schema": 2}')


@pytest.mark.parametrize(("kept", "dropped"), [(1, ["aaa", "aba"]), (2, ["aaa"]), (3, []), (20, [])])
def test_the_oldest_go_first_and_the_present_one_never(kept: int, dropped: list[str]) -> None:
    assert releases.too_many(ALL, "ccc", kept) == dropped
    assert "aaa" not in releases.too_many(ALL, "aaa", 1)


def test_the_release_before_is_gone_back_to_or_the_one_that_is_named() -> None:
    assert releases.chosen(ALL, "ccc", None) == OLD
    assert releases.chosen(ALL, "ccc", "aaa") == OLDEST
    assert releases.chosen(ALL, "aba", None) == OLDEST


@pytest.mark.parametrize("wanted", ["a", "ccc", "nosuch", ""])
def test_a_name_that_is_not_that_of_one_other_release_is_refused(wanted: str) -> None:
    with pytest.raises(UserMistake, match=r"must be one that is held here; there are: aaa \(OpenClaw 2026.8.1"):
        releases.chosen(ALL, "ccc", wanted)


def test_nothing_is_before_the_oldest() -> None:
    with pytest.raises(UserMistake, match='release="previous": must be one that is held here'):
        releases.chosen(ALL, "aaa", None)


def test_another_openclaw_is_never_gone_back_to_without_its_state() -> None:
    no_state = held("aaa", "2026.8.1", 1)
    with pytest.raises(UserMistake, match="must have left a snapshot of its state"):
        releases.chosen([no_state, PRESENT], "ccc", None)
    same = held("aaa", "2026.9.6", 1)
    assert releases.chosen([same, PRESENT], "ccc", None) == same
    assert not releases.needs_its_state(same, PRESENT)


def test_what_changes_is_told_by_name() -> None:
    labels = {"io.clawlama.openclaw": "2026.9.6", "io.clawlama.ollama": "0.24.0", "io.clawlama.node": "24.19.0"}
    before = {"openclaw": "2026.9.4", "ollama": "0.24.0", "node": "24.19.0"}
    assert releases.changes(before, labels) == "OpenClaw 2026.9.4 to 2026.9.6"
    assert releases.changes(before | {"openclaw": "2026.9.6"}, labels) == "no version; settings or files of the image"


def record(release: str, openclaw: str = "2026.9.4") -> str:
    return json.dumps({"release": release, "versions": {"openclaw": openclaw}})


def on_host(**answers: str) -> dict[str, str]:
    return {"container": "", "record": "", "status": "", "files": "", "image_labels": ""} | answers


def running(release: str) -> str:
    shown: dict[str, Any] = {"state": {"Status": "running", "ExitCode": 0}, "restarts": 0, "image": "sha256:1"}
    return json.dumps(shown | {"labels": {plan.LABEL: release}})


def test_the_present_release_is_the_one_on_record_or_what_runs_unproven() -> None:
    assert plan.present(on_host(record=record("old")), NOW)["release"] == "old"
    unproven = plan.present(on_host(record=record("old"), container=running("new")), NOW)
    assert (unproven["release"], unproven["proof"]) == ("new", {})
    with pytest.raises(UserMistake, match=r"must be one that deploy/clawlama\.py made, and there is none"):
        plan.present(on_host(), NOW)


def test_an_image_of_another_openclaw_than_last_ran_is_an_upgrades_business() -> None:
    same = on_host(record=record("old"), image_labels='{"io.clawlama.openclaw": "2026.9.4"}')
    plan.check_versions("image", same)
    plan.check_versions("image", same | {"record": ""})
    with pytest.raises(UserMistake, match=r"has OpenClaw 2026.9.6, and what ran last is 2026.9.4: .*deploy/upgrade.py"):
        plan.check_versions("image", same | {"image_labels": '{"io.clawlama.openclaw": "2026.9.6"}'})
