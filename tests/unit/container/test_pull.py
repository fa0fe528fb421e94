"""Ollama's pull stream to progress: bytes of all layers together, and the last word."""

from __future__ import annotations

import json
import subprocess

from tests.unit.container import jq


def lines(*events: dict[str, object]) -> list[str]:
    stream = "\n".join(map(json.dumps, events))
    done = subprocess.run(
        ["jq", "-r", "-n", "-f", str(jq.LIB / "pull.jq")],
        input=stream,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout.splitlines()


def test_progress_counts_all_layers_and_success_is_said() -> None:
    assert lines(
        {"status": "pulling manifest"},
        {"status": "pulling a", "digest": "sha256:a", "total": 4_000_000},
        {"status": "success"},
    ) == ["progress 0 4000000 0 of 4 MB", "success - -"]


def test_an_error_is_the_last_word_on_one_line() -> None:
    assert lines({"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist\n"}) == [
        "error pull model manifest: file does not exist "
    ]
