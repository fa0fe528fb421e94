"""A recorder between the gateway and Ollama: what OpenClaw sends is kept; the answer is Ollama's own, or scripted.

A scripted reply is strict: when the script has run out, the request fails and so does the test that made it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import Request, urlopen

Message = dict[str, Any]
CHARACTERS_A_TOKEN = 3.5


class Wire:
    """Requests to ``/api/chat`` in order, as Ollama receives them; ``script`` holds the messages to answer with.

    ``paths`` are those of all requests, ``replies`` those of Ollama to ``/api/chat``, as far as they have come.
    """

    def __init__(self, upstream: str | None, script: list[Message]) -> None:
        self.upstream = upstream
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.replies: list[bytearray] = []
        self.arrived = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def wait_for(self, count: int) -> None:
        """Until so many requests have come."""
        while len(self.requests) < count:
            self.arrived.clear()
            assert len(self.requests) >= count or self.arrived.wait(timeout=60), f"{len(self.requests)} of {count} came"

    def answer(self, path: str, body: bytes) -> tuple[int, Iterable[bytes]]:
        """Status and body for one request; Ollama's own body comes piece by piece, as it sends it."""
        self.paths.append(path)
        if path == "/api/chat":
            self.requests.append(json.loads(body))
            self.arrived.set()
            self.may_answer.wait(timeout=240)
            if self.upstream is None:
                return self._scripted(self.requests[-1])
        if self.upstream is None:
            return 404, [b'{"error":"the script knows /api/chat only"}']
        reply = urlopen(Request(self.upstream + path, data=body or None), timeout=300)
        return reply.status, self._passed_on(path, reply)

    def _passed_on(self, path: str, reply: HTTPResponse) -> Iterator[bytes]:
        kept = bytearray()
        if path == "/api/chat":
            self.replies.append(kept)
        with reply:
            for line in reply:
                kept += line
                yield line

    def _scripted(self, request: dict[str, Any]) -> tuple[int, Iterable[bytes]]:
        if not self.script:
            return 500, [b'{"error":"the script has run out"}']
        done = {
            "message": self.script.pop(0),
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": round(
                len(json.dumps([request["messages"], request.get("tools")])) / CHARACTERS_A_TOKEN
            ),
            "eval_count": 9,
        }
        return 200, [json.dumps({"model": "scripted", "created_at": "2026-01-01T00:00:00Z"} | done).encode() + b"\n"]


def calls_tool(name: str, **arguments: object) -> Message:
    return {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": name, "arguments": arguments}}]}


def says(text: str) -> Message:
    return {"role": "assistant", "content": text}


def texts(request: dict[str, Any], role: str) -> list[str]:
    """The texts of a recorded request's messages of one role, in order."""
    return [str(message["content"]) for message in request["messages"] if message["role"] == role]


@contextmanager
def listening(
    address: str, upstream: str | None = None, script: list[Message] | None = None
) -> Iterator[tuple[Wire, str]]:
    """The recorder at work on ``address``, and its URL."""
    wire = Wire(upstream, script or [])

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = wire.answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/x-ndjson")
            self.end_headers()
            for piece in answer:
                self.wfile.write(piece)

        do_GET = do_POST = _handle  # noqa: N815 # names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((address, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield wire, f"http://{address}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
