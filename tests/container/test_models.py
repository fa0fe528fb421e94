"""Models from a registry, several at a time, one of them not to be had; and what does not fit is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.container import models
from tests.container.assistant import created
from tests.testbed import registry
from tests.testbed.docker import MINUTE
from tests.testbed.registry import Line

pytestmark = pytest.mark.container
TINY = {models.tiny(): models.TINY_TARGET}


@pytest.fixture(scope="module")
def line(image: str, bridge: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """A line to a registry that holds `one` and `two`."""
    with registry.registry(tmp_path_factory.mktemp("registry")) as address, registry.line(address, bridge) as line:
        registry.fill(image, line.address, {"one": models.tiny(), "two": models.tiny()})
        yield line


@pytest.mark.fault("one model of a list is not to be had", "the others work, and it is said")
def test_models_are_pulled_with_progress_and_one_that_is_not_to_be_had_is_said(
    image: str, line: Line, data: str
) -> None:
    wanted = [line.name(name) for name in ("one", "nowhere", "two")]
    settings = {
        "CLAWLAMA_MODEL": wanted[0],
        "CLAWLAMA_MODELS": ",".join(wanted),
        "CLAWLAMA_REGISTRY_INSECURE": "true",
        "CLAWLAMA_PROFILE": "lean",
        "CLAWLAMA_MAX_TOKENS": 16,
    }
    with created(image, data, settings) as assistant:
        assistant.wait_ready()
        status = assistant.verb("status")
        assert [(model["name"], model["ok"]) for model in status["models"]] == list(
            zip(wanted, (True, False, True), strict=True)
        )
        assert "does not exist" in status["models"][1]["reason"]
        assert f"missing   {wanted[1]}: " in assistant.logs()
        assert f"pulling {wanted[0]}: " in assistant.logs()
        offered = assistant.config()["models"]["providers"]["ollama"]["models"]
        assert [model["id"] for model in offered] == [wanted[0], wanted[2]]
        assistant.stop()
    # The second start needs no registry: what is there is used.
    with created(image, data, settings | {"CLAWLAMA_MODELS": ""}, flags=("--network=none", "--tmpfs=/tmp")) as offline:
        offline.wait_ready()


def test_the_full_profile_runs_where_its_context_is_there(image: str, data: str) -> None:
    settings = {"CLAWLAMA_MODEL_FILE": models.TINY_TARGET, "CLAWLAMA_MAX_TOKENS": 16}
    with created(image, data, settings, TINY) as assistant:
        assistant.wait_ready()
        assert assistant.verb("status")["profile"] == "full"
        proof = assistant.verb("prove")
        assert proof["ok"], proof


@pytest.mark.parametrize(
    ("settings", "flags", "said"),
    [
        ({"CLAWLAMA_MODEL": "qwen3:14b"}, ("--memory=4g",), "or take qwen3:1.7b"),
        ({"CLAWLAMA_MODEL": "two words"}, (), "must be a model name"),
        ({"CLAWLAMA_MODLE": "qwen3:4b"}, (), "did you mean CLAWLAMA_MODEL?"),
        ({"CLAWLAMA_MODEL_FILE": "/nowhere.gguf"}, (), "must be a file that user 10001 can read"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line_before_anything_starts(
    image: str, data: str, settings: dict[str, object], flags: tuple[str, ...], said: str
) -> None:
    with created(image, data, settings, flags=flags) as refused:
        assert refused.wait_ended(2 * MINUTE) == 78
        complaints = [line for line in refused.logs().splitlines() if said in line and not line.startswith("{")]
        assert len(complaints) == 1, refused.logs()
        assert "starting Ollama" not in refused.logs()
