"""What the docker role does to a host, by what it finds there."""

import pytest

from roles.docker import plan
from roles.errors import UserMistake
from roles.platforms import PLATFORMS, STARTERS

DEBIAN_12 = "debian 12 Debian GNU/Linux 12 (bookworm)"
DEBIAN_13 = "debian 13 Debian GNU/Linux 13 (trixie)"
BARE = {
    "system": DEBIAN_12, "server": "", "compose": "", "buildx": "", "dockerd": "", "systemd": "",
    "client": "", "endpoint": "", "engine": "", "host_variable": "", "context_variable": "",
}  # fmt: skip
WHOLE = BARE | {
    "server": "20.10.24", "compose": "2.26.1", "buildx": "v0.13.1", "dockerd": "/usr/sbin/dockerd",
    "client": "Docker version 20.10.24+dfsg1, build 297e128", "endpoint": "unix:///var/run/docker.sock",
    "engine": "Engine",
}  # fmt: skip


def test_a_server_that_answers_with_compose_and_buildx_is_left_alone_on_any_system() -> None:
    assert plan.steps(WHOLE) == plan.Steps()
    assert plan.steps(WHOLE | {"system": "fedora 44 Fedora", "dockerd": ""}) == plan.Steps()


def test_a_client_alone_does_not_count() -> None:
    steps = plan.steps(BARE | {"compose": "2.39.0", "buildx": "v0.20"})
    assert "docker.io" in steps.packages
    assert steps.starters == STARTERS["none"]


def test_an_engine_that_is_there_and_does_not_run_is_only_started() -> None:
    assert plan.steps(WHOLE | {"server": ""}) == plan.Steps(starters=STARTERS["none"])


def test_systemd_starts_docker_where_it_runs_the_machine() -> None:
    assert plan.steps(BARE | {"systemd": "yes"}).starters == ("systemctl enable --now docker",)


def test_without_systemd_dockerd_itself_is_the_last_resort() -> None:
    assert "/etc/init.d/docker" in STARTERS["none"][0]
    assert "dockerd" in STARTERS["none"][-1]


def test_only_the_missing_part_is_installed() -> None:
    assert plan.steps(WHOLE | {"buildx": ""}).packages == ("docker-buildx",)


def test_debian_12_borrows_compose_and_buildx_and_nothing_else() -> None:
    steps = plan.steps(BARE)
    assert steps.borrowed == ("docker-compose", "docker-buildx")
    assert steps.platform is not None
    files = plan.borrowing(steps.platform, "http://mirror.example/debian/")
    assert files["/etc/apt/sources.list.d/clawlama-trixie.list"] == "deb http://mirror.example/debian/ trixie main\n"
    everything, named = files["/etc/apt/preferences.d/clawlama-trixie"].split("\n\n")
    assert everything == "Package: *\nPin: release n=trixie\nPin-Priority: -1"
    assert named.startswith("Package: docker-compose docker-buildx\n")


def test_debian_13_borrows_nothing() -> None:
    assert plan.steps(BARE | {"system": DEBIAN_13}).borrowed == ()


def test_a_point_release_is_its_release() -> None:
    assert plan.steps(BARE | {"system": "debian 13.2 Debian"}).platform == PLATFORMS["debian", "13"]


@pytest.mark.parametrize("system", ["fedora 44 Fedora Linux 44", "arch  Arch Linux", ""])
def test_an_unknown_system_that_lacks_something_is_refused_in_one_line(system: str) -> None:
    with pytest.raises(UserMistake, match="Debian 12, Debian 13 only; install Docker") as caught:
        plan.steps(BARE | {"system": system})
    assert "\n" not in str(caught.value)


# --- another Docker than this machine's own

DESKTOP = {"endpoint": "unix:///Users/ann/.docker/run/docker.sock", "dockerd": ""}
ROOTLESS = {"endpoint": "unix:///run/user/1000/docker.sock", "host_variable": "unix:///run/user/1000/docker.sock"}


@pytest.mark.parametrize("elsewhere", [DESKTOP, ROOTLESS])
def test_another_socket_of_this_machine_is_honoured_where_a_server_answers(elsewhere: dict[str, str]) -> None:
    assert plan.steps(WHOLE | elsewhere) == plan.Steps()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"endpoint": "tcp://192.0.2.1:2375", "host_variable": "tcp://192.0.2.1:2375", "server": "", "engine": ""},
            'DOCKER_HOST="tcp://192.0.2.1:2375": must lead to a Docker server on this machine; unset DOCKER_HOST, ',
        ),
        (
            {"endpoint": "ssh://ann@vm", "context_variable": "vm", "server": ""},
            'DOCKER_CONTEXT="ssh://ann@vm": must lead to a Docker server on this machine; unset DOCKER_CONTEXT, ',
        ),
        (
            {"endpoint": "", "context_variable": "nosuch", "server": ""},
            'DOCKER_CONTEXT="nosuch": must lead to a Docker server on this machine; unset DOCKER_CONTEXT, ',
        ),
        (
            {"endpoint": "ssh://ann@vm", "server": ""},
            'docker context="ssh://ann@vm": must lead to a Docker server on this machine; docker context use default, ',
        ),
        (
            ROOTLESS | {"server": ""},
            'DOCKER_HOST="unix:///run/user/1000/docker.sock": no Docker server answers there; start it or unset ',
        ),
        (
            DESKTOP | {"server": ""},
            'docker context="unix:///Users/ann/.docker/run/docker.sock": no Docker server answers there; start it or ',
        ),
        (
            {"client": "podman version 4.3.1", "server": "", "endpoint": ""},
            "docker=\"podman version 4.3.1\": must be Docker's own, and this is Podman's ",
        ),
        (
            {"engine": "Podman Engine", "endpoint": "unix:///run/podman/podman.sock", "host_variable": "x"},
            "DOCKER_HOST=\"unix:///run/podman/podman.sock\": must be Docker's own, and this is Podman's ",
        ),
    ],
)
def test_another_docker_than_this_machines_own_is_refused_in_one_line(changes: dict[str, str], said: str) -> None:
    with pytest.raises(UserMistake) as caught:
        plan.steps(WHOLE | changes)
    assert str(caught.value).startswith(said)
    assert str(caught.value).endswith("then run the same command again")


def test_docker_host_is_judged_before_anything_is_installed() -> None:
    with pytest.raises(UserMistake, match="unset DOCKER_HOST"):
        plan.steps(BARE | {"host_variable": "tcp://192.0.2.1:2375"})
