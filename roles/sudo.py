"""Why a host does not let us do as root what a role has to. Pure."""

from __future__ import annotations

from collections.abc import Sequence

# The user, and what sudo says to it without a password; an empty second line where all is well.
ASK = "id -un; command -v sudo >/dev/null || { echo missing; exit 0; }; sudo -k -n true 2>&1 | tail -n 1"
SILENT = "does not answer any more; the lines above say why"


def refused(answers: Sequence[str], *, password: bool) -> str:
    """What is wrong with sudo, and its fix, from the lines that ASK printed; ``password``: one was given."""
    user, said = [*answers, "", ""][:2]
    if said == "missing" and user == "root":
        return "sudo is not installed there, and root needs none; set _sudo to False for this host in the inventory"
    if said == "missing":
        return f"sudo is not installed there, and {user} is not root; install it, or log in as root"
    if not said:
        return SILENT
    if password:
        return f"sudo does not take {user} with the password given: it is wrong, or {user} may not use sudo at all"
    return (
        f"sudo wants {user}'s password; run this on a terminal and type it, give it as _sudo_password in the "
        f"inventory, or let {user} use sudo without one"
    )
