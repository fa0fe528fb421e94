"""The volumes role, in order."""

from __future__ import annotations

from roles.readings import Reading
from roles.settings import Settings
from roles.volumes import operations
from roles.volumes.facts import DataReading


def apply(settings: Settings) -> None:
    operations.lasting(name=f"volumes: {settings.clawlama_data}", data=settings.clawlama_data)


def keep(settings: Settings, *, purge: bool) -> None:
    operations.kept(
        name="volumes: no data" if purge else "volumes: the data alone",
        data=settings.clawlama_data,
        directory=settings.clawlama_directory,
        purge=purge,
    )


def readings(settings: Settings) -> list[Reading]:
    """What it asks a host on which there is nothing to do."""
    return [DataReading(settings.clawlama_data)]
