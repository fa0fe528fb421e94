"""The gateway alone, with an Ollama elsewhere: a Mac's own, say. Here the one elsewhere is a second container's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest

from tests.container import models
from tests.container.assistant import HARDENED, Assistant, created, volume
from tests.testbed.docker import docker
from tests.testbed.ports import free_port

pytestmark = pytest.mark.container
Mended = Callable[[], AbstractContextManager[None]]
MODELS = {models.smollm2(): models.SMOLLM2_TARGET}


@dataclass(frozen=True)
class Pair:
    gateway: Assistant
    ollama: Assistant


@pytest.fixture(scope="module")
def pair(image: str) -> Iterator[Pair]:
    ollamas = {
        "CLAWLAMA_MODEL_FILE": models.SMOLLM2_TARGET,
        # The same answer each time.
        "CLAWLAMA_DEMONSTRATION": "true",
        "CLAWLAMA_PROFILE": "lean",
        "OLLAMA_HOST": "0.0.0.0:11434",
    }
    # Who asks it from elsewhere names no threads: it takes one for each core, and two crawl beside what else is tested.
    one_core = (*HARDENED, "--cpuset-cpus=0")
    with volume() as there, created(image, there, ollamas, MODELS, one_core) as ollama:
        ollama.wait_ready()
        with volume() as here, created(image, here, settings(ollama.ollama_url)) as gateway:
            gateway.wait_ready()
            yield Pair(gateway, ollama)


def settings(url: str) -> dict[str, object]:
    return {"CLAWLAMA_OLLAMA_URL": url, "CLAWLAMA_PROFILE": "lean", "CLAWLAMA_MAX_TOKENS": 64}


def test_it_answers_with_a_model_that_is_there_already(pair: Pair) -> None:
    proof = pair.gateway.verb("prove")
    assert (proof["ok"], proof["correct"], proof["model"]) == (True, True, "smollm2:latest")
    assert proof["threads"] is None, "those of the machine elsewhere are its own business"


def test_no_ollama_runs_beside_it(pair: Pair) -> None:
    assert pair.gateway.sh("cat /proc/[0-9]*/comm | grep -c '^ollama$' || true") == "0"
    assert f"at {pair.ollama.ollama_url}" in pair.gateway.logs()


@pytest.mark.fault(
    "the Ollama elsewhere goes away", "told in status, once; the gateway stays, and answers when it is back"
)
def test_when_it_goes_away_the_gateway_stays_and_says_so(pair: Pair, mended: Mended) -> None:
    started = pair.gateway.inspect(".State.StartedAt")
    docker("pause", pair.ollama.name)
    pair.gateway.wait_said(f"clawlama: Ollama at {pair.ollama.ollama_url} does not answer")
    assert [incident["kind"] for incident in pair.gateway.verb("status")["incidents"]] == ["ollama"]
    docker("unpause", pair.ollama.name)
    with mended():
        assert pair.gateway.verb("prove")["ok"]
    assert pair.gateway.inspect(".State.StartedAt") == started
    assert pair.gateway.verb("status")["state"] == "ready"


# It is waited for for a minute.
@pytest.mark.soak
@pytest.mark.fault(
    "nothing answers where CLAWLAMA_OLLAMA_URL points", "ends after a minute, naming the address and the fix"
)
def test_an_address_where_nothing_answers_is_said_with_what_to_do(image: str, bridge: str) -> None:
    url = f"http://{bridge}:{free_port()}"
    with volume() as data, created(image, data, settings(url)) as assistant:
        assert assistant.refusal(code=1) == (
            f'CLAWLAMA_OLLAMA_URL="{url}": must be where an Ollama answers; '
            "start it there with OLLAMA_HOST=0.0.0.0, or unset the variable"
        )
