"""^C, as a terminal sends it: to every process of the run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from roles import interruption

DEPLOY = """
from pyinfra.api.operation import operation
from roles import interruption
from roles.hosts import attended

interruption.obey()

@operation()
def works():
    yield attended("working", "sh {folder}/work", "the work failed")

@operation()
def next_work():
    yield attended("working on", "touch {folder}/begun", "the next work failed")

works(name="first")
next_work(name="second")
"""
# It says that it has begun from within what ^C ends: a shell that is between two commands does not hear of it.
WORK = "trap 'sleep 0.5; touch {folder}/tidied; exit 130' INT; sh -c 'echo begun >{folder}/pipe; exec sleep 60'"


@pytest.fixture
def deploy(tmp_path: Path) -> list[str]:
    """The command that runs the two operations above."""
    (tmp_path / "deploy.py").write_text(DEPLOY.format(folder=tmp_path))
    (tmp_path / "work").write_text(WORK.format(folder=tmp_path))
    os.mkfifo(tmp_path / "pipe")
    return [sys.executable, "-m", "pyinfra", "@local", str(tmp_path / "deploy.py")]


def started(command: list[str]) -> subprocess.Popen[bytes]:
    """In a group of its own, as a terminal does it."""
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, start_new_session=True)


def test_a_run_ends_in_one_line_when_what_is_under_way_has_ended_and_begins_nothing_more(
    tmp_path: Path, deploy: list[str]
) -> None:
    with subprocess.Popen(
        [*deploy, "-y"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as run:
        assert (tmp_path / "pipe").read_text() == "begun\n"
        os.killpg(run.pid, signal.SIGINT)
        said = run.communicate(timeout=20)[0].decode()
    assert run.returncode == interruption.EXIT_CODE == 130
    assert (tmp_path / "tidied").exists()
    assert not (tmp_path / "begun").exists()
    assert interruption.SAID in said
    assert not any(word in said for word in ("Traceback", "failed", "Error"))


def test_the_question_whether_to_go_on_can_be_answered_with_it(tmp_path: Path, deploy: list[str]) -> None:
    with started(deploy) as run:
        assert run.stdout is not None
        said = b""
        while b"Press enter" not in said:
            said += os.read(run.stdout.fileno(), 4096)
        os.killpg(run.pid, signal.SIGINT)
        said += run.communicate(timeout=20)[0]
    assert run.returncode == interruption.EXIT_CODE
    assert b"Traceback" not in said
    assert not (tmp_path / "tidied").exists()
