"""A build from the right files of both sites is an image; one whose parts do not fit fails, and says so."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.container import models
from tests.container.builds import Line, sites, take_ollama
from tests.testbed.docker import LABEL, MINUTE, client, docker
from tests.testbed.machine import ROOT
from tests.testbed.upstream import GPU_FOLDERS, Repository, Site, ollama_releases

pytestmark = pytest.mark.container
TAG = "clawlama-test:build"
OLLAMAS_FILES = ("/usr/local/bin/ollama", "/usr/local/lib/ollama", "-not", "-type", "l", "-printf", "%p %u\\n")
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


def test_right_files_of_both_sites_become_an_image_without_gpu_folders(
    line: Line, image: str, repository: Repository, tmp_path: Path
) -> None:
    releases = ollama_releases(image, tmp_path)
    ollama, node = Site(releases.folder, releases.version), Site(repository.folder)
    with line.serving(ollama) as ollama_url, line.serving(node) as node_url:
        key = {"CLAWLAMA_SOURCES": "upstream", "CLAWLAMA_NODE_UPSTREAM_KEY": repository.key}
        built = line.build(sites(ollama_url, node_url) | key, "--tag", TAG)
    try:
        assert built.code == 0, built.said[-30:]
        assert built.result["sources"] | {"base": ""} == {"node": "upstream", "ollama": "upstream", "base": ""}
        versions = docker(
            "run", "--rm", f"--label={LABEL}", "--entrypoint=sh", TAG, "-c", "node --version; ollama --version 2>&1"
        )
        assert f"v{repository.version}" in versions
        assert f"version is {releases.version}" in versions
        files = docker("run", "--rm", f"--label={LABEL}", "--entrypoint=find", TAG, *OLLAMAS_FILES).splitlines()
        assert "/usr/local/bin/ollama root" in files
        assert [file for file in files if any(gpu in file for gpu in GPU_FOLDERS) or not file.endswith(" root")] == []
    finally:
        docker("image", "rm", "--force", TAG, check=False)


@pytest.mark.parametrize(("dotted", "engine_apart"), [(True, False), (False, True)])
def test_both_layouts_of_ollamas_releases_are_taken(
    line: Line, image: str, tmp_path: Path, dotted: bool, engine_apart: bool
) -> None:
    releases = ollama_releases(image, tmp_path, engine_apart, dotted)
    with line.serving(Site(releases.folder)) as url:
        taken = take_ollama(line, url, releases.version)
    assert "bin/ollama root 755" in taken
    assert ("lib/ollama/llama-server root 755" in taken) == engine_apart
    assert any(file.startswith("lib/ollama/libggml-cpu-") for file in taken)
    assert not any(gpu in file for file in taken for gpu in GPU_FOLDERS)


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
