"""A watch over a container's network, from outside of it: each packet that it sends, each name that it looks up.

Every name is answered with the address of this machine, so that whatever would be spoken to really is tried.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.container.assistant import Assistant
from tests.testbed.docker import LABEL, MINUTE, docker

AS_ROOT = () if os.geteuid() == 0 else ("sudo", "--non-interactive")
EVERY_NAME_IS_US = (
    "dnsmasq --no-daemon --user=root --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces"
    " --listen-address={gateway} --address=/#/{gateway}"
)
CAPTURE = "tcpdump -nn -t -l --immediate-mode --direction=in --interface={interface} not arp"
# tcpdump's lines; the port stands after the address's last dot:
# IP 172.18.0.2.43210 > 172.18.0.1.443: Flags [S], seq 1, length 0
# IP 172.18.0.2.36019 > 172.18.0.1.53: 64310+ A? example.org. (29)
PACKET = re.compile(r"IP6? (?P<source>\S+) > (?P<target>\S+): (?P<what>.*)")
QUESTION = re.compile(r"\d+\+? .*?[A-Z]+\? (?P<name>\S+)\. \(")


@dataclass(frozen=True)
class Packet:
    """One that the container sent; addresses as tcpdump writes them."""

    source: str
    target: str
    what: str

    @property
    def name(self) -> str | None:
        """What it asks a DNS server for, if it does."""
        found = QUESTION.match(self.what) if self.target.endswith(".53") else None
        return found and found["name"]

    @property
    def is_beginning(self) -> bool:
        return self.what.startswith("Flags [S]")


@dataclass(frozen=True)
class Seen:
    """What left the container between two readings of the watch."""

    packets: Sequence[Packet]

    @property
    def names(self) -> list[str]:
        """One for each question to a DNS server."""
        return [packet.name for packet in self.packets if packet.name]

    def sent(self, published: int, *allowed: str) -> list[Packet]:
        """All packets but answers of the published port, questions for names, and those to ``allowed`` (host:port)."""
        targets = [address.replace(":", ".") for address in allowed]
        answers = f".{published}"
        return [
            packet
            for packet in self.packets
            if not packet.name
            and not (packet.source.endswith(answers) and not packet.is_beginning)
            and packet.target not in targets
        ]


@dataclass
class Watch:
    """A network of its own, on which all names are this machine, and a capture on its bridge."""

    network: str
    gateway: str
    packets: list[Packet] = field(default_factory=list)
    arrival: threading.Condition = field(default_factory=threading.Condition)
    read: int = 0
    readings: int = 0

    @property
    def flags(self) -> tuple[str, ...]:
        """What `docker run` takes to be watched."""
        return (f"--network={self.network}", f"--dns={self.gateway}")

    def reading(self, assistant: Assistant) -> Seen:
        """What was sent since the last one. It ends with a request on purpose, which must be seen: no blind watch."""
        self.readings += 1
        name, target = f"reading-{self.readings}.test", f"{self.gateway}.{self.readings}"
        assistant.sh(f"curl -sS --max-time 10 http://{name}:{self.readings}/ || true")
        with self.arrival:
            arrived = self.arrival.wait_for(lambda: target in [packet.target for packet in self.packets], MINUTE)
            assert arrived, "the watch is blind: it did not see a packet that was sent on purpose"
            end = [packet.target for packet in self.packets].index(target)
            new, self.read = self.packets[self.read : end], end + 1
        assert name in Seen(new).names, "the watch is deaf: it did not hear a name that was asked for on purpose"
        return Seen([packet for packet in new if packet.name != name])

    def note(self, line: str) -> None:
        """A line of tcpdump's. One that cannot be read still is a packet."""
        found = PACKET.match(line)
        packet = Packet(found["source"], found["target"], found["what"]) if found else Packet("", "", line.strip())
        with self.arrival:
            self.packets.append(packet)
            self.arrival.notify_all()


@contextmanager
def watching() -> Iterator[Watch]:
    """The watch, from before the container's start until after its end."""
    network = docker("network", "create", f"--label={LABEL}", f"clawlama-watch-{os.getpid()}")
    try:
        gateway = docker("network", "inspect", network, "--format={{(index .IPAM.Config 0).Gateway}}")
        watch = Watch(network, gateway)
        capture = CAPTURE.format(interface=f"br-{network[:12]}")
        with (
            _running(EVERY_NAME_IS_US.format(gateway=gateway), "started,", lambda _: None),
            _running(capture, "listening on", watch.note),
        ):
            yield watch
    finally:
        docker("network", "rm", network)


@contextmanager
def _running(command: str, begins: str, note: Callable[[str], None]) -> Iterator[None]:
    """The command at work, from the line that says so on; each later line is noted."""
    with subprocess.Popen(
        [*AS_ROOT, *command.split()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        lines = iter(process.stdout or ())
        said: list[str] = []
        while not said or begins not in said[-1]:
            said.append(next(lines, ""))
            assert said[-1], f"{command}: {''.join(said)}"

        def follow() -> None:
            for line in lines:
                note(line)

        reader = threading.Thread(target=follow, daemon=True)
        reader.start()
        try:
            yield
        finally:
            process.terminate()
            reader.join(MINUTE)
