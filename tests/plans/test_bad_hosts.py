"""Hosts and inventories that cannot work: one clear line each, and nothing is done to the host."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.plans.play import Played, journal, play, standing

BARE, MAC, OWN_DOCKER, GPU = (
    f"{name}.synthetic" for name in ("debian-13", "macos", "debian-own-docker", "debian-12-gpu")
)
DIRECTORY = {"clawlama_data": "/srv/assistant"}
OF_A_DIRECTORY = {
    f"DataReading.{question}": answer
    for question, answer in {
        "owner": "10001:10001", "mode": "750", "is_directory": "yes", "exists": "yes", "holds_files": "",
        "filesystem": "ext2/ext3", "free_kilobytes": "50331648",
    }.items()
}  # fmt: skip
SOMEBODYS = '{"state":{"Status":"running","ExitCode":0},"labels":{},"image":"sha256:1","restarts":0}'


@dataclass(frozen=True)
class Bad:
    """A host as its cassette has it but for ``answers``, an inventory's data, and what has to be said."""

    said: str
    answers: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)
    host: str = BARE


CASES = {
    "a system of 32 bits": Bad(
        'the host\'s system="Raspbian GNU/Linux 12 (bookworm), 32 bits": must be of 64 bits; install its ',
        {"DockerReading.system": "raspbian 12 Raspbian GNU/Linux 12 (bookworm)", "DockerReading.bits": "32"},
    ),
    "an unknown system without Docker": Bad(
        "the host's system=\"Alpine Linux v3.22\": lacks Docker's engine, compose, buildx, and ClawLama can ",
        {"DockerReading.system": "alpine 3.22.1 Alpine Linux v3.22"},
    ),
    "a Docker that is too old": Bad(
        'Docker="19.03.15": must be 20.10 or newer; upgrade it', {"DockerReading.server": "19.03.15"}, host=OWN_DOCKER
    ),
    "settings of Docker's that are no JSON": Bad(
        "/etc/docker/daemon.json=\"{'log-driver': 'journald'}\": must be one JSON object, as Docker reads it; mend or ",
        {"DockerReading.daemon_json": "{'log-driver': 'journald'}"},
        host=OWN_DOCKER,
    ),
    "DOCKER_HOST leads elsewhere": Bad(
        'DOCKER_HOST="tcp://192.0.2.1:2375": must lead to a Docker server on this machine; unset DOCKER_HOST',
        {"DockerReading.host_variable": "tcp://192.0.2.1:2375", "DockerReading.endpoint": "tcp://192.0.2.1:2375"},
    ),
    "podman in Docker's place": Bad(
        "docker=\"podman version 5.4.2\": must be Docker's own, and this is Podman's stand-in for it; apt-get remove ",
        {"DockerReading.client": "podman version 5.4.2"},
    ),
    "podman's server in Docker's place": Bad(
        "docker context=\"unix:///run/podman/podman.sock\": must be Docker's own, and this is Podman's ",
        {"DockerReading.engine": "Podman Engine", "DockerReading.endpoint": "unix:///run/podman/podman.sock"},
        host=OWN_DOCKER,
    ),
    "a Mac without Docker Desktop": Bad(
        'Docker="macOS 15.6": must be there and run; its engine, compose, buildx does not answer; install ',
        dict.fromkeys([f"DockerReading.{part}" for part in ("client", "endpoint", "server", "compose", "buildx")], ""),
        host=MAC,
    ),
    "a Mac whose Docker Desktop is stopped": Bad(
        'docker context="unix:///Users/ann/.docker/run/docker.sock": no Docker server answers there; start it or ',
        {"DockerReading.server": "", "DockerReading.engine": ""},
        host=MAC,
    ),
    "Docker's own repository must answer, and does not": Bad(
        'CLAWLAMA_DOCKER_UPSTREAM="https://download.docker.com": must answer, and does not; check ',
        {"PackagesReading.missing_tools": ""},
        {"clawlama_docker_source": "upstream"},
    ),
    "a key that is not Docker's": Bad(
        "must offer the key 9DC858229FC7DD38854AE2D88D81803C0EBFCD88, and offers ABCDEF; find out why, or set ",
        {"PackagesReading.missing_tools": "", "KeyReading.key": "fetched ABCDEF\n-----BEGIN PGP PUBLIC KEY BLOCK-----"},
    ),
    "an error page in place of Docker's key": Bad(
        "must offer the key 9DC858229FC7DD38854AE2D88D81803C0EBFCD88, and offers none; find out why, or set ",
        {"PackagesReading.missing_tools": "", "KeyReading.key": "fetched\n<!doctype html><title>Sign in</title>"},
    ),
    "a key that is not NVIDIA's": Bad(
        'CLAWLAMA_NVIDIA_UPSTREAM="https://nvidia.github.io/libnvidia-container": must offer the key C95B321B61E8',
        {"KeyReading.key": "fetched ABCDEF\n-----BEGIN PGP PUBLIC KEY BLOCK-----"},
        host=GPU,
    ),
    "the port is taken by a process": Bad(
        'CLAWLAMA_OPENCLAW_PORT="18789": is taken on this machine by process 812 (nginx: master process)',
        {"PlaceReading.listening": "0100007F:4965 31337", "PlaceReading.holders": "812 nginx: master process"},
        host=OWN_DOCKER,
    ),
    "the port is taken by another container": Bad(
        'CLAWLAMA_OPENCLAW_PORT="18789": is taken on this machine by the container web; ',
        {"PlaceReading.listening": "0100007F:4965 31337", "PlaceReading.publishers": "web"},
        host=OWN_DOCKER,
    ),
    "a foreign container of our name": Bad(
        'container="clawlama": is the name of a container that this provisioner did not make; docker rm -f clawlama',
        {"PlaceReading.container": SOMEBODYS},
        host=OWN_DOCKER,
    ),
    "a model file that the host does not have": Bad(
        'CLAWLAMA_MODEL_FILE_HOST="/srv/model.gguf": ',
        data={"clawlama_model_file_host": "/srv/model.gguf"},
        host=OWN_DOCKER,
    ),
    "a volume in memory": Bad(
        'CLAWLAMA_DATA="clawlama-data": is kept in memory and would be lost at the next boot; name a place on a disk',
        {"DataReading.options": '{"device":"tmpfs","type":"tmpfs"}'},
        host=OWN_DOCKER,
    ),
    "a directory on a network file system": Bad(
        'CLAWLAMA_DATA="/srv/assistant": is on a network file system (nfs), where databases get damaged; name a place ',
        OF_A_DIRECTORY | {"DataReading.filesystem": "nfs"},
        DIRECTORY,
        OWN_DOCKER,
    ),
    "a directory that is a file": Bad(
        'CLAWLAMA_DATA="/srv/assistant": is a file; name a directory',
        OF_A_DIRECTORY | {"DataReading.is_directory": ""},
        DIRECTORY,
        OWN_DOCKER,
    ),
    "a directory with somebody's files": Bad(
        'CLAWLAMA_DATA="/srv/assistant": holds files of another user (1000:1000); name a new or an empty directory',
        OF_A_DIRECTORY | {"DataReading.owner": "1000:1000", "DataReading.holds_files": "photos"},
        DIRECTORY,
        OWN_DOCKER,
    ),
    "a disk too small for the build": Bad(
        '/srv/docker="2.1 GB free": a first build needs 4.5 GB; free some of it',
        dict.fromkeys(("ImageReading.docker_disk", "SummaryReading.docker_disk"), "/srv/docker\n2097152\n/dev/vda1"),
        host=OWN_DOCKER,
    ),
    "an unknown datum": Bad(
        'CLAWLAMA_MODLE="(hidden)": is no setting of ClawLama; did you mean CLAWLAMA_MODEL?',
        data={"clawlama_modle": "x"},
    ),
    "a datum against its rule": Bad(
        'CLAWLAMA_CPUS="many": must be a number of CPUs; set for example CLAWLAMA_CPUS=1.5',
        data={"clawlama_cpus": "many"},
    ),
    "a datum that would run a command": Bad(
        'CLAWLAMA_DATA="$(touch /canary)": must be a volume\'s name or an absolute path; ',
        data={"clawlama_data": "$(touch /canary)"},
    ),
}


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Played]:
    """All cases that need no data of their own, in one run, each as a host of its own."""
    folder = tmp_path_factory.mktemp("bad")
    hosts = {case: f"{bad.host}!{case.replace(' ', '-')}" for case, bad in CASES.items() if not bad.data}
    for case, host in hosts.items():
        standing(folder, host, CASES[case].answers)
    return folder, play(folder, *hosts.values())


@pytest.mark.parametrize("case", [case for case, bad in CASES.items() if not bad.data])
def test_a_host_that_cannot_work_is_refused_in_one_line_and_left_as_it_is(
    together: tuple[Path, Played], case: str
) -> None:
    folder, played = together
    refused(folder, played, f"{CASES[case].host}!{case.replace(' ', '-')}", CASES[case].said)


@pytest.mark.parametrize("case", [case for case, bad in CASES.items() if bad.data])
def test_an_inventory_that_cannot_work_is_refused_in_one_line_and_the_host_left_as_it_is(
    tmp_path: Path, case: str
) -> None:
    bad = CASES[case]
    standing(tmp_path, bad.host, bad.answers)
    played = play(tmp_path, bad.host, REPLAY_DATA=json.dumps(dict(bad.data)))
    refused(tmp_path, played, bad.host, bad.said)


def refused(folder: Path, played: Played, host: str, said: str) -> None:
    assert played.code != 0
    assert "Traceback" not in played.said
    along, _, end = played.said.partition(" hosts failed; ")
    lines = [line for line in along.splitlines() if said in line]
    assert len(lines) == 1, played.said
    assert not end or [line for line in end.splitlines() if f"[@replay/{host}]" in line and said in line]
    assert f"@replay/{host}]" in lines[0] or "[" not in lines[0]
    done = journal(folder, host) if (folder / f"{host}.journal").exists() else ""
    assert [line for line in done.splitlines() if line.startswith("$ ")] == []
