"""Whether the threads that were chosen by measurement are the right ones: beside every other count, by decoding."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from bench.limits import Figure, Limit
from bench.turns import decode, final, post, wait_idle
from tests.container import models
from tests.container.assistant import HARDENED, Assistant, created, volume
from tests.testbed.image import image

SETTINGS = {
    "CLAWLAMA_MODEL_FILE": models.SMOLLM2_TARGET,
    "CLAWLAMA_PROFILE": "lean",
    "OLLAMA_HOST": "0.0.0.0:11434",
}
TIMES, TOKENS = 3, 48


@contextmanager
def other_work() -> Iterator[None]:
    """Something that computes all the time: it takes one core."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as work:
        try:
            yield
        finally:
            work.kill()


def figures() -> Iterator[Figure]:
    yield from chosen("with one core taken", Limit(least=0.8), other_work())
    yield from chosen("under --cpus=1", Limit(least=0.95), nullcontext(), "--cpus=1")


def chosen(circumstances: str, limit: Limit, busy: AbstractContextManager[None], *flags: str) -> Iterator[Figure]:
    files = {models.smollm2(): models.SMOLLM2_TARGET}
    with busy, volume() as data, created(image(), data, SETTINGS, files, (*HARDENED, *flags)) as assistant:
        assistant.wait_ready()
        # What a start leaves to be done takes of the quota, too, and would be counted for whichever comes first.
        wait_idle(assistant)
        plan = assistant.plan
        speeds = {
            count: decode_speed(assistant, plan, count) for count in range(1, plan["hardware"]["logical_cores"] + 1)
        }
    yield Figure(
        f"decode {circumstances}, by threads (tokens/s)",
        "  ".join(f"{count}: {speed:.0f}" for count, speed in speeds.items()),
    )
    yield Figure(f"threads chosen {circumstances}", str(plan["threads"]))
    yield Figure(
        f"decode {circumstances}: chosen / best", f"{speeds[plan['threads']] / max(speeds.values()):.2f}", limit
    )


def decode_speed(assistant: Assistant, plan: dict[str, object], threads: int) -> float:
    """Tokens a second by the engine's own clock, the best of some."""
    return max(generated(assistant, plan, threads) for _ in range(TIMES))


def generated(assistant: Assistant, plan: dict[str, object], threads: int) -> float:
    options = {"num_ctx": plan["context"], "num_thread": threads, "num_predict": TOKENS, "temperature": 0}
    body = {"model": plan["model"], "prompt": "Once upon a time", "raw": True, "stream": False, "options": options}
    return decode([final(post(assistant.ollama_url, "generate", body))])
