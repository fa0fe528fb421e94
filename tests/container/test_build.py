"""A build whose parts do not fit fails, and says so."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.container import models
from tests.testbed.docker import LABEL, MINUTE, client
from tests.testbed.machine import ROOT

pytestmark = pytest.mark.container
CHANGED = """
FROM {image}
USER 0
COPY --chown=10001:10001 proof.sh tiny.gguf /build/
RUN {change}
USER 10001
RUN /build/proof.sh /build/tiny.gguf /tmp/proof.json /tmp/compiled
"""
PLUGIN = "/usr/local/lib/clawlama/plugin"
# To a shell, all that the proof asks of it before; to Node, which runs it as the gateway, no program at all.
NO_GATEWAY = 'exec node /usr/local/lib/openclaw/node_modules/openclaw/openclaw.mjs "$@"'


def stub(part: str, script: str) -> str:
    return f"printf '%s\\n' '#!/bin/sh' '{script}' >/stub && chmod 0755 /stub && mv -f /stub {part}"


def proven(image: str, folder: Path, change: str) -> subprocess.CompletedProcess[str]:
    """The proof on an image with a change; both streams in one."""
    (folder / "Dockerfile").write_text(CHANGED.format(image=image, change=change))
    shutil.copy(ROOT / "container/build/proof.sh", folder)
    shutil.copy(models.tiny(), folder / "tiny.gguf")
    return subprocess.run(
        [client(), "build", "--no-cache", "--label", LABEL, "--progress=plain", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=5 * MINUTE,
        check=False,
        env={"DOCKER_BUILDKIT": "1", "HOME": str(folder)},
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            stub("/usr/local/bin/openclaw", "echo 2026.1.1; [ $1 != config ]"),
            "OpenClaw 2026.1.1 rejects the configuration",
        ),
        (stub("/usr/local/bin/openclaw", "exit 1"), "openclaw does not start"),
        (stub("/usr/local/bin/openclaw", NO_GATEWAY), "what they make does not start"),
        pytest.param(f"rm {PLUGIN}/warm.js", "the agent does not answer", marks=pytest.mark.soak),
        (stub("/usr/local/bin/ollama", "echo version is 9.9.9"), "Ollama 9.9.9 does not serve"),
        (stub("/build/tiny.gguf", "no model at all"), "does not generate"),
        (stub("/usr/local/bin/node", "exit 1"), "node does not start"),
    ],
)
def test_parts_that_do_not_fit_make_no_image(image: str, tmp_path: Path, change: str, said: str) -> None:
    build = proven(image, tmp_path, change)
    assert build.returncode != 0
    assert "these parts do not fit: " in build.stdout
    assert said in build.stdout


@pytest.mark.soak
def test_an_openclaw_whose_prompt_names_each_conversation_in_new_words_is_noticed(image: str, tmp_path: Path) -> None:
    build = proven(image, tmp_path, f"sed -i 's/Runtime: /Never said: /' {PLUGIN}/index.js")
    assert build.returncode == 0, build.stdout
    assert "names each conversation in its prompt" in build.stdout
