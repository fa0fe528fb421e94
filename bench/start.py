"""From start to ready: on an empty volume, again with what that left there, and of the gateway alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bench.limits import Figure, Limit
from tests.container import models
from tests.container.assistant import HARDENED, READY, Assistant, created, volume
from tests.testbed.docker import LABEL, MINUTE, docker
from tests.testbed.image import image

AGAIN = 3
FILES = {models.tiny(): models.TINY_TARGET}
# The container's own way to start it, on a volume that has its configuration: the slower one of the two services.
GATEWAY_ALONE = """
LIB=/usr/local/lib/clawlama LAST_REASON=
for concern in paths status settings hardware ollama incidents supervise service volume config gateway; do
  . $LIB/$concern.sh
done
mkdir -p $RUN
validate_settings
began=$(date +%s%N)
settle_last_life
start_gateway
await_gateway
echo "took $((($(date +%s%N) - began) / 1000000))"
end_service gateway 4
"""


def figures() -> Iterator[Figure]:
    with volume() as data:
        with created(image(), data, models.TINY_SETTINGS, FILES) as assistant:
            assistant.wait_ready()
            first = seconds_to_ready(assistant)
            assistant.stop()
            again = []
            for _ in range(AGAIN):
                assistant.start()
                again.append(seconds_to_ready(assistant))
                assistant.stop()
        alone = min(gateway_alone(data) for _ in range(AGAIN))
    yield Figure("start to ready, empty volume (s)", f"{first:.1f}")
    yield Figure(f"restart to ready, best of {AGAIN} (s)", f"{min(again):.1f}")
    yield Figure(f"the gateway alone, best of {AGAIN} (s)", f"{alone:.1f}")
    yield Figure("restart to ready / the gateway alone", f"{min(again) / alone:.2f}", Limit(most=1.1))


def seconds_to_ready(assistant: Assistant) -> float:
    """Of its last start, by Docker's clock."""
    started = datetime.fromisoformat(assistant.inspect(".State.StartedAt")[:26] + "+00:00")
    return (assistant.said_at(READY)[-1] - started).total_seconds()


def gateway_alone(data: str) -> float:
    command = ("run", "--rm", f"--label={LABEL}", f"--volume={data}:/data", *HARDENED, "--entrypoint=sh", image())
    said = docker(*command, "-euc", GATEWAY_ALONE, timeout=2 * MINUTE)
    return int(said.rpartition("took ")[2].split()[0]) / 1000
