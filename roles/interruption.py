"""^C: one line says so, what is under way ends by itself, and nothing more is begun.

A terminal sends it to every process of the run, so that commands end on their own; pyinfra's own answer is to leave
with exit code 0, and to go on with what its greenlets do until it has.
"""

from __future__ import annotations

import os
import signal
import sys

import gevent
import gevent.os

EXIT_CODE = 128 + signal.SIGINT
# A remote command does not hear of it, and is left behind then.
PATIENCE_SECONDS = 30.0
SAID = "--> interrupted: what is under way ends now; run the same command again to go on from here"


class _Run:
    interrupted = False


def obey() -> None:
    """From now on ^C ends the run cleanly; a second one ends it at once."""
    signal.signal(signal.SIGINT, _interrupt)


def end_with_the_caller() -> None:
    """For a program that runs this one: when its end of our standard input closes, however it ended, so do we."""

    def listen() -> None:
        while gevent.os.tp_read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGINT)

    gevent.spawn(listen)


def begin_nothing_more() -> None:
    """Called before and after each command: ends the caller's greenlet where the run has been interrupted.

    After a command too, so that nobody says that it failed: the interruption is the reason.
    """
    if _Run.interrupted:
        raise gevent.GreenletExit


def _interrupt(*_: object) -> None:
    if _Run.interrupted:
        os._exit(EXIT_CODE)
    _Run.interrupted = True
    print(SAID, file=sys.stderr, flush=True)
    gevent.spawn_later(PATIENCE_SECONDS, os._exit, EXIT_CODE)
    # A handler runs in whatever greenlet is at work; the one to end is the main one. On its way out it waits for those
    # that still have a command under way.
    hub = gevent.get_hub()
    if gevent.getcurrent() is hub.parent:
        raise SystemExit(EXIT_CODE)
    hub.loop.run_callback(hub.handle_system_error, SystemExit, SystemExit(EXIT_CODE))
