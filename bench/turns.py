"""What a user waits for, full profile: the cold first answer, a new conversation's, the next one's; and decoding.

Over HTTP, and in the chat page of a real browser: there once more after a restart that computes it in advance, and
after another door was used. All in one run: a ratio is of answers to the same question.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Page

from bench.clock import seconds
from tests.container import chat, models
from tests.container.assistant import HARDENED, UNTIL_WARM, WARM, Assistant, bridge_address, created, volume
from tests.container.wire import listening
from tests.testbed.docker import MINUTE
from tests.testbed.image import image

MODEL = "/models/smollm2.gguf"
SETTINGS = {
    "CLAWLAMA_MODEL_FILE": MODEL,
    "CLAWLAMA_DEMONSTRATION": "true",
    "CLAWLAMA_MAX_TOKENS": 32,
    "OLLAMA_HOST": "0.0.0.0:11434",
}
IN_ADVANCE = {"CLAWLAMA_WARM_UP": "true"}
QUESTION = "What is the capital of France?"
NEXT = "And of Italy?"
SESSIONS = 3


def figures() -> Iterator[tuple[str, str]]:
    with volume() as data:
        with assistant_on(data) as assistant:
            cold = turn_seconds(assistant, "cold")
            new = [turn_seconds(assistant, f"new-{session}") for session in range(SESSIONS)]
            yield from compared("over HTTP", cold, new, turn_seconds(assistant, "new-0"))
        with assistant_on(data) as assistant, page_of(assistant) as page:
            cold = seconds(lambda: chat.say(page, QUESTION))
            following = seconds(lambda: chat.say_next(page, NEXT))
            new = [seconds(lambda: chat.say_in_new_conversation(page, QUESTION)) for _ in range(SESSIONS)]
            yield from compared("in the page", cold, new, following)
        with assistant_on(data, IN_ADVANCE) as assistant:
            assistant.wait_said(WARM)
            with page_of(assistant) as page:
                first = seconds(lambda: chat.say_in_new_conversation(page, QUESTION))
                yield "after a restart, computed in advance (s)", f"{first:.1f}"
                yield "after a restart, computed in advance / cold", f"{first / cold:.3f}"
                assistant.ask(QUESTION, "in-between")
                assistant.sh(UNTIL_WARM, timeout=8 * MINUTE)
                later = seconds(lambda: chat.say_in_new_conversation(page, QUESTION))
                yield "in the page, after another door was used (s)", f"{later:.1f}"
                yield "in the page, after another door was used / cold", f"{later / cold:.3f}"
            # Last: it leaves the volume with a gateway that asks elsewhere.
            through, straight = decode_speeds(assistant)
            yield (
                f"decode, best of {SESSIONS}: in the agent's turns, the same replayed (tokens/s)",
                f"{through:.0f}  {straight:.0f}",
            )
            yield "decode in the agent's turns / replayed", f"{through / straight:.2f}"


@contextmanager
def assistant_on(data: str, more: Mapping[str, object] | None = None) -> Iterator[Assistant]:
    files = {models.smollm2_for_the_full_profile(): MODEL}
    with created(image(), data, SETTINGS | dict(more or {}), files, flags=HARDENED) as assistant:
        assistant.wait_ready()
        yield assistant


@contextmanager
def page_of(assistant: Assistant) -> Iterator[Page]:
    with chat.browser() as browser:
        page = chat.fresh_page(browser)
        page.goto(assistant.verb("link")["url"])
        chat.composer(page)
        yield page


def compared(where: str, cold: float, new: list[float], following: float) -> Iterator[tuple[str, str]]:
    middle = statistics.median(new)
    yield f"first answer {where}, cold (s)", f"{cold:.1f}"
    yield f"of a new conversation {where}, median of {len(new)} (s)", f"{middle:.1f}"
    yield f"next answer of the same {where} (s)", f"{following:.1f}"
    yield f"new conversation {where} / cold", f"{middle / cold:.3f}"
    yield f"next answer {where} / cold", f"{following / cold:.3f}"


def turn_seconds(assistant: Assistant, user: str) -> float:
    return seconds(lambda: answered(assistant, user))


def answered(assistant: Assistant, user: str) -> None:
    reply = assistant.ask(QUESTION, user)
    assert reply.status == 200, reply.body


def decode_speeds(assistant: Assistant) -> tuple[float, float]:
    """Tokens a second by the engine's own clock, the best of each: in the agent's turns, and the last one replayed."""
    with listening(bridge_address()) as (wire, url):
        assistant.send_models_requests_to(url)
        wire.upstream = f"http://{assistant.inspect('.NetworkSettings.IPAddress')}:11434"
        for story in range(SESSIONS):
            assistant.ask("Tell me a long story.", f"story-{story}")
        told, request = [speed(final(reply)) for reply in wire.replies], wire.requests[-1]
        replayed = [speed(final(replay(wire.upstream, request))) for _ in range(SESSIONS)]
    return max(told), max(replayed)


def replay(ollama: str, request: Mapping[str, Any]) -> bytes:
    with urlopen(Request(f"{ollama}/api/chat", json.dumps(request).encode()), timeout=4 * MINUTE) as reply:
        return bytes(reply.read())


def final(reply: bytes) -> dict[str, Any]:
    last: dict[str, Any] = json.loads(reply.strip().splitlines()[-1])
    return last


def speed(answer: dict[str, Any]) -> float:
    """Ollama gives durations in nanoseconds."""
    return float(answer["eval_count"] / answer["eval_duration"] * 1e9)
