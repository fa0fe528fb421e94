"""What the docker role does to a host, by what it finds there."""

import pytest

from roles.docker import plan
from roles.errors import UserMistake
from roles.platforms import PLATFORMS, STARTERS

DEBIAN_12 = "debian 12 Debian GNU/Linux 12 (bookworm)"
DEBIAN_13 = "debian 13 Debian GNU/Linux 13 (trixie)"
BARE = {"system": DEBIAN_12, "server": "", "compose": "", "buildx": "", "dockerd": "", "systemd": ""}
WHOLE = BARE | {"server": "20.10.24", "compose": "2.26.1", "buildx": "v0.13.1", "dockerd": "/usr/sbin/dockerd"}


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
