"""The docker role, in order."""

from __future__ import annotations

from roles.docker import operations


def apply() -> None:
    operations.answering(name="docker: a server that answers, with compose and buildx")
