"""The nvidia role, in order."""

from __future__ import annotations

from roles.nvidia import operations
from roles.nvidia.facts import GpuReading
from roles.nvidia.plan import Choice
from roles.packages import record_of_packages
from roles.readings import Reading
from roles.settings import Settings


def apply(settings: Settings) -> None:
    operations.usable(
        name="nvidia: its cards, for containers",
        choice=Choice(
            settings.clawlama_nvidia_upstream,
            settings.clawlama_nvidia_upstream_key,
            record_of_packages(settings.clawlama_directory),
        ),
    )


def readings() -> list[Reading]:
    """What it asks a host on which there is nothing to do."""
    return [GpuReading()]
