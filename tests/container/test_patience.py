"""What only time ends: hangs, silent registries, a prompt that takes minutes.

All of it begins before the other tests of this folder, and is judged after them (conftest.py): waiting is free.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException

import pytest

from tests.container import models
from tests.container.assistant import HARDENED, READY, SAYS, Assistant, created, volume
from tests.testbed import registry
from tests.testbed.docker import MINUTE, docker
from tests.testbed.registry import Fault, Line

pytestmark = [pytest.mark.container, pytest.mark.timeout(600)]
Mended = Callable[[], AbstractContextManager[None]]
Took = Callable[[float], None]
TINY = models.TINY_SETTINGS, {models.tiny(): models.TINY_TARGET}
# A cold prompt of its takes some 25 s of one core.
SMOLLM2 = models.TINY_SETTINGS | {"CLAWLAMA_MODEL_FILE": models.SMOLLM2_TARGET, "OLLAMA_NUM_THREADS": 1}
THOROUGH = SMOLLM2, {models.smollm2(): models.SMOLLM2_TARGET}
COMES_BACK = (*HARDENED, "--restart=on-failure")
BEGUN = 20_000_000
FOUND_HUNG = "found hung within 90 s; ends with the reason, and comes back"
GIVEN_UP = "given up, saying so; a restart goes on where it was"


@dataclass(frozen=True)
class Hurt:
    """An assistant of which a part was stopped, and when."""

    assistant: Assistant
    at: datetime


@dataclass(frozen=True)
class Asked:
    """An assistant that computes for minutes, who waits for its answer, and the status of that."""

    assistant: Assistant
    asking: threading.Thread
    answers: list[int]


@pytest.fixture(scope="session")
def stopped(image: str) -> Iterator[dict[str, Hurt]]:
    """Three assistants with one part stopped each."""
    with ExitStack() as stack:
        assistants = {}
        for part in ("ollama", "gateway", "runner"):
            # A runner that is stopped between two requests Ollama replaces by itself: it must have one to compute.
            settings, files = THOROUGH if part == "runner" else TINY
            data = stack.enter_context(volume())
            assistants[part] = stack.enter_context(created(image, data, settings, files, COMES_BACK))
        hurt = {}
        for part, assistant in assistants.items():
            assistant.wait_ready()
            if part == "runner":
                threading.Thread(target=ask_in_vain, args=(assistant,), daemon=True).start()
                assistant.wait_request_in_flight()
            assistant.signal(part, "STOP")
            hurt[part] = Hurt(assistant, datetime.now(UTC))
        yield hurt


@pytest.fixture(scope="session")
def starved(image: str) -> Iterator[Asked]:
    """An assistant on a fifth of a core, in the middle of a cold prompt."""
    answers = list[int]()
    with volume() as data, created(image, data, *THOROUGH) as assistant:
        assistant.wait_ready()
        docker("update", "--cpus=0.2", assistant.name)
        asking = threading.Thread(target=lambda: answers.append(assistant.ask("Hello", "slow").status), daemon=True)
        asking.start()
        yield Asked(assistant, asking, answers)


@pytest.fixture(scope="session")
def pulling(image: str, store: str, bridge: str) -> Iterator[dict[str, tuple[Assistant, Line]]]:
    """Pulls by what is wrong with their line to the registry."""
    faults = {
        "gone": [Fault("cut", after=BEGUN, times=1), Fault("cut")],
        "stalled": [Fault("stall", after=BEGUN)],
        "silent": [Fault("silence", path="/manifests/")],
    }
    with ExitStack() as stack:
        pulling = {}
        for name in faults:
            line = stack.enter_context(registry.line(store, bridge))
            line.faults = faults[name]
            data = stack.enter_context(volume())
            settings = models.from_registry(line.name("big"))
            pulling[name] = stack.enter_context(created(image, data, settings)), line
        yield pulling


def test_what_only_time_ends_has_begun(
    pulling: dict[str, tuple[Assistant, Line]], stopped: dict[str, Hurt], starved: Asked
) -> None:
    assert len(pulling) == len(stopped) == 3
    assert starved.asking.is_alive()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(
            "gone",
            "max retries exceeded",
            marks=pytest.mark.fault("the registry goes away in the middle of a pull, for more than a minute", GIVEN_UP),
        ),
        pytest.param(
            "stalled",
            "nothing came from the registry for 100 s",
            marks=pytest.mark.fault("the registry stalls in the middle of a pull", GIVEN_UP),
        ),
        pytest.param(
            "silent",
            "nothing came from the registry for 100 s",
            marks=pytest.mark.fault("the registry takes the request and never answers", GIVEN_UP),
        ),
    ],
)
def test_a_registry_that_gives_no_more_is_given_up_and_a_restart_goes_on(
    pulling: dict[str, tuple[Assistant, Line]], mended: Mended, fault: str, said: str
) -> None:
    assistant, line = pulling[fault]
    assert said in assistant.refusal(code=1)
    line.faults = []
    docker("start", assistant.name)
    with mended():
        assistant.wait_said(f"{SAYS}loading")
    docker("rm", "--force", assistant.name)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        pytest.param(part, reason, marks=pytest.mark.fault(f"{case} is stopped (SIGSTOP)", FOUND_HUNG))
        for part, case, reason in (
            ("ollama", "Ollama", "ollama hung: its health address was silent for 60 s"),
            ("gateway", "the gateway", "gateway hung: its health address was silent for 60 s"),
            ("runner", "the model's runner, in a turn,", "ollama hung: its runner used no CPU for 60 s"),
        )
    ],
)
def test_what_is_stopped_is_found_hung_within_90_seconds(
    stopped: dict[str, Hurt], took: Took, part: str, reason: str
) -> None:
    assistant, at = stopped[part].assistant, stopped[part].at
    assistant.wait_back(since=at)
    [ended] = assistant.said_at(SAYS + reason)
    assert (ended - at).total_seconds() <= 90
    took((assistant.said_at(READY)[1] - at).total_seconds())


@pytest.mark.fault("a prompt that takes minutes on a starved machine", "taken for no hang, and answered")
def test_a_long_prefill_on_a_busy_machine_is_no_hang(starved: Asked) -> None:
    starved.asking.join(timeout=6 * MINUTE)
    assert starved.answers == [200], starved.assistant.logs()
    [minutes] = re.findall(r"\| +(?:(\d+)m)?[0-9.]+s \| .* POST +\"/api/chat\"", starved.assistant.logs())
    assert int(minutes or 0) >= 2, "the machine was too quick for this test"
    assert len(starved.assistant.said_at(READY)) == 1
    assert starved.assistant.verb("status")["incidents"] == []


def ask_in_vain(assistant: Assistant) -> None:
    with suppress(OSError, HTTPException):
        assistant.ask("A question that is never answered", "talk")
