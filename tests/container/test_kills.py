"""kill -9 at any moment of a start or a turn: always ready again, with the conversation whole and nothing left over."""

from __future__ import annotations

import random
import threading
from contextlib import ExitStack, suppress
from http.client import HTTPException

import pytest

from tests.container import models
from tests.container.assistant import Assistant, Reply, ask_elsewhere, created
from tests.container.wire import Wire, listening, says, texts
from tests.testbed.docker import docker

pytestmark = [pytest.mark.container, pytest.mark.timeout(3 * 3600)]
TINY = {models.tiny(): models.TINY_TARGET}
LONGEST_START = 10.0
TRIES = 10
GROWTH = 20_000_000
# What a life of OpenClaw makes for itself: at most one of each is there.
LEFTOVERS = "ls /data/openclaw/tmp/plugin-captures | wc -l; ls /data/.cache/openclaw | grep -c sqlite-readonly || true"
SIZE = "du -s --block-size=1 /data | cut -f1"
# Ollama and its runner, the gateway with its helpers, ourselves; and who asks.
MOST_PROCESSES = 20


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.soak)])
@pytest.mark.fault(
    "kill -9 at random moments of starts and turns, ten in a row", "ready again each time, conversation whole"
)
def test_killed_at_any_moment_it_comes_back_with_the_conversation_whole(
    image: str, data: str, bridge: str, kills: int
) -> None:
    moments = random.Random(kills)
    with listening(bridge, script=[says("Noted.")] * 10_000) as (wire, url), ExitStack() as stack:
        ask_elsewhere(image, data, url)
        assistant = stack.enter_context(created(image, data, models.TINY_SETTINGS, TINY))
        assistant.wait_ready()
        said = ["My favourite colour is blue."]
        assert assistant.ask(said[0], "talk").status == 200
        size = int(assistant.sh(SIZE))
        for kill in range(kills):
            if moments.random() < 0.7:
                kill_in_start(assistant, after=moments.uniform(0, LONGEST_START))
            else:
                kill_in_turn(assistant, wire)
            docker("start", assistant.name)
            if kill % 5 == 4:
                assistant.wait_ready()
        assistant.wait_ready()
        assert ask_again("Which one is it?", assistant).status == 200
        assert said[0] in "\n".join(texts(wire.requests[-1], "user"))
        assert "lease is still active" not in assistant.logs()
        assert int(assistant.sh("ls /proc | grep -c '^[0-9]'")) <= MOST_PROCESSES
        assert max(map(int, assistant.sh(LEFTOVERS).split())) <= 1
        assert int(assistant.sh(SIZE)) - size < GROWTH


def ask_again(text: str, assistant: Assistant) -> Reply:
    """OpenClaw runs the turn that was interrupted anew; for some seconds it refuses others there, saying "Retry"."""
    for _ in range(TRIES):
        reply = assistant.ask(text, "talk")
        if reply.status == 200:
            break
    return reply


def kill_in_start(assistant: Assistant, after: float) -> None:
    threading.Event().wait(after)
    docker("kill", assistant.name)


def kill_in_turn(assistant: Assistant, wire: Wire) -> None:
    """In a turn that waits for the model: a new one, or one that an earlier kill interrupted."""
    wire.may_answer.clear()
    wire.arrived.clear()
    assistant.wait_ready()
    answers = list[str]()
    threading.Thread(target=ask_in_vain, args=(assistant, answers), daemon=True).start()
    assert wire.arrived.wait(timeout=60), f"{answers}\n{assistant.logs('--tail=200')}"
    docker("kill", assistant.name)
    wire.may_answer.set()


def ask_in_vain(assistant: Assistant, answers: list[str]) -> None:
    with suppress(OSError, HTTPException):
        answers.append(str(assistant.ask("A question that is never answered", "talk")))
