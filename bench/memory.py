"""Whether a long conversation outlives a tight memory limit: what the plan grants has to be there when it is used."""

from __future__ import annotations

from collections.abc import Iterator

from bench.limits import Figure, Limit
from tests.container import models
from tests.container.assistant import CONCERNS, HARDENED, created, volume
from tests.testbed.image import image

SETTINGS = models.ALONE | {
    "CLAWLAMA_MODEL_FILE": models.SMOLLM2_TARGET,
    "CLAWLAMA_MAX_TOKENS": 32,
    "CLAWLAMA_PROFILE": "lean",
}
LIMITS = ("2g", "3g", "4g")
TURNS = 30
NONE_AT_ALL = Limit(most=0)


def figures() -> Iterator[Figure]:
    files = {models.smollm2(): models.SMOLLM2_TARGET}
    for limit in LIMITS:
        flags = (*HARDENED, f"--memory={limit}", f"--memory-swap={limit}")
        with volume() as data, created(image(), data, SETTINGS, files, flags) as assistant:
            assistant.wait_ready()
            replies = [assistant.ask(f"This is turn {turn}. What comes next?", "talk") for turn in range(TURNS)]
            plan, kills = assistant.plan, assistant.sh(f"{CONCERNS} oom_kills").strip()
        unanswered = sum(reply.status != 200 for reply in replies)
        yield Figure(f"within {limit}: context", str(plan["context"]))
        yield Figure(f"within {limit}: of {TURNS} turns without an answer", str(unanswered), NONE_AT_ALL)
        yield Figure(f"within {limit}: killed by the kernel", kills, NONE_AT_ALL)
