"""When an image is built, and with which versions."""

import json

import pytest

from roles.errors import UserMistake
from roles.image import plan
from roles.image.plan import Source

SOURCES = (Source("Dockerfile", False, b"FROM x\n"), Source("scripts/build.sh", True, b"#!/bin/sh\n"))
LABELS = {"io.clawlama.node": "24.1.0", "io.clawlama.ollama": "0.24.0", "io.clawlama.openclaw": "2026.9.6"}
PINS = {name: LABELS[label] for name, label in plan.VERSION_LABELS.items()}
NOTHING = {"image_labels": "", "running_labels": ""}


def test_the_same_sources_and_settings_are_the_same_inputs_in_any_order() -> None:
    assert plan.inputs(SOURCES, {"A": "1", "B": "2"}) == plan.inputs(SOURCES[::-1], {"B": "2", "A": "1"})


def test_content_mode_name_and_build_settings_each_decide() -> None:
    one, two = SOURCES
    changed = [
        plan.inputs(SOURCES, {}),
        plan.inputs(SOURCES, {"CLAWLAMA_SOURCES": "registries"}),
        plan.inputs((Source(one.path, one.executable, b"FROM y\n"), two), {}),
        plan.inputs((Source(one.path, True, one.content), two), {}),
        plan.inputs((Source("Dockerfile.new", one.executable, one.content), two), {}),
    ]
    assert len(set(changed)) == len(changed)


def test_an_image_with_these_inputs_is_not_built_again() -> None:
    assert plan.is_built({"image_labels": json.dumps({plan.INPUTS_LABEL: "abc"})}, "abc")
    assert not plan.is_built({"image_labels": json.dumps({plan.INPUTS_LABEL: "abc"})}, "def")
    assert not plan.is_built({"image_labels": "null"}, "abc")
    assert not plan.is_built({"image_labels": ""}, "abc")


ROOMS = {"docker_disk": "/var/lib/docker\n1000000\n/dev/sda1", "image_bytes": ""}


def test_a_disk_too_small_for_a_first_build_is_refused_with_both_sizes() -> None:
    with pytest.raises(UserMistake, match=r'/var/lib/docker="1.0 GB free": a first build needs 4.5 GB; free '):
        plan.check_room(ROOMS, plan.A_BUILD)
    plan.check_room(ROOMS | {"docker_disk": "/var/lib/docker\n4400000\n/dev/sda1"}, plan.A_BUILD)


def test_a_disk_too_small_for_a_second_image_is_refused_with_both_sizes() -> None:
    plan.check_room(ROOMS | {"image_bytes": "770000000"}, plan.A_BUILD)
    with pytest.raises(UserMistake, match=r'"1.0 GB free": a second image, beside the one that runs, needs 1.1 GB; '):
        plan.check_room(ROOMS | {"image_bytes": "900000000"}, plan.A_BUILD)


def test_a_disk_that_is_not_known_is_no_reason_to_refuse() -> None:
    plan.check_room(ROOMS | {"docker_disk": "/var/lib/docker"}, plan.A_BUILD)


def test_a_first_build_takes_the_newest() -> None:
    assert plan.present(NOTHING) == {}


def test_a_rebuild_takes_the_versions_of_what_runs_and_not_of_an_image_built_since() -> None:
    found = {"running_labels": json.dumps(LABELS), "image_labels": json.dumps(LABELS | {"io.clawlama.node": "26.0.0"})}
    assert plan.present(found) == PINS


def test_nothing_running_the_image_tells_the_versions() -> None:
    found = {"running_labels": "", "image_labels": json.dumps(LABELS)}
    assert plan.present(found)["CLAWLAMA_OLLAMA_VERSION"] == "0.24.0"


def test_an_upgrade_takes_what_is_newer_and_nothing_that_is_older() -> None:
    found = {"running_labels": json.dumps(LABELS), "image_labels": ""}
    offered = PINS | {"CLAWLAMA_OLLAMA_VERSION": "0.9.1", "CLAWLAMA_OPENCLAW_VERSION": "2026.10.1"}
    assert plan.newest(found, offered, {}) == PINS | {"CLAWLAMA_OPENCLAW_VERSION": "2026.10.1"}


def test_an_older_version_is_taken_where_it_is_pinned() -> None:
    found = {"running_labels": json.dumps(LABELS), "image_labels": ""}
    pinned = {"CLAWLAMA_OLLAMA_VERSION": "0.9.1"}
    assert plan.newest(found, PINS | pinned, pinned) == PINS | pinned


def test_a_first_image_of_any_version_is_newer_than_none() -> None:
    assert plan.newest(NOTHING, PINS, {}) == PINS


def test_what_a_build_would_take_is_read_as_pins_and_half_an_answer_is_none() -> None:
    said = {"versions": {"node": "24.1.0", "ollama": "0.24.0", "openclaw": "2026.9.6"}, "sources": {}}
    assert plan.resolved(json.dumps(said)) == PINS
    assert plan.resolved('{"versions": {"node": "24.1.0"}}') == {}
    assert plan.resolved("build: nothing was built") == {}


def test_an_image_of_other_versions_is_not_the_one_that_is_wanted() -> None:
    found = {"image_labels": json.dumps(LABELS | {plan.INPUTS_LABEL: "x"})}
    assert plan.is_built(found, "x")
    assert plan.is_built(found, "x", PINS)
    assert not plan.is_built(found, "x", PINS | {"CLAWLAMA_OPENCLAW_VERSION": "2026.10.1"})
    assert not plan.is_built(found, "y", PINS)


def test_the_build_step_is_named_without_the_noise() -> None:
    log = [
        "build: resolving versions",
        "#1 [internal] load build definition",
        "#12 [openclaw 2/4] RUN x",
        "#12 3.1 blah",
    ]
    assert plan.step(log) == "openclaw 2/4"
    assert plan.step(log[:2]) == "resolving versions"
    assert plan.step(["#1 [internal] load"]) == ""


def test_what_was_taken_from_where_is_said() -> None:
    result = {"versions": {"node": "24.1.0", "openclaw": "2026.9.6"}, "sources": {"node": "registries", "base": "b"}}
    assert plan.taken(result) == "image built: node 24.1.0 (registries), openclaw 2026.9.6; base b"
    assert plan.taken({}) == "image built"


def test_a_dry_run_says_how_large_an_image_is_that_is_handed_over() -> None:
    assert plan.handed_over("669855323") == "the image is made here, and handed over, about 670 MB on the disk"
    assert plan.handed_over("") == "the image is made here, and handed over"
