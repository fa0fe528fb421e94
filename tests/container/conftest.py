"""The image under test, and one container of it that all read-only tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container import models
from tests.container.assistant import Assistant, bridge_address, created, volume
from tests.testbed import image as built
from tests.testbed import registry

FOLDER = Path(__file__).parent
MB = 1_000_000
# What a GGUF file holds behind its last tensor is nobody's: more than one part of Ollama's downloads, 100 MB.
PADDING = 60 * MB


@pytest.fixture(scope="session")
def image() -> str:
    return built.image()


@pytest.fixture(scope="session")
def bridge() -> str:
    """The address at which containers reach this machine."""
    return bridge_address()


@pytest.fixture(scope="session")
def store(image: str, bridge: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that holds `tiny`, and `big` of 158 MB; its host:port."""
    folder = tmp_path_factory.mktemp("registry")
    big = folder / "big.gguf"
    big.write_bytes(models.smollm2().read_bytes() + bytes(PADDING))
    with registry.registry(folder) as address, registry.line(address, bridge) as filling:
        registry.fill(image, filling.address, {"tiny": models.tiny(), "big": big})
        yield address


@pytest.fixture
def data() -> Iterator[str]:
    with volume() as name:
        yield name


@pytest.fixture(scope="module")
def smollm2(image: str) -> Iterator[Assistant]:
    """An assistant with a real model, as plain `docker run` makes it: no flag but volume, port and model file."""
    with volume() as name:
        files = {models.smollm2(): models.SMOLLM2_TARGET}
        settings = {"CLAWLAMA_MODEL_FILE": models.SMOLLM2_TARGET, "CLAWLAMA_MAX_TOKENS": 64}
        with created(image, name, settings, files, flags=()) as assistant:
            assistant.wait_ready()
            yield assistant


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What only time ends begins before the other tests of this folder, and is judged after them."""
    ours = [item for item in items if item.path.parent == FOLDER]
    patient = [item for item in ours if item.path.stem == "test_patience"]
    others = [item for item in ours if item not in patient]
    order = iter([*patient[:1], *others, *patient[1:]])
    items[:] = [next(order) if item in ours else item for item in items]
