"""Real hosts: systemd, sshd, a user who may sudo, and room for a Docker of their own; reached over ssh, as any other.

``python -m tests.testbed.hosts up FOLDER NAME=KIND...`` starts some and writes ``FOLDER/ssh_config`` for them;
``down FOLDER`` removes them. A folder's hosts are its own: two folders' hosts do not meet.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.container import models
from tests.testbed import nvidia
from tests.testbed.docker import LABEL, MINUTE, client, docker, piped, run
from tests.testbed.machine import CA, CA_VARIABLES, PASSED_THROUGH, RIGHTS, mirror

IMAGE = "clawlama-host"
# No python, no curl: pyinfra needs a shell, and so do we.
PACKAGES = ("ca-certificates", "dbus", "iproute2", "openssh-server", "procps", "sudo", "systemd", "systemd-sysv")
USER = "ann"
# A model that is there at once, and says something: what is tried is the way to it.
MODEL = "/srv/model.gguf"
UNWANTED = "getty.target console-getty systemd-udevd systemd-modules-load systemd-networkd-wait-online"


@dataclass(frozen=True)
class Kind:
    """A Debian suite, what is there beside the bare system, what its user may do, and whether it has a card."""

    suite: str
    packages: tuple[str, ...] = ()
    may: str = f"printf '{USER} ALL=(ALL) NOPASSWD: ALL\\nbob ALL=(ALL) ALL\\n' >\"$1/etc/sudoers.d/users\""
    card: bool = False


KINDS = {
    "bookworm": Kind("bookworm"),
    "trixie": Kind("trixie"),
    # As a Mac with Docker Desktop: Docker is there, nobody is root, and one folder is everybody's.
    "docker": Kind(
        "trixie",
        ("docker.io", "docker-cli", "docker-compose", "docker-buildx", "iptables"),
        f'chroot "$1" usermod --append --groups docker {USER} && install -d -m 1777 "$1/Users/Shared"',
    ),
    # With an NVIDIA card, but for the card: tests/testbed/nvidia.py.
    "gpu": Kind(
        "trixie",
        ("docker.io", "docker-cli", "docker-compose", "docker-buildx", "iptables", "busybox-static"),
        card=True,
    ),
}
SETUP = (
    f'for user in {USER} bob; do chroot "$1" useradd --create-home --shell /bin/bash $user || exit; done',
    'echo bob:secret | chroot "$1" chpasswd',
    f'chroot "$1" systemctl --quiet mask {UNWANTED}',
    'chroot "$1" systemctl --quiet enable ssh',
)
LET_IN = f"""
for user in {USER} bob; do
  install -d -m 700 -o $user -g $user /home/$user/.ssh
  install -m 600 -o $user -g $user /run/key /home/$user/.ssh/authorized_keys
done
"""
# It fails until systemd itself listens.
AWAIT_BOOT = "until systemctl is-system-running --wait 2>/dev/null | grep -q -e running -e degraded; do sleep 0.1; done"
SSH_CONFIG = """Host {name}
  HostName {address}
  User {user}
  IdentityFile {folder}/key
  UserKnownHostsFile {folder}/known_hosts
  StrictHostKeyChecking accept-new
"""


@dataclass(frozen=True)
class RealHost:
    """A running host: its ssh name, and the name of its container."""

    name: str
    container: str

    def sh(self, script: str, given: str = "", timeout: float = MINUTE) -> str:
        """What root's shell script printed on it, with ``given`` to read; fails where the script does."""
        return docker("exec", "-i", self.container, "sh", "-euc", script, given=given, timeout=timeout)

    @property
    def address(self) -> str:
        return docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", self.container)

    def await_boot(self) -> None:
        self.sh(AWAIT_BOOT)

    def reboot(self) -> None:
        """As its user would have it; Docker starts what ended again."""
        docker("restart", self.container)
        self.await_boot()


def up(folder: Path, kinds: Mapping[str, str]) -> dict[str, RealHost]:
    """Starts hosts, by ssh name → name of a Kind, and writes the ssh configuration that reaches them."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "key").exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key"))
    hosts = {name: _started(folder, name, kind) for name, kind in kinds.items()}
    for name, host in hosts.items():
        host.await_boot()
        _let_in(host, (folder / "key.pub").read_text(encoding="utf-8"))
        docker("cp", str(models.tiny()), f"{host.container}:{MODEL}")
        if KINDS[kinds[name]].card:
            _give_card(folder, host)
    _write_ssh_config(folder, list(hosts.values()))
    return hosts


def reboot(folder: Path, *names: str) -> None:
    """Those of the folder's hosts, else all, whose addresses may be others then."""
    hosts = there(folder)
    for host in hosts:
        if not names or host.name in names:
            host.reboot()
    _write_ssh_config(folder, hosts)


def there(folder: Path) -> list[RealHost]:
    """The folder's hosts."""
    shown = ("--format", '{{.Label "io.clawlama.host"}} {{.ID}}', "--filter=label=io.clawlama.host")
    return [
        RealHost(*line.split())
        for line in docker("ps", "--all", *shown, f"--filter=label={label(folder)}").splitlines()
    ]


def down(folder: Path) -> None:
    """Removes the folder's hosts, with what their Docker holds, and whatever else has its label."""
    for container in docker("ps", "--all", "--quiet", f"--filter=label={label(folder)}").split():
        docker("rm", "--force", "--volumes", container, timeout=2 * MINUTE)


@contextmanager
def real_hosts(folder: Path, **kinds: str) -> Iterator[dict[str, RealHost]]:
    down(folder)
    try:
        yield up(folder, kinds)
    finally:
        down(folder)


def _write_ssh_config(folder: Path, hosts: list[RealHost]) -> None:
    blocks = (SSH_CONFIG.format(name=host.name, address=host.address, user=USER, folder=folder) for host in hosts)
    (folder / "ssh_config").write_text("".join(blocks), encoding="utf-8")


def label(folder: Path) -> str:
    return f"io.clawlama.hosts={folder}"


def _started(folder: Path, name: str, kind: str) -> RealHost:
    if not docker("images", "--quiet", f"{IMAGE}:{kind}"):
        _make_image(kind)
    variables = [f"--env={variable}" for variable in os.environ if PASSED_THROUGH.fullmatch(variable)]
    made = docker(
        "run", "--detach", f"--hostname={name}", f"--label={LABEL}", f"--label={label(folder)}",
        f"--label=io.clawlama.host={name}",
        "--stop-signal=SIGRTMIN+3", "--volume=/var/lib/docker", *RIGHTS, *variables, f"{IMAGE}:{kind}", "/sbin/init",
    )  # fmt: skip
    return RealHost(name, made[:12])


def _let_in(host: RealHost, key: str) -> None:
    """Its user's key, and what a user behind a proxy sets for the whole machine."""
    kept = {name: value for name, value in os.environ.items() if PASSED_THROUGH.fullmatch(name)}
    kept |= {name: CA for name in CA_VARIABLES if name in os.environ}
    environment = "".join(f"{name}={value}\n" for name, value in kept.items())
    docker("cp", "--follow-link", os.environ.get("SSL_CERT_FILE", CA), f"{host.container}:{CA}")
    for place, content in {"/run/key": key, "/etc/environment": environment}.items():
        host.sh(f"cat >{place}", given=content)
    host.sh(LET_IN)


def _give_card(folder: Path, host: RealHost) -> None:
    """``FOLDER/nvidia-key``: the fingerprint of the key that signs its repository."""
    with tempfile.TemporaryDirectory() as place:
        (folder / "nvidia-key").write_text(nvidia.equipment(Path(place)), encoding="utf-8")
        docker("cp", f"{place}/.", f"{host.container}:/")
    host.sh(f"chown -R 0:0 /etc/systemd/system /etc/docker /srv; {nvidia.ENABLE}; systemctl restart docker")


def _make_image(name: str) -> None:
    kind = KINDS[name]
    include = f"--include={','.join(PACKAGES + kind.packages)}"
    hook = f"--customize-hook={' && '.join([*SETUP, kind.may])}"
    piped(
        ["mmdebstrap", "--quiet", "--variant=minbase", include, hook, kind.suite, "-", *mirror()],
        [client(), "import", f"--change=LABEL {LABEL}", "-", f"{IMAGE}:{name}"],
        timeout=10 * MINUTE,
    )


def main(verb: str, folder: str, *kinds: str) -> None:
    place = Path(folder).resolve()
    if verb == "reboot":
        reboot(place)
        return
    if verb == "sh":
        name, script = kinds
        print({host.name: host for host in there(place)}[name].sh(script))
        return
    down(place)
    if verb == "up":
        up(place, dict(kind.split("=") for kind in kinds))


if __name__ == "__main__":
    main(*sys.argv[1:])
