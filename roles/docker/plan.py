"""What has to be done so that Docker answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roles.causes import AGAIN
from roles.errors import UserMistake
from roles.platforms import PLATFORMS, STARTERS, Platform

DEFAULT_SOCKETS = ("unix:///var/run/docker.sock", "unix:///run/docker.sock")


@dataclass(frozen=True)
class Steps:
    """Packages to install (``borrowed`` among them: from the ``newer`` suite), then ways to start the server."""

    packages: tuple[str, ...] = ()
    borrowed: tuple[str, ...] = ()
    starters: tuple[str, ...] = ()
    platform: Platform | None = None


def steps(found: Mapping[str, str]) -> Steps:
    """From a DockerReading to what is still to be done; nothing where server, compose and buildx answer.

    Raises UserMistake where `docker` means something else than this machine's own Docker, and where something has to
    be installed on a system that has no record in platforms.
    """
    _refuse_podman(found)
    _refuse_elsewhere(found)
    starters = () if found["server"] else STARTERS["systemd" if found["systemd"] else "none"]
    lacking = [part for part, there in _parts(found) if not there]
    if not lacking:
        return Steps(starters=starters)
    platform = _platform(found["system"], lacking)
    engine = platform.engine if "engine" in lacking else ()
    plugins = tuple(getattr(platform, part) for part in ("compose", "buildx") if part in lacking)
    return Steps(engine + plugins, plugins if platform.newer else (), starters, platform)


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


def _platform(system: str, lacking: list[str]) -> Platform:
    identity, version, name = (*system.split(" ", 2), "", "", "")[:3]
    platform = PLATFORMS.get((identity, version.split(".")[0]))
    if platform is None:
        known = ", ".join(sorted(record.name for record in PLATFORMS.values()))
        raise UserMistake(
            "the host's system",
            name or "unknown",
            f"lacks Docker's {', '.join(lacking)}, and ClawLama can install that on {known} only",
            "install Docker with compose and buildx, then try again",
        )
    return platform
