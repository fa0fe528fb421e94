"""What differs between operating systems, as data. A new system is a new record; no if-chains elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    """The distribution's own packages for Docker, and where its suite is too old, the newer suite they come from.

    ``newer`` names a suite on the host's own mirror from which ``compose`` and ``buildx``, and nothing else, are
    taken. Empty: the distribution's own are new enough.
    """

    name: str
    suite: str
    engine: tuple[str, ...]
    compose: str
    buildx: str
    newer: str = ""


# iptables: dockerd does not start without it, and docker.io only recommends it on some releases.
ENGINE = ("docker.io", "iptables", "ca-certificates")

PLATFORMS: Mapping[tuple[str, str], Platform] = {
    # Debian 12's own docker-compose is 1.29, the old one; it has no docker-buildx.
    ("debian", "12"): Platform("Debian 12", "bookworm", ENGINE, "docker-compose", "docker-buildx", newer="trixie"),
    ("debian", "13"): Platform("Debian 13", "trixie", (*ENGINE, "docker-cli"), "docker-compose", "docker-buildx"),
}

# How dockerd is started, by what runs the machine; tried in order until a server answers.
# Debian's /etc/init.d/docker raises a hard limit and gives up where it may not (a container, a minimal VM), and
# where nothing supervises services there may be no such script at all: dockerd itself is the last resort.
STARTERS: Mapping[str, tuple[str, ...]] = {
    "systemd": ("systemctl enable --now docker",),
    "none": (
        "test -x /etc/init.d/docker && /etc/init.d/docker start",
        "setsid dockerd >>/var/log/dockerd.log 2>&1 </dev/null &",
    ),
}
