"""What there is of Docker on the host."""

from __future__ import annotations

from roles.hosts import ReadingFact
from roles.readings import reading

QUESTIONS = {
    "system": '. /etc/os-release; echo "$ID $VERSION_ID $PRETTY_NAME"',
    "server": "docker version --format '{{.Server.Version}}'",
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
