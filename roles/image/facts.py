"""What image there is, and what it takes to build one."""

from __future__ import annotations

from roles.hosts import ReadingFact
from roles.readings import reading


class ImageReading(ReadingFact):
    """Labels of ``image``, labels of what runs (a container has those of its image), and the base's builder."""

    def command(self, image: str) -> str:
        return reading(
            {
                "image_labels": f"docker image inspect --format '{{{{json .Config.Labels}}}}' {image}",
                "running_labels": "docker inspect --format '{{json .Config.Labels}}' clawlama",
                "mmdebstrap": "command -v mmdebstrap",
                "debian": "test -e /etc/debian_version && echo yes",
            }
        )
