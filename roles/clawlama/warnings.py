"""What works, and will not for long, or not well: said at the end of a deploy. Pure.

Facts and fixes: https://www.raspberrypi.com/documentation/computers/os.html (get_throttled's bits, cmdline.txt).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from roles.engine import docker_disk
from roles.settings import Settings

# Bits of `vcgencmd get_throttled`: now, and since the start.
UNDER_VOLTAGE, THROTTLED, HOT = 0x10001, 0x40004, 0x80008
USUAL_PAGE = "4096"
AFTER = "then reboot"


def warnings(found: Mapping[str, str], settings: Settings) -> list[str]:
    """From a SummaryReading to lines for the operator; none where all is well."""
    return [*_host(found), *_throttling(found["throttled"]), *_openness(settings)]


def _host(found: Mapping[str, str]) -> Iterator[str]:
    if found["memory_cgroup"] == "off":
        yield (
            "the kernel keeps no account of memory, so the container's limit is not kept: "
            f"add cgroup_enable=memory to the line in /boot/firmware/cmdline.txt, {AFTER}"
        )
    if found["page_size"] not in ("", USUAL_PAGE):
        yield (
            f"the kernel's pages have {found['page_size']} bytes: a program that ends with a word about page size "
            f"needs kernel=kernel8.img in /boot/firmware/config.txt, {AFTER}"
        )
    device = docker_disk(found["docker_disk"]).device
    if device.startswith("/dev/mmcblk"):
        yield (
            f"everything is kept on a memory card ({device}), which is slow and wears out: "
            "put Docker's data on a USB or NVMe disk, and make backups"
        )


def _throttling(throttled: str) -> Iterator[str]:
    """``throttled``: what vcgencmd prints, ``throttled=0x50005``; empty where there is none."""
    bits = int(throttled.partition("=")[2] or "0", 16)
    if bits & UNDER_VOLTAGE:
        yield "the power supply is too weak, so the processor is slowed down: use the board's own (27 W for a Pi 5)"
    if bits & (THROTTLED | HOT):
        yield "the processor is, or was, slowed down for heat or power: give the board a fan"


def _openness(settings: Settings) -> Iterator[str]:
    address, port = settings.clawlama_publish_address, settings.clawlama_openclaw_port
    if not address.startswith("127."):
        yield (
            f"port {port} of {address} is open to whoever reaches it, past ufw too, without encryption: "
            "only its key protects it; 127.0.0.1 and ssh -L are safer"
        )
