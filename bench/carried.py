"""The image on its way to hosts, by the registry of this machine: to twenty beside one, and what the next image takes.

Each host has a Docker of its own and a link of a home's speed: on faster ones, two cores would measure how twenty
Dockers unpack beside each other.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.limits import Figure, Limit
from roles.image import plan, sources
from roles.narrator import UNITS
from tests.scenarios.deploys import deploy
from tests.testbed.docker import built, docker, run
from tests.testbed.hosts import RealHost, real_hosts
from tests.testbed.image import image
from tests.testbed.machine import ROOT, Ended

MANY = 20
LINK = "16mbit"
DEPLOYED = "bench/image_alone.py"
NEXT, NODE = "clawlama-bench:next", "CLAWLAMA_NODE_VERSION"


def figures() -> Iterator[Figure]:
    image()
    kinds = {f"vm{number}": "docker" for number in range(MANY)}
    with tempfile.TemporaryDirectory() as place, real_hosts(Path(place), **kinds) as hosts:
        folder, all_of_them = Path(place), list(hosts.values())
        yield from changed_last_layer(folder, all_of_them[0])
        for host in all_of_them:
            slow_down(host)
        one = taken_by(folder, all_of_them[:1])
        many = taken_by(folder, all_of_them)
    yield Figure(f"the image to one host, on a link of {LINK} (s)", f"{one:.0f}")
    yield Figure(f"the image to {MANY} hosts, each on such a link (s)", f"{many:.0f}")
    yield Figure(f"the image to {MANY} hosts / to one", f"{many / one:.2f}", Limit(most=3))


def slow_down(host: RealHost) -> None:
    """What goes to the host: https://man7.org/linux/man-pages/man8/tc-tbf.8.html on this end of its link."""
    other_end = host.sh("cat /sys/class/net/eth0/iflink")
    index = next(path for path in Path("/sys/class/net").glob("*/ifindex") if path.read_text().strip() == other_end)
    limit = ("rate", LINK, "burst", "64kb", "latency", "400ms")
    run("tc", "qdisc", "add", "dev", index.parent.name, "root", "tbf", *limit)


def taken_by(folder: Path, hosts: Sequence[RealHost]) -> float:
    """Seconds until the last of them has the image."""
    for host in hosts:
        host.sh("docker image prune --all --force")
    ended = deploy_to(folder, hosts)
    assert ended.output.count("came from this machine's registry") == len(hosts)
    return ended.seconds


def deploy_to(folder: Path, hosts: Sequence[RealHost], **data: object) -> Ended:
    inventory = folder / "inventory.py"
    inventory.write_text(f"hosts = {[host.name for host in hosts]!r}\n", encoding="utf-8")
    ended = deploy(folder, str(inventory), None, DEPLOYED, **data)
    assert ended.code == 0
    return ended


def changed_last_layer(folder: Path, host: RealHost) -> Iterator[Figure]:
    """Bytes of an image, and of the next one, whose last layer is another."""
    docker("tag", image(), NEXT)
    whole = bytes_taken(deploy_to(folder, [host], clawlama_image=NEXT).output)
    labels = docker("image", "inspect", "--format", "{{json .Config.Labels}}", NEXT)
    # Pinned to what it has, it is an image of other inputs.
    node = plan.labels(labels)[plan.VERSION_LABELS[NODE]]
    inputs = plan.inputs(sources.read(ROOT / "container"), {NODE: node})
    dockerfile = (
        f"FROM {NEXT}\nUSER 0:0\nRUN echo next >/etc/next\nUSER 10001:10001\nLABEL {plan.INPUTS_LABEL}={inputs}\n"
    )
    built(NEXT, dockerfile)
    pinned = deploy_to(folder, [host], clawlama_image=NEXT, clawlama_node_version=node)
    changed = bytes_taken(pinned.output)
    docker("rmi", NEXT)
    what = f"carried for a changed last layer ({changed / 1e6:.1f} MB) / for the image ({whole / 1e6:.0f} MB)"
    yield Figure(what, f"{changed / whole:.3f}", Limit(most=0.1))


def bytes_taken(said: str) -> float:
    found = re.search(r"came from this machine's registry: ([0-9.]+) (\w+)", said)
    assert found, said
    return float(found[1]) * 1000.0 ** UNITS.index(found[2])
