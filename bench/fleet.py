"""Many hosts with nothing to do. Twenty over ssh are twenty names of one real host, each with a connection of its own.

Beside ansible-core they do all that they are asked, on the cores that the controller has, too. Beside one host they
give the answers that the real one gave, after the time that it took: twenty machines have cores of their own. Five
hundred are replayed within the controller.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import converge
from bench.clock import seconds, timed
from bench.limits import Figure, Limit
from tests.container.assistant import bridge_address
from tests.plans.play import INVENTORY, PLAYER, forget_locks, replaying
from tests.scenarios.deploys import DATA, deploy
from tests.testbed.docker import MINUTE
from tests.testbed.hosts import SSH_CONFIG, USER, RealHost, real_hosts
from tests.testbed.image import image
from tests.testbed.machine import ROOT
from tests.testbed.upstream import black_hole

MANY, TIMES, DEAD = 20, 3, "dead"
# Seconds: pyinfra's CONNECT_TIMEOUT.
GIVEN_UP_AFTER = 10
# What sshd runs instead of what it is told: once for real, from then on from memory, in as few processes as may be:
# they run on these cores.
FROM_MEMORY = r"""#!/bin/sh
set -- $(printf %s "$SSH_ORIGINAL_COMMAND" | cksum)
told=/srv/played/$1-$2
if [ -e "$told.code" ]; then
  read -r took <"$told.took"
  sleep "$took"
else
  began=$(date +%s%N)
  sh -c "$SSH_ORIGINAL_COMMAND" >"$told.out" 2>"$told.err"
  code=$?
  awk "BEGIN { print ($(date +%s%N) - $began) / 1e9 }" >"$told.took"
  echo $code >"$told.code"
fi
[ ! -s "$told.err" ] || cat "$told.err" >&2
cat "$told.out"
read -r code <"$told.code"
exit "$code"
"""
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
        yield from beside_ansible(folder, names)
        answer_from_memory(hosts["vm"])
        yield from beside_one(folder, "nothing to do", "clawlama", names)
        yield from beside_one(folder, "status", "status", names)
        yield from with_a_dead_one(folder, names)
    yield from replayed()


def by_many_names(folder: Path, host: RealHost) -> list[str]:
    """Its sshd takes as many connections at a time as twenty of them would."""
    host.sh("echo 'MaxStartups 200' >/etc/ssh/sshd_config.d/many.conf; systemctl reload ssh")
    names = [f"vm{number}" for number in range(MANY)]
    blocks = [SSH_CONFIG.format(name=name, address=host.address, user=USER, folder=folder) for name in names]
    with (folder / "ssh_config").open("a", encoding="utf-8") as file:
        file.write("".join(blocks))
    return names


def beside_ansible(folder: Path, names: Sequence[str]) -> Iterator[Figure]:
    ours, ansibles = [], []
    for _ in range(TIMES):
        ours.append(seconds(lambda: run(folder, "clawlama", names)))
        ansibles.append(seconds(lambda: converge.play(folder, names)))
    yield Figure(f"nothing to do, {MANY} hosts on these cores, best of {TIMES} (s)", f"{min(ours):.1f}")
    yield Figure(f"the same by ansible-core, {MANY} forks, pipelined (s)", f"{min(ansibles):.1f}")
    yield Figure(f"{MANY} hosts: ours / ansible-core's", f"{min(ours) / min(ansibles):.3f}", Limit(most=1 / 8))


def answer_from_memory(host: RealHost) -> None:
    host.sh(
        "install -d -m 1777 /srv/played; "
        "cat >/srv/played/answer; chmod 755 /srv/played/answer; "
        "echo 'ForceCommand /srv/played/answer' >/etc/ssh/sshd_config.d/played.conf; systemctl reload ssh",
        given=FROM_MEMORY,
    )


def beside_one(folder: Path, what: str, deployed: str, names: Sequence[str]) -> Iterator[Figure]:
    run(folder, deployed, names[:1])
    ones, manys = [], []
    for _ in range(TIMES):
        ones.append(seconds(lambda: run(folder, deployed, names[:1])))
        manys.append(seconds(lambda: run(folder, deployed, names)))
    one, many = min(ones), min(manys)
    yield Figure(f"{what}: {MANY} hosts / one host ({many:.1f} s / {one:.1f} s)", f"{many / one:.2f}", Limit(most=2))


def with_a_dead_one(folder: Path, names: Sequence[str]) -> Iterator[Figure]:
    """It takes the connection, and says nothing."""
    many = min(seconds(lambda: run(folder, "status", names)) for _ in range(TIMES))
    with black_hole(bridge_address()) as silent:
        address, _, port = silent.partition(":")
        with (folder / "ssh_config").open("a", encoding="utf-8") as file:
            file.write(SSH_CONFIG.format(name=DEAD, address=address, user=USER, folder=folder) + f"  Port {port}\n")
        dead = seconds(lambda: run(folder, "status", [*names, DEAD]))
    what = f"status: more with a dead host / its limit of {GIVEN_UP_AFTER} s ({dead:.1f} s, {many:.1f} s without)"
    yield Figure(what, f"{(dead - many) / GIVEN_UP_AFTER:.2f}", Limit(most=1.1))


def run(folder: Path, deployed: str, names: Sequence[str]) -> None:
    """A dead host fails a run; that is not what is measured."""
    inventory = folder / "inventory.py"
    hosts = [(name, {"_sudo": True}) for name in names]
    inventory.write_text(f"many = {hosts!r}\n", encoding="utf-8")
    data = [f"--data={name}={value}" for name, value in {**DATA, "ssh_config_file": folder / "ssh_config"}.items()]
    command = [sys.executable, "-m", "pyinfra", "-y", "--json", *data, str(inventory), f"deploy/{deployed}.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10 * MINUTE, check=False)
    assert done.returncode == 0 or DEAD in names, done.stderr
    assert sum(len(one["success"]) for one in json.loads(done.stdout)["results"]["operations"]) == 0, done.stdout


@dataclass(frozen=True)
class Taken:
    """By a whole run of pyinfra."""

    seconds: float
    kilobytes: int


def replayed() -> Iterator[Figure]:
    """What each further host takes, from bare to proven; few before and after many, for the machine's speed varies."""
    one, before, more, after = replay(1), replay(FEW), replay(MORE), replay(FEW)
    few = Taken((before.seconds + after.seconds) / 2, max(before.kilobytes, after.kilobytes))
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
    with tempfile.TemporaryDirectory() as place:
        environment = replaying(Path(place), *names)
        command = [sys.executable, "-m", "bench.peak", *PLAYER, INVENTORY, "deploy/clawlama.py"]
        took, told = timed(lambda: subprocess.check_output(command, cwd=ROOT, env=environment))
    forget_locks()
    return Taken(took, int(told))
