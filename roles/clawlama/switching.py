"""Upgrade and rollback: from the release that runs to another one, and back with its state where that is not proven.

One way for both: stop, keep the state, start the other release, prove it. Each step is journalled on the host before it
is taken, so that whatever ends a run in the middle, the next one knows what may have been touched. Until the other
release was started, nothing was; from then on the way back is by the snapshot; and once the state is back, no further
snapshot may overwrite what has been said since.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import gevent
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.context import host

from roles.causes import AGAIN
from roles.clawlama import operations, plan, releases
from roles.clawlama.facts import HeldReading, StateReading
from roles.clawlama.releases import Held, Phase, Switch
from roles.hosts import attend, fail, forget, put, read, refusal, refusing, run, step
from roles.readings import json_in, result
from roles.settings import Settings

Commands = Generator[PyinfraCommand, None, None]
# A turn under way may take minutes on a CPU; the assistant is not stopped in the middle of one without need.
DRAIN_SECONDS = 180.0
LOOK_SECONDS = 2.0
# A release that dies once is no better than the one that it replaces.
PATIENCE_RESTARTS = 1


@operation()
@refusing
def settled(settings: Settings) -> Commands:
    """No switch is under way: one that was cut short is finished, or taken back."""
    if under_way := releases.switch(read(host, holding(settings))["switch"]):
        yield step(settle, settings, under_way)


@operation()
@refusing
def held(settings: Settings) -> Commands:
    """What runs is a release that can be gone back to; one that was never proven, too."""
    found = read(host, operations.release(settings))
    record = plan.present(found, datetime.now(UTC))
    known = releases.held(read(host, holding(settings))["held"])
    if releases.name_of(record["release"]) not in {release.name for release in known}:
        yield step(operations.hold, settings, record)


@operation()
@refusing
def upgraded(settings: Settings) -> Commands:
    """The image that there is now runs, with the state that there was; or the release before it does, with that."""
    found = read(host, operations.release(settings))
    present = present_name(found)
    demonstration = bool((json_in(found["record"]) or {}).get("demonstration"))
    wanted = plan.release(settings, found, demonstration=demonstration)
    if not found["image"]:
        yield refusal(f"stage upgrade: there is no image {settings.clawlama_image}")
    elif not plan.as_wanted(wanted, found):
        yield step(upgrade, settings, Switch(present, releases.name_of(wanted.digest), "stopping"), wanted, found)


@operation()
@refusing
def rolled_back(settings: Settings, wanted: object, *, discard_newer: bool) -> Commands:
    """The previous release runs, or the one named, with the state that it was left with."""
    present = present_name(read(host, operations.release(settings)))
    known = releases.held(read(host, holding(settings))["held"])
    goal = releases.chosen(known, present, wanted)
    yield step(roll_back, settings, goal, next((one for one in known if one.name == present), None), discard_newer)


def present_name(found: Mapping[str, str]) -> str:
    return releases.name_of(plan.present(found, datetime.now(UTC))["release"])


def upgrade(host: Host, settings: Settings, under_way: Switch, wanted: plan.Release, found: Mapping[str, str]) -> bool:
    directory, image = settings.clawlama_directory, settings.clawlama_image
    before = (json_in(found["record"]) or {}).get("versions") or {}
    host.log(f"what changes: {releases.changes(before, json_in(found['image_labels']) or {})}")
    if not operations.stage(host, directory, wanted, releases.folder(directory, under_way.goal)):
        return False
    if not operations.check(host, settings, releases.folder(directory, under_way.goal)):
        run(host, releases.drop(directory, under_way.goal))
        return False
    succeeded, _, err = run(host, f"docker tag {image} {releases.tag(under_way.goal)}")
    if not succeeded:
        return fail(host, "stage upgrade: the new image could not be named", err)
    drain(host)
    return switch(host, settings, under_way)


def roll_back(host: Host, settings: Settings, goal: Held, present: Held | None, discard_newer: bool) -> bool:
    if present is None:
        return fail(host, f"stage rollback: what runs is not held; deploy/clawlama.py proves it, {AGAIN}")
    restore = ""
    if releases.needs_its_state(goal, present):
        left = goal.left or {}
        newer = newer_conversations(host, settings, present.name, left["at"])
        host.log(f"going back to {goal}: what has been said since it was left, {left['at']}, is in {newer}")
        if newer != "no conversation" and not discard_newer:
            fix = "--data discard_newer=yes goes on; a snapshot of the present state is kept with this release"
            return fail(host, f"stage rollback: {newer} would be lost, written to since {left['at']}; {fix}")
        restore = left["snapshot"]
    else:
        host.log(f"going back to {goal}: its OpenClaw is the present one, the state stays as it is")
    drain(host)
    return switch(host, settings, Switch(present.name, goal.name, "stopping", restore=restore))


def newer_conversations(host: Host, settings: Settings, present: str, since: str) -> str:
    """How many there are, in words; that cannot always be said."""
    _, out, _ = run(host, releases.count_newer(settings, present, since))
    count = (json_in(out[-1] if out else "") or {}).get("conversations")
    if count is None:
        return "an unknown number of conversations"
    return {0: "no conversation", 1: "1 conversation"}.get(count, f"{count} conversations")


def drain(host: Host) -> None:
    """Waits for the turn under way to end."""
    deadline, said = time.monotonic() + DRAIN_SECONDS, False
    while (json_in(read(host, StateReading())["status"]) or {}).get("busy") and time.monotonic() < deadline:
        if not said:
            host.log("waiting for the answer under way")
        said = True
        gevent.sleep(LOOK_SECONDS)
        forget(host)


def switch(host: Host, settings: Settings, under_way: Switch) -> bool:
    """Leaves the release that runs, and starts the other one; goes back where that is not proven."""
    if not enter(host, settings, under_way, "stopping"):
        return False
    run(host, releases.STOP)
    keep = releases.keep_state(settings, under_way.origin)
    _, out, err = attend(host, "keeping the state as it is", keep)
    kept = result(out, err)
    if not kept["ok"]:
        why = f"the state could not be kept: {kept['reason']}"
        return go_back(host, settings, under_way, why) and fail(host, f"stage switch: {why}; nothing is changed")
    under_way = replace(under_way, snapshot=str(kept["id"]))
    if not leave(host, settings, under_way) or not enter(host, settings, under_way, "started"):
        return False
    if not (why := start_goal(host, settings, under_way)):
        return finish(host, settings, under_way)
    back = go_back(host, settings, replace(under_way, phase="returning"), why)
    said = f"stage switch: {why}; {under_way.origin} is back, proven, with its state as it was"
    return back and fail(host, said, concludes=True)


def start_goal(host: Host, settings: Settings, under_way: Switch) -> str:
    """Why the goal does not answer; empty where it does."""
    if under_way.restore:
        back = releases.bring_state_back(settings, under_way.goal, under_way.restore)
        _, out, err = attend(host, "bringing its state back", back)
        if not (brought := result(out, err))["ok"]:
            return f"its state could not be brought back: {brought['reason']}"
    return start(host, settings, under_way.goal)


def start(host: Host, settings: Settings, name: str) -> str:
    """Puts a release in place, starts it and has it prove itself; why it does not, empty where it does."""
    directory = settings.clawlama_directory
    for topic, script in {
        "putting the release in place": releases.put_back(directory, name),
        "starting the container": releases.start(directory, recreate=True),
    }.items():
        succeeded, out, err = attend(host, topic, script)
        if not succeeded:
            return ([line for line in out + err if line.strip()] or [f"{topic} failed"])[-1]
    return await_proof(host, settings)


def await_proof(host: Host, settings: Settings) -> str:
    if failed := operations.follow(host, PATIENCE_RESTARTS):
        operations.show(host, failed)
        return f"stage {failed.stage}: {failed.reason}"
    return "" if operations.prove(host, settings) else "it did not prove itself"


def go_back(host: Host, settings: Settings, under_way: Switch, why: str) -> bool:
    """To the origin, and to the state that it was left with where the goal may have touched it; whether it answers."""
    host.log(f"{why}; going back to {under_way.origin}")
    if under_way.phase == "returning":
        if not enter(host, settings, under_way, "returning"):
            return False
        run(host, releases.STOP)
        back = releases.bring_state_back(settings, under_way.origin, under_way.snapshot)
        _, out, err = attend(host, "bringing the state back", back)
        if not (brought := result(out, err))["ok"]:
            why = brought["reason"]
            return fail(host, f"stage rollback: the state could not be brought back: {why}; {AGAIN}", err)
    if not enter(host, settings, under_way, "returned"):
        return False
    failed = start(host, settings, under_way.origin)
    end(host, settings, under_way)
    return not failed or fail(host, f"stage rollback: {under_way.origin} is back, and does not answer: {failed}")


def finish(host: Host, settings: Settings, under_way: Switch) -> bool:
    end(host, settings, under_way)
    host.log(f"{under_way.goal} is proven; {under_way.origin} is held: deploy/rollback.py goes back to it")
    return True


def settle(host: Host, settings: Settings, under_way: Switch) -> bool:
    """What a run that was cut short began: finished where its goal answers, else taken back."""
    host.log(f"the change of releases from {under_way} was cut short")
    if under_way.phase == "started":
        running = plan.container(read(host, StateReading())["container"])
        is_there = running and releases.name_of(running.labels.get(plan.LABEL, "")) == under_way.goal
        if is_there and not await_proof(host, settings):
            return finish(host, settings, under_way)
        under_way = replace(under_way, phase="returning")
    return go_back(host, settings, under_way, "it is taken back")


def enter(host: Host, settings: Settings, under_way: Switch, phase: Phase) -> bool:
    """Journals the step that comes next."""
    path = releases.journal_path(settings.clawlama_directory)
    written, _, err = put(host, path, json.dumps(releases.journal(replace(under_way, phase=phase))), "0644", "0")
    return written or fail(host, f"stage switch: could not write {path}", err)


def leave(host: Host, settings: Settings, under_way: Switch) -> bool:
    """Notes with the origin which snapshot is its state's."""
    path = f"{releases.folder(settings.clawlama_directory, under_way.origin)}/left.json"
    left = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "snapshot": under_way.snapshot}
    written, _, err = put(host, path, json.dumps(left), "0644", "0")
    return written or fail(host, f"stage switch: could not write {path}", err)


def end(host: Host, settings: Settings, under_way: Switch) -> None:
    """Nothing is under way any more; a goal that was never proven is no release."""
    directory = settings.clawlama_directory
    goal = releases.folder(directory, under_way.goal)
    run(host, f"test -e {goal}/release.json || {{ {releases.drop(directory, under_way.goal)}; }}")
    run(host, f"rm -f {releases.journal_path(directory)}")


def holding(settings: Settings) -> HeldReading:
    return HeldReading(settings.clawlama_directory)
