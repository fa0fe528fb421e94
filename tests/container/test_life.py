"""Stop, start, kill, replace: the conversation goes on, and nothing waits for an owner that is gone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.container import models
from tests.container.archives import in_volume
from tests.container.assistant import SAYS, Assistant, created, volume
from tests.container.wire import listening, texts
from tests.testbed.docker import docker

pytestmark = pytest.mark.container
TINY = {models.tiny(): models.TINY_TARGET}
MOUNTED = "/data/workspace/.openclaw/openclaw.json"
IS_MOUNTED = "cd /usr/local/lib/clawlama && . ./paths.sh && . ./config.sh && config_is_mounted && echo yes || echo no"
OPEN_OLLAMA = {"OLLAMA_HOST": "0.0.0.0:11434"}
AWAIT_QUESTION = "until grep -qs 'clawlama/as[k]' /proc/[0-9]*/cmdline; do sleep 0.1; done"


@pytest.fixture(scope="module")
def lasting(image: str) -> Iterator[Assistant]:
    """An assistant that the tests of this file stop, kill and start again, one after the other."""
    with volume() as data, created(image, data, models.TINY_SETTINGS | OPEN_OLLAMA, TINY) as assistant:
        assistant.wait_ready()
        yield assistant


@pytest.mark.fault("docker stop in the middle of a proof", "the last verdict stands")
def test_a_proof_that_a_stop_cuts_is_no_verdict(lasting: Assistant) -> None:
    verdict = lasting.verb("prove")
    lasting.signal("runner", "STOP")
    cut = threading.Thread(target=docker, args=("exec", lasting.name, "clawlama", "prove"), kwargs={"check": False})
    cut.start()
    lasting.sh(AWAIT_QUESTION)
    lasting.stop()
    cut.join()
    lasting.start()
    assert lasting.verb("status")["proof"] == verdict


@pytest.mark.fault("docker stop in the middle of a turn", "ends by itself, in time; the conversation goes on")
def test_a_stop_in_the_middle_of_a_turn_is_in_time_and_the_conversation_goes_on(
    lasting: Assistant, bridge: str
) -> None:
    with listening(bridge, upstream=lasting.ollama_url) as (wire, url):
        lasting.send_models_requests_to(url)
        wire.upstream = lasting.ollama_url
        assert lasting.ask("My favourite colour is blue.", "talk").status == 200
        wire.arrived.clear()
        wire.may_answer.clear()
        threading.Thread(target=ask_in_vain, args=(lasting,), daemon=True).start()
        assert wire.arrived.wait(timeout=60)
        lasting.stop()
        assert lasting.inspect(".State.ExitCode") == "0", "it ended by itself, before Docker's 10 s were over"
        wire.may_answer.set()
        lasting.start()
        wire.upstream = lasting.ollama_url
        lasting.ask("Which one is it?", "talk")
        assert any("My favourite colour is blue." in text for text in texts(wire.requests[-1], "user"))


@pytest.mark.fault("docker stop at any moment of a start", "ends by itself, in time")
def test_a_stop_at_any_moment_of_a_start_is_in_time(lasting: Assistant) -> None:
    for moment in (0, 0.1, 0.15, 0.2, 0.3, 0.4, 0.8, 1.6):
        lasting.stop()
        docker("start", lasting.name)
        threading.Event().wait(moment)
        lasting.stop()
        assert lasting.inspect(".State.ExitCode") == "0", f"after {moment} s"
    for _ in range(6):
        docker("start", lasting.name)
        lasting.wait_said(f"{SAYS}starting Ollama")
        lasting.stop()
        assert lasting.inspect(".State.ExitCode") == "0", "as Ollama was begun"
    lasting.start()


@pytest.mark.fault("a second container on the same volume", "refused for good; the first is undisturbed")
def test_a_second_container_on_the_same_volume_is_refused(lasting: Assistant, image: str) -> None:
    with created(image, lasting.volume, models.TINY_SETTINGS, TINY) as second:
        assert second.wait_ended() == 78
        assert "is in use by another container" in second.logs()
    assert lasting.verb("status")["state"] == "ready"


# What a gateway may hold when it is killed: each is held for five minutes, whoever holds it.
HOLD_LEASES = """
const { DatabaseSync } = require("node:sqlite");
const hold = new DatabaseSync("/data/openclaw/state/openclaw.sqlite").prepare(
  "insert or replace into state_leases (scope, lease_key, owner, expires_at, heartbeat_at, created_at, updated_at) " +
    "values (?, ?, ?, ?, ?, ?, ?)");
const now = Date.now();
for (const scope of ["gateway-owner", "core:plugin-lifecycle", "startup-migrations"])
  hold.run(scope, "global", "one who is gone", now + 300000, now, now, now);
"""


@dataclass(frozen=True)
class Succession:
    """A container that was killed, its configuration edited by the user, and what came after it on its volume."""

    successor: Assistant
    token_before: str


@pytest.fixture(scope="module")
def succession(lasting: Assistant, image: str) -> Iterator[Succession]:
    edited = lasting.config()
    edited["agents"]["defaults"]["thinkingDefault"] = "off"
    edited["tools"]["exec"]["mode"] = "deny"
    lasting.edit_config(edited)
    token = lasting.token
    docker("kill", lasting.name)
    in_volume(image, lasting.volume, f"node --no-warnings -e '{HOLD_LEASES}'")
    changed = models.TINY_SETTINGS | {"CLAWLAMA_MAX_TOKENS": 32, "CLAWLAMA_EXEC_ASK": "always"}
    with created(image, lasting.volume, changed, TINY) as successor:
        successor.wait_ready()
        yield Succession(successor, token)


@pytest.mark.fault("docker kill, and a new container on the volume", "starts at once, waits for no lease")
def test_a_new_container_on_the_volume_of_a_killed_one_waits_for_no_lease(succession: Succession) -> None:
    assert "lease is still active" not in succession.successor.logs()


def test_a_changed_setting_and_a_restart_is_all_and_the_users_own_edits_stay(succession: Succession) -> None:
    config = succession.successor.config()
    [model] = config["models"]["providers"]["ollama"]["models"]
    assert model["maxTokens"] == 32
    assert config["agents"]["defaults"]["thinkingDefault"] == "off"
    assert config["tools"]["exec"]["mode"] == "ask", "what the agent may do is never the file's to say"
    assert succession.successor.token == succession.token_before


def test_a_configuration_of_the_users_own_replaces_ours_only_where_it_is_mounted(
    succession: Succession, image: str, tmp_path: Path
) -> None:
    mine = tmp_path / "openclaw.json"
    mine.write_text(json.dumps(succession.successor.config()))
    mine.chmod(0o644)
    succession.successor.sh(f"mkdir -p $(dirname {MOUNTED}) && echo '{{}}' >{MOUNTED}")
    assert succession.successor.sh(IS_MOUNTED) == "no", "a plain file there is the agent's, not the user's"
    succession.successor.stop()
    settings = models.TINY_SETTINGS | {"CLAWLAMA_OPENCLAW_PORT": succession.successor.port}
    with created(image, succession.successor.volume, settings, TINY | {mine: MOUNTED}) as mounted:
        mounted.wait_ready()
        assert "is mounted and replaces ours" in mounted.logs()


def ask_in_vain(assistant: Assistant) -> None:
    with suppress(OSError, HTTPException):
        assistant.ask("A question that is never answered", "talk")


def test_a_first_start_finds_openclaw_compiled_and_copies_nothing_of_it(image: str, data: str) -> None:
    copied_once = "/data/clawlama/compile-cache"
    in_volume(image, data, f"mkdir -m 0700 /data/clawlama && mkdir {copied_once}")
    with created(image, data, models.TINY_SETTINGS | {"NODE_DEBUG_NATIVE": "COMPILE_CACHE"}, TINY) as assistant:
        assistant.wait_ready()
        # What was found not to fit would be compiled and said as well.
        told = [line for line in assistant.logs().splitlines() if "V8 code cache for" in line]
        assert assistant.sh(f"test -e {copied_once} || echo gone") == "gone"
    found = sum("was accepted" in line for line in told)
    assert len(told) - found < found / 100
