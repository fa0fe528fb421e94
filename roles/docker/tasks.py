"""The docker role, in order."""

from __future__ import annotations

from collections.abc import Iterable

from roles.docker import operations
from roles.docker.plan import Choice
from roles.packages import record_of_packages
from roles.readings import Reading
from roles.settings import Settings


def apply(settings: Settings, then: Iterable[Reading] = ()) -> None:
    operations.answering(
        name="docker: a server that answers, with compose and buildx",
        choice=Choice(
            settings.clawlama_docker_source,
            settings.clawlama_docker_upstream,
            settings.clawlama_docker_upstream_key,
            record_of_packages(settings.clawlama_directory),
        ),
        then=then,
    )
