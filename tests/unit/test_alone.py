"""One run at a time on a host, whoever starts the second."""

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from roles import alone
from roles.errors import UserMistake

HOLD = "import sys; from roles import alone; alone.on(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(alone, "FOLDER", tmp_path)
    return tmp_path


def lock(folder: Path, holder: str) -> int:
    file = os.open(folder / "clawlama-local.lock", os.O_RDWR | os.O_CREAT)
    os.write(file, holder.encode())
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def test_a_second_run_is_refused_and_told_who_has_the_host_and_since_when(folder: Path) -> None:
    held = lock(folder, "process 4711 of ann since 2026-11-24 03:00:12")
    with pytest.raises(UserMistake, match="process 4711 of ann since 2026-11-24 03:00:12"):
        alone.on("@local")
    os.close(held)
    alone.on("@local")
    assert f"process {os.getpid()} of " in (folder / "clawlama-local.lock").read_text()


def test_who_is_patient_waits_for_a_run_that_is_ending(folder: Path) -> None:
    held = lock(folder, "process 4711")
    ending = threading.Timer(0.2, os.close, [held])
    ending.start()
    alone.on("@local", patience=60)
    ending.join()


def test_the_same_run_may_ask_again_and_another_host_is_another_matter(folder: Path) -> None:
    held = lock(folder, "process 4711")
    alone.on("pi")
    alone.on("pi")
    os.close(held)


def test_any_user_can_use_the_lock_that_another_one_made(folder: Path) -> None:
    alone.on("vm")
    assert (folder / "clawlama-vm.lock").stat().st_mode & 0o666 == 0o666


def test_a_link_in_the_place_of_the_lock_is_not_followed(folder: Path) -> None:
    (folder / "victim").write_text("mine")
    (folder / "clawlama-mac.lock").symlink_to(folder / "victim")
    with pytest.raises(UserMistake, match="remove it"):
        alone.on("mac")
    assert (folder / "victim").read_text() == "mine"


def test_a_killed_run_leaves_no_lock_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    host = f"unit-test-{os.getpid()}"
    command = [sys.executable, "-c", HOLD, host]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UserMistake, match=f"process {holder.pid} of "):
            alone.on(host)
        holder.kill()
    alone.on(host)
    (alone.FOLDER / f"clawlama-{host}.lock").unlink()
