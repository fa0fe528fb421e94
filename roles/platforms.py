"""What differs between operating systems, as data. A new system is a new record; no if-chains elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roles.packages import APT, DNF, Manager, Repository


@dataclass(frozen=True)
class DockerSource:
    """Docker's own repository. ``plugins``: which of ``packages`` bring compose and buildx. ``conflicts``: packages
    that have to go first."""

    repository: Repository
    packages: tuple[str, ...]
    plugins: Mapping[str, str]
    conflicts: tuple[str, ...]


@dataclass(frozen=True)
class Platform:
    """Where Docker comes from: its own repository, else the distribution's packages. ``nvidia``: where the NVIDIA
    Container Toolkit does.

    ``newer`` names a suite on the host's own mirror from which ``compose`` and ``buildx``, and nothing else, are
    taken. Empty: the distribution's own are new enough. No ``manager``: Docker is installed by hand there.
    """

    name: str
    suite: str = ""
    manager: Manager | None = None
    docker: DockerSource | None = None
    nvidia: Repository | None = None
    engine: tuple[str, ...] = ()
    compose: str = ""
    buildx: str = ""
    newer: str = ""
    by_hand: str = ""


# https://docs.docker.com/engine/install; the fingerprints are those that Docker publishes there.
DOCKER_CE = ("docker-ce", "docker-ce-cli", "containerd.io", "docker-buildx-plugin", "docker-compose-plugin")
DOCKER_PLUGINS = {"compose": "docker-compose-plugin", "buildx": "docker-buildx-plugin"}
DEB_CONFLICTS = (
    "docker.io", "docker-doc", "docker-compose", "docker-compose-v2", "docker-buildx", "podman-docker", "docker-cli",
    "containerd", "runc",
)  # fmt: skip

RPM_CONFLICTS = ("moby-engine", "docker-cli", "docker-buildx", "docker-compose", "podman-docker")


def _docker_deb(distribution: str) -> DockerSource:
    keyring = "/etc/apt/keyrings/docker.asc"
    repository = Repository(
        key=f"linux/{distribution}/gpg",
        keyring=keyring,
        fingerprint="9DC858229FC7DD38854AE2D88D81803C0EBFCD88",
        file="/etc/apt/sources.list.d/docker.sources",
        content=f"Types: deb\nURIs: {{upstream}}/linux/{distribution}\nSuites: {{suite}}\n"
        f"Components: stable\nSigned-By: {keyring}\n",
    )
    return DockerSource(repository, DOCKER_CE, DOCKER_PLUGINS, DEB_CONFLICTS)


def _docker_rpm(distribution: str) -> DockerSource:
    keyring = "/etc/pki/rpm-gpg/docker.asc"
    repository = Repository(
        key=f"linux/{distribution}/gpg",
        keyring=keyring,
        fingerprint="060A61C51B558A7F742B77AAC52FEB6B621E9F35",
        file="/etc/yum.repos.d/docker-ce.repo",
        content="[docker-ce-stable]\nname=Docker\n"
        f"baseurl={{upstream}}/linux/{distribution}/$releasever/$basearch/stable\n"
        f"enabled=1\ngpgcheck=1\ngpgkey=file://{keyring}\n",
    )
    return DockerSource(repository, DOCKER_CE, DOCKER_PLUGINS, RPM_CONFLICTS)


# https://docs.nvidia.com/datacenter/cloud-native/container-toolkit; one repository for every distribution of a kind.
NVIDIA_KEY = "C95B321B61E88C1809C4F759DDCAE044F796ECB0"
NVIDIA_DEB = Repository(
    key="gpgkey",
    keyring="/etc/apt/keyrings/nvidia-container-toolkit.asc",
    fingerprint=NVIDIA_KEY,
    file="/etc/apt/sources.list.d/nvidia-container-toolkit.sources",
    content="Types: deb\nURIs: {upstream}/stable/deb/$(ARCH)\nSuites: /\n"
    "Signed-By: /etc/apt/keyrings/nvidia-container-toolkit.asc\n",
)
NVIDIA_RPM = Repository(
    key="gpgkey",
    keyring="/etc/pki/rpm-gpg/nvidia-container-toolkit.asc",
    fingerprint=NVIDIA_KEY,
    file="/etc/yum.repos.d/nvidia-container-toolkit.repo",
    content="[nvidia-container-toolkit]\nname=NVIDIA Container Toolkit\nbaseurl={upstream}/stable/rpm/$basearch\n"
    "enabled=1\nrepo_gpgcheck=1\ngpgcheck=0\ngpgkey=file:///etc/pki/rpm-gpg/nvidia-container-toolkit.asc\n",
)

# iptables: dockerd does not start without it, and docker.io only recommends it on some releases.
ENGINE = ("docker.io", "iptables", "ca-certificates")
PLUGINS = {"compose": "docker-compose", "buildx": "docker-buildx"}
UBUNTU_PLUGINS = {"compose": "docker-compose-v2", "buildx": "docker-buildx"}
DESKTOP = "install Docker Desktop from https://docs.docker.com/desktop and start it"

# By ID and the first number of VERSION_ID of /etc/os-release; Raspberry Pi OS (64-bit) calls itself Debian there.
PLATFORMS: Mapping[tuple[str, str], Platform] = {
    # Debian 12's own docker-compose is 1.29, the old one; it has no docker-buildx.
    ("debian", "12"): Platform(
        "Debian 12", "bookworm", APT, _docker_deb("debian"), NVIDIA_DEB, ENGINE, **PLUGINS, newer="trixie"
    ),
    ("debian", "13"): Platform(
        "Debian 13", "trixie", APT, _docker_deb("debian"), NVIDIA_DEB, (*ENGINE, "docker-cli"), **PLUGINS
    ),
    ("ubuntu", "22"): Platform(
        "Ubuntu 22.04", "jammy", APT, _docker_deb("ubuntu"), NVIDIA_DEB, ENGINE, **UBUNTU_PLUGINS
    ),
    ("ubuntu", "24"): Platform(
        "Ubuntu 24.04", "noble", APT, _docker_deb("ubuntu"), NVIDIA_DEB, ENGINE, **UBUNTU_PLUGINS
    ),
    ("fedora", "43"): Platform(
        "Fedora 43", "43", DNF, _docker_rpm("fedora"), NVIDIA_RPM, ("moby-engine", "docker-cli"), **PLUGINS
    ),
    ("macos", ""): Platform("macOS with Docker Desktop", by_hand=DESKTOP),
}


def platform_of(system: str) -> Platform | None:
    """The record of a system as ``ID VERSION_ID PRETTY_NAME``; None where it has none."""
    identity, version = (*system.split(" ", 2), "", "")[:2]
    return PLATFORMS.get((identity, version.split(".")[0])) or PLATFORMS.get((identity, ""))


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
