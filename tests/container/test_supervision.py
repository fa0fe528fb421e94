"""Kills and want of memory: what heals by itself goes on, what does not ends the container, which comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest

from tests.container import models
from tests.container.assistant import CONCERNS, HARDENED, SAYS, Assistant, created, volume
from tests.container.wire import calls_tool, listening, says, texts
from tests.testbed.docker import docker

pytestmark = pytest.mark.container
Mended = Callable[[], AbstractContextManager[None]]
TINY = {models.tiny(): models.TINY_TARGET}
COMES_BACK = (*HARDENED, "--restart=on-failure")
ZOMBIES = "cat /proc/[0-9]*/stat 2>/dev/null | sed 's/ (.*) / /' | awk '$2 == \"Z\"' | wc -l"
# Takes memory until the kernel kills somebody for it, and no more.
TAKE_MEMORY = """
const fs = require("fs");
const files = ["/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events"];
const read = (file) => fs.readFileSync(file, "utf8").match(/oom_kill (\\d+)/)[1];
const kills = () => files.filter(fs.existsSync).map(read).join();
const before = kills(), held = [];
while (kills() === before && held.length < 3000) held.push(Buffer.alloc(1 << 20, 1));
"""


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
    assistant.signal(service, "KILL")
    with mended():
        assistant.wait_back(since=killed)
    assert f'"reason":"{service} ended with code 137"' in assistant.logs()
    assert assistant.ask("Hello", "after a kill").status == 200


@pytest.mark.fault("kill -9 of the model's runner", "the next request is answered; the status tells of it")
def test_the_death_of_the_runner_is_healed_and_told(assistant: Assistant, mended: Mended) -> None:
    started, incidents = assistant.inspect(".State.StartedAt"), len(assistant.verb("status")["incidents"])
    assistant.signal("runner", "KILL")
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
    "the kernel kills the model's runner for want of memory",
    "told apart from a crash, with what to change",
)
def test_a_runner_killed_for_memory_is_told_apart_from_a_crash(image: str, data: str, mended: Mended) -> None:
    """Before the runner's memory is free the kernel may kill Ollama as well, which then ends the container."""
    flags = (*COMES_BACK, "--memory=2g", "--memory-swap=2g")
    with created(image, data, models.TINY_SETTINGS, TINY, flags) as small:
        small.wait_ready()
        began = datetime.now(UTC)
        docker("exec", small.name, "node", "-e", TAKE_MEMORY)
        with mended():
            small.wait_said(" for want of memory; ")
            if f"{SAYS}ollama ended" in small.logs():
                small.wait_back(since=began)
            assert small.ask("Hello", "after").status == 200
        assert "the limit is 2.1 GB: raise CLAWLAMA_MEMORY_LIMIT" in small.logs()
        assert "crash" not in [incident["kind"] for incident in small.verb("status")["incidents"]]


@pytest.mark.soak
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


def test_the_model_then_the_gateway_go_before_the_host_when_memory_runs_out(assistant: Assistant) -> None:
    scores = "cat /proc/$(cat /tmp/clawlama/{}.group)/oom_score_adj"
    ollama, gateway = (int(assistant.sh(scores.format(service))) for service in ("ollama", "gateway"))
    runner = int(assistant.sh(f"{CONCERNS} look; cat /proc/$runners_now/oom_score_adj"))
    assert runner > ollama > gateway > 0
    assert assistant.sh("cat /proc/1/oom_score_adj") == "0"
