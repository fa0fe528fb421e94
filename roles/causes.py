"""What really is the matter, where a command only says what it ran into. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """``pattern`` finds it in a command's words; ``words`` say it with its fix. ``{clock}``: the host's time."""

    pattern: str
    words: str


AGAIN = "then run the same command again"
CAUSES = (
    Cause(
        # apt; OpenSSL, curl and Python; Go; Node; gpgv; sqv
        r"is not valid yet \(invalid for|is expired \(invalid since|certificate (is not yet valid|has expired)"
        r"|CERT_NOT_YET_VALID|CERT_HAS_EXPIRED|time warp or clock problem|[Nn]ot live until",
        f"this machine's clock says {{clock}}; set it if that is wrong, {AGAIN}",
    ),
    Cause(
        r"[Nn]o space left on device|ENOSPC|enough free space",
        f"a disk is full; free some of it (docker system df shows what Docker holds), {AGAIN}",
    ),
    Cause(
        r"Cannot connect to the Docker daemon|error during connect|error reading from server: EOF|transport is closing"
        r"|^(ERROR: |error: )?unexpected EOF$",
        "the Docker server went away; run the same command again",
    ),
    Cause(
        # dpkg, apt, dnf; coreutils and dash, with what root alone may write
        r"requires superuser privilege|are you root\?|has to be run with superuser privileges|must be run as root"
        r"|cannot (create|open|touch|remove|move) .*: Permission denied",
        f"the user there is not root; set _sudo to True for this host in the inventory, {AGAIN}",
    ),
)


def cause(lines: Iterable[str]) -> str:
    """The words of the first known cause that a line shows, or an empty string."""
    said = "\n".join(lines)
    return next((known.words for known in CAUSES if re.search(known.pattern, said, re.MULTILINE)), "")
