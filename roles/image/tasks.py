"""The image role, in order."""

from __future__ import annotations

from roles.image import operations
from roles.settings import Settings, environment


def apply(settings: Settings) -> None:
    operations.built(
        name=f"image: {settings.clawlama_image}",
        image=settings.clawlama_image,
        directory=settings.clawlama_directory,
        build_settings=environment(settings, "build"),
    )
