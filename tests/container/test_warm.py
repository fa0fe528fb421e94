"""What conversations of the page begin with is computed before the first one, unseen, and gives way to questions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.container import chat, models
from tests.container.assistant import OPENCLAW, UNTIL_WARM, WARM, Assistant, ask_elsewhere, created, volume
from tests.container.wire import Wire, calls_tool, listening, says, texts
from tests.testbed.docker import LABEL, docker

pytestmark = pytest.mark.container
SETTINGS = models.TINY_SETTINGS | {"CLAWLAMA_WARM_UP": "true"}
REPLIES = 24
# Each a request to the model.
BEGINNINGS = ("the warm-up", "the proof", "a first message on the page", "a new conversation there")
WARM_UP = """
for concern in paths gateway; do . /usr/local/lib/clawlama/$concern.sh; done
echo '{}' | gateway_post clawlama/warm 60"""
# Each question to the gateway has such a file for as long as it is under way.
UNTIL_BOTH_ASK = "until [ $(ls /tmp/clawlama/header.* | wc -l) = 2 ]; do sleep 0.1; done"
# In this order, and all but at once.
WARM_UP_AND_PROVE = f"""{WARM_UP} >/tmp/clawlama/warmed.json &
sleep 0.1
clawlama prove || true
wait
"""
# By the plugin's own ears: what its sign says after each of two turns.
SEE_PROMPTS = """
import { existsSync, readFileSync } from "node:fs";
const { watchPrompts } = await import("/usr/local/lib/clawlama/plugin/warm.js");
const sign = process.env.CLAWLAMA_WARM_SIGN, hear = {};
watchPrompts({ on: (name, listener) => (hear[name] = listener), logger: console });
for (const systemPrompt of ["You are helpful.", "Runtime: session=agent:main:one"]) {
  hear.llm_input({ runId: "1", sessionId: "id", model: "m", systemPrompt }, { sessionKey: "agent:main:one" });
  hear.agent_end({}, { runId: "1" });
  console.log(existsSync(sign) ? readFileSync(sign, "utf8") : "none");
}
"""
# A turn that comes before the warm-up's own prompt was seen: whether it ends that; whether that is to be made up for.
CUT_WARM_UP = """
const { watchPrompts } = await import("/usr/local/lib/clawlama/plugin/warm.js");
const now = globalThis[Symbol.for("clawlama.warm")], hear = {};
watchPrompts({ on: (name, listener) => (hear[name] = listener), logger: console });
Object.assign(now, { door: { port: 18789 }, warmUp: new AbortController() });
const turn = { runId: "1", sessionId: "id", model: "m", systemPrompt: "You are helpful." };
hear.llm_input(turn, { sessionKey: "agent:main:main" });
hear.agent_end({}, { runId: "1" });
console.log(now.warmUp.signal.aborted, now.timer !== undefined);
"""
LOOKS = """
const { LOOKS, looksAt } = await import("/usr/local/lib/clawlama/plugin/looks.js");
console.log(JSON.stringify([...looksAt("agent:main:one"), ...LOOKS].map(([method]) => method)));
"""
# What the warm-up asks by itself, and what is a browser's own: its address, its preferences, what lies on its screen.
OTHERWISE_ASKED = {"connect", "chat.send", "users.prefs.set", "sessions.observer.visibility", "plugin.surface.refresh"}
UNTIL_GIVEN_UP = "until jq -e '.warm == false' /tmp/clawlama/warmed.json; do sleep 0.2; done"


@dataclass
class Talk:
    """An assistant whose model is scripted, what it was sent, and what the page showed of its first conversation."""

    assistant: Assistant
    wire: Wire
    said: list[str]
    asked: set[str]
    profile: str

    def restart_into_a_warm_up(self) -> None:
        """The model holds it from now on."""
        before = len(self.wire.requests)
        self.wire.may_answer.clear()
        self.assistant.stop()
        self.assistant.start()
        self.wire.wait_for(before + 1)

    def beginning(self, number: int) -> tuple[list[str], object]:
        """What stands before the first word of a conversation."""
        request = self.wire.requests[number]
        return texts(request, "system"), request["tools"]


@pytest.fixture(scope="module", params=["full", pytest.param("lean", marks=pytest.mark.soak)])
def talk(image: str, bridge: str, request: pytest.FixtureRequest) -> Iterator[Talk]:
    """An assistant with all BEGINNINGS behind it."""
    script = [says("Hello.") for _ in range(REPLIES)]
    with volume() as data, listening(bridge, script=script) as (wire, url):
        ask_elsewhere(image, data, url)
        files = {models.tiny(): models.TINY_TARGET}
        with created(image, data, SETTINGS | {"CLAWLAMA_PROFILE": request.param}, files) as assistant:
            assistant.wait_said(WARM)
            assistant.sh("clawlama prove || true")
            with chat.browser() as browser:
                page = chat.fresh_page(browser)
                asked = chat.methods_asked_by(page)
                chat.open_by_link(page, assistant)
                said = chat.say(page, "Good morning")
                chat.write_in_new_conversation(page, "Good evening")()
                wire.wait_for(len(BEGINNINGS))
            yield Talk(assistant, wire, said, asked, request.param)


def test_the_page_and_the_proof_begin_with_what_the_warm_up_computed(talk: Talk) -> None:
    talk.assistant.sh(UNTIL_WARM)
    assert len(talk.wire.requests) == len(BEGINNINGS), (
        "nothing else was asked of the model, no title for a conversation"
    )
    assert all(talk.beginning(number) == talk.beginning(0) for number in range(len(BEGINNINGS)))


def test_the_page_asks_for_nothing_that_the_warm_up_has_not_asked_for(talk: Talk) -> None:
    """What OpenClaw does for the first time is slow."""
    looks = json.loads(talk.assistant.sh(f"node --input-type=module -e '{LOOKS}'"))
    assert talk.asked - OTHERWISE_ASKED - set(looks) == set()


def test_nobody_sees_the_warm_up(talk: Talk) -> None:
    assert talk.said == ["Good morning", "Hello."]
    assert "clawlama-" not in json.dumps(talk.wire.requests[2 : len(BEGINNINGS)])
    assert "clawlama-" not in talk.assistant.sh(f"{OPENCLAW} sessions list --json")
    [owners] = json.loads(talk.assistant.sh(f"{OPENCLAW} devices list --json"))["paired"]
    assert owners["clientId"] == "openclaw-control-ui"


def test_a_message_brings_next_to_nothing_with_it_where_nothing_runs(talk: Talk) -> None:
    """What it brings is read anew with every message, and with every step of an agent's work."""
    request = talk.wire.requests[BEGINNINGS.index("a new conversation there")]
    [said, *notes] = texts(request, "user")
    assert re.fullmatch(r"\[[^]]+ UTC] Good evening", said)
    assert notes == ([] if talk.profile == "lean" else ["[nothing runs]"])
    assert all(note in texts(request, "system")[0] for note in notes), "the prompt says what it means"


def test_what_runs_is_told_in_full(talk: Talk) -> None:
    if talk.profile == "lean":
        pytest.skip("the lean profile runs nothing in the background")
    talk.wire.script[:0] = [calls_tool("exec", command="sleep 60", background=True), says("It runs.")]
    assert talk.assistant.ask("Run it", "background").text == "It runs."
    talk.assistant.ask("Does it run?", "background")
    assert "sleep 60" in texts(talk.wire.requests[-1], "user")[-1]


def test_it_is_computed_again_when_another_door_was_used_and_nothing_goes_on(talk: Talk) -> None:
    assistant, wire = talk.assistant, talk.wire
    before = len(wire.requests)
    assistant.ask("Hello", "elsewhere")
    assert not assistant.verb("status")["warm"]
    wire.wait_for(before + 2)
    assert texts(wire.requests[-1], "system") == texts(wire.requests[0], "system") != texts(wire.requests[-2], "system")
    assistant.sh(UNTIL_WARM)


def test_whoever_asks_goes_before_a_warm_up(talk: Talk) -> None:
    """The one of the next life is held by the model: only when it is given up does its own request to us end."""
    assistant, wire = talk.assistant, talk.wire
    talk.restart_into_a_warm_up()
    assert not assistant.verb("status")["busy"], "a warm-up is nobody's answer"
    with ThreadPoolExecutor() as background:
        asked = background.submit(assistant.ask, "Hello", "first")
        assistant.sh(UNTIL_GIVEN_UP)
        wire.may_answer.set()
        assert asked.result().status == 200


def test_a_proof_that_is_asked_as_a_warm_up_begins_goes_before_it(talk: Talk) -> None:
    """As a deploy asks it: the gateway has not even taken the warm-up's turn yet."""
    assistant, wire = talk.assistant, talk.wire
    assistant.sh("rm -f /tmp/clawlama/warmed.json")
    wire.may_answer.clear()
    with ThreadPoolExecutor() as background:
        proven = background.submit(assistant.sh, WARM_UP_AND_PROVE)
        assistant.sh(UNTIL_GIVEN_UP)
        wire.may_answer.set()
        proven.result()
    assert assistant.verb("status")["proof"]["answer"] == "Hello."


def test_a_warm_up_that_comes_in_the_middle_of_a_proof_asks_nothing_of_its_own(talk: Talk) -> None:
    assistant, wire = talk.assistant, talk.wire
    before = len(wire.requests)
    wire.may_answer.clear()
    with ThreadPoolExecutor() as background:
        proven = background.submit(assistant.sh, "clawlama prove || true")
        wire.wait_for(before + 1)
        warmed = background.submit(assistant.sh, WARM_UP)
        assistant.sh(UNTIL_BOTH_ASK)
        wire.may_answer.set()
        proven.result()
        assert json.loads(warmed.result()) == {"warm": True}
    assert len(wire.requests) == before + 1


@pytest.mark.fault("killed in the middle of a warm-up", "nobody sees it, and it is not gone on with")
def test_of_a_warm_up_that_was_killed_nothing_is_left(talk: Talk) -> None:
    assistant, wire = talk.assistant, talk.wire
    before = len(wire.requests)
    talk.restart_into_a_warm_up()
    docker("kill", assistant.name)
    wire.may_answer.set()
    assistant.start()
    assistant.wait_said(WARM)
    assert "clawlama-" not in assistant.sh(f"{OPENCLAW} sessions list --json")
    assert not [text for request in wire.requests[before:] for text in texts(request, "user") if "restart" in text]


def test_a_prompt_that_names_its_conversation_is_noticed(image: str) -> None:
    """As one of an OpenClaw would that says it in other words than those that are taken out."""
    assert heard(image, SEE_PROMPTS) == ["none", "apart"]


@pytest.mark.fault("a start goes on with a turn before its warm-up has begun", "that is made up for when it is quiet")
def test_a_warm_up_that_a_turn_gone_on_with_came_before_is_made_up_for(image: str) -> None:
    assert heard(image, CUT_WARM_UP) == ["true", "true"]


def heard(image: str, script: str) -> list[str]:
    """What a script prints that hears with the plugin's own ears."""
    command = ("run", "--rm", f"--label={LABEL}", "--env=CLAWLAMA_WARM_SIGN=/tmp/sign", "--entrypoint=node", image)
    return docker(*command, "--input-type=module", "--eval", script).split()
