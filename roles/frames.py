"""pyinfra orders operations by the lines that call them.

It looks up each frame's source text with them, and uses none of it: over a quarter of a profile of twenty hosts on
which nothing was to be done.
"""

from __future__ import annotations

import functools
import inspect

from pyinfra.api import util


def without_source() -> None:
    """https://docs.python.org/3/library/inspect.html#inspect.stack: with no lines of context, no file is looked for."""
    util.stack = functools.partial(inspect.stack, 0)  # type: ignore[attr-defined]
    util.getframeinfo = functools.partial(inspect.getframeinfo, context=0)  # type: ignore[attr-defined]
