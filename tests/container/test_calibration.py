"""How fast the machine is with the model is measured once, kept, and measured again where it holds no longer."""

from __future__ import annotations

import re

import pytest

from tests.container import models
from tests.container.assistant import SAYS, Assistant, created
from tests.testbed.docker import docker

pytestmark = pytest.mark.container
SETTINGS = models.TINY_SETTINGS | {"OLLAMA_NUM_THREADS": "auto"}
# Both counts that a quota of two leaves; once more where the first round surprises, as it may beside other tests.
ROUND = ["2", "1"]
GATEWAY = f"{SAYS}starting the gateway"


def measured(assistant: Assistant) -> list[str]:
    """The thread counts that its last start tried, once that has come so far."""
    assistant.wait_said(GATEWAY)
    since = assistant.inspect(".State.StartedAt")
    return re.findall(r"measuring how fast tiny:latest is with (\d+) threads", assistant.logs("--since", since))


def test_it_is_measured_once_and_again_where_the_quota_changed(image: str, data: str) -> None:
    with created(image, data, SETTINGS, {models.tiny(): models.TINY_TARGET}) as assistant:
        docker("stop", assistant.name)
        docker("update", "--cpus=2", assistant.name)
        docker("start", assistant.name)
        assert measured(assistant) in (ROUND, ROUND * 2)
        speed = assistant.verb("status")["speed"]
        assert min(speed["prefill"], speed["decode"], speed["cold"]) > 0
        assert f"a first answer whose beginning is not computed yet takes some {speed['cold']} s" in speed["words"]
        docker("restart", assistant.name)
        assert measured(assistant) == []
        assert assistant.verb("status")["speed"] == speed
        docker("update", "--cpus=1", assistant.name)
        docker("restart", assistant.name)
        assert measured(assistant) == ["1"]
        assert assistant.verb("status")["threads"] == 1
