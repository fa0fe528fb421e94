"""A container under test: started as the README says, asked as a user would."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.testbed.docker import LABEL, MINUTE, client, docker
from tests.testbed.ports import free_port

# The hardening that compose adds to the image; `docker run` alone must do as well.
HARDENED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")
# The container's own functions, for what only they can tell.
CONCERNS = (
    "cd /usr/local/lib/clawlama; for concern in paths hardware ollama incidents supervise; do . ./$concern.sh; done;"
)
READY_WITHIN = 4 * MINUTE
SAYS = "clawlama: "
READY = f"{SAYS}ready"
PERMANENT = 78


@dataclass(frozen=True)
class Reply:
    status: int
    body: dict[str, Any]

    @property
    def text(self) -> str:
        return str(self.body["choices"][0]["message"]["content"])


@dataclass(frozen=True)
class Assistant:
    """A running container, its port on loopback, its volume."""

    name: str
    port: int
    volume: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sh(self, script: str, timeout: float = MINUTE) -> str:
        return docker("exec", self.name, "sh", "-euc", script, timeout=timeout)

    def verb(self, verb: str, timeout: float = 5 * MINUTE) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(docker("exec", self.name, "clawlama", verb, "--json", timeout=timeout))
        return answer

    def logs(self, *flags: str) -> str:
        """Both streams, in the order in which they came."""
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        done = subprocess.run([client(), "logs", *flags, self.name], text=True, timeout=MINUTE, check=True, **both)  # type: ignore[call-overload]
        return str(done.stdout)

    def said_at(self, text: str) -> list[datetime]:
        """When each line came that begins so, over all its lives."""
        lines = (line.partition(" ") for line in self.logs("--timestamps").splitlines())
        return [datetime.fromisoformat(at[:26] + "+00:00") for at, _, line in lines if line.startswith(text)]

    def signal(self, part: str, signal: str) -> None:
        """A signal to all of a service (`ollama`, `gateway`), or to the model's `runner` alone."""
        runner = f"{CONCERNS} kill -{signal} $(runners)"
        self.sh(runner if part == "runner" else f"kill -{signal} -$(cat /tmp/clawlama/{part}.group)")

    def wait_request_in_flight(self) -> None:
        """Until the gateway waits for an answer of Ollama's."""
        self.sh(f"{CONCERNS} until request_in_flight; do sleep 0.1; done")

    def inspect(self, field: str) -> str:
        return docker("inspect", "--format", f"{{{{{field}}}}}", self.name)

    def ask(self, text: str, user: str, token: str | None = None) -> Reply:
        """One turn over HTTP; ``user`` names the conversation; an empty ``token`` sends none."""
        body = {"model": "openclaw", "user": user, "messages": [{"role": "user", "content": text}]}
        token = self.token if token is None else token
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = Request(f"{self.url}/v1/chat/completions", json.dumps(body).encode(), headers)
        try:
            with urlopen(request, timeout=8 * MINUTE) as reply:
                return Reply(reply.status, json.load(reply))
        except HTTPError as refusal:
            return Reply(refusal.code, {"error": refusal.read().decode(errors="replace")})

    @property
    def token(self) -> str:
        return self.sh("cat /data/clawlama/gateway_token")

    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads(self.sh("cat /data/openclaw/openclaw.json"))
        return config

    def edit_config(self, edited: Mapping[str, Any]) -> None:
        """As a user would who edits the file; it takes a restart."""
        command = [client(), "exec", "-i", self.name, "sh", "-c", "cat >/data/openclaw/openclaw.json"]
        subprocess.run(command, input=json.dumps(edited), text=True, timeout=MINUTE, check=True)

    def start(self) -> None:
        docker("start", self.name)
        self.wait_ready()

    def stop(self) -> None:
        docker("stop", self.name)

    def send_models_requests_to(self, url: str) -> None:
        """Points the gateway elsewhere, by an edit of its configuration and a restart."""
        config = self.config()
        config["models"]["providers"]["ollama"]["baseUrl"] = url
        self.edit_config(config)
        self.stop()
        self.start()

    def wait_ready(self) -> None:
        self.wait_said(READY)

    def wait_said(self, text: str) -> None:
        """Follows the log since the last start up to a line that says so; fails with it when the container ends."""
        follow = [client(), "logs", "--follow", "--since", self.inspect(".State.StartedAt"), self.name]
        with subprocess.Popen(follow, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as log:
            limit = threading.Timer(READY_WITHIN, log.kill)
            limit.start()
            said = []
            for line in log.stdout or ():
                said.append(line)
                if text in line:
                    break
            limit.cancel()
            log.kill()
        assert said, "the container said nothing"
        assert text in said[-1], f"never said {text!r}:\n{''.join(said)[-3000:]}"

    def refusal(self, code: int = PERMANENT) -> str:
        """Waits for the end of one that does not come up; the one line that says why."""
        assert self.wait_ended(2 * MINUTE) == code, self.logs()
        lines = self.logs().strip().splitlines()
        reason = str(json.loads(lines[-1])["reason"]) if lines[-1].startswith("{") else lines[-1].removeprefix(SAYS)
        assert lines.count(SAYS + reason) == 1, self.logs()
        return reason

    def wait_back(self, since: datetime) -> None:
        """Waits until Docker has started it again after ``since``, and it is ready."""
        filters = (f"--filter=container={self.name}", "--filter=event=start")
        with subprocess.Popen([client(), "events", *filters], stdout=subprocess.PIPE, text=True) as events:
            limit = threading.Timer(READY_WITHIN, events.kill)
            limit.start()
            # Docker forgets old events soon, so it is asked for its state first.
            while self._started() <= since:
                assert events.stdout is not None
                assert events.stdout.readline(), "it was not started again"
            limit.cancel()
            events.kill()
        self.wait_ready()

    def _started(self) -> datetime:
        return datetime.fromisoformat(self.inspect(".State.StartedAt")[:26] + "+00:00")

    def wait_ended(self, timeout: float = MINUTE) -> int:
        return int(docker("wait", self.name, timeout=timeout))


def bridge_address() -> str:
    """This machine's address on Docker's bridge: the first of its subnet."""
    subnet = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}")
    return str(next(ip_network(subnet).hosts()))


@contextmanager
def volume() -> Iterator[str]:
    name = docker("volume", "create", "--label", LABEL)
    try:
        yield name
    finally:
        docker("volume", "rm", "--force", name, check=False)


@contextmanager
def created(
    image: str,
    data: str,
    settings: Mapping[str, object] | None = None,
    files: Mapping[Path, str] | None = None,
    flags: tuple[str, ...] = HARDENED,
    data_mode: str = "rw",
) -> Iterator[Assistant]:
    """A container, started but not waited for; removed at the end, its volume not."""
    environment = {"CLAWLAMA_OPENCLAW_PORT": free_port()} | dict(settings or {})
    port = int(str(environment["CLAWLAMA_OPENCLAW_PORT"]))
    name = docker(
        "run", "--detach", f"--label={LABEL}", f"--publish=127.0.0.1:{port}:{port}",
        f"--volume={data}:/data:{data_mode}", *flags,
        *(f"--env={key}={value}" for key, value in environment.items()),
        *(f"--volume={path}:{target}:ro" for path, target in (files or {}).items()),
        image,
    )  # fmt: skip
    try:
        yield Assistant(name[:12], port, data)
    finally:
        docker("rm", "--force", name)
