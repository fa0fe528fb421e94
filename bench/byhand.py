"""Side by side with what a user would do by hand, on the same Ollama and the same model: the waits, and tokens sent.

Two ways: OpenClaw's defaults with Ollama's own API, as its `onboard` sets it up; and the configuration of the first
specification, over `/v1`. Both are mounted configurations, which replace ClawLama's own altogether.
"""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.clock import timed
from bench.limits import NONE, Figure, Limit
from bench.turns import QUESTION, SETTINGS
from tests.container import models
from tests.container.assistant import HARDENED, READY, WARM, Reply, created, volume
from tests.testbed.image import image
from tests.testbed.ports import free_port

MOUNTED = "/data/workspace/.openclaw/openclaw.json"
MODEL = str(SETTINGS["CLAWLAMA_MODEL_FILE"])
NAME = f"{Path(MODEL).stem}:latest"
CONTEXT, TOKENS = 32768, SETTINGS["CLAWLAMA_MAX_TOKENS"]
# A first answer is as cold here as there: over HTTP, while what was computed in advance is the page's.
LIMITS = {"new conversation": Limit(most=0.5)}
TOKEN = "a-token-of-forty-characters-0123456789ab"


def by_hand(port: int, provider: Mapping[str, Any]) -> dict[str, Any]:
    """What it takes to be asked at all, and answers no longer than ours; nothing else that ClawLama sets."""
    model = {
        "id": NAME,
        "name": NAME,
        "contextWindow": CONTEXT,
        "maxTokens": TOKENS,
        "params": {"num_ctx": CONTEXT, "num_predict": TOKENS},
    }
    return {
        "gateway": {
            "mode": "local",
            "bind": "lan",
            "port": port,
            "auth": {"mode": "token", "token": TOKEN},
            "http": {"endpoints": {"chatCompletions": {"enabled": True}}},
        },
        "models": {"providers": {"ollama": {"apiKey": "ollama-local", "models": [model], **provider}}},
        "agents": {"defaults": {"model": {"primary": f"ollama/{NAME}"}, "workspace": "/data/workspace"}},
    }


WAYS = {
    "OpenClaw's defaults": {"api": "ollama", "baseUrl": "http://127.0.0.1:11434"},
    "the first specification's": {"api": "openai-completions", "baseUrl": "http://127.0.0.1:11434/v1"},
}


def figures() -> Iterator[Figure]:
    ours = yield from waits("ClawLama", {"CLAWLAMA_WARM_UP": "true"}, None)
    for way, provider in WAYS.items():
        theirs = yield from waits(way, {"CLAWLAMA_WARM_UP": "false"}, provider)
        for what, seconds in ours.items():
            if what in theirs:
                yield Figure(f"{what}: ClawLama / {way}", f"{seconds / theirs[what]:.3f}", LIMITS.get(what, NONE))


def waits(
    way: str, settings: Mapping[str, object], provider: Mapping[str, Any] | None
) -> Generator[Figure, None, dict[str, float]]:
    """Returns the seconds of what was answered, by what was asked."""
    port, seen = free_port(), {}
    files = {models.smollm2_for_the_full_profile(): MODEL}
    with tempfile.TemporaryDirectory() as place, volume() as data:
        if provider:
            config = Path(place) / "openclaw.json"
            config.write_text(json.dumps(by_hand(port, provider)))
            config.chmod(0o444)
            Path(place).chmod(0o755)
            files |= {config: MOUNTED}
        wanted = SETTINGS | {"CLAWLAMA_OPENCLAW_PORT": port} | dict(settings)
        with created(image(), data, wanted, files, flags=HARDENED) as assistant:
            assistant.wait_said(READY if provider else WARM)
            token = TOKEN if provider else None
            for what, user in [("first answer", "one"), ("second answer", "one"), ("new conversation", "two")]:
                try:
                    seconds, reply = timed(functools.partial(assistant.ask, QUESTION, user, token))
                except TimeoutError:
                    yield Figure(f"{way}: {what} (s), tokens sent", "none, given up")
                    break
                yield Figure(f"{way}: {what} (s), tokens sent", f"{seconds:.1f}  {tokens(reply)}")
                if reply.status == 200:
                    seen[what] = seconds
    return seen


def tokens(reply: Reply) -> str:
    """As the gateway counts them; what came instead of an answer, where it refused."""
    usage = reply.body.get("usage") or {}
    return str(usage.get("prompt_tokens") or "unknown") if reply.status == 200 else f"refused with {reply.status}"
