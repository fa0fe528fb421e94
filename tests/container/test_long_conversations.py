"""A conversation that outgrows its context goes on, and what that takes is little: on a CPU a request is a minute."""

from __future__ import annotations

import pytest

from tests.container import models
from tests.container.assistant import ask_elsewhere, created
from tests.container.wire import listening, says

pytestmark = pytest.mark.container
TURNS, CONTEXT = 12, 8192
# No model that fits a small machine writes the headings that OpenClaw's own way of summing up asks for.
WORDS = "The quick brown fox jumps over the lazy dog near the river bank. " * 12
# The turn itself, a summary of what no longer fits, and one of the turn that is cut by it.
MOST_REQUESTS = 3


def test_a_conversation_goes_on_when_its_context_is_full(image: str, data: str, bridge: str) -> None:
    settings = models.TINY_SETTINGS | {"CLAWLAMA_CONTEXT_WINDOW": CONTEXT, "CLAWLAMA_MAX_TOKENS": 1024}
    files = {models.tiny(): models.TINY_TARGET}
    with listening(bridge, script=[says(f"{number}: {WORDS}") for number in range(300)]) as (wire, url):
        ask_elsewhere(image, data, url)
        with created(image, data, settings, files) as assistant:
            assistant.wait_ready()
            requests = []
            for turn in range(TURNS):
                before = len(wire.requests)
                assert assistant.ask(f"This is turn {turn}: {WORDS}", "talk").status == 200
                requests.append(len(wire.requests) - before)
    summed_up = [count for count in requests if count > 1]
    assert summed_up, "the context was never full"
    assert max(summed_up) <= MOST_REQUESTS
    assert len(summed_up) <= TURNS / 3, requests
