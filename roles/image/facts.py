"""What image there is, and what it takes to build one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from roles.engine import DOCKER_DISK, engine, of_container, of_image
from roles.readings import Reading


@dataclass(frozen=True)
class ImageReading(Reading):
    """``image``, labels of what runs (a container has those of its image), the server, its disk, the base's builder."""

    image: str

    def questions(self) -> Mapping[str, str]:
        return {
            "image_labels": of_image(self.image, "labels"),
            "identity": of_image(self.image, "id"),
            "running_labels": of_container("labels"),
            "image_bytes": of_image(self.image, "bytes"),
            "architecture": engine("architecture"),
            "docker_disk": DOCKER_DISK,
            "mmdebstrap": "command -v mmdebstrap",
            "debian": "test -e /etc/debian_version && echo yes",
        }


@dataclass(frozen=True)
class NewestReading(Reading):
    """What a build on the host would take now, by the sources that its last build left; nothing where none did."""

    directory: str
    build_settings: tuple[tuple[str, str], ...]

    def questions(self) -> Mapping[str, str]:
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in self.build_settings)
        script = f"sh {self.directory}/container/scripts/build.sh --resolve"
        return {"resolved": f"BUILDX_CONFIG={self.directory}/buildx {variables} {script}"}


@dataclass(frozen=True)
class BuiltReading(Reading):
    """What there is of ours to be removed: images (those without a name, too), files, records of packages."""

    image: str
    directory: str
    records: tuple[str, ...]

    def questions(self) -> Mapping[str, str]:
        ours = "docker images --quiet --no-trunc"
        return {
            "images": f"{{ {ours} {self.image}; {ours} clawlama-tools; {ours} clawlama-base; "
            f"{ours} --filter label=io.clawlama.inputs; }} | sort -u",
            "files": f"cd {self.directory} && ls -d container container.tar buildx build.log",
            "packages": f"for file in {' '.join(self.records)}; do test ! -e $file || echo $file; done",
        }
