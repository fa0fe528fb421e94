"""The image under test, and one container of it that all read-only tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.container import models
from tests.container.assistant import Assistant, bridge_address, created, volume
from tests.testbed import image as built

MODEL = "/models/smollm2.gguf"


@pytest.fixture(scope="session")
def image() -> str:
    return built.image()


@pytest.fixture(scope="session")
def bridge() -> str:
    """The address at which containers reach this machine."""
    return bridge_address()


@pytest.fixture
def data() -> Iterator[str]:
    with volume() as name:
        yield name


@pytest.fixture(scope="module")
def smollm2(image: str) -> Iterator[Assistant]:
    """An assistant with a real model, as plain `docker run` makes it: no flag but volume, port and model file."""
    with volume() as name:
        files = {models.smollm2(): MODEL}
        settings = {"CLAWLAMA_MODEL_FILE": MODEL, "CLAWLAMA_MAX_TOKENS": 64}
        with created(image, name, settings, files, flags=()) as assistant:
            assistant.wait_ready()
            yield assistant
