"""What goes wrong while a host is set up: it goes on, or says in one line what is wrong; the next run converges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.container import models
from tests.container.assistant import bridge_address
from tests.hosts import CHANGED, OTHER_MODEL
from tests.testbed import image, registry, report
from tests.testbed.docker import MINUTE
from tests.testbed.machine import CLONE, Ended, Machine, Reaction, Running
from tests.testbed.registry import Fault

pytestmark = [pytest.mark.testbed, pytest.mark.timeout(10 * MINUTE)]
Mended = Callable[[], AbstractContextManager[None]]

REFUSED = "refused in one line, nothing is touched; without it the next run changes nothing"
INTERRUPTED = "ends at once in one line, nothing half-done, no process left; the next run changes nothing"
STATE = f"""
docker inspect --format '{{{{.Id}}}} {{{{.State.StartedAt}}}}' clawlama
docker image inspect --format '{{{{.Id}}}}' {image.NAME}
docker ps --all --quiet; docker volume ls --quiet
cd /opt/clawlama; sha256sum docker-compose.yml release.json; ls -a . secrets
"""
# One that ends meanwhile is none.
PROCESSES = "for id in /proc/[0-9]*; do { tr '\\0' ' ' <$id/cmdline; } || true; echo; done 2>/dev/null"
AGENTS = "container/rootfs/etc/clawlama/AGENTS.md"
BUILD_LOG = "/opt/clawlama/build.log"
# Never built before: the build cache outlives the machine.
ONE_MORE_RULE = f"cd {CLONE} && echo '- rule {uuid4()}' >>{AGENTS} && rm -f {BUILD_LOG}"
KILL_DOCKER = "kill -9 $(cat /run/docker.pid)"
AWAIT_DOCKER = "until docker version >/dev/null 2>&1; do sleep 0.1; done"
RESTART_DOCKER = f"""
pid=$(cat /run/docker.pid); kill $pid; timeout 60 tail --pid=$pid -f /dev/null
setsid dockerd >>/var/log/dockerd.log 2>&1 </dev/null & {AWAIT_DOCKER}
"""
# The real thing, without installing it: its package takes Docker's place.
PODMAN = """
mkdir -p /srv/podman && cd /srv/podman && chmod 777 .
apt-get download -q podman podman-docker libsubid4 libgpgme11 libassuan0 2>&1
mv /usr/bin/docker /usr/bin/docker.real
for package in *.deb; do dpkg-deb --fsys-tarfile $package | tar --extract --directory / --keep-directory-symlink; done
"""
# A server of its own on a disk of 60 MB, half of which an image of our name takes. One without a bridge removes the
# bridge that it finds, so this one has a network of its own.
SMALL_DISK = f"""
mkdir -p /srv/small && mount -t tmpfs -o size=60m tmpfs /srv/small
unshare --net dockerd --data-root=/srv/small --exec-root=/run/small --pidfile=/run/small.pid \
  --host=unix:///run/small.sock --storage-driver=vfs --bridge=none --iptables=false \
  >/var/log/small.log 2>&1 </dev/null &
export DOCKER_HOST=unix:///run/small.sock
{AWAIT_DOCKER}
head -c 30000000 /dev/zero >/tmp/big && tar --create --directory /tmp big | docker import - {image.NAME}
"""
NO_SMALL_DISK = "pid=$(cat /run/small.pid); kill $pid; timeout 60 tail --pid=$pid -f /dev/null; umount /srv/small"


@pytest.fixture(scope="module", autouse=True)
def settled(machine: Machine, first: Ended, other_model: None) -> None:
    """It runs with a model that answers; what an earlier test left as it is, is left as it is."""
    assert first.code == 0
    assert other_model is None
    machine.configure(CHANGED)
    machine.make_up()


@pytest.fixture(scope="module")
def ann(machine: Machine) -> str:
    """What a command begins with that is ann's, who is not root; `su` would take it out of its group."""
    machine.sh("id ann || useradd --create-home ann; chmod 755 /root")
    return "setpriv --reuid=ann --regid=ann --init-groups --reset-env"


@contextmanager
def untouched(machine: Machine) -> Iterator[None]:
    """Nothing on the machine changes meanwhile, and nothing has to be changed afterwards."""
    before = machine.sh(STATE)
    yield
    assert machine.sh(STATE) == before
    assert report.changed(machine.make_up().output) == []


def failed(ended: Ended, *words: str) -> None:
    """It ended with a line that has all the words, and without a traceback."""
    assert ended.code != 0
    assert "Traceback" not in ended.output
    lines = [line for line in ended.output.splitlines() if all(part in line for part in words)]
    assert len(lines) == 1, ended.output


def interrupted(machine: Machine, ended: Ended) -> None:
    failed(ended, "--> interrupted: what is under way ends now; run the same command again to go on from here")
    assert not re.search("stage |Error:", ended.output)
    assert not re.search(r"make up|build\.sh|docker (build|run|exec)", machine.sh(PROCESSES))


# --- what is refused


@pytest.mark.fault("DOCKER_HOST names another machine", REFUSED)
def test_a_docker_server_elsewhere_is_refused(machine: Machine) -> None:
    with untouched(machine):
        ended = machine.try_make_up("DOCKER_HOST=tcp://192.0.2.1:2375 make up")
        failed(ended, 'DOCKER_HOST="tcp://192.0.2.1:2375": must lead to a Docker server on this machine; unset ')


@pytest.mark.fault("Podman's stand-in is what `docker` means", REFUSED)
def test_podman_in_dockers_place_is_refused(machine: Machine) -> None:
    with untouched(machine):
        machine.sh(PODMAN)
        ended = machine.try_make_up()
        machine.sh("mv /usr/bin/docker.real /usr/bin/docker")
        failed(ended, 'docker="podman version ', "this is Podman's stand-in for it; apt-get remove podman-docker")


@pytest.mark.fault("not root, and no sudo", REFUSED)
def test_a_user_without_rights_is_refused(machine: Machine, ann: str) -> None:
    with untouched(machine):
        ended = machine.try_make_up(f"{ann} make up")
        failed(ended, 'user="ann": must be root or have sudo, which is not installed; install it, or run ')


@pytest.mark.fault("not root, sudo wants a password, no terminal", "refused in one line, no prompt that nobody sees")
def test_sudo_that_would_ask_nobody_is_refused(machine: Machine, ann: str) -> None:
    machine.sh("apt-get install -q -y --no-install-recommends sudo")
    failed(machine.try_make_up(f"{ann} make up"), "where there is no terminal", "sudo: a password is required")


@pytest.mark.fault("two `make up` at once, by two users", "the second is refused and told of the first; that goes on")
def test_a_second_run_at_the_same_time_is_refused(machine: Machine, ann: str) -> None:
    machine.sh("echo 'ann ALL=(ALL) NOPASSWD:SETENV: ALL' >/etc/sudoers.d/ann")
    second = []

    def another_run(running: Running) -> None:
        running.signal("STOP")
        second.append(machine.try_make_up())
        running.signal("CONT")

    with untouched(machine):
        with_sudo = machine.try_make_up(f"{ann} make up", {"Starting operation: volumes": another_run})
        assert with_sudo.code == 0
        assert report.changed(with_sudo.output) == []
        failed(second[0], '@local="process ', " of ann since ", "only one may at a time")


@pytest.mark.fault("the port is taken by a process", REFUSED)
def test_a_port_that_a_process_has_is_refused_with_its_name(machine: Machine) -> None:
    serve = "setsid python3 -m http.server 18900 --bind 127.0.0.1 >/dev/null 2>&1 </dev/null & echo $!"
    server = machine.sh(serve)
    machine.sh("until grep -q ' 0100007F:49D4 .* 0A ' /proc/net/tcp; do sleep 0.1; done")
    with untouched(machine):
        ended = machine.try_make_up("CLAWLAMA_OPENCLAW_PORT=18900 make up")
        failed(ended, 'PORT="18900": is taken on this machine by process', f" {server} (python3 -m http.server 18900")
    machine.sh(f"kill {server}")


@pytest.mark.fault("the port is taken by another container", REFUSED)
def test_a_port_that_a_container_has_is_refused_with_its_name(machine: Machine) -> None:
    machine.sh(f"docker run --detach --name web --publish 18901:80 --entrypoint sleep {image.NAME} infinity")
    with untouched(machine):
        ended = machine.try_make_up("CLAWLAMA_OPENCLAW_PORT=18901 make up")
        failed(ended, 'PORT="18901": is taken on this machine by the container web; ')
    machine.sh("docker rm --force --volumes web")


@pytest.mark.fault("somebody else's container has the name", "refused in one line; neither container is touched")
def test_a_foreign_container_of_our_name_is_refused(machine: Machine) -> None:
    foreign = f"docker run --detach --name clawlama --entrypoint sleep {image.NAME} infinity"
    with untouched(machine):
        container = machine.sh(f"docker rename clawlama aside && {foreign}")
        failed(
            machine.try_make_up(), 'container="clawlama": ', "did not make; docker rm -f clawlama (its volume stays)"
        )
        assert machine.identity("container", "clawlama") == container
        machine.sh("docker rm --force --volumes clawlama && docker rename aside clawlama")


@pytest.mark.fault("the disk is too small for a second image", "refused before the build, with both sizes")
def test_a_disk_without_room_for_a_second_image_is_refused(machine: Machine) -> None:
    with untouched(machine):
        machine.sh(SMALL_DISK)
        ended = machine.try_make_up("DOCKER_HOST=unix:///run/small.sock CLAWLAMA_OPENCLAW_PORT=18902 make up")
        machine.sh(NO_SMALL_DISK)
        failed(ended, '/srv/small="', ' MB free": a second image, beside the one that runs, needs 38 MB; free ')


@pytest.mark.fault("the clock is a year behind, and a package missing", "said in one line, with the clock's time")
def test_a_wrong_clock_is_said_where_it_stops_the_installation(machine: Machine, mended: Mended) -> None:
    machine.sh("apt-get install -q -y --no-install-recommends faketime && apt-get remove -q -y docker-buildx")
    ended = machine.try_make_up("FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f -400d make up")
    failed(ended, "apt-get update failed: E: Release file", "is not valid yet", "this machine's clock says ")
    with mended():
        assert [name.partition(":")[0] for name in report.changed(machine.make_up().output)] == ["docker"]


@pytest.mark.parametrize(
    ("jump", "age"),
    [
        pytest.param(
            "-400d", "0 s", marks=pytest.mark.fault("the clock is a year behind", "it goes on; no age is below 0")
        ),
        pytest.param("+400d", "400 days", marks=pytest.mark.fault("the clock is a year ahead", "it goes on")),
    ],
)
def test_a_clock_that_jumps_disturbs_nothing(machine: Machine, jump: str, age: str) -> None:
    with untouched(machine):
        ended = machine.try_make_up(f"FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f {jump} make up")
        assert ended.code == 0
        assert f" s, {age} ago)" in ended.output


# --- what is interrupted


@pytest.mark.fault("^C in the build", INTERRUPTED)
def test_an_interrupted_build_leaves_nothing_behind(machine: Machine) -> None:
    with untouched(machine):
        machine.sh(ONE_MORE_RULE)
        ended = machine.try_make_up(when={"building the image": in_the_build(machine, Running.interrupt)})
        interrupted(machine, ended)
        machine.sh(f"cd {CLONE} && git checkout --quiet {AGENTS} && touch {BUILD_LOG}")


@pytest.mark.fault("^C in the proof", INTERRUPTED)
def test_an_interrupted_proof_leaves_nothing_behind(machine: Machine) -> None:
    with untouched(machine):
        ended = machine.try_make_up("CLAWLAMA_PROVE=always make up", {"asking the assistant": Running.interrupt})
        interrupted(machine, ended)


@pytest.mark.fault("dockerd is restarted while the container starts", "it is waited for; the same run gets there")
def test_a_docker_server_that_is_restarted_is_waited_for(machine: Machine, mended: Mended) -> None:
    container = machine.identity("container", "clawlama")
    machine.sh("docker restart clawlama")
    with mended():
        ended = machine.try_make_up(when={"operation: clawlama: ready": lambda _: machine.sh(RESTART_DOCKER)})
    assert ended.code == 0
    assert report.changed(ended.output) == []
    assert machine.identity("container", "clawlama") == container


# In `make soak` it is the first one here: the machine's first `make up` is its setup.
@pytest.mark.timeout(30 * MINUTE)
@pytest.mark.soak
@pytest.mark.fault(
    "kill -9 of dockerd in the build", "ends in one line that says so; the next run starts it and builds"
)
def test_a_docker_server_that_is_killed_in_the_build_is_said(machine: Machine, mended: Mended) -> None:
    before = machine.identity("image", image.NAME)
    machine.sh(ONE_MORE_RULE)
    kill = in_the_build(machine, lambda _: machine.sh(KILL_DOCKER))
    ended = machine.try_make_up(when={"building the image": kill})
    failed(ended, "stage image: ", "nothing was tagged: ", "the Docker server went away; run the same command again")
    with mended():
        machine.make_up()
    assert machine.identity("image", image.NAME) != before
    assert machine.clawlama("status")["state"] == "ready"


@pytest.mark.fault("settings with which the image cannot work: a model file that is none", REFUSED)
def test_settings_that_cannot_work_are_refused_and_what_runs_goes_on(machine: Machine) -> None:
    with untouched(machine):
        machine.sh("echo 'no model' >/srv/broken.gguf")
        machine.configure(CHANGED | {"CLAWLAMA_MODEL_FILE_HOST": "/srv/broken.gguf", "CLAWLAMA_PROFILE": "full"})
        failed(machine.try_make_up(), "stage plan: ", 'CLAWLAMA_MODEL_FILE="/models/broken.gguf": must be a GGUF file')
        machine.configure(CHANGED)


@pytest.mark.fault("a permanent error: a truncated model file", "the restarting is stopped, its line is shown")
def test_a_permanent_error_is_shown_and_not_restarted(machine: Machine, mended: Mended) -> None:
    machine.sh(f"head -c 200000 {OTHER_MODEL} >/srv/truncated.gguf")
    machine.configure(CHANGED | {"CLAWLAMA_MODEL_FILE_HOST": "/srv/truncated.gguf"})
    failed(
        machine.try_make_up(), "stage model: ", 'CLAWLAMA_MODEL_FILE="/models/truncated.gguf": Ollama does not take '
    )
    assert machine.sh("docker inspect --format '{{.State.Status}}' clawlama") == "exited"
    machine.configure(CHANGED)
    with mended():
        machine.make_up()


@pytest.mark.fault("^C in the pull", "ends at once in one line; the pull goes on, the next run follows it to the proof")
def test_an_interrupted_wait_for_a_pull_is_taken_up_by_the_next_run(
    machine: Machine, tmp_path: Path, mended: Mended
) -> None:
    with registry.registry(tmp_path) as store, registry.line(store, bridge_address()) as line:
        # Other bytes than those of the model that is there.
        slow = tmp_path / "slow.gguf"
        slow.write_bytes(models.tiny().read_bytes() + bytes(20_000_000))
        registry.fill(image.NAME, line.address, {"slow": slow})
        line.faults = [Fault("slow", after=1_000_000)]
        model = {"CLAWLAMA_MODEL": line.name("slow"), "CLAWLAMA_REGISTRY_INSECURE": "true"}
        machine.configure({name: value for name, value in CHANGED.items() if "MODEL" not in name} | model)
        ended = machine.try_make_up(when={"pulling": Running.interrupt})
        interrupted(machine, ended)
        container = machine.identity("container", "clawlama")
        assert machine.clawlama("status")["state"] == "pulling"
        line.faults.clear()
        with mended():
            machine.make_up()
        assert machine.identity("container", "clawlama") == container
        assert machine.clawlama("status")["proof"]["ok"]


def in_the_build(machine: Machine, reaction: Reaction) -> Reaction:
    """The reaction, once the last step of a build is under way."""

    def react(running: Running) -> None:
        machine.wait_for_line(BUILD_LOG, r"\[proof 3/3\]")
        reaction(running)

    return react
