"""What every role needs of a host: reading much at once, following a long command, failing in one line."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import gevent
from gevent.util import wrap_errors
from paramiko import SSHException
from pyinfra import logger
from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS
from pyinfra.api.command import FunctionCommand, PyinfraCommand, StringCommand
from pyinfra.api.exceptions import ConnectError
from pyinfra.api.facts import FactBase, get_fact
from pyinfra.api.host import Host
from pyinfra.api.state import State
from pyinfra.context import ctx_host

from roles import failures, foresight, interruption, sudo
from roles.causes import AGAIN, cause
from roles.errors import UserMistake
from roles.narrator import Narrator, size
from roles.readings import DOCKER_PATH, Reading, answers, asking, beside, known, script
from roles.scripts import owned

P = ParamSpec("P")
T = TypeVar("T")
SHOWN_LINES = 20
POLL_SECONDS = 1.0
# For what the user that ssh has may do, with sudo or without.
AS_OURSELVES = {"_sudo": False}
# What Docker's client says behind the reason for which it failed.
DOCKER_HINT = re.compile(r"(See|Run) 'docker .*--help'")
# Without a trap ^C ends a shell at once, whatever it waits for.
ENDS_WITH_ITS_COMMAND = "trap 'exit 130' INT; "
# What a script of questions begins with, for whoever watches what a host is asked and what it is told.
ASKING = ": asking; "
LOST = "the connection to {name} is lost"


class Answers(FactBase[dict[str, str]]):
    """Many questions in one round trip: shell snippet → what it printed; one that fails reads as empty."""

    def command(self, asked: Mapping[str, str]) -> str:
        self.asked = asked
        return ASKING + script(asked)

    @staticmethod
    def default() -> dict[str, str]:
        return {}

    def process(self, output: list[str]) -> dict[str, str]:
        return answers(self.asked, output)


class HostSilent(Exception):
    """A host that cannot be asked any more; pyinfra has said why. ``str()`` of it is a line for the user."""


@dataclass
class Memory:
    """What a host has answered since anything was last done to it, and what it is about to be asked."""

    since: tuple[State, bool]
    answered: dict[str, str] = field(default_factory=dict)
    foreseen: tuple[Reading, ...] = ()


# By the host's name: the `host` that operations name is another one in each greenlet.
_memories: dict[str, Memory] = {}


def memory(host: Host) -> Memory:
    """Empty when pyinfra begins to execute: between a plan and the yes to it anything may happen."""
    now = (host.state, host.state.is_executing)
    if host.name not in _memories or _memories[host.name].since != now:
        _memories[host.name] = Memory(now)
    return _memories[host.name]


def foresee(host: Host, readings: Iterable[Reading]) -> None:
    """The next ``read`` asks these, too, in its one round trip; as long as nothing is done to the host, all hold."""
    memory(host).foreseen = tuple(readings)


def forget(host: Host) -> None:
    """Whatever the host has answered may have changed."""
    memory(host).answered.clear()


def read(host: Host, reading: Reading, then: Iterable[Reading] = ()) -> dict[str, str]:
    """The answers to a reading's questions, by name. Raises HostSilent where the host does not answer.

    ``then``: what is read next, of which the answers come along that the same commands give.
    """
    interruption.begin_nothing_more()
    remembered = memory(host)
    if not remembered.answered.keys() >= set(reading.questions().values()):
        asked, foreseen = asking([reading]), asking(remembered.foreseen)
        unanswered = {snippet: name for snippet, name in foreseen.items() if snippet not in remembered.answered}
        remembered.answered |= ask(host, unanswered | beside(asked, asking(then)) | asked)
        remembered.foreseen = ()
    return known(reading, remembered.answered)


def ask(host: Host, asked: Mapping[str, str]) -> dict[str, str]:
    """Shell snippet → its answer, now."""
    # Failing a host is the operation's business; pyinfra's way of it, in the middle of one, is a traceback.
    given = {"asked": asked}
    try:
        found: dict[str, str] = get_fact(host.state, host, Answers, kwargs=given, apply_failed_hosts=False)
    except EOFError:
        # pyinfra asks for sudo's password where it is wanted, and nobody is there to give it.
        found = {}
    interruption.begin_nothing_more()
    if not found:
        raise HostSilent(f"{host.name}: {why_silent(host)}; {AGAIN}")
    return found


def why_silent(host: Host) -> str:
    """What keeps a host from answering: the connection, or sudo."""
    given = dict(host.current_op_global_arguments or {})
    answers, out, _ = run(host, sudo.ASK, **AS_OURSELVES)
    password = given.get("_sudo_password") or host.connector_data.get("prompted_sudo_password")
    return sudo.refused(out, password=bool(password)) if answers and given.get("_sudo") else sudo.SILENT


def refusing(
    function: Callable[P, Generator[PyinfraCommand, None, None]],
) -> Callable[P, Generator[PyinfraCommand, None, None]]:
    """An operation that ends in one line where its user made a mistake, or its host does not answer."""

    @functools.wraps(function)
    def refused(*arguments: P.args, **named: P.kwargs) -> Generator[PyinfraCommand, None, None]:
        try:
            yield from function(*arguments, **named)
        except (UserMistake, HostSilent) as error:
            foresight.refuse(ctx_host.get(), str(error))  # type: ignore[no-untyped-call]
            yield refusal(str(error))

    return refused


def run(host: Host, script: str, **arguments: Any) -> tuple[bool, list[str], list[str]]:
    """Runs a script inside an operation's function: success, lines of stdout, lines of stderr.

    pyinfra does not hand an operation's ``_sudo`` and its like on to commands run this way.
    """
    ours = dict(host.current_op_global_arguments or {})
    inherited = {name: value for name, value in ours.items() if name in CONNECTOR_ARGUMENT_KEYS}
    command = StringCommand(ENDS_WITH_ITS_COMMAND + DOCKER_PATH + script)
    forget(host)
    interruption.begin_nothing_more()
    try:
        succeeded, output = host.run_shell_command(command, **(inherited | arguments))
        if not succeeded and not output.combined_lines and is_cut(host):
            return cut(host)
    except (OSError, EOFError, SSHException) as error:
        return lost(host, error)
    interruption.begin_nothing_more()
    return succeeded, output.stdout_lines, output.stderr_lines


def put(host: Host, path: str, content: str, mode: str, owner: str) -> tuple[bool, list[str], list[str]]:
    """Writes a file whole or not at all, never readable for longer than its mode allows."""
    new = f"{path}.new"
    script = f"umask 077; cat >{new} && {owned(owner, new)} && chmod {mode} {new} && mv {new} {path}"
    # pyinfra ends what it sends with a line break.
    return run(host, script, _stdin=content.removesuffix("\n"))


def attend(
    host: Host, topic: str, script: str, detail: Callable[[], str] = lambda: "", **arguments: Any
) -> tuple[bool, list[str], list[str]]:
    """``run`` for what takes long: says what is going on until it ends."""
    # pyinfra's `host`, which operations name, means nothing in another greenlet; the host that it stands for does.
    return watched(host, topic, functools.partial(run, ctx_host.get(), script, **arguments), detail)  # type: ignore[no-untyped-call]


def upload(host: Host, topic: str, path: Path, place: str) -> tuple[bool, list[str], list[str]]:
    """Copies a file to ``place`` on the host, as the user that ssh has; says how far it is. Answers as ``run`` does."""
    interruption.begin_nothing_more()
    forget(host)
    with path.open("rb") as file:
        whole = size(path.stat().st_size)
        work = functools.partial(host.put_file, file, place, **AS_OURSELVES)
        try:
            return watched(host, topic, work, lambda: f"{size(file.tell())} of {whole}"), [], []
        except (OSError, EOFError, SSHException) as error:
            return lost(host, error)
        except ConnectError as error:
            # pyinfra says so of a connection that is cut in its first moment, too.
            return cut(host) if is_cut(host) else (False, [], [str(error)])


def is_cut(host: Host) -> bool:
    """Whether ssh's connection has ended: a command that it took along fails without a word."""
    client = getattr(host.connector, "client", None)
    transport = client.get_transport() if client else None
    return client is not None and (transport is None or not transport.is_active())


def cut(host: Host) -> tuple[bool, list[str], list[str]]:
    return lost(host, EOFError("it was cut"))


def lost(host: Host, error: Exception) -> tuple[bool, list[str], list[str]]:
    return False, [], [f"{LOST.format(name=host.name)} ({error}); {AGAIN}"]


def watched(host: Host, topic: str, work: Callable[[], T], detail: Callable[[], str] = lambda: "") -> T:
    """What ``work`` returns, or raises; says ``topic``, and ``detail`` as it is by then, until it ends."""
    narrator = Narrator(host.log)
    # gevent would print the traceback of what a greenlet raises.
    job = gevent.spawn(wrap_errors((Exception,), work).__call__)
    narrator.hear(topic)
    while not job.ready():
        job.join(timeout=POLL_SECONDS)
        narrator.hear(topic, detail())
    interruption.begin_nothing_more()
    result: T | Exception = job.get()
    if isinstance(result, Exception):
        raise result
    return result


def fail(host: Host, message: str, lines: list[str] | None = None, *, concludes: bool = False) -> bool:
    """Shows the last of ``lines``, and in red one line that ends with the cause, where they show a known one.

    Returns False, which fails pyinfra's operation cleanly. ``concludes``: it says more than what failed before it.
    """
    if is_cut(host) and LOST.format(name=host.name) not in message:
        message = f"{message}: {cut(host)[2][0]}"
    shown = (lines or [])[-SHOWN_LINES:]
    for line in shown:
        host.log(f"  | {line}", log_func=logger.error)
    known = cause([*shown, message])
    if "{clock}" in known:
        known = known.format(clock=" ".join(run(host, "date -u '+%Y-%m-%d %H:%M UTC'")[1]))
    line = f"{message.rstrip('.')}: {known}" if known else message
    failures.remember(host, line, concludes=concludes)
    host.log_styled(line, fg="red", log_func=logger.error)
    return False


def step(function: Callable[..., bool], *arguments: object) -> FunctionCommand:
    """The command of an operation that runs ``function(host, *arguments)``; False fails the operation."""

    # pyinfra heeds a function's answer only where its parameters have these very names.
    def called(state: State, host: Host) -> bool:  # noqa: ARG001
        try:
            return function(host, *arguments)
        except HostSilent as silent:
            return fail(host, str(silent))

    return FunctionCommand(called, (), {})


def refusal(message: str) -> FunctionCommand:
    """The command that an operation yields when it cannot go on."""
    return step(fail, message)


def warn(host: Host, message: str) -> None:
    """Something that the operator should know, and that fails nothing."""
    host.log_styled(message, fg="yellow", log_func=logger.warning)


def remark(message: str) -> FunctionCommand:
    """The command that only says something, of what is being changed."""

    def say(host: Host) -> bool:
        host.log(message)
        return True

    return step(say)


def reasons(lines: Iterable[str]) -> list[str]:
    """Those that may be why something failed."""
    return [line for line in lines if line.strip() and not DOCKER_HINT.match(line)]


def attended(topic: str, script: str, failure: str) -> FunctionCommand:
    """The command that runs ``script``: says ``topic`` while it lasts, ``failure`` and its last lines if it fails."""

    def attend_it(host: Host) -> bool:
        succeeded, out, err = attend(host, topic, script)
        said = reasons(out + err)
        return succeeded or fail(host, f"{failure}: {said[-1] if said else 'it said nothing'}", said[:-1])

    return step(attend_it)
