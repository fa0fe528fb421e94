"""What runs, what it says of itself, and what lies in the provisioner's directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roles.engine import CONTAINER, DOCKER_DISK, NO_CONTAINER, of_assistant, of_container, of_image, unless_published
from roles.readings import Reading

WHAT_RUNS = {
    "container": of_container("container"),
    "status": of_assistant("status"),
}
# Address and inode of each socket that listens on a port, as the kernel writes them; Linux has this without any tool.
LISTENING = "awk '$4 == \"0A\" && $2 ~ /:{port:04X}$/ {{ print $2, $10 }}' /proc/net/tcp /proc/net/tcp6"
HOLDERS = (
    'for inode in $({listening} | cut -d " " -f 2); do find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]"; done | '
    "cut -d / -f 3 | sort -u | while read -r id; do echo $id $(tr '\\0' ' ' </proc/$id/cmdline); done"
)
# Enough to reach back over a restart to the last words of the start before.
LOG_LINES = 300
LOG = of_assistant("status", f'grep -q \'"state":"ready"\' || docker logs --tail {LOG_LINES} {CONTAINER} 2>&1')
# Cards that containers get: Docker knows NVIDIA's runtime, and the driver works.
GPUS = "nvidia-smi -L | grep -q ^GPU && docker info --format '{{json .Runtimes}}' | grep -q '\"nvidia\"' && echo yes"
REGISTRY = "https://registry.ollama.ai/v2/"


@dataclass(frozen=True)
class StatusReading(Reading):
    """The container as Docker sees it, as it sees itself, and, unless that is ready, the end of its log (which outlives
    it)."""

    def questions(self) -> Mapping[str, str]:
        return {"gone": NO_CONTAINER} | WHAT_RUNS | {"log": LOG}


@dataclass(frozen=True)
class StateReading(Reading):
    """The container as Docker sees it, and as it sees itself."""

    def questions(self) -> Mapping[str, str]:
        return WHAT_RUNS


@dataclass(frozen=True)
class PlaceReading(Reading):
    """Who has the container's name, its port and its model file on the host, and whether a switch was cut short.

    Nobody is looked for where the container itself has the port.
    """

    port: int
    model_file: str
    directory: str

    def questions(self) -> Mapping[str, str]:
        listening = LISTENING.format(port=self.port)
        return {
            "container": WHAT_RUNS["container"],
            "listening": listening,
            "holders": unless_published(self.port, HOLDERS.format(listening=listening)),
            "switch": f"cat {self.directory}/switch.json",
            "publishers": unless_published(
                self.port, f"docker ps --filter publish={self.port} --format '{{{{.Names}}}}'"
            ),
            "model_file": f"test -f '{self.model_file}' && echo yes",
        }


@dataclass(frozen=True)
class ReleaseReading(Reading):
    """What runs, and what it was made from: the image's id, digests of our files, the last release's record."""

    image: str
    directory: str

    def questions(self) -> Mapping[str, str]:
        return WHAT_RUNS | {
            "image": of_image(self.image, "id"),
            "image_labels": of_image(self.image, "labels"),
            "files": f"cd {self.directory} && sha256sum docker-compose.yml $(find secrets -type f)",
            "record": f"cat {self.directory}/release.json",
            "demo": f"test -s {self.directory}/models/demo.gguf && echo yes",
            "gpus": GPUS,
            "memory_kilobytes": "awk '$1 == \"MemTotal:\" { print $2 }' /proc/meminfo",
        }


@dataclass(frozen=True)
class HeldReading(Reading):
    """The releases that are held (releases.py says how), and the switch from one to another that is under way."""

    directory: str

    def questions(self) -> Mapping[str, str]:
        return {
            "held": f"cd {self.directory}/releases && for file in */release.json; do name=${{file%/*}}; "
            'printf \'%s\\t%s\\t%s\\n\' "$name" "$(tr -d \'\\n\' <$file)" "$(cat $name/left.json)"; done',
            "switch": f"cat {self.directory}/switch.json",
        }


@dataclass(frozen=True)
class RegistryReading(Reading):
    """Whether the model registry answers, asked with the network and the certificates that the container has."""

    image: str

    def questions(self) -> Mapping[str, str]:
        ask = f"curl --silent --fail --max-time 5 --output /dev/null {REGISTRY}"
        asked = f"docker exec {CONTAINER} {ask} || docker run --rm --entrypoint '' {self.image} {ask}"
        return {"answers": f"({asked}) >/dev/null && echo yes"}


# cgroup v2, then v1; nothing is said where there is neither, as on a Mac.
MEMORY_CGROUP = (
    "if [ -e /sys/fs/cgroup/cgroup.controllers ]; then grep -qw memory /sys/fs/cgroup/cgroup.controllers || echo off; "
    'else awk \'$1 == "memory" && $4 == 0 { print "off" }\' /proc/cgroups; fi'
)


@dataclass(frozen=True)
class SummaryReading(Reading):
    """What the last lines of a deploy say."""

    directory: str

    def questions(self) -> Mapping[str, str]:
        return WHAT_RUNS | {
            "link": of_assistant("link"),
            "record": f"cat {self.directory}/release.json",
            "memory_cgroup": MEMORY_CGROUP,
            "page_size": "test -e /proc && getconf PAGESIZE",
            "throttled": "vcgencmd get_throttled",
            "docker_disk": DOCKER_DISK,
            "address": "hostname -I | cut -d ' ' -f 1 | grep . || ipconfig getifaddr en0",
        }


# Of the provisioner's directory.
OURS = "docker-compose.yml release.json switch.json secrets next releases models rollout.claim audit.log"


@dataclass(frozen=True)
class LeftReading(Reading):
    """What there is of ours to be removed: the container, its network, the names of held images, files."""

    directory: str

    def questions(self) -> Mapping[str, str]:
        return {
            "container": WHAT_RUNS["container"],
            "network": f"docker network inspect --format '{{{{.Name}}}}' {CONTAINER}_default",
            "images": "docker images --format '{{.Repository}}:{{.Tag}}' clawlama-release",
            "files": f"cd {self.directory} && ls -d {OURS}",
        }
