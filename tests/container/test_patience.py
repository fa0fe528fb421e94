"""What only time ends: hangs, silent registries and storage, a prompt that takes minutes.

All of it begins before the other tests of this folder, and is judged after some of them (conftest.py): nobody waits.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException

import pytest

from tests.container import models
from tests.container.archives import Done, ended, in_volume
from tests.container.assistant import HARDENED, READY, SAYS, Assistant, created, volume
from tests.testbed import registry
from tests.testbed.docker import LABEL, MINUTE, client, docker
from tests.testbed.registry import Fault, Line

pytestmark = [pytest.mark.container, pytest.mark.timeout(30 * MINUTE)]
Mended = Callable[[], AbstractContextManager[None]]
Took = Callable[[float], None]
# A cold prompt of its takes some 25 s of one core.
SMOLLM2 = models.TINY_SETTINGS | {"CLAWLAMA_MODEL_FILE": models.SMOLLM2_TARGET}
THOROUGH = SMOLLM2, {models.smollm2(): models.SMOLLM2_TARGET}
COMES_BACK = (*HARDENED, "--restart=on-failure")
BEGUN = 20_000_000
FOUND_HUNG = "found hung within 90 s; ends with the reason, and comes back"
GIVEN_UP = "given up, saying so; a restart goes on where it was"


# In the order in which they are stopped, each after the one before has come back.
PARTS = ("ollama", "gateway", "runner")


class Stopping:
    """An assistant whose parts are stopped one after the other; when each was, once it is back."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.at: dict[str, datetime] = {}
        self.is_back = {part: threading.Event() for part in PARTS}
        threading.Thread(target=self._stop_all, daemon=True).start()

    def _stop_all(self) -> None:
        for part in PARTS:
            # A runner that is stopped between two requests Ollama replaces by itself: it must have one to compute.
            if part == "runner":
                threading.Thread(target=ask_in_vain, args=(self.assistant,), daemon=True).start()
                self.assistant.wait_computing()
            self.assistant.signal(part, "STOP")
            self.at[part] = datetime.now(UTC)
            self.assistant.wait_back(since=self.at[part])
            self.is_back[part].set()


@dataclass(frozen=True)
class Asked:
    """An assistant that computes for minutes, who waits for its answer, and the status of that."""

    assistant: Assistant
    asking: threading.Thread
    answers: list[int]


@pytest.fixture(scope="session")
def stopping(image: str) -> Iterator[Stopping]:
    with volume() as data, created(image, data, *THOROUGH, COMES_BACK) as assistant:
        assistant.wait_ready()
        yield Stopping(assistant)


@pytest.fixture(scope="session")
def starved(image: str) -> Iterator[Asked]:
    """An assistant in the middle of a cold prompt, for its first minutes on a fifth of a core."""
    answers = list[int]()
    with volume() as data, created(image, data, *THOROUGH) as assistant:
        assistant.wait_ready()
        docker("update", "--cpus=0.2", assistant.name)
        # A slow machine would starve for longer than the asker waits.
        end = threading.Timer(3 * MINUTE, docker, ("update", "--cpus=2", assistant.name), {"check": False})
        end.start()
        asking = threading.Thread(target=lambda: answers.append(assistant.ask("Hello", "slow").status), daemon=True)
        asking.start()
        yield Asked(assistant, asking, answers)
        end.cancel()


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


@pytest.fixture(scope="session")
def backing_up(image: str, bridge: str) -> Iterator[Future[Done]]:
    """A backup to a machine that takes each request, and says nothing."""
    with volume() as data, socket.create_server((bridge, 0)) as silent, ThreadPoolExecutor() as apart:
        in_volume(image, data, "mkdir -p /data/openclaw")
        there = f"--env=CLAWLAMA_BACKUP_REPOSITORY=rest:http://{bridge}:{silent.getsockname()[1]}/"
        own = ("run", "--rm", f"--label={LABEL}", *HARDENED, f"--volume={data}:/data", there)
        yield apart.submit(ended, client(), *own, image, "backup", timeout=10 * MINUTE)


def test_what_only_time_ends_has_begun(
    pulling: dict[str, tuple[Assistant, Line]], stopping: Stopping, starved: Asked, backing_up: Future[Done]
) -> None:
    assert len(pulling) == len(stopping.is_back) == 3
    assert starved.asking.is_alive()
    assert not backing_up.done()


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
    docker("rm", "--force", "--volumes", assistant.name)


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
    stopping: Stopping, took: Took, part: str, reason: str
) -> None:
    assert stopping.is_back[part].wait(timeout=8 * MINUTE), stopping.assistant.logs()
    at = stopping.at[part]
    [ended] = stopping.assistant.said_at(SAYS + reason)
    assert 0 < (ended - at).total_seconds() <= 90
    took((next(ready for ready in stopping.assistant.said_at(READY) if ready > at) - at).total_seconds())
    if part == PARTS[-1]:
        docker("rm", "--force", "--volumes", stopping.assistant.name)


@pytest.mark.fault("a prompt that takes minutes on a starved machine", "taken for no hang, and answered")
def test_a_long_prefill_on_a_busy_machine_is_no_hang(starved: Asked) -> None:
    starved.asking.join(timeout=6 * MINUTE)
    assert starved.answers == [200], starved.assistant.logs()
    [minutes] = re.findall(r"\| +(?:(\d+)m)?[0-9.]+s \| .* POST +\"/api/chat\"", starved.assistant.logs())
    assert int(minutes or 0) >= 2, "the machine was too quick for this test"
    assert len(starved.assistant.said_at(READY)) == 1
    assert starved.assistant.verb("status")["incidents"] == []
    docker("rm", "--force", "--volumes", starved.assistant.name)


@pytest.mark.fault("the machine for the backups takes a request and never answers", "given up in one line")
def test_a_backup_that_stands_still_is_given_up(backing_up: Future[Done]) -> None:
    done = backing_up.result(timeout=8 * MINUTE)
    assert done.code == 1
    assert done.last.endswith(" cannot be opened: it neither read nor wrote anything for 240 s, and was ended")


def ask_in_vain(assistant: Assistant) -> None:
    with suppress(OSError, HTTPException):
        assistant.ask("A question that is never answered", "talk")
