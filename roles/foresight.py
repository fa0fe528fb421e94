"""What a dry run says of a host: what it is refused for, and what would be done there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from pyinfra.api.host import Host

_refused: dict[str, str] = {}
_notes: dict[str, list[str]] = defaultdict(list)


def refuse(host: Host, line: str) -> None:
    """While a run executes, what fails is told as it fails."""
    if not host.state.is_executing:
        _refused.setdefault(host.name, line)


def note(host: Host, words: str | Callable[[], str]) -> None:
    """Words that have to be asked for are, in a dry run alone."""
    if not host.state.is_executing:
        _notes[host.name].append(words if isinstance(words, str) else words())


def refusal(host: str) -> str:
    """Empty for a host that nothing was found against."""
    return _refused.get(host, "")


def notes(host: str) -> list[str]:
    return list(_notes[host])
