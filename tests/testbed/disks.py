"""Small disks: a Docker volume on an ext4 file system in a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.testbed.docker import LABEL, docker, run

OWNER = "10001:10001"


@contextmanager
def small_volume(folder: Path, megabytes: int) -> Iterator[str]:
    """The name of a volume of that size, owned by the container's user."""
    disk = folder / "disk.ext4"
    with disk.open("wb") as file:
        file.truncate(megabytes * 1_000_000)
    run("mkfs.ext4", "-q", "-m", "0", "-E", f"root_owner={OWNER}", str(disk))
    device = run("losetup", "--find", "--show", str(disk))
    options = ("--opt=type=ext4", f"--opt=device={device}")
    name = docker("volume", "create", f"--label={LABEL}", *options)
    try:
        yield name
    finally:
        docker("volume", "rm", "--force", name)
        run("losetup", "--detach", device)
        disk.unlink()
