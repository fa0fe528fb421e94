"""What was on one host is on the other: conversation, files, devices, jobs, edited settings, token."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.container.chat import browser, composer, fresh_page
from tests.scenarios.deployed import Deployed
from tests.testbed import hosts
from tests.testbed.docker import MINUTE, client, piped
from tests.testbed.hosts import RealHost

FOLDER = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "hosts"
pytestmark = pytest.mark.timeout(10 * MINUTE)
PASSWORD = "opt/clawlama/backup/password"
PORT = 18789
LARGE_AND_ODD = """
mkdir -p "/data/workspace/a folder/-rf"
for number in $(seq 30); do head -c 10000000 /dev/urandom >"/data/workspace/a folder/-rf/$number"; done
echo odd >"/data/workspace/* ? [odd]; (name)"
echo odder >"/data/workspace/$(printf "caf\\351")"
"""
DIGESTS = """
cd /data/workspace && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
sha256sum /data/clawlama/gateway_token
"""
EDIT = """
cd /data/openclaw
jq '.agents.defaults.thinkingDefault = "off"' openclaw.json >edited.json && mv edited.json openclaw.json
"""
EDITED = "jq -r .agents.defaults.thinkingDefault /data/openclaw/openclaw.json"
CRON = "openclaw cron add --name plants --cron '0 9 * * *' --session isolated --message Water"


@pytest.fixture(scope="module")
def here() -> Deployed:
    """A conversation, files of 300 MB, a job, a setting edited by hand, a browser that was let in; all backed up."""
    here = Deployed(by_name()["vm"], FOLDER)
    here.say("Blue is mine.")
    here.inside("sh -eu", LARGE_AND_ODD + EDIT + CRON)
    with tunnel("vm"), browser() as chromium:
        page = fresh_page(chromium)
        page.goto(json.loads(here.inside("clawlama link --json"))["url"])
        composer(page)
    done = here.deploy("backup")
    assert done.code == 0, done.output
    return here


def test_a_state_comes_to_a_bare_host_of_another_debian(here: Deployed) -> None:
    other = Deployed(by_name()["other"], FOLDER, "molecule/backup-restore/other.py")
    hand_over(here, other)
    restored = other.deploy("restore", clawlama_backup_password_file="/root/password")
    assert restored.code == 0, restored.output
    assert what_there_is(other) == what_there_is(here)
    other.say("Which one is it?")
    assert other.state()[1] == ["Blue is mine.", "Which one is it?"]


def test_a_state_that_is_there_is_replaced_only_when_told_to(here: Deployed, tmp_path: Path) -> None:
    kept = what_there_is(here)
    here.inside("sh -c 'echo newer >/data/workspace/newer'")
    refused = here.deploy("restore")
    assert refused.code != 0
    assert "clawlama-data holds a state already; --data replace=yes backs it up, then replaces it" in refused.output
    assert here.inside("cat /data/workspace/newer") == "newer"
    replaced = here.deploy("restore", replace="yes")
    assert replaced.code == 0, replaced.output
    assert what_there_is(here) == kept
    assert here.deploy("status", json=tmp_path / "hosts.json").code == 0
    [shown] = json.loads((tmp_path / "hosts.json").read_text())["hosts"].values()
    assert shown["state"] == "ready"
    assert shown["backup"]["bytes"] > 300_000_000


def by_name() -> dict[str, RealHost]:
    return {host.name: host for host in hosts.there(FOLDER)}


def what_there_is(there: Deployed) -> dict[str, object]:
    listed = json.loads(there.inside("openclaw devices list --json"))
    jobs = json.loads(there.inside("openclaw cron list --json"))
    return {
        "files": there.inside("sh -eu", DIGESTS),
        "setting": there.inside(EDITED),
        "devices": sorted(device["deviceId"] for device in listed["paired"]),
        "jobs": sorted((job["name"], job["schedule"]) for job in jobs["jobs"]),
        "said": there.state()[1],
    }


def hand_over(here: Deployed, other: Deployed) -> None:
    """The repository and its password: all that a new host has to have."""
    piped(
        [client(), "exec", here.host.container, "tar", "-c", "-C", "/", "var/backups/clawlama", PASSWORD],
        [client(), "exec", "-i", other.host.container, "tar", "-x", "-C", "/"],
        timeout=2 * MINUTE,
    )
    other.host.sh(f"mv /{PASSWORD} /root/password && rm -r /opt/clawlama")


@contextmanager
def tunnel(name: str) -> Iterator[None]:
    """What the deploy's last lines tell its user to type."""
    forward = f"-L{PORT}:127.0.0.1:{PORT}"
    ours = ("-oExitOnForwardFailure=yes", "-oControlMaster=yes", f"-oControlPath={FOLDER}/tunnel")
    subprocess.run(["ssh", f"-F{FOLDER}/ssh_config", "-fN", *ours, forward, name], timeout=MINUTE, check=True)
    try:
        yield
    finally:
        subprocess.run(["ssh", f"-oControlPath={FOLDER}/tunnel", "-Oexit", name], timeout=MINUTE, check=False)
