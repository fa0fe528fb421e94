"""Backups on another machine: over SFTP, to a rest-server, and to S3; a broken way there is one line."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from roles.backup import plan
from roles.settings import settings_from
from tests.container.archives import digests, ended, in_volume
from tests.container.assistant import volume
from tests.testbed.docker import MINUTE, run
from tests.testbed.hosts import USER, RealHost, real_hosts
from tests.testbed.ports import free_port

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]
LIVED = """
mkdir -p /data/openclaw /data/workspace/.config /data/.config
printf hello >"/data/workspace/a note"
head -c 20000000 /dev/urandom >/data/workspace/large
"""
REST_SERVER = (
    "apt-get -qq update && apt-get -qq install -y --no-install-recommends rclone >/dev/null && "
    "systemd-run --quiet rclone serve restic --addr :8000 --user ann --pass secret /srv/rest && "
    "until ss -ltn | grep -q :8000; do sleep 0.1; done"
)
BUCKET = "backups"
HARMLESS = "said in one line; the state is as it was"


@dataclass(frozen=True)
class Elsewhere:
    """A repository on another machine, and what it asks for: the content of each secret's file."""

    repository: str
    secrets: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RealHost, str]]:
    """A host, and the key that opens it."""
    folder = tmp_path_factory.mktemp("storage")
    with real_hosts(folder, storage="bookworm") as hosts:
        yield hosts["storage"], (folder / "key").read_text()


@pytest.fixture
def sftp(storage: tuple[RealHost, str]) -> Elsewhere:
    host, key = storage
    return Elsewhere(f"sftp:{USER}@{host.address}:{secrets.token_hex(4)}", {"key": key})


@pytest.fixture(scope="module")
def rest(storage: tuple[RealHost, str]) -> Elsewhere:
    host, _ = storage
    host.sh(REST_SERVER, timeout=3 * MINUTE)
    return Elsewhere(f"rest:http://ann:secret@{host.address}:8000/clawlama/")


@pytest.fixture(scope="module")
def s3(bridge: str) -> Iterator[Elsewhere]:
    port = free_port()
    server = ThreadedMotoServer(bridge, port, verbose=False)
    server.start()
    variables = {"AWS_ACCESS_KEY_ID": "ann", "AWS_SECRET_ACCESS_KEY": "secret"}
    lines = "".join(f"{name}={value}\n" for name, value in variables.items())
    try:
        yield Elsewhere(f"s3:http://{bridge}:{port}/{BUCKET}/clawlama", {"credentials": lines})
    finally:
        server.stop()


@pytest.fixture
def lived(image: str) -> Iterator[str]:
    with volume() as data:
        in_volume(image, data, LIVED)
        yield data


def means(image: str, place: Path, data: str, there: Elsewhere) -> str:
    """The script that deploy/backup.py puts on a host, with the secrets where it has them."""
    given = {}
    for name, content in there.secrets.items():
        (place / name).write_text(content)
        given[f"clawlama_backup_{name}_file"] = str(place / name)
    settings = settings_from(
        {
            "clawlama_image": image,
            "clawlama_data": data,
            "clawlama_directory": str(place / "clawlama"),
            "clawlama_backup_repository": there.repository,
            **given,
        }
    )
    for script in (plan.places(settings), plan.secrets(settings, {"password": ""})):
        run("sh", "-euc", script)
    wanted = plan.tools(settings, "host", {})
    Path(wanted.script_path).write_text(wanted.script)
    Path(wanted.script_path).chmod(0o755)
    return wanted.script_path


@pytest.mark.parametrize("way", ["sftp", "rest", "s3"])
def test_what_was_backed_up_to_another_machine_is_all_there_again(
    request: pytest.FixtureRequest, image: str, lived: str, tmp_path: Path, way: str
) -> None:
    there = request.getfixturevalue(way)
    before = digests(image, lived)
    script = means(image, tmp_path, lived, there)
    assert ended(script, "backup").code == 0
    assert ended(script, "check").code == 0
    in_volume(image, lived, "rm -rf /data/* /data/.config")
    assert ended(script, "restore").code == 0
    assert digests(image, lived) == before


@pytest.mark.fault("another key than the one that opens the other machine", HARMLESS)
def test_a_key_that_opens_nothing_is_refused_in_one_line(
    image: str, lived: str, sftp: Elsewhere, tmp_path: Path
) -> None:
    before = digests(image, lived)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other"))
    strange = Elsewhere(sftp.repository, {"key": (tmp_path / "other").read_text()})
    done = ended(means(image, tmp_path, lived, strange), "backup")
    assert done.code == 1
    assert "Permission denied" in done.last
    assert digests(image, lived) == before


@pytest.mark.fault("another machine answers for the one with the backups", HARMLESS)
def test_a_machine_that_shows_another_key_is_not_spoken_to(
    image: str, lived: str, sftp: Elsewhere, storage: tuple[RealHost, str], tmp_path: Path
) -> None:
    before = digests(image, lived)
    script = means(image, tmp_path, lived, sftp)
    assert ended(script, "backup").code == 0
    storage[0].sh("rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart ssh")
    done = ended(script, "backup")
    assert done.code == 1
    assert "Host key verification failed" in done.last
    assert digests(image, lived) == before


@pytest.mark.fault("the other machine does not answer", HARMLESS)
@pytest.mark.parametrize("way", ["sftp:ann@{}:backups", "rest:http://{}:9/", "s3:http://{}:9/backups"])
def test_a_machine_that_does_not_answer_is_said_in_one_line(
    image: str, lived: str, bridge: str, tmp_path: Path, way: str
) -> None:
    before = digests(image, lived)
    there = Elsewhere(way.format("192.0.2.1" if way.startswith("sftp") else bridge), {"key": "none"})
    done = ended(means(image, tmp_path, lived, there), "backup")
    assert done.code == 1
    assert done.last.startswith("clawlama: ")
    assert digests(image, lived) == before
