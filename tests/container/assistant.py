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

EDIT_CONFIG = """
cd /data && mkdir -p openclaw clawlama && chmod 700 openclaw clawlama && cat >clawlama/given
[ -s clawlama/generated.json ] || jq '.[1]' clawlama/given >clawlama/generated.json
[ -s openclaw/openclaw.json ] || echo {} >openclaw/openclaw.json
jq --slurpfile given clawlama/given '. * $given[0][0]' openclaw/openclaw.json >clawlama/edited
mv clawlama/edited openclaw/openclaw.json && rm clawlama/given
"""
# The hardening that compose adds to the image; `docker run` alone must do as well.
HARDENED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")
# The container's own functions, for what only they can tell.
CONCERNS = (
    "cd /usr/local/lib/clawlama; for concern in paths hardware ollama incidents supervise; do . ./$concern.sh; done;"
)
# On slow cores, beside what test_patience.py has begun.
READY_WITHIN = 8 * MINUTE
SAYS = "clawlama: "
READY = f"{SAYS}ready"
WARM = f"{SAYS}warm: "
UNTIL_WARM = 'until [ "$(cat /tmp/clawlama/warm 2>/dev/null)" = warm ]; do sleep 0.2; done'
PERMANENT = 78
# Its command line, in the container.
OPENCLAW = "OPENCLAW_CONFIG_PATH=/data/openclaw/openclaw.json openclaw"


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

    @property
    def plan(self) -> dict[str, Any]:
        """What this start has decided: model, context window, threads, memory. The verb decides anew."""
        plan: dict[str, Any] = json.loads(self.sh("cat /tmp/clawlama/plan.json"))
        return plan

    @property
    def ollama_url(self) -> str:
        """Where other containers and this machine reach its Ollama, if it listens to them; another after each start."""
        return f"http://{self.inspect('.NetworkSettings.IPAddress')}:11434"

    def sh(self, script: str, timeout: float = MINUTE) -> str:
        return docker("exec", self.name, "sh", "-euc", script, timeout=timeout)

    def verb(self, verb: str, timeout: float = 10 * MINUTE) -> dict[str, Any]:
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
        runner = f"{CONCERNS} look; kill -{signal} $runners_now"
        self.sh(runner if part == "runner" else f"kill -{signal} -$(cat /tmp/clawlama/{part}.group)")

    def wait_computing(self) -> None:
        """Until the gateway waits for an answer on which the model's runner has worked for a second."""
        worked = "look; used=$ticks_now; until look && request_in_flight && [ $((ticks_now - used)) -ge 100 ]"
        self.sh(f"{CONCERNS} {worked}; do sleep 0.1; done", timeout=3 * MINUTE)

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
        docker("exec", "-i", self.name, "sh", "-c", "cat >/data/openclaw/openclaw.json", given=json.dumps(edited))

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
        assert text in said[-1], f"never said {text!r}:\n{''.join(worth_reading(said)[-30:])}"

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


def worth_reading(log: list[str]) -> list[str]:
    """Without what Ollama says of its own routes and looks, which drowns what went wrong."""
    return [line for line in log if "[GIN" not in line and "level=INFO" not in line]


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


def edit_before_start(image: str, data: str, edited: Mapping[str, Any], generated: Mapping[str, Any]) -> None:
    """The user's own edits in a volume's configuration, before anything starts on it: a restart costs half a minute.

    ``generated``: what the last generated configuration had for them, where there is none yet.
    """
    given = json.dumps([edited, generated])
    command = [client(), *_once(image, data), "-euc", EDIT_CONFIG]
    subprocess.run(command, input=given, text=True, timeout=MINUTE, check=True)


def ask_elsewhere(image: str, data: str, url: str) -> None:
    """Points a gateway elsewhere before its first start."""
    edit_before_start(image, data, _models_at(url), _models_at("http://127.0.0.1:11434"))


def _models_at(url: str) -> dict[str, Any]:
    return {"models": {"providers": {"ollama": {"baseUrl": url}}}}


def _once(image: str, data: str) -> tuple[str, ...]:
    """A shell in a container of its own on the volume, up to its script."""
    return ("run", "--rm", "--interactive", f"--label={LABEL}", f"--volume={data}:/data", "--entrypoint=sh", image)


@contextmanager
def created(
    image: str,
    data: str,
    settings: Mapping[str, object] | None = None,
    files: Mapping[Path, str] | None = None,
    flags: tuple[str, ...] = HARDENED,
    data_mode: str = "rw",
) -> Iterator[Assistant]:
    """A container, started but not waited for; removed at the end, its volume not.

    Nothing is computed in advance but where it is asked for: it takes the CPU from what is tested beside it.
    """
    environment = {"CLAWLAMA_OPENCLAW_PORT": free_port(), "CLAWLAMA_WARM_UP": "false"} | dict(settings or {})
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
        docker("rm", "--force", "--volumes", name)
