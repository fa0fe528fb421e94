"""``@replay/NAME``: a host that answers from its cassette, for pyinfra as it stands.

What is asked and done goes into a journal, NAME.journal below the folder that REPLAY_FOLDER names; how the host stands
afterwards into NAME.json there, so that the next run finds it so. ``@replay/NAME!K`` is such a host whose connection is
lost at the K-th command, before that has done anything; with ``!K+`` after it has. REPLAY_STEADY=1: it is not.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pyinfra.api.command import StringCommand
from pyinfra.connectors.base import BaseConnector
from pyinfra.connectors.util import CommandOutput, OutputLine

from roles.hosts import ASKING, ENDS_WITH_ITS_COMMAND
from roles.packages import PATIENTLY
from roles.readings import DOCKER_PATH, SECTION
from tests.plans import cassette

ASKED = re.compile(f"echo '{SECTION}([\\w.]+)'; ")
# What differs from one run or working tree to the next without a difference in what is done.
VARIES = {
    "<sha256>": r"\b(?:sha256:)?[0-9a-f]{64}\b",
    "<release>": r"\b[0-9a-f]{12}\b",
    "<now>": r"\b\d{4}-\d\d-\d\dT[\d:]+\+00:00",
    "...; ": re.escape(PATIENTLY),
}
PREAMBLE = ENDS_WITH_ITS_COMMAND + DOCKER_PATH


class ReplayConnector(BaseConnector):
    handles_execution = True

    @staticmethod
    def make_names_data(name: str) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        yield f"@replay/{name}", {}, ["@replay"]

    def connect(self) -> None:
        self.name = self.host.name.removeprefix("@replay/")
        self.folder = Path(os.environ["REPLAY_FOLDER"])
        wanted, _, self.cut = self.name.partition("!")
        self.tape = cassette.load(wanted)
        self.commands, self.lost = 0, False
        if self._state.exists():
            kept = json.loads(self._state.read_text(encoding="utf-8"))
            self.tape.answers, self.tape.variables = kept["answers"], kept["variables"]

    def run_shell_command(self, command: StringCommand | str, *_: Any, **arguments: Any) -> tuple[bool, CommandOutput]:
        text = text_of(command)
        if text.startswith(ASKING):
            return self._read(ASKED.findall(text))
        return self._run(text, arguments)

    def put_file(self, filename_or_io: Any, remote_filename: str, *_: Any, **arguments: Any) -> bool:  # noqa: ARG002
        return self._run(f"upload to {remote_filename}", arguments)[0]

    def get_file(self, *_: Any, **__: Any) -> bool:
        raise NotImplementedError("nothing is taken from a host")

    def _read(self, questions: list[str]) -> tuple[bool, CommandOutput]:
        self._stay_lost()
        self._note(f"? {' '.join(dict.fromkeys(question.partition('.')[0] for question in questions))}")
        answers = []
        for question in questions:
            try:
                answers.append(f"{SECTION}{question}\n{self.tape.answer(question)}\n")
            except KeyError:
                return self._unknown(f"nobody recorded what this host says to {question}")
        return True, CommandOutput(lines_of("stdout", "".join(answers)))

    def _run(self, command: str, arguments: dict[str, Any]) -> tuple[bool, CommandOutput]:
        self._stay_lost()
        given = given_to(arguments)
        variables = [f"{name}={value}" for name, value in (arguments.get("_env") or {}).items()]
        as_root = ["sudo"] if arguments.get("_sudo") else []
        self._note("\n".join(["$ " + " ".join([*as_root, *variables, command]), *indented(given)]))
        self.commands += 1
        self._cut(f"{self.commands}")
        effect = self.tape.run(cassette.fed(command, given))
        if effect is None:
            return self._unknown(f"nobody recorded what this does to the host: {command}")
        self._keep()
        self._cut(f"{self.commands}+")
        said = lines_of("stdout", self.tape.said(effect.says))
        return not effect.fails, CommandOutput(said + lines_of("stderr", self.tape.said(effect.complains)))

    def _unknown(self, what: str) -> tuple[bool, CommandOutput]:
        self._note(f"! {what}")
        return False, CommandOutput(lines_of("stderr", f"replay: {what}"))

    def _cut(self, moment: str) -> None:
        if self.cut == moment and not os.environ.get("REPLAY_STEADY"):
            self._note("! the connection is lost")
            self.lost = True
        self._stay_lost()

    def _stay_lost(self) -> None:
        if self.lost:
            raise ConnectionResetError("connection reset by peer")

    def _note(self, line: str) -> None:
        with (self.folder / f"{self.name}.journal").open("a", encoding="utf-8") as journal:
            journal.write(journalled(line) + "\n")

    def _keep(self) -> None:
        kept = {"answers": self.tape.answers, "variables": self.tape.variables}
        self._state.write_text(json.dumps(kept), encoding="utf-8")

    @property
    def _state(self) -> Path:
        return self.folder / f"{self.name}.json"


def text_of(command: StringCommand | str) -> str:
    """A command, without what stands before each of them."""
    return (command if isinstance(command, str) else command.get_raw_value()).removeprefix(PREAMBLE)


def given_to(arguments: Mapping[str, Any]) -> str:
    """A command's standard input, which pyinfra ends with a line break."""
    return f"{arguments['_stdin']}\n" if arguments.get("_stdin") else ""


def journalled(line: str) -> str:
    for shown, pattern in VARIES.items():
        line = re.sub(pattern, shown, line)
    return line


def lines_of(stream: str, text: str) -> list[OutputLine]:
    return [OutputLine(stream, line) for line in text.splitlines()]


def indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]
