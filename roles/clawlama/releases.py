"""The releases that a host holds, and the scripts that hold one, keep the state it leaves, and put it back. Pure.

A release is a folder below the provisioner's directory: ``releases/NAME/`` has the compose file, the secrets, the
record (``release.json``, last of all: without it there is no release) and, once it has been left, ``left.json``: which
snapshot has its state as it was then. Its image is kept by a tag of its own. All snapshots are one repository of
restic's, made and read by the release's own image, which knows its own data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from roles.engine import CONTAINER
from roles.errors import UserMistake, plain
from roles.readings import json_in
from roles.settings import Settings

NAME_DIGITS = 12
SCHEMA = 1
# A volume: the container's user owns it, also where whoever runs Docker may give nothing to others.
SNAPSHOTS = "clawlama-releases"
# More than there are releases: a switch that fails leaves one, too.
SNAPSHOTS_KEPT = 50
PARTS = {"openclaw": "OpenClaw", "ollama": "Ollama", "node": "Node"}
Phase = Literal["stopping", "started", "returning", "returned"]


@dataclass(frozen=True)
class Held:
    """A release that the host can go back to. ``left``: when it was left, and the id of the state's snapshot then."""

    name: str
    record: Mapping[str, Any]
    left: Mapping[str, Any] | None

    @property
    def openclaw(self) -> str:
        return str((self.record.get("versions") or {}).get("openclaw") or "")

    @property
    def proven_at(self) -> str:
        return str(self.record.get("at") or "")

    def __str__(self) -> str:
        return f"{self.name} (OpenClaw {self.openclaw or 'unknown'}, {self.proven_at[:16]})"


@dataclass(frozen=True)
class Switch:
    """A change of releases under way, as it is journalled before each step.

    ``snapshot``: of the state that ``origin`` was left with; ``restore``: the one that ``goal`` is to find, if any.
    """

    origin: str
    goal: str
    phase: Phase
    snapshot: str = ""
    restore: str = ""

    def __str__(self) -> str:
        return f"{self.origin} to {self.goal}"


def name_of(digest: str) -> str:
    """The name of the release with this label."""
    return digest[:NAME_DIGITS]


def held(found: str) -> list[Held]:
    """From a HeldReading's ``held``, oldest first: a line is a name, a record and what is known of its leaving."""
    rows = [[*line.split("\t"), "", ""] for line in found.splitlines()]
    releases = [Held(name, record, json_in(left)) for name, text, left, *_ in rows if (record := json_in(text))]
    return sorted(releases, key=lambda release: release.proven_at)


def switch(found: str) -> Switch | None:
    """What the journal says is under way; None for nothing. Raises UserMistake for a journal that is none."""
    if not found:
        return None
    known = json_in(found) or {}
    if known.pop("schema", None) != SCHEMA:
        raise UserMistake("switch.json", "", "is no journal of this provisioner's", "take the one that wrote it")
    return Switch(**known)


def journal(under_way: Switch) -> dict[str, Any]:
    return {"schema": SCHEMA, **vars(under_way)}


def tag(name: str) -> str:
    return f"clawlama-release:{name}"


def folder(directory: str, name: str) -> str:
    return f"{directory}/releases/{name}"


def journal_path(directory: str) -> str:
    return f"{directory}/switch.json"


def too_many(releases: Iterable[Held], present: str, kept: int) -> list[str]:
    """Names of those that are not held any longer, oldest first; ``present`` is one of the ``kept``."""
    others = [release.name for release in releases if release.name != present]
    return others[: max(0, len(others) - (kept - 1))]


def hold(directory: str, name: str, image: str) -> str:
    """The script that holds what is in the provisioner's directory; the record is written after it."""
    place = folder(directory, name)
    return " && ".join(
        [
            f"umask 077; mkdir -p {place} && rm -rf {place}/secrets",
            f"cp -p {directory}/docker-compose.yml {place}/ && cp -pR {directory}/secrets {place}/",
            f"docker tag {image} {tag(name)}",
        ]
    )


def drop(directory: str, name: str) -> str:
    """The script that lets go of a release; its image stays where something else needs it."""
    return f"rm -rf {folder(directory, name)} && {{ docker image rm {tag(name)} >/dev/null 2>&1 || true; }}"


def put_back(directory: str, name: str) -> str:
    """The script that makes a held release the one in use; nothing is started. In the order of ``put_in_place``."""
    place, now = folder(directory, name), f"{directory}/docker-compose.yml"
    return " && ".join(
        [
            f"mkdir -p {directory}/secrets && cp -pR {place}/secrets/. {directory}/secrets/",
            f"cp -p {place}/docker-compose.yml {now}.new && mv {now}.new {now}",
            f'for file in {directory}/secrets/*; do test -e "{place}/secrets/${{file##*/}}" || rm -f "$file"; done',
            f'docker tag {tag(name)} "$(docker compose --file {now} config --images)"',
            f"{{ test ! -e {place}/release.json || cp -p {place}/release.json {directory}/release.json; }}",
        ]
    )


def start(directory: str, *, recreate: bool) -> str:
    """The script that starts what is in the provisioner's directory; ``recreate``: anew, though it has not changed."""
    anew = " --force-recreate" if recreate else ""
    return f"docker compose --file {directory}/docker-compose.yml up --detach --remove-orphans{anew}"


def keep_state(settings: Settings, name: str) -> str:
    """The script that keeps the state, of a container that is stopped."""
    return f"{_run(settings, name)} backup --json"


def bring_state_back(settings: Settings, name: str, snapshot: str) -> str:
    """The script that puts a kept state in the place of the present one, by the release that it belongs to."""
    chosen = f"--env CLAWLAMA_RESTORE_REPLACE=true --env CLAWLAMA_BACKUP_ID={snapshot}"
    return f"{_run(settings, name, chosen)} restore --json"


def count_newer(settings: Settings, name: str, since: str) -> str:
    """The script that counts the conversations that were written to since then (ISO 8601)."""
    return f"{_run(settings, name, f'--env CLAWLAMA_SINCE={since}')} newer --json"


def _run(settings: Settings, name: str, more: str = "") -> str:
    """A container of its own: the agent reaches no snapshots."""
    return (
        "docker run --rm --hostname clawlama-release --network none --read-only --tmpfs /tmp --cap-drop ALL "
        f"--security-opt no-new-privileges --volume {settings.clawlama_data}:/data "
        f"--volume {SNAPSHOTS}:/backups --env CLAWLAMA_BACKUP_REPLACED=true "
        f"--env CLAWLAMA_BACKUP_KEEP_LAST={SNAPSHOTS_KEPT} {more} {tag(name)}"
    )


STOP = f"docker stop --time 15 {CONTAINER}"


def changes(before: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """What an upgrade changes, in words: from a record's versions to those of the image's labels."""
    after = {part: labels.get(f"io.clawlama.{part}", "") for part in PARTS}
    said = [
        f"{title} {before.get(part) or 'unknown'} to {after[part] or 'unknown'}"
        for part, title in PARTS.items()
        if before.get(part) != after[part]
    ]
    return ", ".join(said) or "no version; settings or files of the image"


def chosen(releases: list[Held], present: str, wanted: object) -> Held:
    """The release to go back to: the one named, else the newest before the present one.

    Raises UserMistake where there is none, or where its state cannot be had.
    """
    others = [release for release in releases if release.name != present]
    listed = ", ".join(map(str, others)) or "none"
    if wanted is None:
        present_at = next((release.proven_at for release in releases if release.name == present), "~")
        older = [release for release in others if release.proven_at < present_at]
        if not older:
            raise UserMistake("release", "previous", "must be one that is held here", f"there are: {listed}")
        found = older[-1]
    else:
        matching = [release for release in others if str(wanted) and release.name.startswith(str(wanted))]
        if len(matching) != 1:
            raise UserMistake("release", plain(str(wanted)), "must be one that is held here", f"there are: {listed}")
        found = matching[0]
    _check_state(found, next((release for release in releases if release.name == present), None))
    return found


def needs_its_state(goal: Held, present: Held | None) -> bool:
    """Whether the state has to go back with the release: only an OpenClaw of the same version reads the present one."""
    return present is None or goal.openclaw != present.openclaw or not goal.openclaw


def _check_state(goal: Held, present: Held | None) -> None:
    if needs_its_state(goal, present) and not (goal.left or {}).get("snapshot"):
        rule = "must have left a snapshot of its state, as OpenClaw has changed since, and there is none"
        raise UserMistake("release", goal.name, rule, "restore a backup of that time with deploy/restore.py")
