"""A backup and a restore of 1 GB of state, and what the engine alone, and tar and zstd, take for the same bytes, in one
run.

The engine cuts all bytes into chunks, names each by its digest and encrypts it, which tar and zstd do not: what is ours
to keep small is what comes on top of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

from bench.limits import Figure, Limit
from tests.container.archives import in_volume
from tests.container.assistant import HARDENED, volume
from tests.testbed.docker import LABEL, MINUTE, docker
from tests.testbed.image import image, tools

TIMES = 3
# As a workspace may be: a third of it text, the rest bytes that no packer makes smaller; files of 1 MB, and small ones.
LIVED = """
mkdir -p /data/openclaw /data/workspace/large /data/workspace/small
for number in $(seq 1 660); do head -c 1000000 /dev/urandom >/data/workspace/large/$number; done
for number in $(seq 1 330); do
  seq $((number * 1000)) $((number * 1000 + 145000)) | head -c 1000000 >/data/workspace/large/t$number
done
for number in $(seq 1 2000); do head -c 5000 /dev/urandom >/data/workspace/small/$number; done
"""
# What a backup takes, once more: all of it is read, packed, and on the disk at the end.
PACK = "cd /data && tar -c workspace openclaw | zstd -q -T0 -3 >/backups/whole.tar.zst && sync"
UNPACK = "mkdir -p /data/copy && cd /data/copy && zstd -q -d -c /backups/whole.tar.zst | tar -x && sync"
EMPTY = "rm -rf /data/* /data/.cache && sync"
# Its cache where no backup of ours looks.
ENGINE = "export RESTIC_REPOSITORY=/backups RESTIC_PASSWORD=bench RESTIC_CACHE_DIR=/data/.cache/bench"
ENGINE_BACKS_UP = f"{ENGINE}; restic -q init && cd /data && restic -q backup workspace openclaw && sync"
ENGINE_RESTORES = f"{ENGINE}; restic -q restore latest --target /data/copy && sync"
ON_TOP = Limit(most=1.3)


def figures() -> Iterator[Figure]:
    name, packer = image(), tools()
    with volume() as data, volume() as backups, volume() as alone, volume() as packed:
        in_volume(name, data, LIVED)
        # Gives the volume to the user that both images' containers run as.
        in_volume(name, packed, "true")
        backing, engine_backing, packing = [], [], []
        for _ in range(TIMES):
            for place in (backups, alone):
                in_volume(name, place, EMPTY)
            packing.append(seconds(packer, data, packed, "sh", "-euc", PACK))
            engine_backing.append(seconds(name, data, alone, "sh", "-euc", ENGINE_BACKS_UP))
            backing.append(seconds(name, data, backups, "clawlama", "backup", "--json"))
        added = json.loads(told(name, data, backups, "clawlama", "backup", "--json"))["bytes_added"]
        restoring, engine_restoring, unpacking = [], [], []
        for _ in range(TIMES):
            unpacking.append(seconds_afresh(packer, data, packed, "sh", "-euc", UNPACK))
            engine_restoring.append(seconds_afresh(name, data, alone, "sh", "-euc", ENGINE_RESTORES))
            restoring.append(seconds_afresh(name, data, backups, "clawlama", "restore"))
    yield from beside("backup", "tar and zstd", backing, engine_backing, packing)
    yield from beside("restore", "zstd and tar", restoring, engine_restoring, unpacking)
    yield Figure("second backup of the same adds, of its bytes (%)", f"{added / 1e7:.3f}", Limit(most=1))


def beside(
    what: str, packer: str, ours: Sequence[float], engines: Sequence[float], packers: Sequence[float]
) -> Iterator[Figure]:
    taken = f"{min(ours):.1f}  {min(engines):.1f}  {min(packers):.1f}"
    yield Figure(f"{what} of 1 GB, the engine's alone, {packer}, best of {TIMES} (s)", taken)
    yield Figure(f"{what} / the engine's alone", f"{min(ours) / min(engines):.2f}", ON_TOP)
    yield Figure(f"{what} / {packer}", f"{min(ours) / min(packers):.2f}")


def seconds_afresh(name: str, data: str, beside: str, *command: str) -> float:
    """As on a new machine: of the three that restore, only ours would have an old state to delete."""
    in_volume(image(), data, EMPTY)
    return seconds(name, data, beside, *command)


def seconds(name: str, data: str, beside: str, *command: str) -> float:
    began = time.monotonic()
    told(name, data, beside, *command)
    return time.monotonic() - began


def told(name: str, data: str, beside: str, *command: str) -> str:
    """The last line that a command printed, in a container of its own that has both volumes."""
    places = (f"--volume={data}:/data", f"--volume={beside}:/backups", "--env=CLAWLAMA_RESTORE_REPLACE=true")
    flags = (
        "--rm",
        f"--label={LABEL}",
        *HARDENED,
        "--user=10001:10001",
        "--hostname=bench",
        "--network=none",
        f"--entrypoint={command[0]}",
    )
    return docker("run", *flags, *places, name, *command[1:], timeout=10 * MINUTE).rpartition("\n")[2]
