"""A run that is killed, or whose connection is cut, at every stage of a real host's life: the next one goes on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.deploys import Deploying, deploy
from tests.testbed import nvidia, report
from tests.testbed.docker import MINUTE
from tests.testbed.hosts import USER, RealHost, real_hosts
from tests.testbed.image import image

pytestmark = [pytest.mark.soak, pytest.mark.timeout(30 * MINUTE)]
# What is said as each begins, in the order in which a bare host comes to them.
MOMENTS = (
    "installing ca-certificates gnupg",
    "installing docker.io",
    "starting Docker",
    "taking the image",
    "planning",
    "putting the release in place",
    "starting the container",
    "starting the gateway",
    "asking the assistant",
)
# Of a host with a card: daemon.json is changed, and read.
CARD_MOMENTS = (
    "installing nvidia-container-toolkit",
    "telling Docker of NVIDIA's runtime",
    "describing the cards",
    "restarting Docker",
)
# Without the registry of the machine that pyinfra runs on.
WHOLE_MOMENTS = ("handing the image over", "loading the image")
# The connection's own process on the host, whatever this version of sshd calls it.
CUT = f"pkill -KILL -f '^sshd(-session)?: {USER}'"
Interruption = Callable[[RealHost, Deploying], None]


def killed(_: RealHost, run: Deploying) -> None:
    run.kill()


def cut(host: RealHost, _: Deploying | None = None) -> None:
    # Those of the run alone are there, and one may just have ended.
    with suppress(AssertionError):
        host.sh(CUT)


@dataclass(frozen=True)
class Life:
    """What is deployed to which kind of host, and what is said as each stage of it begins, in order."""

    kind: str
    moments: tuple[str, ...]
    file: str = "deploy/clawlama.py"
    data: Callable[[Path], dict[str, Any]] = lambda _: {}


def of_nvidias_site(folder: Path) -> dict[str, Any]:
    key = (folder / "nvidia-key").read_text(encoding="utf-8")
    return {"clawlama_nvidia_upstream": nvidia.SITE, "clawlama_nvidia_upstream_key": key}


LIVES = {
    "assistant": Life("trixie", MOMENTS),
    "whole": Life("trixie", WHOLE_MOMENTS, data=lambda _: {"clawlama_mirror": "off"}),
    "card": Life("gpu", CARD_MOMENTS, "molecule/gpu/deploy.py", of_nvidias_site),
}


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("interruption", [killed, cut])
def test_a_run_interrupted_at_every_stage_is_finished_by_the_next(
    tmp_path: Path, tell: Callable[[str], None], interruption: Interruption, life: str
) -> None:
    """Each run is interrupted one stage later than the one before it, so each finishes what that one left."""
    image()
    lived = LIVES[life]
    with real_hosts(tmp_path, vm=lived.kind) as hosts:
        run = functools.partial(deploy, tmp_path, file=lived.file, **lived.data(tmp_path))
        interrupted = []
        for moment in lived.moments:
            ended = run(when={moment: lambda process: interruption(hosts["vm"], process)})
            assert "Traceback" not in ended.output
            # The host goes on with what it was told before a connection was cut: that stage may be done by then.
            if moment in ended.output:
                assert ended.code != 0
                interrupted.append(moment)
        assert len(interrupted) >= len(lived.moments) // 2
        assert run().code == 0
        again = run()
    assert again.code == 0
    assert report.changed(again.output) == []
    tell(f"{life}: {len(interrupted)} stages at which a run on a real host was {interruption.__name__}; all made good")
