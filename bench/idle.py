"""What an assistant that nobody asks wants of its Ollama: nothing, with each scheduled job triggered once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from bench.limits import Figure, Limit
from tests.container import models
from tests.container.assistant import OPENCLAW, WARM, Assistant, ask_elsewhere, bridge_address, created, volume
from tests.container.wire import listening, says
from tests.testbed.docker import MINUTE
from tests.testbed.image import image

QUARTER = 15 * MINUTE
# The warm-up, the proof, and what the page's prompt may be computed again for when all is quiet.
SETTLED = MINUTE


def figures() -> Iterator[Figure]:
    settings = models.TINY_SETTINGS | {"CLAWLAMA_PROFILE": "full", "CLAWLAMA_WARM_UP": "true"}
    script = [says("Hello.") for _ in range(100)]
    with volume() as data, listening(bridge_address(), script=script) as (wire, url):
        ask_elsewhere(image(), data, url)
        with created(image(), data, settings, {models.tiny(): models.TINY_TARGET}) as assistant:
            assistant.wait_said(WARM)
            assistant.ask("Hello", "somebody")
            time.sleep(SETTLED)
            before = len(wire.paths)
            jobs = scheduled(assistant)
            for job in jobs:
                assistant.sh(f"{OPENCLAW} cron run {job}", timeout=5 * MINUTE)
            time.sleep(QUARTER)
            seen = wire.paths[before:]
    yield Figure("scheduled jobs of OpenClaw's own, each run once", str(len(jobs)))
    yield Figure(f"in {QUARTER / MINUTE:.0f} idle minutes: requests to Ollama", str(len(seen)), Limit(most=0))
    for path in sorted(set(seen)):
        yield Figure(f"  of them {path}", str(seen.count(path)))


def scheduled(assistant: Assistant) -> list[str]:
    """Ids of the jobs that run by themselves."""
    listed = json.loads(assistant.sh(f"{OPENCLAW} cron list --json"))
    return [str(job["id"]) for job in listed["jobs"]]
