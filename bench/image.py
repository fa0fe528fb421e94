"""What each part of the image weighs: on disk, and compressed as a registry would (zstd -10)."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.limits import Figure, Limit
from tests.testbed.docker import MINUTE, client
from tests.testbed.image import image

# The instruction that made a layer, in part, to the name of what it holds; the first that matches counts.
PARTS = {
    "openssh-client": "ssh",
    "apt-get": "tools (git, curl, tini)",
    "useradd": "user, modes",
    "bin/node": "Node",
    "bin/restic": "restic",
    "/opt/jq": "jq",
    "/opt/ollama": "Ollama, all CPU variants",
    "/opt/openclaw": "OpenClaw, pruned",
    "tmp/compiled": "OpenClaw, as Node compiles it",
    "rootfs": "ClawLama",
    "proof.json": "ClawLama",
}
BUDGET = 200e6


class Size(NamedTuple):
    """Bytes: on disk, and compressed."""

    plain: int
    compressed: int

    def and_of(self, other: Size) -> Size:
        return Size(self.plain + other.plain, self.compressed + other.compressed)


def figures() -> Iterator[Figure]:
    whole = Size(0, 0)
    parts: dict[str, Size] = {}
    for part, size in layers(image()):
        parts[part] = parts.get(part, Size(0, 0)).and_of(size)
        whole = whole.and_of(size)
    for part, size in {**parts, "whole": whole}.items():
        yield Figure(f"{part}: on disk, zstd -10 (MB)", f"{size.plain / 1e6:.1f}  {size.compressed / 1e6:.1f}")
    yield Figure("whole / budget of 200 MB", f"{whole.compressed / BUDGET:.2f}", Limit(most=1))


def layers(name: str) -> Iterator[tuple[str, Size]]:
    """The part that each is of, in the image's order."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        subprocess.run([client(), "save", "--output", str(archive), name], timeout=5 * MINUTE, check=True)
        with tarfile.open(archive) as saved:
            [manifest] = json.load(saved.extractfile("manifest.json"))  # type: ignore[arg-type]
            config = json.load(saved.extractfile(manifest["Config"]))  # type: ignore[arg-type]
            made_by = [step.get("created_by", "") for step in config["history"] if not step.get("empty_layer")]
            for step, layer in zip(made_by, manifest["Layers"], strict=True):
                saved.extract(layer, folder, filter="data")
                path = Path(folder) / layer
                yield part_of(step), Size(path.stat().st_size, compressed_size(path))


def part_of(instruction: str) -> str:
    return next((part for hint, part in PARTS.items() if hint in instruction), "base")


def compressed_size(path: Path) -> int:
    squeezed = path.with_suffix(".zst")
    subprocess.run(["zstd", "-10", "-T0", "-q", "-f", str(path), "-o", str(squeezed)], timeout=5 * MINUTE, check=True)
    return squeezed.stat().st_size
