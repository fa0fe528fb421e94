"""A host with an assistant, as its user talks to it and looks into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.scenarios import deploys
from tests.testbed.docker import MINUTE
from tests.testbed.hosts import RealHost
from tests.testbed.machine import Ended

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


@dataclass(frozen=True)
class Deployed:
    """``folder``: that of its ssh configuration; ``inventory`` and ``data``: what deploys are given for it."""

    host: RealHost
    folder: Path
    inventory: str = "molecule/inventory.py"
    data: Mapping[str, Any] = field(default_factory=dict)

    def deploy(self, verb: str, **data: Any) -> Ended:
        return deploys.deploy(self.folder, self.inventory, file=f"deploy/{verb}.py", **self.data, **data)

    def say(self, text: str) -> None:
        """A turn of the conversation."""
        request = {"model": "openclaw", "user": "talk", "messages": [{"role": "user", "content": text}]}
        assert json.loads(self.inside("sh", ASK.replace("{}", json.dumps(request))))["choices"]

    def state(self) -> tuple[int, list[str]]:
        """The form that the agent's database has, and what was said to the agent."""
        form, said = json.loads(self.inside("node --no-warnings -", STATE))
        return form, said

    def status(self) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(self.inside("clawlama status --json"))
        return shown

    def inside(self, command: str, given: str = "") -> str:
        """What a command in the container printed, with ``given`` to read."""
        return self.host.sh(f"docker exec -i clawlama {command}", given=given, timeout=4 * MINUTE)
