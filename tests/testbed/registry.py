"""A real model registry, and a faulty line to it.

Debian's docker-registry holds the models. Between it and Ollama stands a relay that hurts chosen replies: it cuts them
off, stalls, falls silent, answers with garbage, flips a byte, or is slow.
"""

from __future__ import annotations

import re
import subprocess
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.testbed.docker import LABEL, MINUTE, docker
from tests.testbed.ports import free_port

# Ollama expects a Location header on blobs, which this registry gives when told to.
CONFIG = """
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "{address}", headers: {{Location: ["#"]}}}}
"""
MODELFILE = r'''
{ echo FROM /models/model.gguf; echo 'PARAMETER stop "<|im_end|>"'; echo PARAMETER temperature 0
  printf 'TEMPLATE """'; cat /etc/clawlama/chatml.template; printf '"""\n'; } >/tmp/Modelfile
'''
CHUNK = 65536
GARBAGE = b"<!doctype html><title>Please log in</title>" + b"\x00\xff" * 64
SHORT = ("cut", "stall")
Kind = Literal["cut", "stall", "silence", "garbage", "flip", "slow"]


@dataclass
class Fault:
    """What happens to replies whose path matches ``path``: from the byte ``after`` on, ``times`` times.

    A slow one becomes quick again when it is taken off its line.
    """

    kind: Kind
    path: str = "/blobs/"
    after: int = 0
    times: int = 1_000_000


@dataclass
class Line:
    """The relay: its address as host:port, the faults in force, and how many bytes each path has carried."""

    address: str
    upstream: str
    faults: list[Fault] = field(default_factory=list)
    carried: dict[str, int] = field(default_factory=dict)
    # Set when the line is taken down: what stalls or is silent ends then.
    down: threading.Event = field(default_factory=threading.Event)
    # Set when a reply has come to the byte from which it is hurt.
    struck: threading.Event = field(default_factory=threading.Event)

    def name(self, model: str) -> str:
        return f"{self.address}/library/{model}:latest"

    def fault_for(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and re.search(fault.path, path):
                fault.times -= 1
                return fault
        return None


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """The registry at work; its host:port."""
    address = f"127.0.0.1:{free_port()}"
    config = folder / "registry.yml"
    config.write_text(CONFIG.format(folder=folder / "blobs", address=address))
    with subprocess.Popen(
        ["docker-registry", "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait_for(f"http://{address}/v2/")
            yield address
        finally:
            server.terminate()


def contained(image: str, label: str) -> tuple[str, str]:
    """A registry in a container, which outlives its maker: its id (whose log has every request), and host:port."""
    config = CONFIG.format(folder="/tmp/blobs", address=":5000")
    serve = f"cat >/tmp/registry.yml <<'END'\n{config}END\nexec /usr/bin/docker-registry serve /tmp/registry.yml"
    program = "--volume=/usr/bin/docker-registry:/usr/bin/docker-registry:ro"
    flags = (f"--label={LABEL}", f"--label={label}", program, "--entrypoint=sh")
    container = docker("run", "--detach", *flags, image, "-c", serve)
    address = f"{docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', container)}:5000"
    _wait_for(f"http://{address}/v2/")
    return container, address


def blobs_given(log: str) -> list[str]:
    """Digests of the blobs that a registry has given away, one a time, by its log."""
    return re.findall(r'"GET /v2/\S+/blobs/(sha256:[0-9a-f]+) HTTP/1.1" 200', log)


@contextmanager
def line(upstream: str, address: str) -> Iterator[Line]:
    """A line from ``address`` to the registry at ``upstream``, without faults at first."""

    class Handler(_Relay):
        line: Line

    server = ThreadingHTTPServer((address, 0), Handler)
    Handler.line = Line(f"{address}:{server.server_port}", upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Handler.line
    finally:
        Handler.line.down.set()
        server.shutdown()
        server.server_close()


def fill(image: str, address: str, models: Mapping[str, Path]) -> None:
    """Puts GGUF files, name → path, into the registry behind ``address``: the real Ollama pushes them."""
    for name, path in models.items():
        target = f"{address}/library/{name}:latest"
        flags = [
            f"--label={LABEL}",
            "--rm",
            "--detach",
            f"--volume={path}:/models/model.gguf:ro",
            "--entrypoint=ollama",
        ]
        container = docker("run", *flags, "--env=OLLAMA_MODELS=/tmp/models", image, "serve")
        try:
            push = f"{MODELFILE} ollama create -f /tmp/Modelfile {target} && ollama push --insecure {target}"
            docker(
                "exec",
                container,
                "sh",
                "-euc",
                f"until ollama list >/dev/null 2>&1; do sleep 0.1; done; {push}",
                timeout=2 * MINUTE,
            )
        finally:
            docker("rm", "--force", "--volumes", container)


class _Relay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    line: Line

    def do_GET(self) -> None:
        self._relay(with_body=True)

    def do_HEAD(self) -> None:
        self._relay(with_body=False)

    def do_POST(self) -> None:
        self._relay(with_body=True)

    do_PUT = do_PATCH = do_POST  # noqa: N815 # names that http.server calls

    def _relay(self, *, with_body: bool) -> None:
        fault = self.line.fault_for(self.path) if self.command == "GET" else None
        if fault and fault.kind == "silence":
            self.line.down.wait()
            return
        # What is not sent need not be fetched.
        status, headers, body = self._upstream(fault.after + CHUNK if fault and fault.kind in SHORT else None)
        if fault and fault.kind == "garbage":
            status, headers, body = 200, {"Content-Type": "text/html", "Content-Length": str(len(GARBAGE))}, GARBAGE
        if fault and fault.kind == "flip" and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            with suppress(OSError):
                self._send(body, fault)

    def _send(self, body: bytes, fault: Fault | None) -> None:
        for start in range(0, len(body), CHUNK):
            piece = body[start : start + CHUNK]
            if fault and fault in self.line.faults and start >= fault.after:
                self.line.struck.set()
            if fault and fault.kind in SHORT and start + len(piece) > fault.after:
                if fault.kind == "stall":
                    self.line.down.wait()
                self.close_connection = True
                self.connection.close()
                return
            if fault and fault.kind == "slow" and fault in self.line.faults and start >= fault.after:
                self.line.down.wait(0.2)
            self.wfile.write(piece)
            self.line.carried[self.path] = self.line.carried.get(self.path, 0) + len(piece)

    def _upstream(self, most: int | None) -> tuple[int, Mapping[str, str], bytes]:
        length = int(self.headers.get("Content-Length") or 0)
        sent = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        request = Request(
            f"http://{self.line.upstream}{self.path}",
            self.rfile.read(length) if length or self.command in ("PUT", "POST", "PATCH") else None,
            sent,
            method=self.command,
        )
        try:
            with urlopen(request, timeout=60) as reply:
                return reply.status, _relayed(reply.headers, self.line), reply.read(most)
        except HTTPError as refusal:
            body = refusal.read()
            return refusal.code, _relayed(refusal.headers, self.line) | {"Content-Length": str(len(body))}, body

    def log_message(self, *_: object) -> None:
        pass


def _relayed(headers: Message, line: Line) -> dict[str, str]:
    """The reply's headers, with the registry's own address replaced by the line's."""
    kept = {name: value for name, value in headers.items() if name.lower() not in ("connection", "transfer-encoding")}
    return {name: value.replace(line.upstream, line.address) for name, value in kept.items()}


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=5)
        except OSError:
            threading.Event().wait(0.05)
        else:
            return
    raise AssertionError(f"{url} does not answer")
