"""A deploy that went well ends with what will not go well for long, each with its fix."""

import pytest

from roles.clawlama.warnings import warnings
from roles.settings import settings_from

FINE = {"memory_cgroup": "", "page_size": "4096", "throttled": "", "docker_disk": "/var/lib/docker\n1\n/dev/nvme0n1p2"}


def said(found: dict[str, str] | None = None, **settings: str) -> str:
    return "\n".join(warnings(FINE | (found or {}), settings_from(settings)))


def test_where_all_is_well_nothing_is_said() -> None:
    assert said() == said({"throttled": "throttled=0x0", "page_size": ""}) == ""


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"memory_cgroup": "off"}, "add cgroup_enable=memory to the line in /boot/firmware/cmdline.txt, then reboot"),
        ({"page_size": "16384"}, "pages have 16384 bytes"),
        ({"docker_disk": "/var/lib/docker\n1\n/dev/mmcblk0p2"}, "on a memory card (/dev/mmcblk0p2)"),
        ({"throttled": "throttled=0x50005"}, "the power supply is too weak"),
        ({"throttled": "throttled=0x80000"}, "give the board a fan"),
    ],
)
def test_what_a_small_board_lacks_is_said_with_its_fix(found: dict[str, str], words: str) -> None:
    assert words in said(found)


def test_a_port_that_is_open_to_others_is_said() -> None:
    assert "port 18789 of 0.0.0.0 is open to whoever reaches it" in said(clawlama_publish_address="0.0.0.0")
