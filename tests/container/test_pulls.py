"""A pull that is interrupted, cut off, stalled, damaged or without room: it goes on, or says why it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.container import models
from tests.container.assistant import SAYS, created
from tests.testbed import registry
from tests.testbed.disks import small_volume
from tests.testbed.docker import docker
from tests.testbed.ports import free_port
from tests.testbed.registry import Fault, Line

pytestmark = pytest.mark.container
Mended = Callable[[], AbstractContextManager[None]]
PULLED = f"{SAYS}loading"
MB = 1_000_000
BEGUN = 20 * MB
REFUSED = "refused for good, in one line, before anything is changed"
ENDS = "the container ends, saying so; nothing of it is kept"
FETCHED_AGAIN = "found by hashing every byte; fetched again"
BLOBS = "ls /data/ollama/blobs"


@pytest.fixture
def line(store: str, bridge: str) -> Iterator[Line]:
    with registry.line(store, bridge) as line:
        yield line


@pytest.mark.parametrize(
    "model",
    [
        pytest.param("nowhere", marks=pytest.mark.fault("a model's name that the registry does not know", REFUSED)),
        pytest.param("tiny:9b", marks=pytest.mark.fault("a model's tag that the registry does not know", REFUSED)),
    ],
)
def test_an_unknown_name_or_tag_is_refused_for_good(image: str, line: Line, data: str, model: str) -> None:
    name = f"{line.address}/library/{model}"
    with created(image, data, models.from_registry(name)) as assistant:
        said = assistant.refusal()
        assert said.startswith(f'CLAWLAMA_MODEL="{name if ":9b" in name else name + ":latest"}": cannot be had: ')
        assert "does not exist" in said


@pytest.mark.fault(
    "the registry is down, the model is not there", "the container ends, saying so; its restart tries again"
)
def test_a_registry_that_is_down_is_said_and_tried_again_by_the_next_start(image: str, data: str, bridge: str) -> None:
    with created(image, data, models.from_registry(f"{bridge}:{free_port()}/library/tiny")) as assistant:
        assert "connection refused" in assistant.refusal(code=1)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(
            Fault("garbage", path="/manifests/"),
            "invalid character",
            marks=pytest.mark.fault("the registry answers with a web page for a manifest", ENDS),
        ),
        pytest.param(
            Fault("garbage"),
            "no Location header in response",
            marks=pytest.mark.fault("the registry answers with a web page for every layer", ENDS),
        ),
        pytest.param(
            Fault("flip"),
            "damaged bytes, 3 times",
            marks=pytest.mark.fault("every layer comes with a flipped byte, each time", ENDS),
        ),
    ],
)
def test_a_registry_that_sends_nonsense_is_found_out_and_none_of_it_kept(
    image: str, line: Line, data: str, fault: Fault, said: str
) -> None:
    line.faults = [fault]
    with created(image, data, models.from_registry(line.name("tiny"))) as assistant:
        assert said in assistant.refusal(code=1)
        assert [name for name in blobs(image, data) if "partial" not in name] == []


@pytest.mark.parametrize(
    "times",
    [
        # Each layer is asked for twice: Ollama looks for a redirect first.
        pytest.param(2, marks=pytest.mark.fault("one layer comes with a flipped byte, once", FETCHED_AGAIN)),
        pytest.param(8, marks=pytest.mark.fault("all layers come with a flipped byte, once", FETCHED_AGAIN)),
    ],
)
def test_a_damaged_layer_is_fetched_again(image: str, line: Line, data: str, mended: Mended, times: int) -> None:
    line.faults = [Fault("flip", times=times)]
    with created(image, data, models.from_registry(line.name("tiny"))) as assistant, mended():
        assistant.wait_said(PULLED)
        assert "bytes that their digests do not fit" in assistant.logs()
        assert assistant.sh("cd /data/ollama/blobs && sha256sum * | awk '\"sha256-\" $1 != $2'") == ""


@pytest.mark.fault("docker stop in the middle of a pull", "the next start goes on where it was")
def test_a_pull_that_is_stopped_goes_on_where_it_was(image: str, line: Line, data: str, mended: Mended) -> None:
    slow = Fault("slow", after=BEGUN)
    line.faults = [slow]
    with created(image, data, models.from_registry(line.name("big"))) as assistant:
        assert line.struck.wait(timeout=60)
        assistant.stop()
        assert assistant.inspect(".State.ExitCode") == "0"
        before = sum(line.carried.values())
        line.faults = []
        docker("start", assistant.name)
        with mended():
            assistant.wait_said(PULLED)
        assert sum(line.carried.values()) - before < 158 * MB - BEGUN / 2, "what was there is not fetched again"


@pytest.mark.fault("docker kill in the middle of a pull", "the next start pulls again")
def test_a_pull_that_is_killed_is_finished_by_the_next_start(image: str, line: Line, data: str, mended: Mended) -> None:
    line.faults = [Fault("slow", after=BEGUN)]
    with created(image, data, models.from_registry(line.name("big"))) as assistant:
        assert line.struck.wait(timeout=60)
        docker("kill", assistant.name)
        line.faults = []
        docker("start", assistant.name)
        with mended():
            assistant.wait_said(PULLED)
        assert "partial" not in assistant.sh(BLOBS)


@pytest.mark.fault("the disk is too small for the model", REFUSED)
def test_a_disk_that_is_too_small_is_refused_before_the_first_byte(image: str, line: Line, tmp_path: Path) -> None:
    with (
        small_volume(tmp_path, megabytes=140) as small,
        created(image, small, models.from_registry(line.name("big"))) as assistant,
    ):
        assert "158 MB more are needed on the disk" in assistant.refusal()
        assert not any("/blobs/" in path for path in line.carried)


@pytest.mark.fault("the disk becomes full during the pull", "the container ends, saying so; the space is given back")
def test_a_disk_that_becomes_full_is_said_and_the_space_given_back(image: str, line: Line, tmp_path: Path) -> None:
    line.faults = [Fault("slow", after=BEGUN)]
    with (
        small_volume(tmp_path, megabytes=300) as small,
        created(image, small, models.from_registry(line.name("big"))) as assistant,
    ):
        assert line.struck.wait(timeout=60)
        assistant.sh("fallocate -l 180M /data/filler")
        line.faults = []
        assert "the disk became full" in assistant.refusal(code=1)
        assert blobs(image, small) == []


def blobs(image: str, data: str) -> list[str]:
    """The names of what is left on a volume."""
    look = ("--entrypoint=sh", image, "-c", f"{BLOBS} 2>/dev/null || true")
    return docker("run", "--rm", f"--volume={data}:/data", *look).split()
