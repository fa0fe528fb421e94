"""What is known of the place where the data shall live."""

from __future__ import annotations

from roles.hosts import ReadingFact
from roles.readings import reading

FREE, COLUMN = "df -Pk", "awk 'NR == 2 {{ print $4 }}'"
# The nearest directory above that exists, for one that is still to be made.
NEAREST = "at={data}; until test -e $at; do at=$(dirname $at); done;"
MOUNTED = "at=$(docker volume inspect --format '{{{{.Mountpoint}}}}' {data}) || exit;"

DIRECTORY_QUESTIONS = {
    "owner": "stat -c %u:%g {data}",
    "mode": "stat -c %a {data}",
    "is_directory": "test -d {data} && echo yes",
    "exists": "test -e {data} && echo yes",
    "holds_files": "ls -A {data} | head -n 1",
    "filesystem": f"{NEAREST} stat -f -c %T $at",
    "free_kilobytes": f"{NEAREST} {FREE} $at | {COLUMN}",
}

# On Docker Desktop the mount point is inside its virtual machine: the last two then read as empty.
VOLUME_QUESTIONS = {
    "options": "docker volume inspect --format '{{{{json .Options}}}}' {data}",
    "filesystem": f"{MOUNTED} stat -f -c %T $at",
    "free_kilobytes": f"{MOUNTED} {FREE} $at | {COLUMN}",
}


class DataReading(ReadingFact):
    """Answers to the questions above for ``data``: a path, or the name of a volume."""

    def command(self, data: str) -> str:
        questions = DIRECTORY_QUESTIONS if data.startswith("/") else VOLUME_QUESTIONS
        return reading({name: question.format(data=data) for name, question in questions.items()})
