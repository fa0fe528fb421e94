"""The image under test, and one container of it that all read-only tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container import models
from tests.container.assistant import Assistant, bridge_address, created, volume
from tests.container.builds import Line
from tests.testbed import image as built
from tests.testbed import registry
from tests.testbed.upstream import Repository, certificate, node_repository, trusting

FOLDER = Path(__file__).parent
# What needs no image is done while that is made.
AT_ONCE = "test_sources"
# Ten minutes or so. Longer would cost: an assistant that is begun takes its share of the CPU while it waits.
MEANWHILE = ("test_agent", "test_answers", "test_build", "test_files")
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
def line(bridge: str, tmp_path_factory: pytest.TempPathFactory) -> Line:
    pem = certificate(tmp_path_factory.mktemp("certificate"), bridge)
    return Line(bridge, pem, trusting(pem))


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return node_repository(tmp_path_factory.mktemp("repository"))


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
        settings = {
            "CLAWLAMA_MODEL_FILE": models.SMOLLM2_TARGET,
            "CLAWLAMA_MAX_TOKENS": 64,
            # The same answer each time.
            "CLAWLAMA_DEMONSTRATION": "true",
            "CLAWLAMA_WARM_UP": "true",
        }
        with created(image, name, settings, files, flags=()) as assistant:
            assistant.wait_ready()
            yield assistant


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What only time ends begins as soon as the image is there, and is judged when some of the other tests are done."""
    ours = [item for item in items if item.path.parent == FOLDER]
    at_once = [item for item in ours if item.path.stem == AT_ONCE]
    patient = [item for item in ours if item.path.stem == "test_patience"]
    meanwhile = [item for item in ours if item.path.stem in MEANWHILE]
    others = [item for item in ours if item not in at_once and item not in patient and item not in meanwhile]
    order = iter([*at_once, *patient[:1], *meanwhile, *patient[1:], *others])
    items[:] = [next(order) if item in ours else item for item in items]
