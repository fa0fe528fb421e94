"""What a user waits for: the cold first turn, a new session's, the next one; and decoding through the agent."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

from tests.container import models
from tests.container.assistant import HARDENED, Assistant, bridge_address, created, volume
from tests.container.wire import listening
from tests.testbed.image import image

MODEL = "/models/smollm2.gguf"
SETTINGS = {"CLAWLAMA_MODEL_FILE": MODEL, "CLAWLAMA_MAX_TOKENS": 64, "OLLAMA_HOST": "0.0.0.0:11434"}
QUESTION = "What is the capital of France?"
SESSIONS = 5


def figures() -> Iterator[tuple[str, str]]:
    with volume() as data, created(image(), data, SETTINGS, {models.smollm2(): MODEL}, flags=HARDENED) as assistant:
        assistant.wait_ready()
        cold = turn_seconds(assistant, "cold")
        new = [turn_seconds(assistant, f"new-{session}") for session in range(SESSIONS)]
        same = turn_seconds(assistant, "new-0")
        yield "first turn, cold, lean profile (s)", f"{cold:.1f}"
        yield f"first turn of a new session, median of {SESSIONS} (s)", f"{statistics.median(new):.1f}"
        yield "next turn of the same session (s)", f"{same:.1f}"
        yield "new session / cold", f"{statistics.median(new) / cold:.2f}"
        through, straight = decode_speeds(assistant)
        yield "decode through the agent, straight from Ollama (tokens/s)", f"{through:.0f}  {straight:.0f}"
        yield "through the agent / straight", f"{through / straight:.2f}"


def turn_seconds(assistant: Assistant, user: str) -> float:
    began = time.monotonic()
    reply = assistant.ask(QUESTION, user)
    assert reply.status == 200, reply.body
    return time.monotonic() - began


def decode_speeds(assistant: Assistant) -> tuple[float, float]:
    """Tokens a second, seen from outside and without the prefill: a turn, then its very request replayed."""
    with listening(bridge_address()) as (wire, url):
        assistant.send_models_requests_to(url)
        wire.upstream = f"http://{assistant.inspect('.NetworkSettings.IPAddress')}:11434"
        assistant.ask("Tell me a long story.", "warm-up")
        began = time.monotonic()
        assistant.ask("Tell me a long story.", "story")
        through = time.monotonic() - began
        told = final(wire.replies[-1])
        request = wire.requests[-1]
        began = time.monotonic()
        with urlopen(Request(f"{wire.upstream}/api/chat", json.dumps(request).encode()), timeout=240) as reply:
            replayed = final(reply.read())
        straight = time.monotonic() - began
    return speed(told, through), speed(replayed, straight)


def final(reply: bytes) -> dict[str, Any]:
    last: dict[str, Any] = json.loads(reply.strip().splitlines()[-1])
    return last


def speed(answer: dict[str, Any], seconds: float) -> float:
    """Ollama gives durations in nanoseconds."""
    return float(answer["eval_count"] / (seconds - answer["prompt_eval_duration"] / 1e9))
