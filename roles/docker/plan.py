"""What has to be done so that Docker answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from roles.causes import AGAIN
from roles.errors import UserMistake
from roles.packages import trusted
from roles.platforms import PLATFORMS, STARTERS, DockerSource, Platform, platform_of
from roles.readings import json_in

# The first with BuildKit, health in `docker inspect` and compose's plugin as they are used here.
OLDEST = (20, 10)
SITE = "CLAWLAMA_DOCKER_UPSTREAM"
DEFAULT_SOCKETS = ("unix:///var/run/docker.sock", "unix:///run/docker.sock")


@dataclass(frozen=True)
class Choice:
    """Where Docker may come from: CLAWLAMA_DOCKER_SOURCE, its site, and its key's fingerprint (empty: Docker's own).

    ``record``: the file that notes what is installed for the way there alone.
    """

    source: str = "auto"
    upstream: str = "https://download.docker.com"
    fingerprint: str = ""
    record: str = "/opt/clawlama/packages"


@dataclass(frozen=True)
class Steps:
    """Parts that are lacking, on which platform they are to be installed, and ways to start the server."""

    lacking: tuple[str, ...] = ()
    platform: Platform | None = None
    starters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Install:
    """Files to be written, packages that have to go, and packages to be installed."""

    files: Mapping[str, str]
    remove: tuple[str, ...]
    packages: tuple[str, ...]


def steps(found: Mapping[str, str]) -> Steps:
    """From a DockerReading to what is still to be done; nothing where server, compose and buildx answer.

    Raises UserMistake where the system cannot run it, where `docker` means something else than this machine's own
    Docker, and where something has to be installed on a system that has no record in platforms.
    """
    _refuse_32_bits(found)
    _refuse_podman(found)
    _refuse_elsewhere(found)
    _refuse_old(found)
    _refuse_broken_settings(found)
    lacking = tuple(part for part, there in _parts(found) if not there)
    platform = _platform(found["system"], lacking) if lacking else None
    # Another one's next start is that one's business.
    lasts = found["enabled"] == "enabled" or not found["systemd"] or found["endpoint"] not in DEFAULT_SOCKETS
    runs = found["server"] and lasts
    return Steps(lacking, platform, () if runs else STARTERS["systemd" if found["systemd"] else "none"])


def may_use_repository(choice: Choice, lacking: tuple[str, ...], packages: Mapping[str, str]) -> bool:
    """A distribution's engine that is there stays, and gets the distribution's plugins."""
    return choice.source != "distribution" and ("engine" in lacking or "docker-ce" in packages["installed"].split())


def from_repository(
    platform: Platform, choice: Choice, lacking: tuple[str, ...], packages: Mapping[str, str], key: str
) -> Install | None:
    """What Docker's own repository asks for; None where it cannot be reached and need not be.

    ``key`` is KeyReading's. Raises UserMistake for a key that is not Docker's, and for a silent site that must answer.
    """
    source = docker_source(platform, choice)
    otherwise = f"CLAWLAMA_DOCKER_SOURCE=distribution, {AGAIN}"
    files = trusted(source.repository, SITE, choice.upstream, platform.suite, key, f"find out why, or set {otherwise}")
    if files is None:
        if choice.source == "upstream":
            fix = f"check this machine's network, or set {otherwise}"
            raise UserMistake(SITE, choice.upstream, "must answer, and does not", fix)
        return None
    wanted = source.packages if "engine" in lacking else tuple(source.plugins[part] for part in lacking)
    conflicts = tuple(name for name in packages["installed"].split() if name in source.conflicts)
    return Install(files, conflicts, wanted)


def docker_source(platform: Platform, choice: Choice) -> DockerSource:
    """Docker's repository for a platform that has one, with the key that the operator chose."""
    assert platform.docker is not None, f"{platform.name} has no repository of Docker's"
    fingerprint = choice.fingerprint or platform.docker.repository.fingerprint
    return replace(platform.docker, repository=replace(platform.docker.repository, fingerprint=fingerprint))


def from_distribution(platform: Platform, lacking: tuple[str, ...], mirror: str) -> Install:
    """The distribution's own packages. ``mirror``: where the host gets them from, where some are borrowed."""
    engine = platform.engine if "engine" in lacking else ()
    plugins = tuple(getattr(platform, part) for part in ("compose", "buildx") if part in lacking)
    return Install(borrowing(platform, mirror) if borrows(platform, lacking) else {}, (), engine + plugins)


def borrows(platform: Platform, lacking: tuple[str, ...]) -> bool:
    return bool(platform.newer) and lacking != ("engine",)


def borrowing(platform: Platform, mirror: str) -> dict[str, str]:
    """Path → content of the apt files that let compose and buildx, and nothing else, come from the newer suite."""
    wanted = f"{platform.compose} {platform.buildx}"
    return {
        f"/etc/apt/sources.list.d/clawlama-{platform.newer}.list": f"deb {mirror} {platform.newer} main\n",
        f"/etc/apt/preferences.d/clawlama-{platform.newer}": (
            f"Package: *\nPin: release n={platform.newer}\nPin-Priority: -1\n\n"
            f"Package: {wanted}\nPin: release n={platform.newer}\nPin-Priority: 990\n"
        ),
    }


def _refuse_32_bits(found: Mapping[str, str]) -> None:
    if found["bits"] == "32":
        system = found["system"].split(" ", 2)[-1]
        raise UserMistake("the host's system", f"{system}, 32 bits", "must be of 64 bits", "install its 64-bit edition")


def _refuse_old(found: Mapping[str, str]) -> None:
    numbers = tuple(map(int, re.findall("[0-9]+", found["server"])[:2]))
    if numbers and numbers < OLDEST:
        rule = f"must be {'.'.join(map(str, OLDEST))} or newer"
        raise UserMistake("Docker", found["server"], rule, f"upgrade it, {AGAIN}")


def _refuse_broken_settings(found: Mapping[str, str]) -> None:
    """Docker does not start over them, and merging into them would lose what its owner meant."""
    if found["daemon_json"] and json_in(found["daemon_json"]) is None:
        rule = "must be one JSON object, as Docker reads it"
        raise UserMistake("/etc/docker/daemon.json", found["daemon_json"], rule, f"mend or remove it, {AGAIN}")


def _refuse_podman(found: Mapping[str, str]) -> None:
    rule = "must be Docker's own, and this is Podman's stand-in for it"
    if "podman" in found["client"].lower():
        raise UserMistake("docker", found["client"], rule, f"apt-get remove podman-docker, {AGAIN}")
    if "podman" in found["engine"].lower():
        what, fix = _whose_choice(found)
        raise UserMistake(what, found["endpoint"], rule, f"{fix}, {AGAIN}")


def _refuse_elsewhere(found: Mapping[str, str]) -> None:
    """Files and ports are this machine's, so must the server be: at its default place, or at another socket of it."""
    chosen = found["host_variable"] or found["context_variable"]
    endpoint = found["endpoint"] or chosen
    if not found["client"] and not chosen:
        return
    what, fix = _whose_choice(found)
    if not endpoint.startswith("unix://"):
        raise UserMistake(what, endpoint, "must lead to a Docker server on this machine", f"{fix}, {AGAIN}")
    if endpoint not in DEFAULT_SOCKETS and not found["server"]:
        raise UserMistake(what, endpoint, "no Docker server answers there", f"start it or {fix}, {AGAIN}")


def _whose_choice(found: Mapping[str, str]) -> tuple[str, str]:
    """What decides which server is asked, and how to have the default one asked."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        if found[f"{name.removeprefix('DOCKER_').lower()}_variable"]:
            return name, f"unset {name}"
    return "docker context", "docker context use default"


def _parts(found: Mapping[str, str]) -> list[tuple[str, str]]:
    # A server that answers may be none of this machine's (Docker Desktop's): its dockerd need not be here.
    return [("engine", found["server"] or found["dockerd"]), ("compose", found["compose"]), ("buildx", found["buildx"])]


def _platform(system: str, lacking: tuple[str, ...]) -> Platform:
    platform, name = platform_of(system), system.split(" ", 2)[-1]
    if platform is None:
        known = ", ".join(sorted(record.name for record in PLATFORMS.values() if record.manager))
        raise UserMistake(
            "the host's system",
            name or "unknown",
            f"lacks Docker's {', '.join(lacking)}, and ClawLama can install that on {known} only",
            "install Docker with compose and buildx, then try again",
        )
    if platform.manager is None:
        rule = f"must be there and run; its {', '.join(lacking)} does not answer"
        raise UserMistake("Docker", name, rule, f"{platform.by_hand}, {AGAIN}")
    return platform
