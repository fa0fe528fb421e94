"""What every package manager is asked, as far as it can be tried without one."""

import subprocess
from pathlib import Path

import pytest

from roles.packages import APT, PATIENTLY, filled

APT_IS_BUSY = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)"
DPKG_IS_BUSY = "dpkg: error: dpkg frontend lock was locked by another process with pid 812"
TRIXIES_DPKG_IS_BUSY = "dpkg: error: dpkg frontend lock was locked by /usr/bin/apt-get process with pid 605"


def patiently(folder: Path, first: str) -> subprocess.CompletedProcess[str]:
    """A command that fails once, with these words, and works from then on."""
    (folder / "apt").write_text(f"test -e {folder}/tried || {{ touch {folder}/tried; echo '{first}' >&2; exit 100; }}")
    script = f"{PATIENTLY} patiently sh {folder}/apt"
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=10, check=False)


@pytest.mark.parametrize("busy", [APT_IS_BUSY, DPKG_IS_BUSY, TRIXIES_DPKG_IS_BUSY])
def test_another_apt_at_work_is_waited_for(tmp_path: Path, busy: str) -> None:
    assert patiently(tmp_path, busy).returncode == 0


def test_any_other_failure_ends_at_once_with_its_words(tmp_path: Path) -> None:
    failed = patiently(tmp_path, "E: Unable to locate package nosuch")
    assert (failed.returncode, failed.stdout) == (1, "E: Unable to locate package nosuch\n")


def test_what_is_filled_in_leaves_the_shells_braces_alone() -> None:
    script = filled(APT.install, names="one two")
    assert script.endswith("install -y --no-install-recommends one two")
    assert '{ echo "$said"; return 1; }' in script


def test_apts_question_for_installed_packages_is_answered_by_the_real_dpkg() -> None:
    asked = filled(APT.installed, names="dpkg no-such-package")
    done = subprocess.run(["sh", "-c", asked], capture_output=True, text=True, timeout=10, check=False)
    assert done.stdout == "dpkg\n"
