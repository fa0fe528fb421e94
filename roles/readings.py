"""Many questions to a host in one script, and their answers. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# The client that came with the engine is preferred: another one earlier on the PATH may lack compose and buildx.
# The rest is where Docker Desktop and brew put theirs, which a non-login shell does not look in.
DOCKER_PATH = "PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH:/usr/local/bin:/opt/homebrew/bin; export PATH; "
SECTION = "@@@ "


def reading(snippets: Mapping[str, str]) -> str:
    """One shell script that answers all ``snippets``; read its output with ``sections``."""
    asked = (
        f"echo '{SECTION}{name}'; ( {snippet} ) 2>/dev/null </dev/null; echo; " for name, snippet in snippets.items()
    )
    return f"{DOCKER_PATH}{''.join(asked)}true"


def sections(lines: list[str]) -> dict[str, str]:
    """The answers to ``reading``, by name, without surrounding white space."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith(SECTION):
            found[line.removeprefix(SECTION)] = []
        elif found:
            found[next(reversed(found))].append(line)
    return {name: "\n".join(answer).strip() for name, answer in found.items()}


def json_in(text: str) -> dict[str, Any] | None:
    """The JSON object that ``text`` is, or None."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
