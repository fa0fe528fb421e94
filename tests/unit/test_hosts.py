"""What every role does on a host."""

import subprocess
from pathlib import Path

import pytest

from roles.hosts import PATIENTLY

APT_IS_BUSY = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)"
DPKG_IS_BUSY = "dpkg: error: dpkg frontend lock was locked by another process with pid 812"


def patiently(folder: Path, first: str) -> subprocess.CompletedProcess[str]:
    """A command that fails once, with these words, and works from then on."""
    (folder / "apt").write_text(f"test -e {folder}/tried || {{ touch {folder}/tried; echo '{first}' >&2; exit 100; }}")
    script = f"{PATIENTLY} patiently sh {folder}/apt"
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=10, check=False)


@pytest.mark.parametrize("busy", [APT_IS_BUSY, DPKG_IS_BUSY])
def test_another_apt_at_work_is_waited_for(tmp_path: Path, busy: str) -> None:
    assert patiently(tmp_path, busy).returncode == 0


def test_any_other_failure_ends_at_once_with_its_words(tmp_path: Path) -> None:
    failed = patiently(tmp_path, "E: Unable to locate package nosuch")
    assert (failed.returncode, failed.stdout) == (1, "E: Unable to locate package nosuch\n")
