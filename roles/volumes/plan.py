"""Whether the data may live where it shall, and what that place still needs. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from roles.errors import UserMistake
from roles.narrator import size

OWNER, MODE = "10001:10001", "750"
IN_MEMORY = ("tmpfs", "ramfs")
# As `stat -f` names them. OpenClaw's state is SQLite, whose locks do not hold there: https://sqlite.org/howtocorrupt.html
ON_A_NETWORK = ("nfs", "nfs4", "cifs", "smb", "smb2", "afs", "ceph", "gpfs", "lustre", "fuse")
# The smallest model of the fit table, the agent's state, and room to work in.
LEAST_FREE = 2 * 1000**3


def needs_making(data: str, found: Mapping[str, str]) -> bool:
    """True where ``data`` is a directory that is to be made, or given to the container's user.

    Raises UserMistake for a place that the data must not be put in.
    """
    if found["filesystem"] in IN_MEMORY or "tmpfs" in found.get("options", ""):
        raise _mistake(data, "is kept in memory and would be lost at the next boot", "name a place on a disk")
    if found["filesystem"] in ON_A_NETWORK:
        rule = f"is on a network file system ({found['filesystem']}), where databases get damaged"
        raise _mistake(data, rule, "name a place on a disk of this host")
    if not data.startswith("/"):
        return False
    if found["exists"] and not found["is_directory"]:
        raise _mistake(data, "is a file", "name a directory")
    if found["holds_files"] and found["owner"] != OWNER:
        raise _mistake(data, f"holds files of another user ({found['owner']})", "name a new or an empty directory")
    return (found["owner"], found["mode"]) != (OWNER, MODE)


def room(data: str, found: Mapping[str, str]) -> str:
    """What to say of the free space; empty where it is not known."""
    if not found["free_kilobytes"]:
        return ""
    free = int(found["free_kilobytes"]) * 1024
    warning = f": that is little, a model needs {size(LEAST_FREE)} or more" if free < LEAST_FREE else ""
    return f"{data}: {size(free)} free{warning}"


def _mistake(data: str, rule: str, fix: str) -> UserMistake:
    return UserMistake("CLAWLAMA_DATA", data, rule, fix)


# What the container makes there, and its agent's usual places: whatever else lies in a directory of the host stays.
OURS = ("openclaw", "ollama", "clawlama", "workspace", ".ollama", ".cache", ".config", ".npm")


def purge(found: Mapping[str, str]) -> list[str]:
    """The scripts that remove all data for good, from a KeptReading."""
    volumes, place = " ".join(found["volumes"].split()), found["data"]
    parts = " ".join(f"{place}/{name}" for name in OURS)
    return [
        *([f"docker volume rm {volumes} >/dev/null"] if volumes else []),
        *([f"rm -rf {parts} && rmdir {place}"] if place.startswith("/") else []),
    ]
