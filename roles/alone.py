"""One run at a time: a lock that the kernel frees when its process ends, however that ends.

It lies where every user of this machine and every clone finds the same one.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import gevent

from roles.errors import UserMistake
from roles.interruption import PATIENCE_SECONDS
from roles.rights import user

# Not the user's own folder for temporary files, which some systems have: two users must meet here.
FOLDER = Path("/tmp")
ANYBODY = 0o666
LOOKS_APART_SECONDS = 0.5
# What a program that was killed had run: it ends what is under way first (interruption.py).
OF_A_DYING_RUN = PATIENCE_SECONDS + 10
_held: dict[Path, int] = {}


def on(host: str, patience: float = 0) -> None:
    """Locks ``host`` until this process ends. Raises UserMistake, naming the holder, where another one has it.

    ``patience``: the seconds that it is given to let go.
    """
    path = FOLDER / f"clawlama-{re.sub('[^A-Za-z0-9.-]', '', host)}.lock"
    if path in _held:
        return
    try:
        file = _opened(path)
    except OSError as error:
        raise UserMistake(str(path), error.strerror or "", "must be a plain file of this name", "remove it") from None
    until = time.monotonic() + patience
    while not (had := taken(file)) and time.monotonic() < until:
        gevent.sleep(LOOKS_APART_SECONDS)
    if not had:
        holder = os.pread(file, 100, 0).decode(errors="replace")
        os.close(file)
        rule = "that run is setting it up, and only one may at a time"
        raise UserMistake(host, holder, rule, "wait for its end, then run the same command again") from None
    os.ftruncate(file, 0)
    os.pwrite(file, f"process {os.getpid()} of {user()} since {datetime.now():%Y-%m-%d %H:%M:%S}".encode(), 0)
    _held[path] = file


def taken(file: int | BinaryIO) -> bool:
    """Locks it until it is closed; False where another process has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _opened(path: Path) -> int:
    """Made only where it is missing: Linux refuses O_CREAT for another user's file in a shared folder, even to root."""
    try:
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CREAT)
        os.fchmod(file, ANYBODY)
        return file
