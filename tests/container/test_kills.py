"""kill -9 at any moment of a start or a turn: always ready again, with the conversation whole and nothing left over."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from http.client import HTTPException

import pytest

from tests.container import models
from tests.container.assistant import Assistant, created
from tests.container.wire import listening, says, texts
from tests.testbed.docker import docker

pytestmark = [pytest.mark.container, pytest.mark.timeout(3 * 3600)]
TINY = {models.tiny(): models.TINY_TARGET}
LONGEST_START = 15.0
GROWTH = 20_000_000
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
    with (
        listening(bridge, script=[says("Noted.")] * 10_000) as (wire, url),
        created(image, data, models.TINY_SETTINGS, TINY) as assistant,
    ):
        assistant.wait_ready()
        assistant.send_models_requests_to(url)
        said = ["My favourite colour is blue."]
        assert assistant.ask(said[0], "talk").status == 200
        size = int(assistant.sh(SIZE))
        for kill in range(kills):
            if moments.random() < 0.7:
                kill_in_start(assistant, after=moments.uniform(0, LONGEST_START))
            else:
                wire.may_answer.clear()
                wire.arrived.clear()
                kill_in_turn(assistant, wire.arrived)
                wire.may_answer.set()
            docker("start", assistant.name)
            if kill % 5 == 4:
                assistant.wait_ready()
        assistant.wait_ready()
        assert assistant.ask("Which one is it?", "talk").status == 200
        assert said[0] in "\n".join(texts(wire.requests[-1], "user"))
        assert "lease is still active" not in assistant.logs()
        assert int(assistant.sh("ls /proc | grep -c '^[0-9]'")) <= MOST_PROCESSES
        assert int(assistant.sh(SIZE)) - size < GROWTH


def kill_in_start(assistant: Assistant, after: float) -> None:
    threading.Event().wait(after)
    docker("kill", assistant.name)


def kill_in_turn(assistant: Assistant, arrived: threading.Event) -> None:
    assistant.wait_ready()
    threading.Thread(target=ask_in_vain, args=(assistant,), daemon=True).start()
    assert arrived.wait(timeout=60)
    docker("kill", assistant.name)


def ask_in_vain(assistant: Assistant) -> None:
    with suppress(OSError, HTTPException):
        assistant.ask("A question that is never answered", "talk")
