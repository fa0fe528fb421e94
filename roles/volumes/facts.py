"""What is known of the place where the data shall live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roles.readings import Reading, Said, after

FREE, COLUMN = "df -Pk", "awk 'NR == 2 {{ print $4 }}'"
# The nearest directory above that exists, for one that is still to be made.
NEAREST = "at={data}; until test -e $at; do at=$(dirname $at); done;"

_INSPECTED = '{{println "options" (json .Options)}}{{println "mountpoint" .Mountpoint}}'
DIRECTORY_QUESTIONS = {
    "owner": "stat -c %u:%g {data}",
    "mode": "stat -c %a {data}",
    "is_directory": "test -d {data} && echo yes",
    "exists": "test -e {data} && echo yes",
    "holds_files": "ls -A {data} | head -n 1",
    "filesystem": f"{NEAREST} stat -f -c %T $at",
    "free_kilobytes": f"{NEAREST} {FREE} $at | {COLUMN}",
}


def of_volume(volume: str) -> Mapping[str, str]:
    """On Docker Desktop the mount point is inside its virtual machine: the last two then read as empty."""
    inspected = f"docker volume inspect --format '{_INSPECTED}' {volume}"
    mounted = f'at=$({after("mountpoint")}); test -n "$at" &&'
    return {
        "options": Said(inspected, after("options")),
        "filesystem": Said(inspected, f"{mounted} stat -f -c %T $at"),
        "free_kilobytes": Said(inspected, f"{mounted} {FREE} $at | {COLUMN.format()}"),
    }


@dataclass(frozen=True)
class DataReading(Reading):
    """Answers to the questions above for ``data``: a path, or the name of a volume."""

    data: str

    def questions(self) -> Mapping[str, str]:
        if not self.data.startswith("/"):
            return of_volume(self.data)
        return {name: question.format(data=self.data) for name, question in DIRECTORY_QUESTIONS.items()}


@dataclass(frozen=True)
class KeptReading(Reading):
    """What holds the data, and whether anything is left in the provisioner's directory."""

    data: str
    directory: str

    def questions(self) -> Mapping[str, str]:
        return {
            "volumes": f"docker volume ls --quiet | grep -x -e '{self.data}' -e clawlama-releases",
            "data": f"test -d '{self.data}' && echo '{self.data}'",
            "empty": f'test -d {self.directory} && test -z "$(ls -A {self.directory})" && echo yes',
            "left": f"ls -A {self.directory}",
        }
