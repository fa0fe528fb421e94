"""A backup and a restore of 1 GB of state, and what tar and zstd take for the same bytes, in one run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from bench.limits import Figure
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


def figures() -> Iterator[Figure]:
    name, packer = image(), tools()
    with volume() as data, volume() as backups, volume() as packed:
        in_volume(name, data, LIVED)
        # Gives the volume to the user that both images' containers run as.
        in_volume(name, packed, "true")
        backing, packing, restoring, unpacking, added = [], [], [], [], 0
        for _ in range(TIMES):
            in_volume(name, backups, "rm -rf /data/* && sync")
            packing.append(seconds(packer, data, packed, "sh", "-euc", PACK))
            backing.append(seconds(name, data, backups, "clawlama", "backup", "--json"))
        added = json.loads(told(name, data, backups, "clawlama", "backup", "--json"))["bytes_added"]
        for _ in range(TIMES):
            unpacking.append(seconds(packer, data, packed, "sh", "-euc", UNPACK))
            in_volume(name, data, "rm -rf /data/copy && sync")
            restoring.append(seconds(name, data, backups, "clawlama", "restore"))
    yield Figure(f"first backup of 1 GB, best of {TIMES} (s)", f"{min(backing):.1f}")
    yield Figure(f"tar and zstd -3 of the same, best of {TIMES} (s)", f"{min(packing):.1f}")
    yield Figure("backup / tar and zstd", f"{min(backing) / min(packing):.2f}")
    yield Figure(f"restore of 1 GB, best of {TIMES} (s)", f"{min(restoring):.1f}")
    yield Figure(f"zstd and tar of the same, best of {TIMES} (s)", f"{min(unpacking):.1f}")
    yield Figure("restore / zstd and tar", f"{min(restoring) / min(unpacking):.2f}")
    yield Figure("second backup of the same adds, of its bytes", f"{added / 1e9:.3%}")


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
