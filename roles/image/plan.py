"""What decides an image, and what a build is told. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from roles.causes import AGAIN
from roles.errors import UserMistake
from roles.narrator import size
from roles.readings import json_in

INPUTS_LABEL = "io.clawlama.inputs"
VERSION_LABELS = {
    "CLAWLAMA_NODE_VERSION": "io.clawlama.node",
    "CLAWLAMA_OLLAMA_VERSION": "io.clawlama.ollama",
    "CLAWLAMA_OPENCLAW_VERSION": "io.clawlama.openclaw",
}
# The most that Docker's folder held during a first build from the package registries, compilers and all: 4.4 GB.
FIRST_BUILD = 4500 * 1000**2
# A second image beside the present one: its size, and what is in flight.
SECOND_IMAGE = 1.25
# What build.sh says itself, and BuildKit's plain progress: `#12 [openclaw 2/4] RUN …` (its own are called internal).
STEP = re.compile(r"^(?:build: |#\d+ \[(?!internal))([^\]\n]+)")


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


def is_built(found: Mapping[str, str], wanted: str) -> bool:
    return labels(found["image_labels"]).get(INPUTS_LABEL) == wanted


def build_environment(found: Mapping[str, str], build_settings: Mapping[str, str]) -> dict[str, str]:
    """What build.sh is told: the settings, and as pins the versions of what runs, or else of the image there is."""
    present = labels(found["running_labels"]) or labels(found["image_labels"])
    pins = {name: present[label] for name, label in VERSION_LABELS.items() if present.get(label)}
    return pins | dict(build_settings)


def check_room(found: Mapping[str, str]) -> None:
    """Raises UserMistake where a build cannot end well; on Docker Desktop the disk is inside, and not known."""
    if not found["free_kilobytes"]:
        return
    free, present = int(found["free_kilobytes"]) * 1024, int(found["image_bytes"] or 0)
    needed = round(present * SECOND_IMAGE) or FIRST_BUILD
    if free < needed:
        which = "a second image, beside the one that runs," if present else "a first build"
        fix = f"free some of it (docker system df shows what Docker holds), {AGAIN}"
        raise UserMistake(found["docker_folder"], f"{size(free)} free", f"{which} needs {size(needed)}", fix)


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
