"""What the docker role does to a host, by what it finds there."""

import pytest

from roles.docker import plan
from roles.docker.facts import QUESTIONS
from roles.docker.plan import Choice
from roles.errors import UserMistake
from roles.platforms import DOCKER_CE, PLATFORMS, STARTERS, Platform

DEBIAN_12 = "debian 12 Debian GNU/Linux 12 (bookworm)"
DEBIAN_13 = "debian 13 Debian GNU/Linux 13 (trixie)"
BARE = dict.fromkeys(QUESTIONS, "") | {"system": DEBIAN_12, "bits": "64"}
WHOLE = BARE | {
    "server": "20.10.24", "compose": "2.26.1", "buildx": "v0.13.1", "dockerd": "/usr/sbin/dockerd",
    "client": "Docker version 20.10.24+dfsg1, build 297e128", "endpoint": "unix:///var/run/docker.sock",
    "engine": "Engine",
}  # fmt: skip
SYSTEMD = {"systemd": "yes", "enabled": "enabled"}
ALL = ("engine", "compose", "buildx")
NOTHING = {"installed": "", "missing_tools": ""}
AUTO, UPSTREAM, DISTRIBUTION = Choice("auto"), Choice("upstream"), Choice("distribution")
DEB_12, DEB_13 = PLATFORMS["debian", "12"], PLATFORMS["debian", "13"]
DOCKERS_KEY = "fetched 9DC858229FC7DD38854AE2D88D81803C0EBFCD88\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nmQ..."


def test_a_server_that_answers_with_compose_and_buildx_is_left_alone_on_any_system() -> None:
    assert plan.steps(WHOLE) == plan.Steps()
    assert plan.steps(WHOLE | SYSTEMD) == plan.Steps()
    assert plan.steps(WHOLE | {"system": "fedora 44 Fedora", "dockerd": ""}) == plan.Steps()


def test_a_client_alone_does_not_count() -> None:
    steps = plan.steps(BARE | {"compose": "2.39.0", "buildx": "v0.20"})
    assert steps.lacking == ("engine",)
    assert steps.starters == STARTERS["none"]


def test_an_engine_that_is_there_and_does_not_run_is_only_started() -> None:
    assert plan.steps(WHOLE | {"server": ""}) == plan.Steps(starters=STARTERS["none"])


@pytest.mark.parametrize("host", [BARE, WHOLE], ids=["not there", "runs, and would not after a boot"])
def test_systemd_starts_docker_where_it_runs_the_machine_now_and_at_boot(host: dict[str, str]) -> None:
    assert plan.steps(host | {"systemd": "yes", "enabled": ""}).starters == ("systemctl enable --now docker",)


def test_without_systemd_dockerd_itself_is_the_last_resort() -> None:
    assert "/etc/init.d/docker" in STARTERS["none"][0]
    assert "dockerd" in STARTERS["none"][-1]


def test_only_the_missing_part_is_installed() -> None:
    assert plan.steps(WHOLE | {"buildx": ""}).lacking == ("buildx",)
    assert plan.from_distribution(DEB_13, ("buildx",), "").packages == ("docker-buildx",)


# --- Docker's own repository


def test_dockers_own_repository_comes_first_signed_by_its_key() -> None:
    found = plan.from_repository(DEB_12, AUTO, ALL, NOTHING, DOCKERS_KEY)
    assert found is not None
    assert found.packages == DOCKER_CE
    [source] = [content for path, content in found.files.items() if path.endswith(".sources")]
    assert "URIs: https://download.docker.com/linux/debian\nSuites: bookworm\n" in source
    assert "Signed-By: /etc/apt/keyrings/docker.asc\n" in source
    assert found.files["/etc/apt/keyrings/docker.asc"].startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")


def test_what_conflicts_goes_first_and_nothing_else() -> None:
    there = NOTHING | {"installed": "podman-docker\nrunc"}
    found = plan.from_repository(DEB_12, AUTO, ALL, there, DOCKERS_KEY)
    assert found is not None
    assert found.remove == ("podman-docker", "runc")


def test_a_distributions_engine_that_is_there_stays_and_gets_the_distributions_plugins() -> None:
    assert not plan.may_use_repository(AUTO, ("buildx",), {"installed": "docker.io"})
    assert plan.may_use_repository(AUTO, ("buildx",), {"installed": "docker-ce"})
    found = plan.from_repository(DEB_12, AUTO, ("buildx",), {"installed": "docker-ce"}, DOCKERS_KEY)
    assert found is not None
    assert found.packages == ("docker-buildx-plugin",)


def test_a_silent_repository_gives_way_to_the_distribution() -> None:
    assert plan.from_repository(DEB_12, AUTO, ALL, NOTHING, "") is None
    assert plan.from_distribution(DEB_13, ALL, "").packages[0] == "docker.io"


def test_a_silent_repository_that_must_answer_is_refused() -> None:
    said = 'CLAWLAMA_DOCKER_UPSTREAM="https://download.docker.com": must answer, and does not; '
    with pytest.raises(UserMistake, match=said):
        plan.from_repository(DEB_12, UPSTREAM, ALL, NOTHING, "")


@pytest.mark.parametrize("choice", [AUTO, UPSTREAM])
@pytest.mark.parametrize(("key", "offers"), [("fetched ABCD\n...", "ABCD"), ("fetched\n<html>", "none")])
def test_a_key_that_is_not_dockers_is_refused_and_nothing_else_is_taken(choice: Choice, key: str, offers: str) -> None:
    with pytest.raises(UserMistake, match=f"must offer the key 9DC8.*, and offers {offers}; find out why"):
        plan.from_repository(DEB_12, choice, ALL, NOTHING, key)


def test_the_distribution_alone_is_asked_where_that_is_the_choice() -> None:
    assert not plan.may_use_repository(DISTRIBUTION, ALL, NOTHING)


@pytest.mark.parametrize("platform", [found for found in PLATFORMS.values() if found.manager], ids=lambda it: it.name)
def test_every_platform_has_both_sources(platform: Platform) -> None:
    assert platform.docker is not None
    found = plan.from_repository(platform, Choice(fingerprint="AB"), ALL, NOTHING, "fetched AB\nkey")
    assert found is not None
    assert set(platform.docker.plugins.values()) < set(found.packages)
    assert "{" not in "".join(found.files.values())
    own = plan.from_distribution(platform, ALL, "http://mirror.example")
    assert own.packages[-2:] == (platform.compose, platform.buildx)


# --- the distribution's packages


def test_debian_12_borrows_compose_and_buildx_and_nothing_else() -> None:
    assert plan.borrows(DEB_12, ALL)
    files = plan.from_distribution(DEB_12, ALL, "http://mirror.example/debian/").files
    assert files["/etc/apt/sources.list.d/clawlama-trixie.list"] == "deb http://mirror.example/debian/ trixie main\n"
    everything, named = files["/etc/apt/preferences.d/clawlama-trixie"].split("\n\n")
    assert everything == "Package: *\nPin: release n=trixie\nPin-Priority: -1"
    assert named.startswith("Package: docker-compose docker-buildx\n")


def test_debian_13_borrows_nothing() -> None:
    assert not plan.borrows(DEB_13, ALL)
    assert plan.from_distribution(DEB_13, ALL, "").files == {}


# --- systems


def test_a_point_release_is_its_release() -> None:
    assert plan.steps(BARE | {"system": "debian 13.2 Debian"}).platform == DEB_13


@pytest.mark.parametrize("system", ["fedora 41 Fedora Linux 41", "arch  Arch Linux", ""])
def test_an_unknown_system_that_lacks_something_is_refused_in_one_line(system: str) -> None:
    with pytest.raises(UserMistake, match=r"on Debian 12, Debian 13, .* only; install Docker") as caught:
        plan.steps(BARE | {"system": system})
    assert "\n" not in str(caught.value)


def test_docker_desktop_that_is_missing_or_stopped_is_one_line_and_is_never_installed() -> None:
    with pytest.raises(UserMistake, match=r"must be there and run; .* install Docker Desktop from ") as caught:
        plan.steps(BARE | {"system": "macos 15.1 macOS 15.1"})
    assert "\n" not in str(caught.value)


def test_a_system_of_32_bits_is_refused() -> None:
    said = 'system="Raspbian GNU/Linux 12 \\(bookworm\\), 32 bits": must be of 64 bits; install its 64-bit edition'
    with pytest.raises(UserMistake, match=said):
        plan.steps(BARE | {"system": "raspbian 12 Raspbian GNU/Linux 12 (bookworm)", "bits": "32"})


@pytest.mark.parametrize("server", ["19.03.15", "18.09.1"])
def test_a_docker_that_is_too_old_is_refused(server: str) -> None:
    with pytest.raises(UserMistake, match=f'Docker="{server}": must be 20.10 or newer; upgrade it'):
        plan.steps(WHOLE | {"server": server})


@pytest.mark.parametrize("settings", ["{", "[]", "log-driver: journald"])
def test_settings_of_dockers_that_are_no_json_are_refused_as_they_are(settings: str) -> None:
    with pytest.raises(UserMistake, match=r"/etc/docker/daemon.json=.*: must be one JSON object"):
        plan.steps(WHOLE | {"daemon_json": settings})


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
