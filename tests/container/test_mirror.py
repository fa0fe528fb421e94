"""Models by way of the controller's registry: the world is asked once, and nothing damaged comes through.

Here the container finds it on this machine's own loopback; on a host behind ssh that leads here (tests/scenarios).
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from roles import registry as ours
from roles.registry import Model
from tests.container import models
from tests.container.assistant import created, volume
from tests.testbed import registry
from tests.testbed.disks import small_volume
from tests.testbed.docker import LABEL, MINUTE, client, docker
from tests.testbed.machine import ROOT
from tests.testbed.registry import Fault, Line

pytestmark = pytest.mark.container
MB = 1_000_000
NEXT_RUN = "one line; nothing of it is kept, and the next run fetches it"


@pytest.fixture
def line(store: str, bridge: str) -> Iterator[Line]:
    """The way from here to the models' own registry."""
    with registry.line(store, bridge) as line:
        yield line


@pytest.fixture(scope="module", autouse=True)
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours, "CACHE", tmp_path_factory.mktemp("mirror"))
        ours.begun.cache_clear()
        yield
    ours.begun.cache_clear()


@pytest.fixture
def near() -> Iterator[Line]:
    """The way from a container to our registry."""
    with registry.line(ours.address(for_hosts=True), ours.LOOPBACK) as near:
        yield near


def model(line: Line, name: str) -> Model:
    return Model(line.name(name), f"http://{line.address}/v2/library/{name}", "latest")


def put_there(wanted: Model) -> str:
    """What a fetch is told of it."""
    return f"{wanted.name} {wanted.kept_as}@{ours.model(wanted, lambda _: None)}"


def fetched(image: str, data: str, wanted: str, near: Line) -> str:
    """The last line that the fetch says: empty where it went well, as its end then is."""
    confined = ("--network=host", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL")
    told = (f"--env=FETCH_FROM={near.address}", f"--env=FETCH={wanted}")
    flags = ("--rm", f"--label={LABEL}", f"--volume={data}:/data", *confined, *told)
    done = subprocess.run(
        [client(), "run", *flags, image, "fetch"], capture_output=True, text=True, timeout=2 * MINUTE, check=False
    )
    said = done.stderr.strip()
    assert (done.returncode == 0) == (not said), said
    return said.rpartition("\n")[2]


def test_the_world_is_asked_once_for_each_blob_and_the_model_serves(
    image: str, line: Line, near: Line, data: str
) -> None:
    wanted = model(line, "tiny")
    asking = {"Accept": ours.MANIFEST}
    manifest = requests.get(f"{wanted.source}/manifests/latest", headers=asking, timeout=MINUTE).json()
    for _ in range(2):
        there = put_there(wanted)
        with volume() as other:
            assert not fetched(image, other, there, near)
    assert not fetched(image, data, there, near)
    blobs = {path.rpartition("/")[2]: count for path, count in line.carried.items() if "/blobs/" in path}
    assert blobs == {blob["digest"]: blob["size"] for blob in [*manifest["layers"], manifest["config"]]}
    line.faults = [Fault("garbage", path="/")]
    with created(image, data, models.from_registry(wanted.name)) as assistant:
        assistant.wait_said("loading")


@pytest.mark.fault(
    "a byte flipped on the way to the controller's registry", "it does not take that; the host pulls by itself"
)
def test_a_damaged_blob_is_not_taken_there(line: Line) -> None:
    line.faults = [Fault("flip", times=1)]
    wanted = model(line, "big")
    with pytest.raises(ours.Unreached, match="HTTP 400"):
        put_there(wanted)
    put_there(wanted)


def test_what_is_there_serves_while_its_own_registry_is_silent(line: Line) -> None:
    wanted = model(line, "tiny")
    put_there(wanted)
    line.faults = [Fault("garbage", path="/")]
    put_there(wanted)


@pytest.mark.fault("a byte flipped on the way from the controller's registry", NEXT_RUN)
def test_a_damaged_layer_is_thrown_away_and_fetched_by_the_next_run(
    image: str, line: Line, near: Line, data: str
) -> None:
    there = put_there(model(line, "tiny"))
    near.faults = [Fault("flip", times=1)]
    assert fetched(image, data, there, near) == f"model {line.name('tiny')}: a layer came damaged"
    assert not fetched(image, data, there, near)


@pytest.mark.fault(
    "the controller's registry ends in the middle of a layer", "one line; the next run goes on from there"
)
def test_a_layer_that_is_cut_off_is_gone_on_with(image: str, line: Line, near: Line, data: str) -> None:
    there = put_there(model(line, "big"))
    near.faults = [Fault("cut", after=100 * MB, times=1)]
    assert "it was cut off at" in fetched(image, data, there, near)
    before = sum(near.carried.values())
    assert not fetched(image, data, there, near)
    assert sum(near.carried.values()) - before < 100 * MB


@pytest.mark.fault(
    "no room on the host for a model of the controller's registry", "refused with the sizes before the first byte"
)
def test_a_model_without_room_is_refused_before_its_first_byte(
    image: str, line: Line, near: Line, tmp_path: Path
) -> None:
    there = put_there(model(line, "big"))
    with small_volume(tmp_path, 120) as data:
        said = fetched(image, data, there, near)
    assert said.startswith(f"model {line.name('big')}: ")
    assert "more are needed on the disk" in said
    assert not any("/blobs/" in path for path in near.carried)


def test_what_a_host_reaches_takes_nothing_in() -> None:
    """Any user of a host may speak to it."""
    begun = requests.post(f"http://{ours.address(for_hosts=True)}/v2/clawlama/blobs/uploads/", timeout=MINUTE)
    assert begun.status_code == 405


def test_another_image_by_a_tag_of_ours_is_not_taken_for_ours(tmp_path: Path) -> None:
    """Any user of the controller may put one there."""
    theirs, own = imported(tmp_path, "theirs"), imported(tmp_path, "ours")
    there = f"{ours.address()}/{ours.IMAGES}:{own.removeprefix('sha256:')[:12]}"
    docker("tag", theirs, there)
    docker("push", "--quiet", there)
    docker("tag", own, "clawlama-mirrored:own")
    ours.image("clawlama-mirrored:own", own)
    docker("rmi", there, check=False)
    assert docker("manifest", "inspect", "--insecure", there).count(own) == 1
    docker("rmi", "clawlama-mirrored:own", theirs)


def test_all_but_the_newest_images_are_let_go_of(tmp_path: Path) -> None:
    """Each is put there by a run of its own, and a run begins with what the ones before it have left."""
    put = "import sys; from roles import registry; registry.image(*sys.argv[1:])"
    kept = tmp_path / "clawlama/registry/docker/registry/v2/repositories/clawlama/_manifests/tags"
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    for number in range(4):
        name = f"clawlama-mirrored:{number}"
        identity = imported(tmp_path, str(number), name)
        subprocess.run(
            [sys.executable, "-c", put, name, identity], env=environment, cwd=ROOT, timeout=MINUTE, check=True
        )
        docker("rmi", name)
    assert len(list(kept.iterdir())) == ours.IMAGES_KEPT + 1


def imported(folder: Path, text: str, *name: str) -> str:
    """The id of an image with one file in it."""
    with tarfile.open(folder / f"{text}.tar", mode="w") as archive:
        entry = tarfile.TarInfo("file")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text.encode()))
    return docker("import", f"--change=LABEL {LABEL}", str(folder / f"{text}.tar"), *name)


def test_a_registry_that_has_ended_is_said_in_a_few_words(tmp_path: Path) -> None:
    ended = (
        "from roles import registry\n"
        "registry.address()\n"
        "registry._servers[0].communicate()\n"
        "try: registry.image('clawlama-mirrored:none', 'sha256:' + '0' * 64)\n"
        "except registry.Unreached as unreached: print(unreached)\n"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    said = subprocess.check_output([sys.executable, "-c", ended], env=environment, cwd=ROOT, timeout=MINUTE, text=True)
    assert said == "the registry here does not answer (ConnectionError)\n"
