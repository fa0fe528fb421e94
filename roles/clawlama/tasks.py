"""The clawlama role, in order."""

from __future__ import annotations

from roles.clawlama import operations
from roles.settings import Settings


def check(settings: Settings) -> None:
    operations.possible(name="clawlama: name, port and model file are to be had", settings=settings)


def apply(settings: Settings) -> None:
    operations.released(name="clawlama: the release that the settings ask for", settings=settings)
    operations.ready(name="clawlama: ready")
    operations.proven(name="clawlama: a real answer", settings=settings)
    operations.summed_up(name="clawlama: what there is", settings=settings)
