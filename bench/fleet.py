"""Many hosts with nothing to do. Twenty over ssh are twenty names of one real host, each with a connection of its own:
what is measured is the controller. Five hundred are replayed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import converge
from bench.clock import seconds
from bench.limits import Figure, Limit
from tests.plans.play import INVENTORY, PLAYER, forget_locks, replaying
from tests.scenarios.deploys import DATA, deploy
from tests.testbed.docker import MINUTE
from tests.testbed.hosts import SSH_CONFIG, USER, RealHost, real_hosts
from tests.testbed.image import image
from tests.testbed.machine import ROOT

MANY, TIMES = 20, 3
# An address that nobody answers at: https://www.rfc-editor.org/rfc/rfc5737.
NOWHERE, GIVEN_UP_AFTER = "192.0.2.1", 10
# One host is counted out of what Python and pyinfra take themselves.
FEW, MORE = 50, 500
REPLAYED = "debian-13.synthetic"
GROWTH = Limit(most=1.2)


def figures() -> Iterator[Figure]:
    image()
    with tempfile.TemporaryDirectory() as place, real_hosts(Path(place), vm="trixie") as hosts:
        folder = Path(place)
        assert deploy(folder).code == 0
        names = by_many_names(folder, hosts["vm"])
        converge.prepare(folder, hosts["vm"])
        yield from nothing_to_do(folder, names)
        yield from at_a_glance(folder, names)
    yield from replayed()


def by_many_names(folder: Path, host: RealHost) -> list[str]:
    """Its sshd takes as many connections at a time as twenty of them would."""
    host.sh("echo 'MaxStartups 200' >/etc/ssh/sshd_config.d/many.conf; systemctl reload ssh")
    names = [f"vm{number}" for number in range(MANY)]
    blocks = [SSH_CONFIG.format(name=name, address=host.address, user=USER, folder=folder) for name in names]
    dead = SSH_CONFIG.format(name="dead", address=NOWHERE, user=USER, folder=folder)
    with (folder / "ssh_config").open("a", encoding="utf-8") as file:
        file.write("".join([*blocks, dead]))
    return names


def nothing_to_do(folder: Path, names: Sequence[str]) -> Iterator[Figure]:
    one, many, ansibles = [], [], []
    for _ in range(TIMES):
        one.append(seconds(lambda: run(folder, "clawlama", names[:1])))
        many.append(seconds(lambda: run(folder, "clawlama", names)))
        ansibles.append(seconds(lambda: converge.play(folder, names)))
    yield Figure(f"nothing to do, one host, best of {TIMES} (s)", f"{min(one):.1f}")
    yield Figure(f"nothing to do, {MANY} hosts, best of {TIMES} (s)", f"{min(many):.1f}")
    yield Figure(f"the same by ansible-core, {MANY} forks, pipelined (s)", f"{min(ansibles):.1f}")
    yield Figure(f"{MANY} hosts: ours / ansible-core's", f"{min(many) / min(ansibles):.3f}", Limit(most=1 / 8))
    yield Figure(f"{MANY} hosts / one host", f"{min(many) / min(one):.2f}", Limit(most=2))


def at_a_glance(folder: Path, names: Sequence[str]) -> Iterator[Figure]:
    one = min(seconds(lambda: run(folder, "status", names[:1])) for _ in range(TIMES))
    many = min(seconds(lambda: run(folder, "status", names)) for _ in range(TIMES))
    dead = seconds(lambda: run(folder, "status", [*names, "dead"]))
    yield Figure(f"status of {MANY} hosts / of one ({many:.1f} s / {one:.1f} s)", f"{many / one:.2f}", Limit(most=2))
    what = f"more with a dead host / its limit of {GIVEN_UP_AFTER} s ({dead:.1f} s)"
    yield Figure(what, f"{(dead - many) / GIVEN_UP_AFTER:.2f}", Limit(most=1.1))


def run(folder: Path, deployed: str, names: Sequence[str]) -> None:
    """A dead host fails a run; that is not what is measured."""
    inventory = folder / "inventory.py"
    hosts = [(name, {"_sudo": True, "ssh_connect_timeout": GIVEN_UP_AFTER}) for name in names]
    inventory.write_text(f"many = {hosts!r}\n", encoding="utf-8")
    data = [f"--data={name}={value}" for name, value in {**DATA, "ssh_config_file": folder / "ssh_config"}.items()]
    command = [sys.executable, "-m", "pyinfra", "-y", "--json", *data, str(inventory), f"deploy/{deployed}.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10 * MINUTE, check=False)
    assert done.returncode == 0 or "dead" in names, done.stderr
    assert sum(len(one["success"]) for one in json.loads(done.stdout)["results"]["operations"]) == 0, done.stdout


@dataclass(frozen=True)
class Taken:
    """By a whole run of pyinfra."""

    seconds: float
    kilobytes: int


def replayed() -> Iterator[Figure]:
    """What each further host takes, from bare to proven."""
    one, few, more = replay(1), replay(FEW), replay(MORE)
    of_few, of_more = each(one, few, FEW), each(one, more, MORE)
    for hosts, taken, apart in ((FEW, few, of_few), (MORE, more, of_more)):
        what = (
            f"{hosts} replayed hosts, of each (ms, MB); in all {taken.seconds:.0f} s, {taken.kilobytes / 1024:.0f} MB"
        )
        yield Figure(what, f"{apart.seconds * 1000:.0f}, {apart.kilobytes / 1024:.2f}")
    yield Figure(f"time a host, {MORE} / {FEW}", f"{of_more.seconds / of_few.seconds:.2f}", GROWTH)
    yield Figure(f"memory a host, {MORE} / {FEW}", f"{of_more.kilobytes / of_few.kilobytes:.2f}", GROWTH)


def each(one: Taken, many: Taken, hosts: int) -> Taken:
    return Taken((many.seconds - one.seconds) / (hosts - 1), (many.kilobytes - one.kilobytes) // (hosts - 1))


def replay(hosts: int) -> Taken:
    """Names of a host that would be cut at a command which never comes: each is a host of its own."""
    names = [f"{REPLAYED}!{100000 + number}" for number in range(hosts)]
    usage: list[int] = []
    with tempfile.TemporaryDirectory() as place:
        environment = replaying(Path(place), *names)

        def play() -> None:
            command, nowhere = [*PLAYER, INVENTORY, "deploy/clawlama.py"], subprocess.DEVNULL
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=nowhere, stderr=nowhere)
            _, code, taken = os.wait4(process.pid, 0)
            assert code == 0
            usage.append(taken.ru_maxrss)

        took = seconds(play)
    forget_locks()
    return Taken(took, usage[0])
