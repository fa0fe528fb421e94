"""Says what is going on: at once when it changes, and at least every 15 seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY_SECONDS = 15.0
UNITS = ("B", "KB", "MB", "GB", "TB")


class Narrator:
    """Turns what a wait sees, many times a second, into few lines that a person reads."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._began = clock()
        self._last_said = -EVERY_SECONDS
        self._last_topic = ""

    def hear(self, topic: str, detail: str = "") -> None:
        """``topic`` is said when it changes; ``detail``, which may change at every call, only along with it."""
        now = self._clock()
        if topic == self._last_topic and now - self._last_said < EVERY_SECONDS:
            return
        self._last_topic, self._last_said = topic, now
        self._say(f"{topic}{f': {detail}' if detail else ''} ({duration(now - self._began)})")


def duration(seconds: float) -> str:
    """12 s, 3 min 20 s, 2 h 5 min, 3 days: two units at most."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 2 * 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} days"


def size(count: int) -> str:
    """Bytes in the units that registries and disks are sold in (powers of 1000)."""
    thousands = min((len(str(count)) - 1) // 3, len(UNITS) - 1)
    amount = count / 1000**thousands
    return f"{amount:.{1 if thousands and amount < 10 else 0}f} {UNITS[thousands]}"
