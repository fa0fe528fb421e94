"""Reads the build context, and packs it for a host."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

from roles.image.plan import Source

# Nothing that the image is made of: they may change without a new image.
NO_INPUTS = {"docker-compose.yml", ".env.example"}


def read(context: Path) -> tuple[Source, ...]:
    """Every file under ``context`` that a build may see, in a fixed order."""
    paths = sorted(path for path in context.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return tuple(
        Source(str(path.relative_to(context)), os.access(path, os.X_OK), path.read_bytes())
        for path in paths
        if path.name not in NO_INPUTS
    )


def packed(sources: tuple[Source, ...]) -> io.BytesIO:
    """A tar of the sources, the same bytes for the same sources."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for source in sources:
            entry = tarfile.TarInfo(source.path)
            entry.size, entry.mode = len(source.content), 0o755 if source.executable else 0o644
            archive.addfile(entry, io.BytesIO(source.content))
    packed.seek(0)
    return packed
