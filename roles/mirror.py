"""The way of a host behind ssh to the registry on this machine (registry.py): it takes from there what it has not got.

The host finds it on its own loopback, through the ssh connection that there is.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import gevent
from paramiko import Channel, SSHException
from pyinfra.api.host import Host

from roles import registry
from roles.hosts import attend, fail
from roles.narrator import size
from roles.registry import CHUNK, LOOPBACK, Unreached

AGAIN = "run it again, or without this machine's registry: --data clawlama_mirror=off"


@dataclass
class Line:
    """A host's way to the registry: where it finds that on its own loopback, and the bytes that have gone there."""

    address: str
    carried: int = 0


def is_for(host: Host, setting: str) -> bool:
    """Whether the host may take anything from here: it is behind ssh."""
    return setting == "auto" and _ssh(host) is not None


def _ssh(host: Host) -> Any:
    """Paramiko's client of pyinfra's ssh connector; None of the other ones."""
    return getattr(host.connector, "client", None)


def take(host: Host, what: str, script: Callable[[str], str], failure: str) -> bool:
    """Runs ``script(ADDRESS)`` on the host, at which the registry answers it meanwhile; says how much has come.

    Raises Unreached where nothing has: what asks there need not share the host's loopback. Docker may run in a virtual
    machine, or be rootless.
    """
    with reached(host) as line:
        done, _, err = attend(host, f"taking {what}", script(line.address), lambda: f"{size(line.carried)} came")
    why = err[-1] if err else "it did not come"
    if not done and not line.carried:
        raise Unreached(why)
    if done:
        host.log(f"{what} came from this machine's registry: {size(line.carried)}")
    return done or fail(host, f"{failure}: {why}; {AGAIN}", err[:-1])


@contextmanager
def reached(host: Host) -> Iterator[Line]:
    """For as long as this lasts, the host reaches the registry. Raises Unreached where its sshd forbids that."""
    address = registry.address(for_hosts=True)
    line = Line("")

    def opened(channel: Channel, _origin: object, _server: object) -> None:
        gevent.spawn(_relay, channel, address, line)

    transport = _ssh(host).get_transport()
    try:
        port = transport.request_port_forward(LOOPBACK, 0, opened)
    except (SSHException, EOFError, OSError) as error:
        raise Unreached(f"its sshd forwards no port ({error})") from error
    line.address = f"{LOOPBACK}:{port}"
    try:
        yield line
    finally:
        with suppress(SSHException, EOFError, OSError):
            transport.cancel_port_forward(LOOPBACK, port)


def _relay(channel: Channel, address: str, line: Line) -> None:
    """Both ways, until either end closes."""
    where, _, port = address.partition(":")
    with suppress(OSError, EOFError, SSHException), channel, socket.create_connection((where, int(port))) as local:
        asking = gevent.spawn(_copy, channel.recv, local.sendall, lambda: local.shutdown(socket.SHUT_WR))
        while chunk := local.recv(CHUNK):
            channel.sendall(chunk)
            line.carried += len(chunk)
        asking.kill()


def _copy(take: Callable[[int], bytes], give: Callable[[bytes], object], end: Callable[[], object]) -> None:
    with suppress(OSError, EOFError, SSHException):
        while chunk := take(CHUNK):
            give(chunk)
        end()
