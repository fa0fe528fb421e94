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
BROKEN = """
FROM {image}
USER 0
COPY --chown=10001:10001 proof.sh tiny.gguf /build/
RUN printf '%s\\n' '#!/bin/sh' '{stub}' >/stub && chmod 0755 /stub && mv -f /stub {part}
USER 10001
RUN /build/proof.sh /build/tiny.gguf /tmp/proof.json
"""


@pytest.mark.parametrize(
    ("part", "stub", "said"),
    [
        ("/usr/local/bin/openclaw", "echo 2026.1.1; [ $1 != config ]", "OpenClaw 2026.1.1 rejects the configuration"),
        ("/usr/local/bin/openclaw", "exit 1", "openclaw does not start"),
        ("/usr/local/bin/ollama", "echo version is 9.9.9", "Ollama 9.9.9 does not serve"),
        ("/build/tiny.gguf", "no model at all", "does not generate"),
        ("/usr/local/bin/node", "exit 1", "node does not start"),
    ],
)
def test_parts_that_do_not_fit_make_no_image(image: str, tmp_path: Path, part: str, stub: str, said: str) -> None:
    (tmp_path / "Dockerfile").write_text(BROKEN.format(image=image, part=part, stub=stub))
    shutil.copy(ROOT / "container/build/proof.sh", tmp_path)
    shutil.copy(models.tiny(), tmp_path / "tiny.gguf")
    build = subprocess.run(
        [client(), "build", "--label", LABEL, "--progress=plain", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=5 * MINUTE,
        check=False,
        env={"DOCKER_BUILDKIT": "1", "HOME": str(tmp_path)},
    )
    assert build.returncode != 0
    assert "these parts do not fit: " in build.stderr + build.stdout
    assert said in build.stderr + build.stdout
