"""What a user waits for, full profile: the cold first answer, a new conversation's, the next one's; and decoding.

Over HTTP, and in the chat page of a real browser: there once more after a restart that computes it in advance, and
after another door was used. All in one run: a ratio is of answers to the same question.
"""

from __future__ import annotations

import itertools
import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Page

from bench.clock import seconds
from bench.limits import Figure, Limit
from tests.container import chat, models
from tests.container.assistant import HARDENED, UNTIL_WARM, WARM, Assistant, bridge_address, created, volume
from tests.container.wire import Wire, listening
from tests.testbed.docker import MINUTE, docker
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
# Conversations whose prompt is computed from its first word on, and such as find it computed: one is up to a sixth
# slower or faster than its counterpart, and what is asked for is a thirtieth.
COLD, STORIES = 2, 32
# Of one core; a look takes two seconds.
IDLE_PERCENT, LOOKS = 10, 60
LONG_ANSWERS = {"CLAWLAMA_MAX_TOKENS": 128}
# An answer that computes its own words alone, beside one that computes the whole prompt.
OWN_WORDS = Limit(most=0.06)
AS_BARE = Limit(least=0.97)
FROM_THE_CACHE = Limit(most=0.05)
Answer = dict[str, Any]
# An answer in the agent's turn, and to the same request sent straight to the engine.
Pair = tuple[Answer, Answer]


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
                wait_idle(assistant)
                later = waited(page, chat.write_in_new_conversation)
                yield Figure("in the page, after another door was used (s)", f"{later:.1f}")
                yield Figure("in the page, after another door was used / cold", f"{later / cold:.3f}", OWN_WORDS)
        # Last: it leaves the volume with a gateway that asks elsewhere.
        with assistant_on(data, LONG_ANSWERS) as assistant:
            cold_pairs, new_pairs = engine_answers(assistant)
            yield from from_the_cache(cold_pairs, new_pairs)
            yield from as_replayed("prefill", cold_pairs, "prompt_eval")
            yield from as_replayed("decode", cold_pairs + new_pairs, "eval")


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


def wait_idle(assistant: Assistant) -> None:
    """Until it takes next to no CPU: what it does once a turn has ended, and what the page then asks, take seconds."""
    for _ in range(LOOKS):
        told = docker("stats", "--no-stream", "--format", "{{.CPUPerc}}", assistant.name)
        if float(told.strip().removesuffix("%")) < IDLE_PERCENT:
            return
    raise AssertionError(f"not idle at any of {LOOKS} looks")


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


def engine_answers(assistant: Assistant) -> tuple[list[Pair], list[Pair]]:
    """What the engine says of itself in the first turns of conversations, and of the same requests sent again.

    Those of cold prompts, and of new conversations. In turns: what else the machine does slows both sides.
    """
    model = str(assistant.plan["model"])
    with listening(bridge_address()) as (wire, url):
        assistant.send_models_requests_to(url)
        assistant.wait_ready()
        wait_idle(assistant)
        wire.upstream = assistant.ollama_url
        return (
            [told_and_replayed(assistant, wire, url, f"cold-story-{story}", model) for story in range(COLD)],
            [told_and_replayed(assistant, wire, url, f"story-{story}", None) for story in range(STORIES)],
        )


def told_and_replayed(assistant: Assistant, wire: Wire, url: str, user: str, forgotten: str | None) -> Pair:
    """With ``forgotten`` the engine forgets that model's prompt before each, and computes it from its first word on.

    Both pass the wire, so that its own work counts on both sides.
    """
    forget(assistant.ollama_url, forgotten)
    assistant.ask("Tell me a long story.", user)
    told = final(wire.replies[-1])
    forget(assistant.ollama_url, forgotten)
    return told, final(post(url, "chat", wire.requests[-1]))


def forget(ollama: str, model: str | None) -> None:
    if model:
        post(ollama, "generate", {"model": model, "keep_alive": 0})


def from_the_cache(cold: list[Pair], new: list[Pair]) -> Iterator[Figure]:
    """By time: Ollama counts the tokens of a prompt whether they were computed before or not."""
    longest, middle = (
        statistics.median(told["prompt_eval_duration"] / 1e9 for told, _ in pairs) for pairs in (cold, new)
    )
    yield Figure("prefill, cold and of new conversations (s)", f"{longest:.1f}  {middle:.2f}")
    yield Figure("prefill of a new conversation / cold", f"{middle / longest:.3f}", FROM_THE_CACHE)


def as_replayed(what: str, pairs: list[Pair], counted: str) -> Iterator[Figure]:
    through, straight = (tokens_a_second(answers, counted) for answers in zip(*pairs, strict=True))
    yield Figure(f"{what} in the agent's turns, the same replayed (tokens/s)", f"{through:.1f}  {straight:.1f}")
    yield Figure(f"{what} in the agent's turns / replayed", f"{through / straight:.3f}", AS_BARE)


def post(ollama: str, path: str, body: Mapping[str, Any]) -> bytes:
    with urlopen(Request(f"{ollama}/api/{path}", json.dumps(body).encode()), timeout=8 * MINUTE) as reply:
        return bytes(reply.read())


def final(reply: bytes | bytearray) -> Answer:
    last: Answer = json.loads(reply.strip().splitlines()[-1])
    return last


def decode(answers: Iterable[Answer]) -> float:
    return tokens_a_second(answers, "eval")


def tokens_a_second(answers: Iterable[Answer], counted: str) -> float:
    """Of all together: what slows an answer in turn slows its counterpart, too. Ollama's durations are nanoseconds."""
    told = list(answers)
    return float(
        sum(answer[f"{counted}_count"] for answer in told) / sum(answer[f"{counted}_duration"] for answer in told) * 1e9
    )
