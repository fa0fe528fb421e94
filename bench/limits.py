"""What ratios must not miss, by the words that a benchmark prints; `make bench-check` fails on one that does. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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


# An answer that computes its own words alone, beside one that computes the whole prompt.
WARM = Limit(most=0.06)
LIMITS = {
    "new conversation over HTTP / cold": WARM,
    "next answer over HTTP / cold": WARM,
    "new conversation in the page / cold": WARM,
    "next answer in the page / cold": WARM,
    "after a restart, computed in advance / cold": WARM,
    "in the page, after another door was used / cold": WARM,
    "decode in the agent's turns / replayed": Limit(least=0.97),
    "ours / ansible-core's": Limit(most=0.25),
}


def misses(figures: Iterable[tuple[str, str]]) -> list[str]:
    """A line for each figure that misses its limit; those that have none are never missed."""
    judged = ((what, LIMITS[what].missed(float(figure))) for what, figure in figures if what in LIMITS)
    return [f"{what}: {words}" for what, words in judged if words]
