"""The backup role, in order."""

from __future__ import annotations

from roles.backup import operations
from roles.readings import Reading
from roles.settings import Settings


def schedule(settings: Settings) -> None:
    name = f"backup: by schedule: {settings.clawlama_backup_schedule}"
    if settings.clawlama_backup_schedule == "off":
        operations.unscheduled(name=name, settings=settings)
    else:
        operations.prepared(name=name, settings=settings)


def apply(settings: Settings) -> None:
    operations.prepared(name="backup: the means", settings=settings)
    operations.made(name=f"backup: to {settings.clawlama_backup_repository}", settings=settings)


def restore(settings: Settings, backup: str, *, replace: bool) -> None:
    """What makes a host ready to take a backup is the caller's."""
    operations.prepared(name="backup: the means", settings=settings)
    operations.restored(
        name=f"backup: {backup or 'the newest'}, restored", settings=settings, backup=backup, replace=replace
    )


def readings(settings: Settings) -> list[Reading]:
    """What it asks a host on which there is nothing to do."""
    return [operations.reading(settings)]


def remove(settings: Settings) -> None:
    operations.removed(name="backup: none by schedule, no means of it", settings=settings)
