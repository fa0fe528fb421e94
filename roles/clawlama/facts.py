"""What runs, what it says of itself, and what lies in the provisioner's directory."""

from __future__ import annotations

from roles.clawlama import CONTAINER
from roles.hosts import ReadingFact
from roles.readings import reading

INSPECTED = (
    '{"state": {{json .State}}, "labels": {{json .Config.Labels}}, "image": {{json .Image}}, '
    '"restarts": {{json .RestartCount}}}'
)
WHAT_RUNS = {
    "container": f"docker inspect --type container --format '{INSPECTED}' {CONTAINER}",
    "status": f"docker exec {CONTAINER} clawlama status --json",
}
# Said by the server itself: one that does not answer is another matter.
GONE = f"docker inspect --type container {CONTAINER} 2>&1 | grep -qi 'no such' && echo yes"
# Address and inode of each socket that listens on a port, as the kernel writes them; Linux has this without any tool.
LISTENING = "awk '$4 == \"0A\" && $2 ~ /:{port:04X}$/ {{ print $2, $10 }}' /proc/net/tcp /proc/net/tcp6"
HOLDERS = (
    'for inode in $({listening} | cut -d " " -f 2); do find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]"; done | '
    "cut -d / -f 3 | sort -u | while read -r id; do echo $id $(tr '\\0' ' ' </proc/$id/cmdline); done"
)
# Enough to reach back over a restart to the last words of the start before.
LOG_LINES = 300
REGISTRY = "https://registry.ollama.ai/v2/"


class StatusReading(ReadingFact):
    """The container as Docker sees it, as it sees itself, and the end of its log (which outlives it)."""

    def command(self) -> str:
        return reading({"gone": GONE} | WHAT_RUNS | {"log": f"docker logs --tail {LOG_LINES} {CONTAINER} 2>&1"})


class PlaceReading(ReadingFact):
    """Who has the container's name, its port and its model file on the host."""

    def command(self, port: int, model_file: str) -> str:
        listening = LISTENING.format(port=port)
        return reading(
            {
                "container": WHAT_RUNS["container"],
                "listening": listening,
                "holders": HOLDERS.format(listening=listening),
                "publishers": f"docker ps --filter publish={port} --format '{{{{.Names}}}}'",
                "model_file": f"test -f '{model_file}' && echo yes",
            }
        )


class ReleaseReading(ReadingFact):
    """What runs, and what it was made from: the image's id, digests of our files, the last release's record."""

    def command(self, image: str, directory: str) -> str:
        return reading(
            WHAT_RUNS
            | {
                "image": f"docker image inspect --format '{{{{.Id}}}}' {image}",
                "files": f"cd {directory} && sha256sum docker-compose.yml $(find secrets -type f)",
                "record": f"cat {directory}/release.json",
                "demo": f"test -s {directory}/models/demo.gguf && echo yes",
                "memory_kilobytes": "awk '$1 == \"MemTotal:\" { print $2 }' /proc/meminfo",
            }
        )


class RegistryReading(ReadingFact):
    """Whether the model registry answers, asked with the network and the certificates that the container has."""

    def command(self, image: str) -> str:
        ask = f"curl --silent --fail --max-time 5 --output /dev/null {REGISTRY}"
        asked = f"docker exec {CONTAINER} {ask} || docker run --rm --entrypoint '' {image} {ask}"
        return reading({"answers": f"({asked}) >/dev/null && echo yes"})


class SummaryReading(ReadingFact):
    """What the last lines of a deploy say."""

    def command(self, directory: str) -> str:
        return reading(
            WHAT_RUNS
            | {
                "link": f"docker exec {CONTAINER} clawlama link --json",
                "record": f"cat {directory}/release.json",
            }
        )
