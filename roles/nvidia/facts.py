"""Which NVIDIA cards the host has, and how far containers may use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roles.readings import Reading
from roles.vendors import SYSTEM

# Vendor and class as PCI has them (10de: NVIDIA; 03: display); no tool is needed, and no driver.
CARDS = (
    "for device in /sys/bus/pci/devices/*; do read -r vendor <$device/vendor; read -r class <$device/class; "
    'case "$vendor $class" in "0x10de 0x03"*) cat $device/device ;; esac; done'
)
SMI = "nvidia-smi --query-gpu=name,memory.total,driver_version,compute_cap --format=csv,noheader,nounits"


@dataclass(frozen=True)
class GpuReading(Reading):
    """Cards, driver, toolkit, and what Docker is set up for and really knows."""

    def questions(self) -> Mapping[str, str]:
        return {
            "system": SYSTEM,
            "cards": CARDS,
            "smi": SMI,
            "toolkit": "nvidia-ctk --version",
            "daemon_json": "cat /etc/docker/daemon.json",
            "runtimes": "nvidia-smi -L >/dev/null && docker info --format '{{json .Runtimes}}'",
            "devices": "nvidia-ctk cdi list",
        }
