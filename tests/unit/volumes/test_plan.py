"""Where data may live."""

import pytest

from roles.errors import UserMistake
from roles.volumes import plan

NEW = {
    "owner": "", "mode": "", "is_directory": "", "exists": "", "holds_files": "",
    "filesystem": "ext2/ext3", "free_kilobytes": "50000000",
}  # fmt: skip
OURS = NEW | {"owner": "10001:10001", "mode": "750", "is_directory": "yes", "exists": "yes", "holds_files": "openclaw"}
NO_VOLUME = {"options": "", "filesystem": "", "free_kilobytes": ""}


def test_a_named_volume_is_dockers_to_make() -> None:
    assert not plan.needs_making("clawlama-data", NO_VOLUME)


def test_a_new_directory_is_made_and_one_of_ours_left_alone() -> None:
    assert plan.needs_making("/srv/clawlama", NEW)
    assert not plan.needs_making("/srv/clawlama", OURS)


def test_a_directory_of_ours_with_a_wrong_mode_is_mended() -> None:
    assert plan.needs_making("/srv/clawlama", OURS | {"mode": "755"})


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("/dev/shm/x", NEW | {"filesystem": "tmpfs"}),
        ("memory", NO_VOLUME | {"options": '{"device":"tmpfs","type":"tmpfs"}'}),
        ("/etc/passwd", NEW | {"exists": "yes"}),
        ("/home/me", OURS | {"owner": "1000:1000"}),
    ],
)
def test_memory_files_and_directories_of_others_are_refused(data: str, found: dict[str, str]) -> None:
    with pytest.raises(UserMistake, match="CLAWLAMA_DATA="):
        plan.needs_making(data, found)


def test_free_space_is_said_and_little_of_it_is_warned_of() -> None:
    assert plan.room("/srv", NEW) == "/srv: 51 GB free"
    assert "that is little" in plan.room("/srv", NEW | {"free_kilobytes": "1000000"})
    assert plan.room("clawlama-data", NO_VOLUME) == ""
