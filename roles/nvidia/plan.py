"""What a host with NVIDIA cards still needs so that containers can use them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from roles.causes import AGAIN
from roles.packages import Repository, trusted
from roles.platforms import Platform
from roles.readings import json_in

# https://github.com/ollama/ollama/blob/main/docs/gpu.md: the driver by compute capability, oldest cards last.
DRIVERS: tuple[tuple[tuple[int, int], int], ...] = (((7, 0), 550), ((5, 0), 570))
RUNTIME = "nvidia"

TOOLKIT = ("nvidia-container-toolkit",)
SITE = "CLAWLAMA_NVIDIA_UPSTREAM"


@dataclass(frozen=True)
class Choice:
    """NVIDIA's site, its key's fingerprint (empty: NVIDIA's own), and ``record``, as the docker role's."""

    upstream: str = "https://nvidia.github.io/libnvidia-container"
    fingerprint: str = ""
    record: str = "/opt/clawlama/packages"


@dataclass(frozen=True)
class Card:
    """``memory`` in MiB, as nvidia-smi says it."""

    name: str
    memory: int
    driver: str
    capability: tuple[int, int]


@dataclass(frozen=True)
class Steps:
    """What is still to be done, and what the operator should know."""

    toolkit: bool = False
    configure: bool = False
    describe: bool = False
    restart: bool = False
    warning: str = ""


def cards(smi: str) -> tuple[Card, ...]:
    """The cards that nvidia-smi lists; none where it is not there, or says that it cannot reach a driver."""
    rows = (line.split(", ") for line in smi.splitlines())
    return tuple(_card(*row) for row in rows if len(row) == 4 and row[1].isdigit())


def _card(name: str, memory: str, driver: str, capability: str) -> Card:
    major, _, minor = capability.partition(".")
    return Card(name, int(memory), driver, (int(major), int(minor or 0)))


def steps(found: Mapping[str, str]) -> Steps:
    """From a GpuReading to what is still to be done; nothing where containers can use every card already."""
    if not found["cards"]:
        return Steps()
    if warning := _unusable(found):
        return Steps(warning=warning)
    configured = RUNTIME in (json_in(found["daemon_json"]) or {}).get("runtimes", {})
    known = RUNTIME in (json_in(found["runtimes"]) or {})
    return Steps(
        toolkit=not found["toolkit"],
        configure=not configured,
        describe="nvidia.com/gpu" not in found["devices"],
        restart=not known,
    )


def repository(platform: Platform, choice: Choice) -> Repository:
    """NVIDIA's repository for a platform that has one, with the key that the operator chose."""
    assert platform.nvidia is not None, f"{platform.name} has no repository of NVIDIA's"
    return replace(platform.nvidia, fingerprint=choice.fingerprint or platform.nvidia.fingerprint)


def files(repository: Repository, choice: Choice, key: str) -> dict[str, str] | None:
    """What makes the host trust the repository; None where it does not answer. Raises UserMistake for a foreign key."""
    return trusted(repository, SITE, choice.upstream, "", key, f"find out why, or unset {SITE}, {AGAIN}")


def unsupported(found: Mapping[str, str]) -> str:
    system = found["system"].split(" ", 2)[-1]
    return (
        f"{system} has NVIDIA cards, and no record of where its Container Toolkit comes from: the CPU is used; "
        "install nvidia-container-toolkit, then run again"
    )


def _unusable(found: Mapping[str, str]) -> str:
    """Why the CPU is used in spite of the cards; empty where they can be used."""
    present = cards(found["smi"])
    if not present:
        ids = ", ".join(f"10de:{device.removeprefix('0x')}" for device in found["cards"].split())
        return f"NVIDIA card ({ids}) without a working driver: the CPU is used; install NVIDIA's driver, then run again"
    return next((reason for card in present if (reason := _too_old(card))), "")


def _too_old(card: Card) -> str:
    needed = next((version for capability, version in DRIVERS if card.capability >= capability), None)
    if needed is None:
        return f"{card.name} has compute capability {_dotted(card.capability)}, Ollama needs 5.0: the CPU is used"
    if int(re.sub(r"\D.*", "", card.driver) or 0) < needed:
        return f"{card.name}: driver {card.driver}, Ollama needs {needed} or newer: the CPU is used; upgrade the driver"
    return ""


def _dotted(capability: tuple[int, int]) -> str:
    return f"{capability[0]}.{capability[1]}"
