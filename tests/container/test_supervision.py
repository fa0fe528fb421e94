"""Kills, hangs and want of memory: what heals by itself goes on, what does not ends the container and comes back."""

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
from tests.container.wire import calls_tool, listening, says, texts
from tests.testbed.docker import MINUTE, docker

pytestmark = [pytest.mark.container, pytest.mark.timeout(600)]
Mended = Callable[[], AbstractContextManager[None]]
Took = Callable[[float], None]
TINY = {models.tiny(): models.TINY_TARGET}
MODEL = "/models/smollm2.gguf"
SLOW = {models.smollm2(): MODEL}
SLOW_SETTINGS = models.TINY_SETTINGS | {"CLAWLAMA_MODEL_FILE": MODEL, "OLLAMA_NUM_THREADS": 1}
COMES_BACK = (*HARDENED, "--restart=on-failure")
HUNG_WITHIN = 90.0
# Signals to Ollama's runner, to a whole service, to a service's first process.
CONCERNS = (
    "cd /usr/local/lib/clawlama; for concern in paths hardware ollama incidents supervise; do . ./$concern.sh; done; "
)
RUNNER = CONCERNS + "kill -{signal} $(runners)"
IN_FLIGHT = f"( {CONCERNS} request_in_flight )"
SERVICE = "kill -{signal} -$(cat /tmp/clawlama/{service}.group)"
ZOMBIES = "cat /proc/[0-9]*/stat 2>/dev/null | sed 's/ (.*) / /' | awk '$2 == \"Z\"' | wc -l"
# Takes memory until the kernel kills somebody for it, and no more.
TAKE_MEMORY = """
const fs = require("fs");
const files = ["/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events"];
const read = (file) => fs.readFileSync(file, "utf8").match(/oom_kill (\\d+)/)[1];
const kills = () => files.filter(fs.existsSync).map(read).join();
const before = kills(), held = [];
while (kills() === before && held.length < 400) held.push(Buffer.alloc(8 << 20, 1));
"""


@dataclass(frozen=True)
class Frozen:
    """An assistant of which a part was stopped, and when."""

    assistant: Assistant
    at: datetime


@dataclass(frozen=True)
class Slow:
    """An assistant that computes for minutes, who waits for its answer, and the status of that."""

    assistant: Assistant
    asking: threading.Thread
    answers: list[int]


@pytest.fixture(scope="module", autouse=True)
def slow(image: str) -> Iterator[Slow]:
    """An assistant on a fifth of a core, in the middle of a cold prompt: begun first, judged last."""
    answers = list[int]()
    with volume() as data, created(image, data, SLOW_SETTINGS, SLOW) as assistant:
        assistant.wait_ready()
        docker("update", "--cpus=0.2", assistant.name)
        asking = threading.Thread(target=lambda: answers.append(assistant.ask("Hello", "slow").status), daemon=True)
        asking.start()
        yield Slow(assistant, asking, answers)


@pytest.fixture(scope="module", autouse=True)
def frozen(image: str) -> Iterator[dict[str, Frozen]]:
    """Three assistants with one part stopped each: begun before the other tests, judged after them."""
    stops = {part: SERVICE.format(signal="STOP", service=part) for part in ("ollama", "gateway")}
    stops["runner"] = f"until {IN_FLIGHT}; do sleep 0.1; done; {RUNNER.format(signal='STOP')}"
    with ExitStack() as stack:
        assistants = {}
        for part in stops:
            # A runner that is stopped between two requests Ollama replaces by itself: it must have one to compute.
            model = (SLOW_SETTINGS, SLOW) if part == "runner" else (models.TINY_SETTINGS, TINY)
            assistants[part] = stack.enter_context(created(image, stack.enter_context(volume()), *model, COMES_BACK))
        frozen = {}
        for part, assistant in assistants.items():
            assistant.wait_ready()
            threading.Thread(target=ask_in_vain, args=(assistant,), daemon=True).start()
            assistant.sh(stops[part])
            frozen[part] = Frozen(assistant, datetime.now(UTC))
        yield frozen


@pytest.fixture(scope="module")
def assistant(image: str) -> Iterator[Assistant]:
    """One that the tests of this file hurt, one after the other."""
    with volume() as data, created(image, data, models.TINY_SETTINGS, TINY, COMES_BACK) as assistant:
        assistant.wait_ready()
        yield assistant


@pytest.mark.parametrize(
    "service",
    [
        pytest.param("ollama", marks=pytest.mark.fault("kill -9 of Ollama", "ends with the reason, and comes back")),
        pytest.param(
            "gateway", marks=pytest.mark.fault("kill -9 of the gateway", "ends with the reason, and comes back")
        ),
    ],
)
def test_the_death_of_a_service_ends_the_container_which_comes_back(
    assistant: Assistant, mended: Mended, service: str
) -> None:
    killed = datetime.now(UTC)
    assistant.sh(SERVICE.format(signal="KILL", service=service))
    with mended():
        assistant.wait_back(since=killed)
    assert f'"reason":"{service} ended with code 137"' in assistant.logs()
    assert assistant.ask("Hello", "after a kill").status == 200


@pytest.mark.fault("kill -9 of the model's runner", "the next request is answered; the status tells of it")
def test_the_death_of_the_runner_is_healed_and_told(assistant: Assistant, mended: Mended) -> None:
    started, incidents = assistant.inspect(".State.StartedAt"), len(assistant.verb("status")["incidents"])
    assistant.sh(RUNNER.format(signal="KILL"))
    assistant.wait_said(f"{SAYS}the model's runner ended")
    with mended():
        assert assistant.ask("Hello", "after the runner").status == 200
    assert [incident["kind"] for incident in assistant.verb("status")["incidents"][incidents:]] == ["crash"]
    assert assistant.inspect(".State.StartedAt") == started
    assert assistant.sh(ZOMBIES) == "0"


@pytest.mark.fault("kill -9 of a command of the agent's", "the turn goes on, the agent is told")
def test_the_death_of_an_agents_command_is_the_agents_business(
    assistant: Assistant, bridge: str, mended: Mended
) -> None:
    script = [calls_tool("exec", command="kill -9 $$"), says("It was killed.")]
    with listening(bridge, script=script) as (wire, url):
        assistant.send_models_requests_to(url)
        with mended():
            assert assistant.ask("Run it", "command").text == "It was killed."
        assert "SIGKILL" in texts(wire.requests[1], "tool")[0]
    assert assistant.verb("status")["state"] == "ready"
    assert assistant.sh(ZOMBIES) == "0"


@pytest.mark.fault(
    "the kernel kills the model's runner for want of memory", "told apart from a crash, with what to change"
)
def test_a_runner_killed_for_memory_is_told_apart_from_a_crash(image: str, data: str, mended: Mended) -> None:
    flags = (*HARDENED, "--memory=2g", "--memory-swap=2g")
    with created(image, data, models.TINY_SETTINGS, TINY, flags) as small:
        small.wait_ready()
        docker("exec", small.name, "node", "-e", TAKE_MEMORY)
        with mended():
            small.wait_said(f"{SAYS}the kernel killed the model's runner for want of memory")
            assert small.ask("Hello", "after").status == 200
        [incident] = small.verb("status")["incidents"]
        assert incident["kind"] == "memory"
        assert "the limit is 2.1 GB: raise CLAWLAMA_MEMORY_LIMIT" in incident["fix"]


@pytest.mark.fault("killed three times within five minutes", "comes back with Telegram as ever")
def test_kills_from_outside_do_not_silence_telegram(image: str, data: str, mended: Mended) -> None:
    telegram = {"CLAWLAMA_TELEGRAM_BOT_TOKEN": "123456789:" + "A" * 35}
    with created(image, data, models.TINY_SETTINGS | telegram, TINY) as killed:
        for _ in range(3):
            killed.wait_said("http server listening")
            docker("kill", killed.name)
            docker("start", killed.name)
        with mended():
            killed.wait_ready()
        assert "breaker" not in killed.logs()


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        pytest.param(
            part, reason, marks=pytest.mark.fault(f"{case} is stopped (SIGSTOP)", "found hung; ends, comes back")
        )
        for part, case, reason in (
            ("ollama", "Ollama", "ollama hung: its health address was silent for 60 s"),
            ("gateway", "the gateway", "gateway hung: its health address was silent for 60 s"),
            ("runner", "the model's runner, a request waiting,", "ollama hung: its runner used no CPU for 60 s"),
        )
    ],
)
def test_what_is_stopped_is_found_hung_within_90_seconds(
    frozen: dict[str, Frozen], took: Took, part: str, reason: str
) -> None:
    assistant, at = frozen[part].assistant, frozen[part].at
    assistant.wait_back(since=at)
    [ended] = assistant.said_at(SAYS + reason)
    assert (ended - at).total_seconds() <= HUNG_WITHIN
    took((assistant.said_at(READY)[1] - at).total_seconds())


@pytest.mark.fault("a prompt that takes minutes on a starved machine", "taken for no hang, and answered")
def test_a_long_prefill_on_a_busy_machine_is_no_hang(slow: Slow) -> None:
    slow.asking.join(timeout=6 * MINUTE)
    assert slow.answers == [200], slow.assistant.logs()
    [took] = re.findall(r"\| +(?:(\d+)m)?[0-9.]+s \| .* POST +\"/api/chat\"", slow.assistant.logs())
    assert int(took or 0) >= 2, "the machine was too quick for this test"
    assert len(slow.assistant.said_at(READY)) == 1
    assert slow.assistant.verb("status")["incidents"] == []


def ask_in_vain(assistant: Assistant) -> None:
    with suppress(OSError, HTTPException):
        assistant.ask("A question that is never answered", "talk")
