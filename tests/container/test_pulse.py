"""The gateway is not woken for nothing, and yet sees when it is held up."""

from __future__ import annotations

import json

import pytest

from tests.testbed.docker import LABEL, docker

pytestmark = pytest.mark.container

# As OpenClaw watches its event loop: at rest for a second, then held up for one.
PROBE = """
import { monitorEventLoopDelay } from "node:perf_hooks";
const watched = monitorEventLoopDelay({ resolution: 20 });
watched.enable();
await new Promise((rested) => setTimeout(rested, 1000));
const looks = watched.count;
const begun = Date.now();
while (Date.now() - begun < 1200);
await new Promise((seen) => setTimeout(seen, 600));
console.log(JSON.stringify({ looks, latest: watched.max / 1e6 }));
"""


def test_the_gateway_looks_a_few_times_a_second_whether_it_is_held_up_and_sees_that_it_is(image: str) -> None:
    gateway = ("--import=/usr/local/lib/clawlama/gateway.mjs", "--input-type=module", "--eval", PROBE)
    seen = json.loads(docker("run", "--rm", f"--label={LABEL}", "--entrypoint=node", image, *gateway))
    assert seen["looks"] <= 5
    assert seen["latest"] >= 1000
