"""A bare Debian 12 machine without systemd: a container in which Docker was never installed.

It has what the README asks for (git, make, python3) and reaches the package registries as the machine around it does.
Only one thing outlives it, to keep the tests short: a volume with the build cache of its Docker.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.testbed.alone import alone
from tests.testbed.docker import LABEL, MINUTE, client, docker, piped, run

ROOT = Path(__file__).parent.parent.parent
SUITE = "bookworm"
IMAGE = f"clawlama-testbed:{SUITE}"
PACKAGES = ("ca-certificates", "git", "make", "python3")
NAME = "clawlama-testbed"
# Where its user has the repository.
CLONE = "/root/clawlama"
# Not the label of what a test leaves behind: this one is meant to stay.
CACHE, CACHE_LABEL = "clawlama-testbed-docker", "io.clawlama.test=cache"
LOCK = Path(tempfile.gettempdir()) / "clawlama-testbed.lock"

# Docker inside needs rights, and a real file system below /var/lib/docker. SYS_RESOURCE is dropped because not every
# machine has it to give: what starts Docker must not count on raising limits.
RIGHTS = (
    "--cap-add=ALL",
    "--cap-drop=SYS_RESOURCE",
    "--device-cgroup-rule=a *:* rwm",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--security-opt=systempaths=unconfined",
    "--cgroupns=host",
    "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw",
    "--tmpfs=/run",
    "--tmpfs=/run/lock",
    "--tmpfs=/tmp:exec",
)
CA = "/etc/ssl/certs/ca-certificates.crt"
CA_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
PASSED_THROUGH = re.compile(
    r"(https?|no)_proxy|(pip|uv)_\w*index\w*|pip_trusted_host|npm_config_registry|go(proxy|sumdb)", re.IGNORECASE
)

# Says the group that Docker makes it the first of, as a terminal does.
FOLLOWED = 'echo $$; exec sh -c "$1" 2>&1'

# Everything but build cache and base goes; the server ends properly, so that the cache is whole.
TIDY = """
docker version >/dev/null 2>&1 || exit 0
docker ps -aq | xargs -r docker rm -f
docker volume ls -q | xargs -r docker volume rm
docker images --format '{{.Repository}}:{{.Tag}}' | grep -v ^clawlama-base: | xargs -r docker image rm -f
pid=$(cat /var/run/docker.pid) && kill "$pid" && timeout 30 tail --pid="$pid" -f /dev/null
"""
# A cache that a killed run left with containers in it would be no bare machine.
DISCARD_UNTIDY = '[ -z "$(ls /var/lib/docker/containers 2>/dev/null)" ] || find /var/lib/docker -mindepth 1 -delete'


@dataclass(frozen=True)
class Ended:
    """How a command on the machine ended: its exit code, and every line with the second at which it came."""

    code: int
    lines: tuple[tuple[float, str], ...]
    seconds: float

    @property
    def output(self) -> str:
        return "\n".join(line for _, line in self.lines)


@dataclass(frozen=True)
class Running:
    """A command that is followed."""

    machine: Machine
    group: int

    def signal(self, name: str) -> None:
        self.machine.sh(f"kill -{name} -{self.group}")

    def interrupt(self) -> None:
        """^C, as its terminal would send it: to every process of it."""
        self.signal("INT")


Reaction = Callable[[Running], object]


@dataclass(frozen=True)
class Machine:
    """A running machine."""

    name: str

    def sh(self, script: str, timeout: float = MINUTE) -> str:
        """What a shell script printed on it; fails where the script does."""
        return docker("exec", self.name, "sh", "-euc", script, timeout=timeout)

    def follow(self, command: str, folder: str, timeout: float, when: Mapping[str, Reaction] | None = None) -> Ended:
        """Runs a command as a user would, and notes when each line came; both streams as one, as on a terminal.

        ``when`` a line has these words in it for the first time, the reaction is called before the next line is read.
        """
        began, lines, waiting = time.monotonic(), [], dict(when or {})
        with subprocess.Popen(
            [client(), "exec", f"--workdir={folder}", self.name, "sh", "-c", FOLLOWED, "sh", command],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            running = Running(self, int(process.stdout.readline()))
            limit = threading.Timer(timeout, running.signal, ("KILL",))
            limit.start()
            for line in process.stdout:
                lines.append((time.monotonic() - began, line.rstrip()))
                print(f"{lines[-1][0]:7.1f} {lines[-1][1]}")
                for words in [words for words in waiting if words in line]:
                    waiting.pop(words)(running)
            limit.cancel()
        return Ended(process.returncode, tuple(lines), time.monotonic() - began)

    def try_make_up(self, command: str = "make up", when: Mapping[str, Reaction] | None = None) -> Ended:
        """`make up` in the clone, however it ends."""
        return self.follow(command, CLONE, 25 * MINUTE, when)

    def make_up(self, when: Mapping[str, Reaction] | None = None) -> Ended:
        """`make up` in the clone; fails where it does."""
        ended = self.try_make_up(when=when)
        assert ended.code == 0, f"make up ended with {ended.code}"
        return ended

    def configure(self, settings: Mapping[str, object]) -> None:
        """Writes the clone's `.env`."""
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        self.sh(f"printf '{lines}' >{CLONE}/.env")

    def identity(self, kind: str, name: str) -> str:
        """The id of a container or of an image of its Docker."""
        return self.sh(f"docker {kind} inspect --format '{{{{.Id}}}}' {name}")

    def wait_for_line(self, path: str, pattern: str, timeout: float = 3 * MINUTE) -> None:
        """Until a file, which need not be there yet, has a line like that."""
        watch = f"grep -q -m 1 -E '{pattern}' < <(exec tail -n +1 -F {path} 2>/dev/null)"
        docker("exec", self.name, "bash", "-c", watch, timeout=timeout)

    def clawlama(self, verb: str) -> dict[str, Any]:
        """The answer of a verb of the assistant that runs on it."""
        answer: dict[str, Any] = json.loads(self.sh(f"docker exec clawlama clawlama {verb} --json"))
        return answer

    def clone(self, folder: str) -> None:
        """A fresh clone of the repository, with what is not committed yet."""
        listed = run("git", "-C", str(ROOT), "ls-files", "-coz", "--exclude-standard").split("\0")
        present = [name for name in listed if name and (ROOT / name).is_file()]
        origin = "/srv/clawlama.git"
        self.sh(f"mkdir -p {origin}")
        piped(
            ["tar", "--create", "--directory", str(ROOT), "--owner=0", "--group=0", *present],
            [client(), "exec", "-i", self.name, "tar", "--extract", "--directory", origin],
            timeout=MINUTE,
        )
        commit = "git -c user.name=test -c user.email=test@localhost commit --quiet --message=tree"
        self.sh(f"cd {origin} && git init --quiet && git add --all && {commit} && git clone --quiet . {folder}")

    def hand_out(self, image: str) -> None:
        """Puts an image of its Docker into the Docker around it, in place of the one that had its name there."""
        piped([client(), "exec", self.name, "docker", "save", image], [client(), "load"], timeout=5 * MINUTE)
        docker("image", "prune", "--force", "--filter=label=io.clawlama.inputs", timeout=2 * MINUTE)


@contextmanager
def bare_machine() -> Iterator[Machine]:
    """A new machine; it is removed, and its cache made tidy, at the end. One at a time: the cache is not shared."""
    with alone(LOCK):
        remove()
        if not docker("images", "--quiet", IMAGE):
            make_image()
        docker("volume", "create", "--label", CACHE_LABEL, CACHE)
        start()
        try:
            yield Machine(NAME)
        finally:
            remove()


def mirror() -> list[str]:
    """The one that this machine itself uses; [] where it is no Debian: mmdebstrap has one of its own."""
    asked = ("Identifier: Packages", "Release: bookworm", "Component: main")
    return run("apt-get", "indextargets", "--format", "$(REPO_URI)", *asked).split()[:1]


def make_image() -> None:
    include = f"--include={','.join(PACKAGES)}"
    piped(
        ["mmdebstrap", "--quiet", "--variant=minbase", include, SUITE, "-", *mirror()],
        [client(), "import", f"--change=LABEL {LABEL}", "-", IMAGE],
        timeout=10 * MINUTE,
    )


def start() -> None:
    """Starts the machine, with the proxy, registry and CA settings that its user would have to make."""
    identity = (f"--name={NAME}", "--hostname=bare", f"--label={LABEL}", f"--volume={CACHE}:/var/lib/docker")
    docker("run", "--detach", "--init", *identity, *RIGHTS, *surroundings(), IMAGE, "sleep", "infinity")
    docker("cp", "--follow-link", os.environ.get("SSL_CERT_FILE", CA), f"{NAME}:{CA}")
    docker("exec", NAME, "sh", "-c", DISCARD_UNTIDY, timeout=5 * MINUTE)


def surroundings() -> list[str]:
    """The flags of ``docker run`` that tell a machine where the registries are, and whom to trust."""
    bundles = [f"--env={name}={CA}" for name in CA_VARIABLES if name in os.environ]
    return [*(f"--env={name}" for name in os.environ if PASSED_THROUGH.fullmatch(name)), *bundles]


def remove() -> None:
    """Removes the machine, if there is one, leaving its cache tidy."""
    docker("exec", NAME, "sh", "-c", TIDY, timeout=3 * MINUTE, check=False)
    docker("rm", "--force", "--volumes", NAME, check=False)
