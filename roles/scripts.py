"""Pieces of shell that several roles need. Pure."""

from __future__ import annotations


def owned(owner: str, paths: str) -> str:
    """Gives files to their owner; Docker Desktop maps owners, so there is neither root nor need."""
    return f'{{ test "$(id -u)" != 0 || chown {owner} {paths}; }}'
