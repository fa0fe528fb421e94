"""The volumes role, in order."""

from __future__ import annotations

from roles.settings import Settings
from roles.volumes import operations


def apply(settings: Settings) -> None:
    operations.lasting(name=f"volumes: {settings.clawlama_data}", data=settings.clawlama_data)
