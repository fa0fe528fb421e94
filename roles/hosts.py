"""What every role needs of a host: reading much at once, following a long command, failing in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
from pyinfra import logger
from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS
from pyinfra.api.command import FunctionCommand, StringCommand
from pyinfra.api.facts import FactBase
from pyinfra.api.host import Host
from pyinfra.api.state import State
from pyinfra.context import ctx_host

from roles import interruption
from roles.causes import cause
from roles.narrator import Narrator
from roles.readings import DOCKER_PATH, sections

SHOWN_LINES = 20
# Another apt may be at work (a fresh machine's first update, say): `install` waits for its lock, nothing else does.
APT = "apt-get -q -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold"
PATIENTLY = """export LC_ALL=C
patiently() {
  tries=0
  until said=$("$@" 2>&1); do
    case $said in *'Could not get lock'* | *'locked by another process'*) tries=$((tries + 1)) ;; *) tries=600 ;; esac
    [ $tries -lt 600 ] || { echo "$said"; return 1; }
    sleep 1
  done
}
"""
APT_UPDATE = f"{PATIENTLY} patiently {APT} update"
POLL_SECONDS = 1.0
# Without a trap ^C ends a shell at once, whatever it waits for.
ENDS_WITH_ITS_COMMAND = "trap 'exit 130' INT; "


class ReadingFact(FactBase[dict[str, str]]):
    """Many questions in one round trip: name → what its shell snippet printed; one that fails reads as empty."""

    @staticmethod
    def default() -> dict[str, str]:
        return {}

    def process(self, output: list[str]) -> dict[str, str]:
        return sections(output)


def read(host: Host, fact: type[ReadingFact], **arguments: object) -> dict[str, str]:
    """What a ReadingFact finds now."""
    interruption.begin_nothing_more()
    found: dict[str, str] = host.get_fact(fact, **arguments)
    interruption.begin_nothing_more()
    return found


def run(host: Host, script: str, **arguments: Any) -> tuple[bool, list[str], list[str]]:
    """Runs a script inside an operation's function: success, lines of stdout, lines of stderr.

    pyinfra does not hand an operation's ``_sudo`` and its like on to commands run this way.
    """
    ours = dict(host.current_op_global_arguments or {})
    inherited = {name: value for name, value in ours.items() if name in CONNECTOR_ARGUMENT_KEYS}
    command = StringCommand(ENDS_WITH_ITS_COMMAND + DOCKER_PATH + script)
    interruption.begin_nothing_more()
    succeeded, output = host.run_shell_command(command, **(inherited | arguments))
    interruption.begin_nothing_more()
    return succeeded, output.stdout_lines, output.stderr_lines


def attend(
    host: Host, topic: str, script: str, detail: Callable[[], str] = lambda: "", **arguments: Any
) -> tuple[bool, list[str], list[str]]:
    """``run`` for what takes long: says what is going on until it ends."""
    narrator = Narrator(host.log)
    # pyinfra's `host`, which operations name, means nothing in another greenlet; the host that it stands for does.
    job = gevent.spawn(run, ctx_host.get(), script, **arguments)  # type: ignore[no-untyped-call]
    narrator.hear(topic)
    while not job.ready():
        job.join(timeout=POLL_SECONDS)
        narrator.hear(topic, detail())
    interruption.begin_nothing_more()
    result: tuple[bool, list[str], list[str]] = job.get()
    return result


def fail(host: Host, message: str, lines: list[str] | None = None) -> bool:
    """Shows the last of ``lines``, and in red one line that ends with the cause, where they show a known one.

    Returns False, which fails pyinfra's operation cleanly.
    """
    shown = (lines or [])[-SHOWN_LINES:]
    for line in shown:
        host.log(f"  | {line}", log_func=logger.error)
    known = cause([*shown, message])
    if "{clock}" in known:
        known = known.format(clock=" ".join(run(host, "date -u '+%Y-%m-%d %H:%M UTC'")[1]))
    host.log_styled(f"{message.rstrip('.')}: {known}" if known else message, fg="red", log_func=logger.error)
    return False


def step(function: Callable[..., bool], *arguments: object) -> FunctionCommand:
    """The command of an operation that runs ``function(host, *arguments)``; False fails the operation."""

    # pyinfra heeds a function's answer only where its parameters have these very names.
    def called(state: State, host: Host) -> bool:  # noqa: ARG001
        return function(host, *arguments)

    return FunctionCommand(called, (), {})


def refusal(message: str) -> FunctionCommand:
    """The command that an operation yields when it cannot go on."""
    return step(fail, message)


def attended(topic: str, script: str, failure: str) -> FunctionCommand:
    """The command that runs ``script``: says ``topic`` while it lasts, ``failure`` and its last lines if it fails."""

    def attend_it(host: Host) -> bool:
        succeeded, out, err = attend(host, topic, script)
        said = [line for line in out + err if line.strip()]
        return succeeded or fail(host, f"{failure}: {said[-1] if said else 'it said nothing'}", said[:-1])

    return step(attend_it)


def apt_install(packages: tuple[str, ...]) -> str:
    """A script that installs packages from lists that it renews first.

    RUNLEVEL=1 keeps invoke-rc.d from starting services: an init script that fails would leave the package half
    configured. The docker role starts what has to run. systemd does not ask it.
    """
    install = f"{APT} install -y --no-install-recommends {' '.join(packages)}"
    # An install that was interrupted is finished first: apt would refuse to go on.
    setting = "export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 PREVLEVEL=N"
    return f"{setting}; {PATIENTLY} patiently dpkg --configure -a && patiently {APT} update && {install}"
