"""What a host answers, and what a command does to it, on paper.

A cassette is a file below ``cassettes/``. ``NAME.recorded.yaml`` was made from a live host, by record.py;
``NAME.synthetic.yaml`` stands for a host that nobody has here, and was written by hand, mostly as what differs from
another one. Nothing is made up at run time: a question or a command that no cassette knows fails the host.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent / "cassettes"


class Effect(BaseModel):
    """What a command does. ``when``: a regular expression, searched in the command and, below it, its standard input.

    What its named groups catch, and what it ``sets``, fills ``${name}`` in answers and output from then on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: str
    says: str = ""
    complains: str = ""
    fails: bool = False
    sets: dict[str, str] = {}
    then: dict[str, str] = {}


class Cassette(BaseModel):
    """``answers``: ``Reading.question`` → what the host says, with the ``variables`` filled in. ``based_on``: cassettes
    that this one adds to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    based_on: tuple[str, ...] = ()
    answers: dict[str, str] = {}
    variables: dict[str, str] = {}
    effects: tuple[Effect, ...] = ()


@dataclass
class Tape:
    """A host in the middle of its cassette: present answers, and what the commands so far have left in them."""

    answers: dict[str, str]
    effects: tuple[Effect, ...]
    variables: dict[str, str]

    def answer(self, question: str) -> str:
        """What the host says now; KeyError for a question that nobody recorded."""
        return Template(self.answers[question]).safe_substitute(self.variables)

    def run(self, command: str) -> Effect | None:
        """Does to the host what the command does; None where nobody recorded it."""
        for effect in self.effects:
            if found := re.search(effect.when, command, re.DOTALL):
                self.variables |= found.groupdict(default="")
                self.variables |= {name: self.said(text) for name, text in effect.sets.items()}
                self.answers |= effect.then
                return effect
        return None

    def said(self, text: str) -> str:
        return Template(text).safe_substitute(self.variables)


def fed(command: str, given: str) -> str:
    """What ``Effect.when`` is searched in; ``given`` is the command's standard input."""
    return f"{command}\n<<< {digest(given)}\n{given}" if given else command


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def load(name: str) -> Tape:
    """A fresh tape of a cassette, its own effects tried before those of what it is based on."""
    own = Cassette.model_validate(yaml.safe_load(path(name).read_text(encoding="utf-8")))
    bases = [load(base) for base in own.based_on]
    answers = {question: said for base in bases for question, said in base.answers.items()} | own.answers
    effects = own.effects + tuple(effect for base in bases for effect in base.effects)
    variables = {name: text for base in bases for name, text in base.variables.items()} | own.variables
    return Tape(answers, effects, variables)


def path(name: str) -> Path:
    return FOLDER / f"{name}.yaml"


def names() -> list[str]:
    """All cassettes that are whole hosts; one that others share begins with an underscore."""
    return sorted(found.stem for found in FOLDER.glob("[!_]*.yaml"))
