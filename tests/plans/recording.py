"""Makes a cassette of what a live host was asked and told. Pure.

An answer that differs from the one before is taken for what the command before it did. Values that differ from one run
to the next (digests, release ids) become ``${names}`` where a command brought them in. An answer that changes while
nothing is done to the host (a start that is watched) stands as it was at last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from tests.plans.cassette import Cassette, Effect, digest

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
# What a command's standard input is found by: this much of what stands before a value.
BEFORE = 24
# No address of a mirror, no secret of the host.
HIDDEN = {
    r"\b(https?)://(?!127\.0\.0\.1|localhost)[^/\s\"']+": r"\1://mirror.example",
    r"(bootstrapToken=)[^&\"\s]+": r"\1T",
}
LAST_LINES = 3


def hidden(text: str) -> str:
    for pattern, shown in HIDDEN.items():
        text = re.sub(pattern, shown, text)
    return text


@dataclass
class _Done:
    when: str
    says: str
    complains: str
    fails: bool
    then: dict[str, str] = field(default_factory=dict)


@dataclass
class Recording:
    """What one host has said and done so far."""

    about: str
    answers: dict[str, str] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    done: list[_Done] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def heard(self, question: str, answer: str) -> None:
        """``question``: Reading.question; ``answer``: what the host said to it now."""
        answer = self._general(answer)
        before = self.current.get(question)
        self.current[question] = answer
        if before is None:
            self.answers[question] = answer
        elif before != answer and self.done:
            self.done[-1].then[question] = answer
        elif before != answer:
            self.answers[question] = answer

    def did(self, command: str, given: str, output: tuple[list[str], list[str]], *, fails: bool) -> None:
        """A command and its standard input; ``output``: the lines that it printed to its two streams."""
        when = f"^{self._pattern(command)}" + (f"\n<<< {self._caught(given)}" if given else "$")
        says, complains = ("\n".join(self._general(line) for line in lines[-LAST_LINES:]) for lines in output)
        # The first effect that fits is the one that is played: a command done twice is one.
        known = next((done for done in self.done if done.when == when), None)
        if known:
            self.done.remove(known)
            then = known.then
        self.done.append(_Done(when, says, complains, fails, then if known else {}))

    def yaml(self) -> str:
        effects = tuple(Effect(**vars(done)) for done in self.done)
        cassette = Cassette(about=self.about, answers=self.answers, effects=effects)
        return yaml.safe_dump(
            cassette.model_dump(exclude_defaults=True), sort_keys=False, width=120, allow_unicode=True
        )

    def _general(self, text: str) -> str:
        text = hidden(text).replace("$", "$$")
        return DIGEST.sub(lambda found: f"${{{self.names[found[0]]}}}" if found[0] in self.names else found[0], text)

    def _pattern(self, command: str) -> str:
        parts, at = [], 0
        for found in DIGEST.finditer(command):
            parts += [re.escape(command[at : found.start()]), self._group(found[0])]
            at = found.end()
        return "".join([*parts, re.escape(command[at:])])

    def _caught(self, given: str) -> str:
        """The digest of the input itself, and the digests in it."""
        own = self._group(digest(given))
        inner = (
            f".*?{re.escape(given[max(0, found.start() - BEFORE) : found.start()])}{self._group(found[0])}"
            for found in DIGEST.finditer(given)
        )
        return own + "".join(inner)

    def _group(self, value: str) -> str:
        if value in self.names:
            return r"\w{64}"
        self.names[value] = f"digest_{len(self.names) + 1}"
        return rf"(?P<{self.names[value]}>\w{{64}})"
