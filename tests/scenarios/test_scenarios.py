"""molecule's scenarios (molecule/): real hosts over ssh, from bare to proven, twice, verified."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenarios.upgrades import BACK
from tests.testbed.docker import MINUTE
from tests.testbed.image import image
from tests.testbed.machine import ROOT

pytestmark = pytest.mark.timeout(20 * MINUTE)
FAILS = "restless"
PLAIN = {"NO_COLOR": "1", "ANSIBLE_FORCE_COLOR": "0"}
SCENARIOS = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml") if path.parent.name != FAILS)
# What those try that is a fault.
MARKS = {
    "upgrade": pytest.mark.fault("an upgrade whose OpenClaw fails in its migration", BACK),
    "fleet": pytest.mark.fault(
        "a host of a fleet breaks in its upgrade", "it is back, proven; the rest is untouched; --resume goes on"
    ),
}


@pytest.mark.parametrize("scenario", [pytest.param(name, marks=MARKS.get(name, ())) for name in SCENARIOS])
def test_a_scenario_passes(scenario: str) -> None:
    image()
    done = molecule(scenario)
    assert done.returncode == 0, done.stdout


@pytest.mark.soak
def test_a_deploy_that_is_never_done_fails_the_idempotence_step() -> None:
    done = molecule(FAILS)
    assert done.returncode != 0
    assert "Idempotence test failed" in done.stdout


def molecule(scenario: str) -> subprocess.CompletedProcess[str]:
    """``molecule test``, which removes its hosts however it ends."""
    command = [str(Path(sys.executable).parent / "molecule"), "test", f"--scenario-name={scenario}"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | PLAIN,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=19 * MINUTE,
        check=False,
    )
    print(done.stdout)
    return done
