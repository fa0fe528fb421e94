"""Many questions to a host in one script, and their answers. Pure."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# The client that came with the engine is preferred: another one earlier on the PATH may lack compose and buildx.
# The rest is where Docker Desktop and brew put theirs, which a non-login shell does not look in.
DOCKER_PATH = "PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH:/usr/local/bin:/opt/homebrew/bin; export PATH; "
SECTION = "@@@ "
# Questions that are asked side by side.
LANES = 4


# In a command: where those parts of it stand that are asked for.
PARTS = "PARTS"


# Of the shell's own: another process for each word would take a tenth of what all questions take.
_AFTER = (
    "end=$(printf '\\n.'); end=${end%.}; "
    'after() { rest=$said$end; while test -n "$rest"; do line=${rest%%"$end"*}; rest=${rest#*"$end"}; '
    'case $line in ("$1 "*) printf \'%s\\n\' "${line#"$1 "}" ;; esac; done; }; '
)


class Said(str):
    """A shell snippet: what ``shown``, another one, prints of what ``command`` does, which is ``$said`` there. Other
    snippets may want other parts of that; the command is run once for all of them, and does no more than what they
    want: a ``part`` each.
    """

    command: str
    shown: str
    part: str

    def __new__(cls, command: str, shown: str, part: str = "") -> Said:
        said = super().__new__(cls, f"{_AFTER}said=$( {{ {command.replace(PARTS, part)}; }} ); {shown}")
        said.command, said.shown, said.part = command, shown, part
        return said


def after(words: str) -> str:
    """Prints what stands behind ``words`` at the beginnings of the lines of ``$said``."""
    return f"after '{words}'"


def holding(pattern: str) -> str:
    """Succeeds, and prints it, where a line of ``$said`` matches an extended regular expression."""
    return f"printf '%s\\n' \"$said\" | grep -E '{pattern}'"


@dataclass(frozen=True)
class Reading:
    """What is asked of a host at once. Its fields are what the questions depend on."""

    def questions(self) -> Mapping[str, str]:
        """Name → shell snippet; the answer is what that prints, nothing where it fails."""
        raise NotImplementedError


def asking(readings: Iterable[Reading]) -> dict[str, str]:
    """Shell snippet → ``Reading.question``, each snippet once: two readings that ask the same share an answer."""
    asked: dict[str, str] = {}
    for wanted in readings:
        for name, snippet in wanted.questions().items():
            asked.setdefault(snippet, f"{type(wanted).__name__}.{name}")
    return asked


def beside(asked: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """Of what ``asking`` made for others, what the commands that are asked anyway say too."""
    commands = {snippet.command for snippet in asked if isinstance(snippet, Said)}
    return {
        snippet: name for snippet, name in others.items() if isinstance(snippet, Said) and snippet.command in commands
    }


def script(asked: Mapping[str, str]) -> str:
    """One shell script for what ``asking`` made; ``answers`` reads its output.

    Most of a question's time is Docker's: some are asked side by side. Each lane but the first waits in a pipe until
    the one before it has been printed.
    """
    commands = _by_command(asked)
    first, *others = ("".join(commands[lane::LANES]) for lane in range(min(LANES, len(commands))))
    whole = functools.reduce(lambda done, lane: f"{{ {lane}}} | {{ {done}cat; }}; ", others, first)
    return f"{DOCKER_PATH}{_AFTER}{whole}true"


def _by_command(asked: Mapping[str, str]) -> list[str]:
    """A piece of script for each command, with the questions that it answers."""
    pieces: dict[str, str] = {}
    parts: dict[str, dict[str, None]] = {}
    for snippet, name in asked.items():
        if isinstance(snippet, Said):
            command, own = snippet.command, snippet.shown
            parts.setdefault(command, {})[snippet.part] = None
        else:
            command = own = snippet
        pieces[command] = pieces.get(command, "") + f"echo '{SECTION}{name}'; ( {own} ) 2>/dev/null </dev/null; echo; "
    return [
        _having_said(command, parts[command]) + piece if command in parts else piece
        for command, piece in pieces.items()
    ]


def _having_said(command: str, parts: Iterable[str]) -> str:
    return f"said=$( {{ {command.replace(PARTS, '; '.join(parts))}; }} 2>/dev/null </dev/null); "


def answers(asked: Mapping[str, str], lines: list[str]) -> dict[str, str]:
    """Shell snippet → its answer, from what the script printed; nothing where it did not run to its end."""
    found = sections(lines, asked.values())
    return {snippet: found[name] for snippet, name in asked.items()} if len(found) == len(asked) else {}


def known(wanted: Reading, answered: Mapping[str, str]) -> dict[str, str]:
    """A reading's answers by its own names; KeyError where one is not among those ``answered``."""
    return {name: answered[snippet] for name, snippet in wanted.questions().items()}


def sections(lines: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """What a script printed, by ``Reading.question``, without surrounding white space."""
    found: dict[str, list[str]] = {}
    beginnings = {f"{SECTION}{name}": name for name in names}
    for line in lines:
        if name := beginnings.get(line):
            found[name] = []
        elif found:
            found[next(reversed(found))].append(line)
    return {name: "\n".join(answer).strip() for name, answer in found.items()}


def digests(sha256sum: str) -> dict[str, str]:
    """Path → digest, from lines as sha256sum prints them."""
    return {path: digest for digest, path in (line.split(None, 1) for line in sha256sum.splitlines())}


def json_in(text: str) -> dict[str, Any] | None:
    """The JSON object that ``text`` is, or None."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def result(out: list[str], err: list[str]) -> Mapping[str, Any]:
    """What a verb of the container's that ends with ``--json`` answered: `ok` and what it did, or the `reason`."""
    answer = json_in(out[-1] if out else "") or {}
    if answer.get("ok"):
        return answer
    return {"ok": False, "reason": answer.get("reason") or (err or ["it said nothing"])[-1].removeprefix("clawlama: ")}
