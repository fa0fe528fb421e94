"""A fleet whose images are this machine's, by names of their own: an older release, then what an upgrade comes to.

Its model comes from a registry, whose container and address lie in the folder of the hosts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roles.image import plan, sources
from tests.container import models
from tests.scenarios.deploys import DATA
from tests.scenarios.upgrades import BROKEN, newest
from tests.testbed import hosts, image, older, registry
from tests.testbed.docker import MINUTE, built, client, docker
from tests.testbed.hosts import RealHost
from tests.testbed.machine import ROOT

IMAGE, KEPT = "clawlama-fleet:latest", "clawlama-fleet:kept"
PIN = "CLAWLAMA_OPENCLAW_VERSION"
OLDER = {PIN.lower(): older.OPENCLAW}
INVENTORY = "molecule/fleet/inventory.py"


@dataclass(frozen=True)
class RolledOut:
    code: int
    events: list[dict[str, Any]]

    @property
    def result(self) -> dict[str, Any]:
        return self.events[-1]

    @property
    def output(self) -> str:
        return "\n".join(json.dumps(event) for event in self.events)


def prepare(folder: Path) -> None:
    shutil.rmtree(cache(folder), ignore_errors=True)
    hand_older()
    container, address = registry.contained(image.image(), hosts.label(folder))
    registry.fill(image.image(), address, {"tiny": models.tiny()})
    (folder / "registry").write_text(container, encoding="utf-8")
    (folder / "model").write_text(f"{address}/library/tiny:latest", encoding="utf-8")


def cache(folder: Path) -> Path:
    """What this machine keeps of what it carries: nothing of an earlier fleet's."""
    return folder / "cache"


def data(folder: Path) -> dict[str, object]:
    """What deploys of the fleet are given."""
    model = {"clawlama_model": (folder / "model").read_text(encoding="utf-8"), "clawlama_registry_insecure": "true"}
    return {name: value for name, value in DATA.items() if name != "clawlama_model_file_host"} | model


def asked_for(folder: Path) -> list[str]:
    """The blobs that the model's registry was asked for, one a time."""
    log = ["logs", (folder / "registry").read_text(encoding="utf-8")]
    done = subprocess.run([client(), *log], capture_output=True, text=True, timeout=MINUTE, check=True)
    return registry.blobs_given(done.stdout + done.stderr)


def begun(folder: Path, data: dict[str, object], *options: str) -> subprocess.Popen[str]:
    """A rollout over the hosts of a folder, under way; its events come on its standard output."""
    given = [f"--data={name}={value}" for name, value in ({"ssh_config_file": folder / "ssh_config"} | data).items()]
    command = [sys.executable, "-m", "deploy.rollout", INVENTORY, "--yes", "--json", "--soak=5", "--batch=1", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    environment = os.environ | {"XDG_CACHE_HOME": str(cache(folder))}
    started: subprocess.Popen[str] = subprocess.Popen([*command, *given], cwd=ROOT, text=True, env=environment, **pipes)  # type: ignore[call-overload]
    return started


def rolled_out(folder: Path, data: dict[str, object], *options: str) -> RolledOut:
    with begun(folder, data, *options) as process:
        said, _ = process.communicate(timeout=15 * MINUTE)
    print(said)
    return RolledOut(process.returncode, [json.loads(line) for line in said.splitlines()])


def hand_older() -> None:
    """What this machine hands over is an older release, whose OpenClaw is pinned."""
    inputs = plan.inputs(sources.read(ROOT / "container"), {PIN: older.OPENCLAW})
    dockerfile = f"FROM {older.older_image()}\nLABEL {plan.INPUTS_LABEL}={inputs}\n"
    built(IMAGE, dockerfile)


def hand_newest() -> None:
    """What an upgrade comes to."""
    docker("tag", image.image(), IMAGE)


def break_newest(host: RealHost) -> None:
    """The host has the newest image already, as far as labels tell; its gateway dies."""
    inputs = plan.inputs(sources.read(ROOT / "container"), {})
    dockerfile = f"""
FROM {IMAGE}
USER 0:0
RUN echo '{BROKEN["dies"]}' >/usr/local/lib/openclaw/node_modules/openclaw/openclaw.mjs
USER 10001:10001
LABEL {plan.INPUTS_LABEL}={inputs} {older.OPENCLAW_LABEL}={newest()}
"""
    build = f"docker tag {IMAGE} {KEPT}; docker build --quiet --tag {IMAGE} -"
    host.sh(build, given=dockerfile, timeout=3 * MINUTE)


def mend(host: RealHost) -> None:
    host.sh(f"docker tag {KEPT} {IMAGE}")


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
