"""What each part of the image weighs: on disk, and compressed as a registry would (zstd -10)."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.limits import Figure, Limit
from tests.testbed.docker import MINUTE, client
from tests.testbed.image import image

# The instruction that made a layer, in part, to the name of what it holds; the first that matches counts.
PARTS = {
    "apt-get": "tools (git, jq, curl, tini)",
    "useradd": "user, modes",
    "bin/node": "Node",
    "/opt/ollama": "Ollama, all CPU variants",
    "/opt/openclaw": "OpenClaw, pruned",
    "tmp/compiled": "OpenClaw, as Node compiles it",
    "rootfs": "ClawLama",
    "proof.json": "ClawLama",
}
BUDGET = 200e6


def figures() -> Iterator[Figure]:
    total_plain = total_compressed = 0
    for part, plain, compressed in layers(image()):
        total_plain, total_compressed = total_plain + plain, total_compressed + compressed
        if compressed > 1e5:
            yield Figure(f"{part}: on disk, zstd -10 (MB)", f"{plain / 1e6:.0f}  {compressed / 1e6:.1f}")
    yield Figure("whole: on disk, zstd -10 (MB)", f"{total_plain / 1e6:.0f}  {total_compressed / 1e6:.1f}")
    yield Figure("whole / budget of 200 MB", f"{total_compressed / BUDGET:.2f}", Limit(most=1))


def layers(name: str) -> Iterator[tuple[str, int, int]]:
    """Part, bytes on disk, bytes compressed; in the image's order."""
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
                yield part_of(step), path.stat().st_size, compressed_size(path)


def part_of(instruction: str) -> str:
    return next((part for hint, part in PARTS.items() if hint in instruction), "base and small layers")


def compressed_size(path: Path) -> int:
    squeezed = path.with_suffix(".zst")
    subprocess.run(["zstd", "-10", "-T0", "-q", "-f", str(path), "-o", str(squeezed)], timeout=5 * MINUTE, check=True)
    return squeezed.stat().st_size
