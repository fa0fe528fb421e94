"""Brings Docker to where it answers."""

from __future__ import annotations

from collections.abc import Iterable

from pyinfra.api.host import Host
from pyinfra.api.operation import operation
from pyinfra.context import host

from roles import vendors
from roles.causes import AGAIN
from roles.docker import plan
from roles.docker.facts import AptMirror, DockerReading
from roles.errors import UserMistake
from roles.hosts import attend, attended, cut, fail, foresee, is_cut, read, refusing, remark, step
from roles.packages import Manager
from roles.platforms import Platform
from roles.readings import Reading

# Asks five times a second: Docker says nothing when it is up. Given up after two minutes, or as soon as no dockerd
# is left (it needs two seconds to appear).
AWAIT_SERVER = (
    "tries=0; until docker version >/dev/null 2>&1; do tries=$((tries + 1)); "
    "[ $tries -lt 10 ] || pidof dockerd >/dev/null || exit 1; [ $tries -lt 600 ] || exit 1; sleep 0.2; done"
)
SERVER_LOG = "tail -n 20 /var/log/dockerd.log /var/log/docker.log; journalctl -u docker -n 20 --no-pager"


@operation()
@refusing
def answering(choice: plan.Choice, then: Iterable[Reading] = ()) -> vendors.Commands:
    """A Docker server answers, with compose and buildx; it will after the next boot, too.

    ``then``: what the host will be asked next, most of it with Docker.
    """
    steps = plan.steps(read(host, DockerReading(), then))
    if steps.platform:
        yield from installed(steps.platform, steps.lacking, choice)
    if steps.starters:
        yield step(start, steps.starters)
    foresee(host, then)


def installed(platform: Platform, lacking: tuple[str, ...], choice: plan.Choice) -> vendors.Commands:
    """The lacking parts, from Docker's own repository, or where that cannot be reached from the distribution."""
    manager = platform.manager
    assert manager is not None, f"nothing can be installed on {platform.name}"
    source = plan.docker_source(platform, choice)
    packages = vendors.packages(host, manager, ("docker-ce", *source.conflicts))
    if plan.may_use_repository(choice, lacking, packages):
        yield from vendors.tools(manager, packages, choice.record)
        key = vendors.key(host, manager, source.repository, choice.upstream)
        if found := plan.from_repository(platform, choice, lacking, packages, key):
            yield from apply(manager, found)
            return
        yield remark(f"{choice.upstream} does not answer: Docker is taken from {platform.name}'s own packages")
    mirror = ""
    if plan.borrows(platform, lacking):
        # Without lists apt cannot tell where it takes a suite from.
        yield attended("reading the package lists", manager.renew, f"{manager.name} update failed")
        mirror = read(host, AptMirror(platform.suite))["mirror"]
        if not mirror:
            rule = f"must have a source for {platform.suite}, and has none"
            raise UserMistake("apt", platform.suite, rule, f"add {platform.name}'s own to it, {AGAIN}")
    yield from apply(manager, plan.from_distribution(platform, lacking, mirror))


def apply(manager: Manager, found: plan.Install) -> vendors.Commands:
    yield from vendors.write(found.files)
    yield from vendors.remove(manager, found.remove)
    yield vendors.install(manager, found.packages)


def start(host: Host, starters: tuple[str, ...]) -> bool:
    """Tries each way of starting Docker until the server answers."""
    said: list[str] = []
    for starter in starters:
        answered, out, err = attend(host, "starting Docker", f"{starter}\n{AWAIT_SERVER}")
        if answered:
            return True
        said += out + err
    _, log, _ = attend(host, "reading Docker's log", SERVER_LOG)
    if is_cut(host):
        return fail(host, f"could not start Docker: {cut(host)[2][0]}")
    return fail(host, "Docker is installed but its server does not start; its last lines are above", said + log)
