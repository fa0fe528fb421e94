"""Whether the data may live where it shall, and what that place still needs. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from roles.errors import UserMistake
from roles.narrator import size

OWNER, MODE = "10001:10001", "750"
IN_MEMORY = ("tmpfs", "ramfs")
# The smallest model of the fit table, the agent's state, and room to work in.
LEAST_FREE = 2 * 1000**3


def needs_making(data: str, found: Mapping[str, str]) -> bool:
    """True where ``data`` is a directory that is to be made, or given to the container's user.

    Raises UserMistake for a place that the data must not be put in.
    """
    if found["filesystem"] in IN_MEMORY or "tmpfs" in found.get("options", ""):
        raise _mistake(data, "is kept in memory and would be lost at the next boot", "name a place on a disk")
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
