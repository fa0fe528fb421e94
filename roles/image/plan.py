"""What decides an image, and what a build is told. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.version import Version

from roles.causes import AGAIN
from roles.engine import docker_disk
from roles.errors import UserMistake
from roles.narrator import size
from roles.readings import json_in

INPUTS_LABEL = "io.clawlama.inputs"
VERSION_LABELS = {
    "CLAWLAMA_NODE_VERSION": "io.clawlama.node",
    "CLAWLAMA_OLLAMA_VERSION": "io.clawlama.ollama",
    "CLAWLAMA_OPENCLAW_VERSION": "io.clawlama.openclaw",
}
# A second image beside the present one: its size, and what is in flight.
SECOND_IMAGE = 1.25
# What build.sh says itself, and BuildKit's plain progress: `#12 [openclaw 2/4] RUN …` (its own are called internal).
STEP = re.compile(r"^(?:build: |#\d+ \[(?!internal))([^\]\n]+)")


@dataclass(frozen=True)
class Way:
    """How an image comes to a host that has none, and the bytes that this takes there."""

    name: str
    needs: int


# The most that Docker's folder held during a first build from the package registries, compilers and all: 4.4 GB.
A_BUILD = Way("a first build", 4500 * 1000**2)
# The archive, and what it unpacks to.
A_COPY = Way("the image", 1200 * 1000**2)


@dataclass(frozen=True)
class Asked:
    """What the settings ask for: the image, where it is made, the way it takes from there, the provisioner's directory,
    and what a build is told.
    """

    image: str
    source: str
    mirror: str
    directory: str
    build_settings: Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """A file of the build context."""

    path: str
    executable: bool
    content: bytes


def inputs(sources: tuple[Source, ...], build_settings: Mapping[str, str]) -> str:
    """The hash of all that decides an image. Modes beyond "executable" are the checkout's umask, not the image's."""
    rows = [[source.path, source.executable, hashlib.sha256(source.content).hexdigest()] for source in sources]
    whole = json.dumps([sorted(rows), sorted(build_settings.items())])
    return hashlib.sha256(whole.encode()).hexdigest()


def is_there(found: Mapping[str, str], source: str, wanted: str) -> bool:
    """Whether nothing has to be done. One that is pulled is taken as it is: only an upgrade looks for a newer one."""
    return bool(found["image_labels"]) if source == "pull" else is_built(found, wanted)


def is_built(found: Mapping[str, str], wanted: str, pins: Mapping[str, str] | None = None) -> bool:
    """``pins``: the versions that it must have, by their settings' names; any will do where None is given."""
    present = labels(found["image_labels"])
    right = all(present.get(VERSION_LABELS[name]) == version for name, version in (pins or {}).items())
    return right and present.get(INPUTS_LABEL) == wanted


def resolved(said: str) -> dict[str, str]:
    """The newest versions as pins, from what ``build.sh --resolve`` printed; {} where it could not say."""
    versions = (json_in(said) or {}).get("versions") or {}
    pins = {name: str(versions.get(label.rpartition(".")[2]) or "") for name, label in VERSION_LABELS.items()}
    return pins if all(pins.values()) else {}


def present(found: Mapping[str, str]) -> dict[str, str]:
    """As pins, the versions of what runs, or else of the image there is."""
    known = labels(found["running_labels"]) or labels(found["image_labels"])
    return {name: known[label] for name, label in VERSION_LABELS.items() if known.get(label)}


def newest(found: Mapping[str, str], offered: Mapping[str, str], build_settings: Mapping[str, str]) -> dict[str, str]:
    """As pins, what an upgrade takes of what is ``offered``: nothing older than it is, unless that is pinned.

    A source that is silent for a while must not take anybody back to an older release.
    """
    now = present(found)
    return {
        name: version if name in build_settings else max(version, now.get(name, version), key=Version)
        for name, version in offered.items()
    }


def changes(now: Mapping[str, str], then: Mapping[str, str]) -> list[str]:
    """From pins to pins, what moves: `openclaw 2026.8.2 -> 2026.9.6`."""
    names = {name: label.rpartition(".")[2] for name, label in VERSION_LABELS.items()}
    return [
        f"{word} {now.get(name, 'none')} -> {then[name]}"
        for name, word in names.items()
        if name in then and then[name] != now.get(name)
    ]


def handed_over(known_bytes: str) -> str:
    """What a dry run says of an image that this machine makes. What the host has of its layers is not carried again."""
    at_most = f", about {size(int(known_bytes))} on the disk" if known_bytes else ""
    return f"the image is made here, and handed over{at_most}"


def check_room(found: Mapping[str, str], way: Way) -> None:
    """Raises UserMistake where an image cannot come that way; on Docker Desktop the disk is inside, and not known."""
    disk = docker_disk(found["docker_disk"])
    if not disk.free_kilobytes:
        return
    free, present = int(disk.free_kilobytes) * 1024, int(found["image_bytes"] or 0)
    needed = round(present * SECOND_IMAGE) or way.needs
    if free < needed:
        which = "a second image, beside the one that runs," if present else way.name
        fix = f"free some of it (docker system df shows what Docker holds), {AGAIN}"
        raise UserMistake(disk.folder, f"{size(free)} free", f"{which} needs {size(needed)}", fix)


def labels(text: str) -> dict[str, str]:
    """Docker's labels as it prints them; {} for none, or for no such image."""
    return json_in(text) or {}


def step(log: list[str]) -> str:
    """The build step that the log last speaks of, or an empty string."""
    return next((found[1] for line in reversed(log) if (found := STEP.match(line))), "")


def taken(result: Mapping[str, object]) -> str:
    """One line from build.sh's result: what was built from where."""
    versions, sources = result.get("versions"), result.get("sources")
    if not isinstance(versions, dict) or not isinstance(sources, dict):
        return "image built"
    parts = (
        f"{name} {version}{f' ({sources[name]})' if name in sources else ''}" for name, version in versions.items()
    )
    return f"image built: {', '.join(parts)}; base {sources.get('base', 'unknown')}"


def removal(found: Mapping[str, str], directory: str) -> str:
    """The script that removes what a BuiltReading found. An image that something else uses stays, and is told of."""
    files = " ".join(f"{directory}/{name}" for name in found["files"].split())
    images = " ".join(found["images"].split())
    return " && ".join(
        [*([f"rm -rf {files}"] if files else []), *([f"docker image rm --force {images} >/dev/null"] if images else [])]
    )
