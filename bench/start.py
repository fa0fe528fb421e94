"""From `docker run` to ready: on an empty volume, and again with what the first start left on it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.container import models
from tests.container.assistant import created, volume
from tests.testbed.image import image

AGAIN = 3


def figures() -> Iterator[tuple[str, str]]:
    with volume() as data:
        first = seconds_to_ready(data)
        again = min(seconds_to_ready(data) for _ in range(AGAIN))
    yield "start to ready, empty volume (s)", f"{first:.1f}"
    yield f"start to ready, second container on it, best of {AGAIN} (s)", f"{again:.1f}"
    yield "second / first", f"{again / first:.2f}"


def seconds_to_ready(data: str) -> float:
    began = time.monotonic()
    with created(image(), data, models.TINY_SETTINGS, {models.tiny(): models.TINY_TARGET}) as assistant:
        assistant.wait_ready()
        return time.monotonic() - began
