"""What there is of Docker on the host."""

from __future__ import annotations

from roles.hosts import ReadingFact
from roles.readings import reading

# What DOCKER_HOST, DOCKER_CONTEXT and the context in use come to.
ENDPOINT = "docker context inspect --format '{{.Endpoints.docker.Host}}'"
# A server elsewhere is not even asked: a silent one would be waited for.
SERVER = f"case $({ENDPOINT}) in unix://*) docker version --format '{{{{%s}}}}' ;; esac"
QUESTIONS = {
    "system": '. /etc/os-release; echo "$ID $VERSION_ID $PRETTY_NAME"',
    "client": "docker --version",
    "endpoint": ENDPOINT,
    "host_variable": 'echo "$DOCKER_HOST"',
    "context_variable": 'echo "$DOCKER_CONTEXT"',
    "server": SERVER % ".Server.Version",
    "engine": SERVER % "(index .Server.Components 0).Name",
    "compose": "docker compose version --short",
    "buildx": "docker buildx version",
    "dockerd": "command -v dockerd",
    "systemd": "test -d /run/systemd/system && echo yes",
}


class DockerReading(ReadingFact):
    """Answers to QUESTIONS; empty where there is nothing."""

    def command(self) -> str:
        return reading(QUESTIONS)


class AptMirror(ReadingFact):
    """Where the host itself gets ``suite`` from; apt's own answer, so that every format of sources is understood."""

    def command(self, suite: str) -> str:
        asked = f"'Identifier: Packages' 'Release: {suite}' 'Component: main'"
        return reading({"mirror": f"apt-get indextargets --format '$(REPO_URI)' {asked} | head -n 1"})
