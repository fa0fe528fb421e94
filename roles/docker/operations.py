"""Brings Docker to where it answers."""

from __future__ import annotations

import shlex
from collections.abc import Generator

from pyinfra.api.command import PyinfraCommand
from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.context import host

from roles.docker import plan
from roles.docker.facts import AptMirror, DockerReading
from roles.errors import UserMistake
from roles.hosts import APT_UPDATE, apt_install, attend, attended, fail, read, refusal, step

# Asks five times a second: Docker says nothing when it is up. Given up after two minutes, or as soon as no dockerd
# is left (it needs two seconds to appear).
AWAIT_SERVER = (
    "tries=0; until docker version >/dev/null 2>&1; do tries=$((tries + 1)); "
    "[ $tries -lt 10 ] || pidof dockerd >/dev/null || exit 1; [ $tries -lt 600 ] || exit 1; sleep 0.2; done"
)
SERVER_LOG = "tail -n 20 /var/log/dockerd.log /var/log/docker.log; journalctl -u docker -n 20 --no-pager"


@operation()
def answering() -> Generator[PyinfraCommand, None, None]:
    """A Docker server answers, with compose and buildx."""
    found = read(host, DockerReading)
    try:
        steps = plan.steps(found)
    except UserMistake as mistake:
        yield refusal(str(mistake))
        return
    if steps.borrowed and steps.platform:
        # Without lists apt cannot tell where it takes a suite from.
        yield attended("reading the package lists", APT_UPDATE, "apt-get update failed")
        mirror = read(host, AptMirror, suite=steps.platform.suite)["mirror"]
        if not mirror:
            suite, name = steps.platform.suite, steps.platform.name
            yield refusal(f"apt has no source for {suite}: add {name}'s own, then try again")
            return
        for path, content in plan.borrowing(steps.platform, mirror).items():
            yield attended(f"writing {path}", f"printf %s {shlex.quote(content)} >{path}", f"could not write {path}")
    if steps.packages:
        names = " ".join(steps.packages)
        yield attended(f"installing {names}", apt_install(steps.packages), f"could not install {names}")
    if steps.starters:
        yield step(start, steps.starters)


def start(host: Host, starters: tuple[str, ...]) -> bool:
    """Tries each way of starting Docker until the server answers."""
    said: list[str] = []
    for starter in starters:
        answered, out, err = attend(host, "starting Docker", f"{starter}\n{AWAIT_SERVER}")
        if answered:
            return True
        said += out + err
    _, log, _ = attend(host, "reading Docker's log", SERVER_LOG)
    return fail(host, "Docker is installed but its server does not start; its last lines are above", said + log)
