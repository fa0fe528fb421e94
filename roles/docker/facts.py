"""What there is of Docker on the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roles.engine import client, engine
from roles.readings import Reading
from roles.vendors import SYSTEM

QUESTIONS = {
    "system": SYSTEM,
    "bits": "getconf LONG_BIT",
    "client": client("client", "docker --version"),
    "endpoint": engine("endpoint"),
    "host_variable": 'echo "$DOCKER_HOST"',
    "context_variable": 'echo "$DOCKER_CONTEXT"',
    "server": engine("server"),
    "engine": engine("engine"),
    "compose": client("plugin compose", "docker compose version --short"),
    "buildx": client("plugin buildx", "docker buildx version"),
    "dockerd": "command -v dockerd",
    "systemd": "test -d /run/systemd/system && echo yes",
    "enabled": "systemctl is-enabled docker",
    "daemon_json": "cat /etc/docker/daemon.json",
}


@dataclass(frozen=True)
class DockerReading(Reading):
    """Answers to QUESTIONS; empty where there is nothing."""

    def questions(self) -> Mapping[str, str]:
        return QUESTIONS


@dataclass(frozen=True)
class AptMirror(Reading):
    """Where the host itself gets ``suite`` from; apt's own answer, so that every format of sources is understood."""

    suite: str

    def questions(self) -> Mapping[str, str]:
        asked = f"'Identifier: Packages' 'Release: {self.suite}' 'Component: main'"
        return {"mirror": f"apt-get indextargets --format '$(REPO_URI)' {asked} | head -n 1"}
