"""What Docker says of itself, asked once for every role that wants some of it. Pure.

Each call of its client takes 20 to 80 ms of a core, and on a small board several times that.
"""

from __future__ import annotations

from typing import NamedTuple

from roles.readings import PARTS, Said, after, holding

# The assistant's.
CONTAINER = "clawlama"
# What DOCKER_HOST, DOCKER_CONTEXT and the context in use come to; where there are none, Docker need not be asked.
_ENDPOINT = (
    'case $DOCKER_HOST$DOCKER_CONTEXT$(grep -s currentContext "${DOCKER_CONFIG:-$HOME/.docker}/config.json") in '
    "('') at=$(command -v docker >/dev/null && echo unix:///var/run/docker.sock) ;; "
    "(*) at=$(docker context inspect --format '{{.Endpoints.docker.Host}}') ;; esac"
)
_VERSION = (
    '{{println "server" .Server.Version}}{{println "architecture" .Server.Arch}}'
    '{{println "client Docker version" .Client.Version}}{{println "engine" (index .Server.Components 0).Name}}'
)
_INFO = '{{println "folder" .DockerRootDir}}{{range .ClientInfo.Plugins}}{{println "plugin" .Name .Version}}{{end}}'
# A server elsewhere is not even asked: a silent one would be waited for.
_ENGINE = (
    f"{_ENDPOINT}; echo endpoint $at; "
    f"case $at in (unix://*) docker version --format '{_VERSION}'; docker info --format '{_INFO}' ;; esac"
)


def engine(word: str) -> Said:
    """What it says of its ``endpoint``, ``server``, ``engine``, ``architecture``."""
    return Said(_ENGINE, after(word))


def client(word: str, otherwise: str) -> Said:
    """The same, or what another command says where no server answers."""
    return Said(_ENGINE, f"{after(word)} | grep . || {otherwise}")


_CONTAINER = (
    'container {"state": {{json .State}}, "labels": {{json .Config.Labels}}, "image": {{json .Image}}, '
    '"restarts": {{json .RestartCount}}, "ports": {{json .HostConfig.PortBindings}}}'
    "{{println}}labels {{json .Config.Labels}}"
)
_IMAGE = '{{println "id" .Id}}{{println "bytes" .Size}}{{println "labels" (json .Config.Labels)}}'


# Which says, too, that there is none.
_INSPECTED = f"docker inspect --type container --format '{_CONTAINER}' {CONTAINER} 2>&1"
# Said by the server itself: one that does not answer is another matter.
NO_CONTAINER = Said(_INSPECTED, f"{holding('^[Ee]rror.*[Nn]o such')} >/dev/null && echo yes")


def of_container(word: str) -> Said:
    """Of the assistant's: ``container``, as JSON, or its ``labels``."""
    return Said(_INSPECTED, after(word))


def unless_published(port: int, asked: str) -> Said:
    """A question that is asked only where the assistant's container does not run and publish the port itself."""
    own = f'^container .*"Status":"(running|restarting)".*"HostPort":"{port}"'
    return Said(_INSPECTED, f"{holding(own)} >/dev/null || {{ {asked}; }}")


# To begin something in a container costs as much as several of Docker's other answers.
_INSIDE = f"docker exec {CONTAINER} sh -c '{PARTS}'"


def of_assistant(verb: str, shown: str = "") -> Said:
    """What it answers to a ``verb`` as JSON, in one line, or what ``shown``, a filter, leaves of that."""
    part = f'printf "{verb} %s\\n" "$(clawlama {verb} --json)"'
    return Said(_INSIDE, f"{after(verb)} | {{ {shown}; }}" if shown else after(verb), part)


def of_image(image: str, word: str) -> Said:
    """``id``, ``bytes``, or ``labels`` as JSON."""
    return Said(f"docker image inspect --format '{_IMAGE}' {image}", after(word))


# Three lines: see docker_disk.
DOCKER_DISK = Said(
    _ENGINE,
    f"at=$({after('folder')}); echo $at; df -Pk \"$at\" | awk 'NR == 2 {{ print $4; print $1 }}'",
)


class DockerDisk(NamedTuple):
    """Where Docker keeps everything, the kilobytes free there and their device; on Docker Desktop the disk is inside
    its virtual machine, and the last two are empty."""

    folder: str
    free_kilobytes: str
    device: str


def docker_disk(answer: str) -> DockerDisk:
    """From the answer to DOCKER_DISK."""
    return DockerDisk(*[*answer.splitlines(), "", "", ""][:3])
