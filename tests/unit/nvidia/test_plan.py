"""What the nvidia role does to a host, by what it finds there."""

from __future__ import annotations

import re

import pytest

from roles.errors import UserMistake
from roles.nvidia import plan
from roles.platforms import PLATFORMS

NONE = {
    "system": "debian 12 Debian GNU/Linux 12 (bookworm)", "cards": "", "smi": "", "toolkit": "", "daemon_json": "",
    "runtimes": '{"runc":{"path":"runc"}}', "devices": "",
}  # fmt: skip
CARD = NONE | {"cards": "0x2684", "smi": "NVIDIA GeForce RTX 4090, 24564, 580.95.05, 8.9"}
USED = CARD | {
    "toolkit": "NVIDIA Container Toolkit CLI version 1.18.1",
    "daemon_json": '{"runtimes":{"nvidia":{"path":"nvidia-container-runtime"}}}',
    "runtimes": '{"nvidia":{"path":"nvidia-container-runtime"},"runc":{"path":"runc"}}',
    "devices": "nvidia.com/gpu=0\nnvidia.com/gpu=all",
}


def test_without_a_card_nothing_happens_and_nothing_is_said() -> None:
    assert plan.steps(NONE) == plan.Steps()
    assert plan.steps(NONE | {"toolkit": "NVIDIA Container Toolkit CLI version 1.18.1"}) == plan.Steps()


def test_a_card_with_its_driver_gets_everything_that_is_missing() -> None:
    assert plan.steps(CARD) == plan.Steps(toolkit=True, configure=True, describe=True, restart=True)


def test_a_host_that_has_everything_is_left_alone() -> None:
    assert plan.steps(USED) == plan.Steps()


def test_docker_is_restarted_only_where_it_does_not_know_the_runtime_yet() -> None:
    assert plan.steps(USED | {"runtimes": NONE["runtimes"]}) == plan.Steps(restart=True)
    assert plan.steps(USED | {"devices": ""}) == plan.Steps(describe=True)


@pytest.mark.parametrize(
    ("smi", "said"),
    [
        ("", r"NVIDIA card \(10de:2684\) without a working driver: the CPU is used; install NVIDIA's driver"),
        ("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "without a working driver"),
        ("NVIDIA T4, 15360, 535.288.01, 7.5", "NVIDIA T4: driver 535.288.01, Ollama needs 550 or newer: the CPU "),
        ("NVIDIA GeForce GTX 1080, 8192, 550.163.01, 6.1", "driver 550.163.01, Ollama needs 570 or newer"),
        ("NVIDIA GeForce GT 710, 2048, 470.256.02, 3.5", "has compute capability 3.5, Ollama needs 5.0: the CPU "),
    ],
)
def test_a_card_that_cannot_be_used_is_said_in_a_line_and_nothing_is_installed(smi: str, said: str) -> None:
    steps = plan.steps(CARD | {"smi": smi})
    assert steps == plan.Steps(warning=steps.warning)
    assert "\n" not in steps.warning
    assert re.search(said, steps.warning)


def test_the_toolkit_comes_from_a_repository_signed_by_nvidias_key() -> None:
    choice = plan.Choice()
    repository = plan.repository(PLATFORMS["ubuntu", "24"], choice)
    files = plan.files(repository, choice, "fetched C95B321B61E88C1809C4F759DDCAE044F796ECB0\nkey")
    assert files is not None
    assert files[repository.keyring] == "key\n"
    assert (
        "URIs: https://nvidia.github.io/libnvidia-container/stable/deb/$(ARCH)\nSuites: /\n" in files[repository.file]
    )
    assert plan.files(repository, choice, "") is None
    with pytest.raises(UserMistake, match=r"CLAWLAMA_NVIDIA_UPSTREAM=.*must offer the key C95B.*, and offers none"):
        plan.files(repository, choice, "fetched\n<html>")
