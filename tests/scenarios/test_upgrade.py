"""An upgrade between two real OpenClaws takes the state along, or comes back with it; a rollback goes back to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios import deploys
from tests.testbed import image, older, report
from tests.testbed.docker import MINUTE, client, docker, piped
from tests.testbed.hosts import RealHost, real_hosts
from tests.testbed.machine import Ended

pytestmark = pytest.mark.timeout(15 * MINUTE)
BACK = "back on the old release with its state, proven; said in one line"
# One that has Docker, and a user who is not root: an upgrade needs no more.
DIRECTORY = "/home/ann/clawlama"
INVENTORY = "tests/scenarios/rootless.py"
ASK = """
token=$(cat /data/clawlama/gateway_token)
curl -sS --max-time 200 -H "Authorization: Bearer $token" -H 'Content-Type: application/json' --data-binary @- \
  http://127.0.0.1:18789/v1/chat/completions <<'END'
{}
END
"""
STATE = """
const { DatabaseSync } = require("node:sqlite");
const agent = new DatabaseSync("/data/openclaw/agents/main/agent/openclaw-agent.sqlite", { readOnly: true });
const said = agent.prepare("select text from session_transcript_fts where role = ? order by rowid").all("user");
console.log(JSON.stringify([agent.prepare("pragma user_version").get().user_version, said.map((row) => row.text)]));
"""
# What an OpenClaw may come to, each in the place of the real one: the rest of the image is what it was.
SERVE = """
import { createServer } from "node:http";
const answer = (body, code = 200) => createServer((request, response) => {
  const asked = request.url === "/v1/chat/completions";
  response.writeHead(asked ? code : 200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(asked ? body : {}));
}).listen(18789, "0.0.0.0");
"""
BROKEN = {
    "dies": "process.exit(7);",
    "fails in its migration": """
import { writeFileSync } from "node:fs";
writeFileSync("/data/openclaw/agents/main/agent/openclaw-agent.sqlite", "half migrated");
process.exit(1);
""",
    "hangs": "setInterval(() => {}, 1000);",
    "answers nothing": SERVE + 'answer({ choices: [{ message: { content: "" } }] });',
    "answers with an error": SERVE + 'answer({ error: { message: "no such agent" } }, 500);',
    "answers from another model": SERVE + 'answer({ choices: [{ message: { content: "Paris." } }] });',
}
SAID = {
    "dies": "stage gateway: gateway ended while it was starting",
    "fails in its migration": "stage gateway: gateway ended while it was starting",
    "hangs": "gateway did not answer in time",
    "answers nothing": "stage agent: the answer was empty",
    "answers with an error": "no such agent",
    "answers from another model": 'stage model: Ollama did not use model:latest for the answer "Paris."',
}
# The others are in `make soak`.
QUICK = ("fails in its migration",)


# What is said as each stage begins.
MOMENTS = (
    "handing the image over",
    "what changes",
    "keeping the state as it is",
    "putting the release in place",
    "starting the container",
    "starting the gateway",
    "asking the assistant",
)


@dataclass(frozen=True)
class Upgraded:
    """A host with an assistant, and how deploys reach it."""

    host: RealHost
    folder: Path

    def deploy(self, verb: str, **data: Any) -> Ended:
        return deploys.deploy(self.folder, INVENTORY, file=f"deploy/{verb}.py", clawlama_directory=DIRECTORY, **data)

    def say(self, text: str) -> None:
        """A turn of the conversation."""
        request = {"model": "openclaw", "user": "talk", "messages": [{"role": "user", "content": text}]}
        assert json.loads(self.inside("sh", ASK.replace("{}", json.dumps(request))))["choices"]

    def state(self) -> tuple[int, list[str]]:
        """The form that the agent's database has, and what was said to the agent."""
        form, said = json.loads(self.inside("node --no-warnings -", STATE))
        return form, said

    def inside(self, command: str, given: str = "") -> str:
        """What a command in the container printed, with ``given`` to read."""
        text = base64.b64encode(given.encode()).decode()
        return self.host.sh(f"echo {text} | base64 -d | docker exec -i clawlama {command}", timeout=4 * MINUTE)

    def openclaw(self) -> str:
        return str(json.loads(self.inside("clawlama status --json"))["versions"]["openclaw"])

    def take(self, name: str, as_name: str) -> None:
        """Gives the host an image of the Docker around it, by another name."""
        piped(
            [client(), "save", name],
            [client(), "exec", "-i", self.host.container, "docker", "load", "--quiet"],
            timeout=5 * MINUTE,
        )
        self.host.sh(f"docker tag {name} {as_name}")

    def break_image(self, code: str) -> None:
        """An image with other code for OpenClaw in the place of the newest one. It is not waited for as long."""
        text = base64.b64encode(code.encode()).decode()
        dockerfile = f"""
FROM {older.NAME}
USER 0:0
RUN echo {text} | base64 -d >/usr/local/lib/openclaw/node_modules/openclaw/openclaw.mjs
RUN sed -i "s/await 300 gateway/await 15 gateway/" /usr/local/lib/clawlama/gateway.sh
USER 10001:10001
LABEL {older.OPENCLAW_LABEL}={newest()}
"""
        given = base64.b64encode(dockerfile.encode()).decode()
        self.host.sh(f"echo {given} | base64 -d | docker build --quiet --tag {image.NAME} - 2>&1", timeout=3 * MINUTE)


def newest() -> str:
    """The OpenClaw of the image that an upgrade comes to."""
    shown = docker("image", "inspect", "--format", "{{json .Config.Labels}}", image.NAME)
    return str(json.loads(shown)[older.OPENCLAW_LABEL])


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """A host with an assistant of an older release, and a conversation."""
    folder = tmp_path_factory.mktemp("hosts")
    with real_hosts(folder, vm="docker") as hosts:
        upgraded = Upgraded(hosts["vm"], folder)
        upgraded.take(older.older_image(), image.NAME)
        done = upgraded.deploy("clawlama")
        assert done.code == 0, done.output
        assert upgraded.openclaw() == older.OPENCLAW
        upgraded.say("Blue is mine.")
        yield upgraded


@pytest.fixture(scope="module")
def before(old: Upgraded) -> tuple[int, list[str]]:
    return old.state()


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(
            how,
            marks=[
                pytest.mark.fault(f"an upgrade whose OpenClaw {how}", BACK),
                *([] if how in QUICK else [pytest.mark.soak]),
            ],
        )
        for how in BROKEN
    ],
)
def test_an_upgrade_that_is_not_proven_comes_back_with_its_state(
    old: Upgraded, before: tuple[int, list[str]], how: str, took: Callable[[float], None]
) -> None:
    old.break_image(BROKEN[how])
    upgraded = old.deploy("upgrade")
    took(upgraded.seconds)
    assert upgraded.code != 0
    assert "Traceback" not in upgraded.output
    [said] = [line for line in upgraded.output.splitlines() if "stage switch: " in line]
    assert SAID[how] in upgraded.output
    assert "is back, proven, with its state as it was" in said
    assert old.openclaw() == older.OPENCLAW
    assert old.state() == before
    again = old.deploy("clawlama")
    assert again.code == 0
    assert report.changed(again.output) == []


def test_an_image_of_another_openclaw_is_not_started_by_the_way(old: Upgraded, before: tuple[int, list[str]]) -> None:
    old.break_image(BROKEN["dies"])
    refused = old.deploy("clawlama")
    old.host.sh(f"docker tag {older.NAME} {image.NAME}")
    assert refused.code != 0
    assert f"and what ran last is {older.OPENCLAW}: its data would change, with no way back" in refused.output
    assert old.state() == before


@pytest.mark.soak
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_upgrade_that_is_killed_is_finished_by_the_next_run(
    old: Upgraded, before: tuple[int, list[str]], moment: str
) -> None:
    killed = old.deploy("upgrade", when={moment: deploys.Deploying.kill})
    assert killed.code != 0
    done = old.deploy("upgrade")
    assert done.code == 0, done.output
    assert old.openclaw() == newest()
    assert old.state()[1] == before[1]
    assert old.deploy("rollback", discard_newer="yes").code == 0
    assert old.state() == before


def test_an_upgrade_takes_the_state_along_and_the_next_one_changes_nothing(
    old: Upgraded, before: tuple[int, list[str]]
) -> None:
    form, said = before
    upgraded = old.deploy("upgrade")
    assert upgraded.code == 0, upgraded.output
    assert f"what changes: OpenClaw {older.OPENCLAW} to " in upgraded.output
    newer_form, still_said = old.state()
    assert newer_form > form
    assert still_said == said
    old.say("Red is new.")
    again = old.deploy("upgrade")
    assert again.code == 0
    assert report.changed(again.output) == []


def test_a_rollback_asks_before_it_loses_what_is_newer(old: Upgraded) -> None:
    present = old.state()
    refused = old.deploy("rollback")
    assert refused.code != 0
    assert "1 conversation would be lost" in refused.output
    assert "--data discard_newer=yes goes on" in refused.output
    assert old.state() == present


def test_a_rollback_brings_image_settings_and_state_of_the_release_before(
    old: Upgraded, before: tuple[int, list[str]]
) -> None:
    back = old.deploy("rollback", discard_newer="yes")
    assert back.code == 0, back.output
    assert old.openclaw() == older.OPENCLAW
    assert old.state() == before


@pytest.mark.soak
def test_what_a_rollback_left_can_be_gone_forward_to(old: Upgraded) -> None:
    forth = old.deploy("rollback", discard_newer="yes")
    assert forth.code == 0, forth.output
    assert old.openclaw() == newest()
    assert old.state()[1] == ["Blue is mine.", "Red is new."]
