"""Two of the threads that a start waits for are begun before it asks for them; no other is handed out for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.container import models
from tests.container.assistant import created
from tests.testbed.docker import LABEL, docker

pytestmark = pytest.mark.container

HEARTBEAT = "dist/state/openclaw-state-lease-heartbeat.worker.js"
STORE = "dist/infra/sqlite-store.worker.js"
READER = "dist/state/openclaw-state-read.worker.js"
# Loaded before all of ours: notes which threads begin, and which of them nobody has asked for yet.
NOTES = """
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import threads, { isMainThread } from "node:worker_threads";
threads.Worker = class extends threads.Worker {
  constructor(file, options) {
    super(file, options);
    const when = new Error().stack.includes("beginReaderAhead") ? "ahead" : "as asked for";
    if (isMainThread) appendFileSync("/tmp/threads", `${when} ${file}\\n`);
  }
};
syncBuiltinESMExports();
"""
# As a start does, then what changes, then three readers. A heartbeat begun without its data ends at once.
ASKS = """
import { readFileSync } from "node:fs";
import { Worker, setEnvironmentData } from "node:worker_threads";
const [changed, heartbeat, store, reader] = JSON.parse(process.argv[1]);
const options = { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 512 } };
const ask = (file) => new Worker(new URL(`file:///usr/local/lib/openclaw/node_modules/openclaw/${file}`), options);
const threads = [ask(heartbeat).on("error", () => {}), ask(store)];
if (changed === "options") options.argv = ["other"];
if (changed === "environment") process.env.CHANGED = "yes";
if (changed === "data") setEnvironmentData("changed", "yes");
threads.push(ask(reader), ask(reader), ask(reader));
const begun = readFileSync("/tmp/threads", "utf8").trim().split("\\n");
console.log(JSON.stringify({ given: new Set(threads).size, begun }));
process.exit();
"""


@pytest.fixture
def notes(tmp_path: Path) -> tuple[str, str]:
    """Flags for Docker, with which every Node in the container is loaded with it."""
    file = tmp_path / "notes.mjs"
    file.write_text(NOTES)
    return f"--volume={file}:/tmp-notes.mjs:ro", "--env=NODE_OPTIONS=--import=/tmp-notes.mjs"


def test_a_start_asks_for_the_readers_that_were_begun_ahead_and_for_no_others(
    image: str, data: str, notes: tuple[str, str]
) -> None:
    with created(image, data, models.TINY_SETTINGS, {models.tiny(): models.TINY_TARGET}, notes) as assistant:
        assistant.wait_ready()
        begun = assistant.sh("cat /tmp/threads").splitlines()
    assert [thread.partition(" file:")[0] for thread in begun if READER in thread] == ["ahead", "ahead"]


@pytest.mark.parametrize(
    ("changed", "when"),
    [
        ("nothing", ["ahead", "ahead", "as asked for"]),
        ("options", ["ahead", "as asked for", "ahead", "as asked for", "as asked for"]),
        ("environment", ["ahead", "as asked for", "ahead", "as asked for"]),
        ("data", ["ahead", "as asked for", "ahead", "as asked for"]),
    ],
)
def test_a_reader_that_was_begun_with_anything_else_is_not_handed_out(
    image: str, notes: tuple[str, str], changed: str, when: list[str]
) -> None:
    node = ("--import=/usr/local/lib/clawlama/ahead.mjs", "--input-type=module", "--eval", ASKS)
    asked = json.dumps([changed, HEARTBEAT, STORE, READER])
    told = json.loads(docker("run", "--rm", f"--label={LABEL}", *notes, "--entrypoint=node", image, *node, asked))
    assert told["given"] == 5
    assert [thread.partition(" file:")[0] for thread in told["begun"] if READER in thread] == when
