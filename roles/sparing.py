"""Spares pyinfra what it works out anew for every operation on every host, and could know.

It orders operations by the lines that call them, looks up each frame's source text with them and uses none of it: over
a quarter of a profile of twenty hosts on which nothing was to be done. The arguments that every operation takes, it
derives each time from the same type hints.
"""

from __future__ import annotations

import functools
import inspect

from pyinfra.api import arguments, util

_derived_once = functools.cache(arguments.all_global_arguments)


def pyinfra() -> None:
    """https://docs.python.org/3/library/inspect.html#inspect.stack: with no lines of context, no file is looked for."""
    util.stack = functools.partial(inspect.stack, 0)  # type: ignore[attr-defined]
    util.getframeinfo = functools.partial(inspect.getframeinfo, context=0)  # type: ignore[attr-defined]
    arguments.all_global_arguments = _derived_once
