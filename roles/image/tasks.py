"""The image role."""

from __future__ import annotations

from roles.image import operations
from roles.image.facts import ImageReading
from roles.image.plan import Asked
from roles.readings import Reading
from roles.settings import Settings, environment


def apply(settings: Settings) -> None:
    operations.there(name=f"image: {settings.clawlama_image}", asked=_asked(settings))


def renew(settings: Settings) -> None:
    operations.newest(name=f"image: {settings.clawlama_image}, the newest", asked=_asked(settings))


def _asked(settings: Settings) -> Asked:
    return Asked(
        settings.clawlama_image,
        settings.clawlama_image_source,
        settings.clawlama_mirror,
        settings.clawlama_directory,
        environment(settings, "build"),
    )


def remove(settings: Settings) -> None:
    operations.removed(
        name="image: none of ours, nor what it was made with",
        image=settings.clawlama_image,
        directory=settings.clawlama_directory,
    )


def readings(settings: Settings) -> list[Reading]:
    """What it asks a host on which there is nothing to do."""
    return [ImageReading(settings.clawlama_image)]
