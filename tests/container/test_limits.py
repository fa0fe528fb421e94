"""Limits of memory and CPU: what cannot work is refused with the sizes, what starts goes through ten turns."""

from __future__ import annotations

import pytest

from tests.container import models
from tests.container.assistant import HARDENED, created
from tests.testbed.docker import MINUTE

pytestmark = [pytest.mark.container, pytest.mark.timeout(30 * MINUTE)]
TINY = {models.tiny(): models.TINY_TARGET}
TURNS = 10
CPUS = ("0.5", "1", "2")
TOO_LITTLE, ENOUGH = ("1g", "1.5g"), ("2g", "4g")
# The tightest that is not slow in `make test`, the rest in `make soak`.
QUICK = {("2g", "2")}
CGROUP_KILLS = "cat /sys/fs/cgroup/memory/memory.oom_control /sys/fs/cgroup/memory.events 2>/dev/null | grep oom_kill"


def limits(memory: str, cpus: str) -> tuple[str, ...]:
    return (*HARDENED, f"--memory={memory}", f"--memory-swap={memory}", f"--cpus={cpus}")


@pytest.mark.parametrize("cpus", CPUS)
@pytest.mark.parametrize("memory", TOO_LITTLE)
@pytest.mark.fault("a memory limit of 1 or 1.5 GB", "refused for good, with the sizes")
def test_too_little_memory_is_refused_with_the_sizes(image: str, data: str, memory: str, cpus: str) -> None:
    with created(image, data, models.TINY_SETTINGS, TINY, limits(memory, cpus)) as assistant:
        reason = assistant.refusal()
        assert "of memory" in reason
        assert f"{'1.1' if memory == '1g' else '1.6'} GB (the container's limit) less 1.6 GB for the gateway" in reason


@pytest.mark.parametrize(
    ("memory", "cpus"),
    [
        pytest.param(memory, cpus, marks=[] if (memory, cpus) in QUICK else pytest.mark.soak)
        for memory in ENOUGH
        for cpus in CPUS
    ],
)
@pytest.mark.fault("a memory limit of 2 or 4 GB, half a CPU or more", "ten turns, and the runner lives")
def test_what_starts_within_its_limits_goes_through_ten_turns(image: str, data: str, memory: str, cpus: str) -> None:
    with created(image, data, models.TINY_SETTINGS, TINY, limits(memory, cpus)) as assistant:
        assistant.wait_ready()
        for turn in range(TURNS):
            assert assistant.ask(f"This is turn {turn}.", "talk").status == 200
        assert assistant.verb("status")["incidents"] == []
        assert "oom_kill 0" in assistant.sh(CGROUP_KILLS)
        assert assistant.verb("plan")["threads"] <= max(1, int(float(cpus)))
