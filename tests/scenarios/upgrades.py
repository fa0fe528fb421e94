"""A host with an assistant of an older release: its conversation, and the images that an upgrade may come to."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

from tests.scenarios.deployed import Deployed
from tests.testbed import hosts, image, older, report
from tests.testbed.docker import MINUTE, client, docker, piped
from tests.testbed.hosts import RealHost
from tests.testbed.machine import Ended

# Its user is not root: an upgrade needs no more than Docker.
KIND, INVENTORY = "docker", "tests/scenarios/rootless.py"
DATA = {"clawlama_directory": "/home/ann/clawlama"}
TALK = "Blue is mine."
BACK = "back on the old release with its state, proven; said in one line"
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


class Upgraded(Deployed):
    """A host with Docker, whose user is not root, and an assistant there."""

    def openclaw(self) -> str:
        return str(self.status()["versions"]["openclaw"])

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
        self.host.sh(f"docker build --quiet --tag {image.NAME} - 2>&1", given=dockerfile, timeout=3 * MINUTE)


def newest() -> str:
    """The OpenClaw of the image that an upgrade comes to."""
    shown = docker("image", "inspect", "--format", "{{json .Config.Labels}}", image.NAME)
    return str(json.loads(shown)[older.OPENCLAW_LABEL])


def on(host: RealHost, folder: Path) -> Upgraded:
    return Upgraded(host, folder, INVENTORY, DATA)


def comes_back(old: Upgraded, before: tuple[int, list[str]], how: str) -> Ended:
    """An upgrade to what is broken, which leaves all as it was."""
    old.break_image(BROKEN[how])
    upgraded = old.deploy("upgrade")
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
    return upgraded


def prepare(folder: Path) -> None:
    """Gives the folder's host the older release, by the name of the present one."""
    [host] = hosts.there(folder)
    on(host, folder).take(older.older_image(), image.NAME)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]).resolve())
