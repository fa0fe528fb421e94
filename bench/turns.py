"""What a user waits for, full profile: the cold first answer, a new conversation's, the next one's; and decoding.

Over HTTP, and in the chat page of a real browser: there once more after a restart that computes it in advance, and
after another door was used. All in one run: a ratio is of answers to the same question.
"""

from __future__ import annotations

import itertools
import json
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Page

from bench.clock import seconds
from bench.limits import Figure, Limit
from tests.container import chat, models
from tests.container.assistant import HARDENED, UNTIL_WARM, WARM, Assistant, bridge_address, created, volume
from tests.container.wire import Wire, listening
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
# In the page each has one of its own: so its answer is known from others.
NUMBERS = itertools.count(1)
SESSIONS = 3
# Stories in a row whose first one is cold.
ROUNDS = (1, SESSIONS)
# An answer that computes its own words alone, beside one that computes the whole prompt.
OWN_WORDS = Limit(most=0.06)
AS_BARE = Limit(least=0.97)
FROM_THE_CACHE = Limit(most=0.05)
Answer = dict[str, Any]


def figures() -> Iterator[Figure]:
    with volume() as data:
        with assistant_on(data) as assistant:
            cold = turn_seconds(assistant, "cold")
            new = [turn_seconds(assistant, f"new-{session}") for session in range(SESSIONS)]
            yield from compared("over HTTP", cold, new, turn_seconds(assistant, "new-0"))
        with assistant_on(data) as assistant, page_of(assistant) as page:
            cold, following = waited(page, chat.write), waited(page, chat.write)
            new = [waited(page, chat.write_in_new_conversation) for _ in range(SESSIONS)]
            yield from compared("in the page", cold, new, following)
        with assistant_on(data, IN_ADVANCE) as assistant:
            assistant.wait_said(WARM)
            with page_of(assistant) as page:
                first = waited(page, chat.write_in_new_conversation)
                yield Figure("after a restart, computed in advance (s)", f"{first:.1f}")
                yield Figure("after a restart, computed in advance / cold", f"{first / cold:.3f}", OWN_WORDS)
                assistant.ask(QUESTION, "in-between")
                assistant.sh(UNTIL_WARM, timeout=8 * MINUTE)
                later = waited(page, chat.write_in_new_conversation)
                yield Figure("in the page, after another door was used (s)", f"{later:.1f}")
                yield Figure("in the page, after another door was used / cold", f"{later / cold:.3f}", OWN_WORDS)
        # Last: it leaves the volume with a gateway that asks elsewhere.
        with assistant_on(data) as assistant:
            told, replayed = engine_answers(assistant)
            yield from from_the_cache(told)
            for what, speed in {"prefill": cold_prefill, "decode": decode}.items():
                through, straight = speed(told), speed(replayed)
                yield Figure(
                    f"{what} in the agent's turns, the same replayed (tokens/s)", f"{through:.0f}  {straight:.0f}"
                )
                yield Figure(f"{what} in the agent's turns / replayed", f"{through / straight:.2f}", AS_BARE)


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
        chat.open_by_link(page, assistant)
        yield page


def waited(page: Page, write: Callable[[Page, str], chat.Send]) -> float:
    """Seconds from sending until the first words of an answer can be read. It ends whole: it slows no other."""
    text = f"{QUESTION} ({next(NUMBERS)})"
    send = write(page, text)
    took = seconds(lambda: chat.read(page, text, send))
    chat.wait_whole(page)
    return took


def compared(where: str, cold: float, new: list[float], following: float) -> Iterator[Figure]:
    middle = statistics.median(new)
    yield Figure(f"first answer {where}, cold (s)", f"{cold:.1f}")
    yield Figure(f"of a new conversation {where}, median of {len(new)} (s)", f"{middle:.1f}")
    yield Figure(f"next answer of the same {where} (s)", f"{following:.1f}")
    yield Figure(f"new conversation {where} / cold", f"{middle / cold:.3f}", OWN_WORDS)
    yield Figure(f"next answer {where} / cold", f"{following / cold:.3f}", OWN_WORDS)


def turn_seconds(assistant: Assistant, user: str) -> float:
    return seconds(lambda: answered(assistant, user))


def answered(assistant: Assistant, user: str) -> None:
    reply = assistant.ask(QUESTION, user)
    assert reply.status == 200, reply.body


def engine_answers(assistant: Assistant) -> tuple[list[Answer], list[Answer]]:
    """What the engine says of itself: in the first turns of some conversations, and of the same requests sent again.

    The first ``len(ROUNDS)`` of each list are cold. In turns: whatever else the machine does slows some of them.
    """
    with listening(bridge_address()) as (wire, url):
        assistant.send_models_requests_to(url)
        wire.upstream = assistant.ollama_url
        replayed: list[Answer] = []
        for number, stories in enumerate(ROUNDS):
            for story in range(stories):
                assistant.ask("Tell me a long story.", f"story-{number}-{story}")
            forget(wire)
            replayed += [final(post(wire.upstream, "chat", request)) for request in wire.requests[len(replayed) :]]
            forget(wire)
        return [final(reply) for reply in wire.replies], replayed


def forget(wire: Wire) -> None:
    """The engine computes the next prompt from its first word on."""
    post(str(wire.upstream), "generate", {"model": wire.requests[0]["model"], "keep_alive": 0})


def from_the_cache(told: list[Answer]) -> Iterator[Figure]:
    """By time: Ollama counts the tokens of a prompt whether they were computed before or not."""
    durations = [answer["prompt_eval_duration"] / 1e9 for answer in told]
    cold, new = min(durations[: len(ROUNDS)]), durations[len(ROUNDS) :]
    yield Figure("prefill, cold and of new conversations (s)", f"{cold:.1f}  {statistics.median(new):.2f}")
    yield Figure("prefill of a new conversation / cold", f"{statistics.median(new) / cold:.3f}", FROM_THE_CACHE)


def post(ollama: str, path: str, body: Mapping[str, Any]) -> bytes:
    with urlopen(Request(f"{ollama}/api/{path}", json.dumps(body).encode()), timeout=8 * MINUTE) as reply:
        return bytes(reply.read())


def final(reply: bytes) -> Answer:
    last: Answer = json.loads(reply.strip().splitlines()[-1])
    return last


def cold_prefill(answers: list[Answer]) -> float:
    return tokens_a_second(answers[: len(ROUNDS)], "prompt_eval")


def decode(answers: list[Answer]) -> float:
    return tokens_a_second(answers, "eval")


def tokens_a_second(answers: list[Answer], what: str) -> float:
    """Of all together: what slows an answer in turn slows its counterpart, too. Ollama's durations are nanoseconds."""
    tokens = sum(answer[f"{what}_count"] for answer in answers)
    took = sum(answer[f"{what}_duration"] for answer in answers) / 1e9
    return float(tokens / took)
