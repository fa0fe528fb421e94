"""What image there is, and what it takes to build one."""

from __future__ import annotations

from roles.hosts import ReadingFact
from roles.readings import reading

DOCKER_FOLDER = "docker info --format '{{.DockerRootDir}}'"


class ImageReading(ReadingFact):
    """Labels of ``image``, labels of what runs (a container has those of its image), and the base's builder."""

    def command(self, image: str) -> str:
        return reading(
            {
                "image_labels": f"docker image inspect --format '{{{{json .Config.Labels}}}}' {image}",
                "running_labels": "docker inspect --format '{{json .Config.Labels}}' clawlama",
                "image_bytes": f"docker image inspect --format '{{{{.Size}}}}' {image}",
                "docker_folder": DOCKER_FOLDER,
                "free_kilobytes": f"df -Pk \"$({DOCKER_FOLDER})\" | awk 'NR == 2 {{ print $4 }}'",
                "mmdebstrap": "command -v mmdebstrap",
                "debian": "test -e /etc/debian_version && echo yes",
            }
        )
