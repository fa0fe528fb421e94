"""A host that does not let us in, or not far enough: one line says what to do, and nothing is changed there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.deploys import deploy
from tests.testbed.hosts import RealHost, real_hosts

AS_ROOT, AS_SELF = "molecule/inventory.py", "tests/scenarios/rootless.py"
REFUSED = "refused in one line; nothing is changed"
# bob may sudo with his password; carol, who has bob's key, may not at all.
CAROL = """
useradd --create-home --shell /bin/bash carol
install -d -m 700 -o carol -g carol /home/carol/.ssh
install -m 600 -o carol -g carol /home/bob/.ssh/authorized_keys /home/carol/.ssh/
"""
CHANGEABLE = "find /etc /opt /usr /srv /var/lib -xdev -type f -printf '%p %T@\\n' | sort | sha256sum"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hosts")


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[RealHost]:
    with real_hosts(folder, vm="trixie") as hosts:
        hosts["vm"].sh(CAROL)
        yield hosts["vm"]


@pytest.mark.parametrize(
    ("inventory", "data", "said"),
    [
        pytest.param(
            AS_ROOT, {"ssh_user": "bob"}, "vm: sudo wants bob's password; run this on a terminal and type it",
            marks=pytest.mark.fault("over ssh: sudo wants a password, nobody is there to type it", REFUSED),
        ),
        pytest.param(
            AS_ROOT, {"ssh_user": "bob", "_sudo_password": "guessed"},
            "vm: sudo does not take bob with the password given: it is wrong",
            marks=pytest.mark.fault("over ssh: a wrong sudo password", REFUSED),
        ),
        pytest.param(
            AS_ROOT, {"ssh_user": "carol", "_sudo_password": "guessed"},
            "vm: sudo does not take carol with the password given: it is wrong, or carol may not use sudo at all",
            marks=pytest.mark.fault("over ssh: a user who may not use sudo", REFUSED),
        ),
        pytest.param(
            AS_SELF, {"ssh_user": "carol"}, "the user there is not root; set _sudo to True for this host",
            marks=pytest.mark.fault("over ssh: a user who is not root, no sudo asked for", REFUSED),
        ),
    ],
)  # fmt: skip
def test_without_roots_rights_the_host_is_refused_and_left_alone(
    host: RealHost, folder: Path, inventory: str, data: dict[str, Any], said: str
) -> None:
    before = host.sh(CHANGEABLE)
    ended = deploy(folder, inventory, **data)
    assert ended.code != 0
    assert said in ended.output
    assert "Traceback" not in ended.output
    assert host.sh(CHANGEABLE) == before


def test_the_right_sudo_password_is_enough(host: RealHost, folder: Path) -> None:
    """The counterproof: it gets past every question to the first thing that it does."""
    ended = deploy(
        folder,
        when={"installing ca-certificates gnupg": lambda run: run.kill()},
        ssh_user="bob",
        _sudo_password="secret",
    )
    assert "installing ca-certificates gnupg" in ended.output
    assert host.sh("id -un") == "root"


@pytest.mark.fault("a host that is not there", "said in one line with its address")
def test_a_host_that_cannot_be_reached_is_said_in_one_line(host: RealHost, folder: Path) -> None:
    ended = deploy(folder, ssh_port=23)
    assert ended.code != 0
    assert f"Unable to connect to port 23 on {host.address}" in ended.output
    assert "Traceback" not in ended.output
