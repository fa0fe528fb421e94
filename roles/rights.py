"""Whether this user may set up this machine; asked before anything is done."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys

from roles.errors import UserMistake

AS_ROOT = "or run the same command as root"


def needs_sudo() -> bool:
    """False for root. Raises UserMistake where sudo is needed and does not work.

    What sudo has to ask is asked here, on the terminal: later there would be nobody who listens.
    """
    if os.geteuid() == 0:
        return False
    if not shutil.which("sudo"):
        raise UserMistake("user", user(), "must be root or have sudo, which is not installed", f"install it, {AS_ROOT}")
    unasked = subprocess.run(["sudo", "-n", "-E", "true"], capture_output=True, text=True, timeout=60, check=False)
    if unasked.returncode == 0:
        return True
    if not sys.stdin.isatty():
        said = (unasked.stderr.splitlines() or [""])[-1]
        rule = f"has to work without a question where there is no terminal, and said: {said}"
        raise UserMistake("sudo", user(), rule, f"use a terminal, {AS_ROOT}")
    if subprocess.run(["sudo", "-v"], check=False).returncode != 0:
        raise UserMistake("sudo", user(), "was refused", f"use an account that has sudo, {AS_ROOT}")
    return True


def user() -> str:
    """The user's name, or the number of one that has none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"
