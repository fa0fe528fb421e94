"""What the plan says that a context takes, beside what the engine's own log says that it took."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.limits import Figure, Limit
from tests.container import models
from tests.container.assistant import created, volume
from tests.testbed.image import image

MODELS = {"SmolLM2": models.smollm2_for_the_full_profile, "Gemma 3": models.gemma3}
TYPES = ("f16", "q8_0")
CONTEXTS = (4096, 8192, 16384)
MODEL = "/models/model.gguf"
# One a load, two with a sliding window.
CACHES = re.compile(r"llama_kv_cache: size = +([\d.]+) MiB")
UNITS = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def figures() -> Iterator[Figure]:
    ratios = []
    for model, path in MODELS.items():
        for kind in TYPES:
            for context in CONTEXTS:
                settings = {"CLAWLAMA_CONTEXT_WINDOW": context, "OLLAMA_KV_CACHE_TYPE": kind}
                with (
                    volume() as data,
                    created(image(), data, settings | {"CLAWLAMA_MODEL_FILE": MODEL}, {path(): MODEL}) as assistant,
                ):
                    assistant.wait_said("clawlama: starting the gateway")
                    plan = assistant.plan
                    ratios.append(plan["memory"]["kv"] / taken(assistant.logs()))
                    yield Figure(
                        f"KV cache of {model}, {kind}, {plan['context']} tokens: estimated / taken", f"{ratios[-1]:.4f}"
                    )
    yield Figure(
        "KV cache: error of the estimate, worst of all",
        f"{max(abs(ratio - 1) for ratio in ratios):.4f}",
        Limit(most=0.01),
    )


def taken(log: str) -> float:
    """Bytes, by the last load: what llama.cpp says that it took, else Ollama's engine.

    Ollama's own line counts a number of q8_0 as one byte; llama.cpp has 34 for 32 of them.
    """
    loads = (CACHES.findall(load) for load in log.split("Operation:commit"))
    caches = [sum(float(size) for size in sizes) for sizes in loads if sizes]
    if caches:
        return caches[-1] * UNITS["MiB"]
    size, unit = re.findall(r'msg="kv cache" device=\S+ size="([\d.]+) (\w+)"', log)[-1]
    return float(size) * UNITS[unit]
