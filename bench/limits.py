"""Figures, and what they must not miss: `make bench-check` fails on one that does. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Limit:
    """``least`` and ``most``, both inclusive; None: there is none."""

    least: float | None = None
    most: float | None = None

    def missed(self, figure: float) -> str:
        """What is missed, in words; empty where nothing is."""
        if self.most is not None and figure > self.most:
            return f"is {figure:g}, must be {self.most:g} at most"
        if self.least is not None and figure < self.least:
            return f"is {figure:g}, must be {self.least:g} at least"
        return ""


NONE = Limit()


class Figure(NamedTuple):
    """What was measured, and how it is shown; a figure with a limit is shown as a number alone."""

    what: str
    shown: str
    limit: Limit = NONE


def misses(figures: Iterable[Figure]) -> Iterator[str]:
    """A line for each figure that misses its limit."""
    judged = ((figure.what, figure.limit.missed(float(figure.shown))) for figure in figures if figure.limit != NONE)
    return (f"{what}: {words}" for what, words in judged if words)
