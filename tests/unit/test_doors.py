"""Every door that a setting comes in by: data, group data, the environment, `.env`. A mistake is one line at each."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from roles.errors import UserMistake
from roles.settings import ROOT, dotenv, settings_from
from tests.unit import badness

# What `.env` holds, and what is read from it.
READ: Mapping[bytes, dict[str, str]] = {
    b"": {},
    b"# a comment\n\n  # another\nA=1\n": {"A": "1"},
    b"A=1": {"A": "1"},
    b"A=1\r\nB=2\r\n\r\n": {"A": "1", "B": "2"},
    b"\xef\xbb\xbfA=1\n": {"A": "1"},
    b"export A=1\n": {"A": "1"},
    b"A='1'\nB=\"2\"\nC=''\nD=\n": {"A": "1", "B": "2", "C": "", "D": ""},
    b"A= 1 \nB=2\t\n": {"A": "1", "B": "2"},
    b"A=1 # a comment\nB='2' # it's two\nC=#3\nD= # none\n": {"A": "1", "B": "2", "C": "#3", "D": "# none"},
    b"A=1\nA=2\n": {"A": "2"},
    b"A=a=b\n": {"A": "a=b"},
    b"A=it's\n": {"A": "it's"},
    "A=1\u2028B=2\x0bC=3\n".encode(): {"A": "1\u2028B=2\x0bC=3"},
    b"# no UTF-8 in a comment: \xff\nA=1\n": {"A": "1"},
    b"A=\xff\n": {"A": "\ufffd"},
    b"A=\x00\n": {"A": "\0"},
}
# What `.env` holds, and the number of the line that is no setting.
REFUSED: Mapping[bytes, int] = {
    b"A\n": 1,
    b"A=1\nexport A\n": 2,
    b"A=1\r\n= 2\r\n": 2,
    b"A =1\n": 1,
    b"A-B=1\n": 1,
    "\u0410=1\n".encode(): 1,
    b"1A=1\n": 1,
    b"A: 1\n": 1,
    b"A='1\n": 1,
    b'A="1\nB=2"\n': 1,
    b"A='1' 2\n": 1,
    b"A=1\n\x00\n": 2,
    "A=1\n".encode("utf-16"): 1,
    b"\x7fELF\x02\x01\x01\n": 1,
}


@pytest.mark.parametrize(("content", "pairs"), READ.items(), ids=lambda given: ascii(given)[:40])
def test_an_env_file_is_read_as_compose_reads_it(content: bytes, pairs: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(content)
    assert dotenv(tmp_path / ".env") == pairs


@pytest.mark.parametrize(("content", "line"), REFUSED.items(), ids=lambda given: ascii(given)[:40])
def test_a_line_that_is_no_setting_is_named_and_not_shown(content: bytes, line: int, tmp_path: Path) -> None:
    """It may be a token whose name was forgotten."""
    (tmp_path / ".env").write_bytes(content)
    assert complaint_about(tmp_path / ".env") == (
        f'.env line {line}="(hidden)": must be NAME=VALUE, in UTF-8, with every quote closed; mend or remove the line'
    )


def test_an_env_file_of_any_length_is_read(tmp_path: Path) -> None:
    for content in (b"#" * 10_000_000 + b"\nA=1", b"A=1\n" * 100_000, b"B=" + b"'" * 10_000_000 + b" \nA=1"):
        (tmp_path / ".env").write_bytes(content)
        assert dotenv(tmp_path / ".env")["A"] == "1"
    (tmp_path / ".env").write_bytes(b"A" * 10_000_000)
    assert len(complaint_about(tmp_path / ".env")) < 200


def test_what_is_no_readable_file_is_refused_and_never_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        assert complaint_about(tmp_path / name).endswith(": must be a file; remove what is there")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "must be a file that can be read (Too many levels" in complaint_about(tmp_path / "loop")
    (tmp_path / "unreadable").touch()
    assert dotenv(tmp_path / "missing") == {}
    # A test that runs as root cannot be refused by the file's mode.
    monkeypatch.setattr(Path, "read_bytes", refuse)
    said = complaint_about(tmp_path / "unreadable")
    assert "must be a file that can be read (Permission denied)" in said


def refuse(path: Path) -> bytes:
    raise PermissionError(13, "Permission denied", str(path))


def complaint_about(path: Path) -> str:
    with pytest.raises(UserMistake) as caught:
        dotenv(path)
    assert re.fullmatch("[ -~]+", str(caught.value))
    return str(caught.value)


def test_a_bad_value_from_an_env_file_is_refused_in_the_line_that_the_environment_gets(tmp_path: Path) -> None:
    for case in badness.CASES:
        if re.search("['\n\0]", case.value):
            continue
        line = f"{case.setting.name}='{case.value}'\r\n"
        (tmp_path / ".env").write_bytes(os.fsencode(line))
        assert complaint(dotenv(tmp_path / ".env")) == complaint({case.setting.name: case.value}), case


# What a complaint shows, for a datum that is no value.
NO_VALUES: Mapping[str, object] = {
    "full,lean": ["full", "lean"],
    "full,<NoneType>": ["full", None],
    "<list>": [["full"]],
    "<dict>": {"a": "full"},
    "<set>": {"full"},
    "<bytes>": b"full",
    "true": True,
    "1": 1,
    "1.5": 1.5,
    "nan": float("nan"),
    "<int>": 10**5000,
    "<object>": object(),
    "<function>": lambda: "full",
    "<type>": dict,
    "/full": Path("/full"),
    "full?": "full\0",
}


@pytest.mark.parametrize("shown", NO_VALUES)
def test_a_datum_that_is_no_value_is_refused_in_one_line(shown: str) -> None:
    fix = "must be one of full, lean, auto; set for example CLAWLAMA_PROFILE=full, or unset it"
    assert complaint({"clawlama_profile": NO_VALUES[shown]}) == f'CLAWLAMA_PROFILE="{shown}": {fix}'


def test_data_may_be_written_as_python_writes_them() -> None:
    data = {
        "clawlama_model": "qwen3:4b",
        "clawlama_models": ("a", "b"),
        "clawlama_max_tokens": 64,
        "clawlama_cpus": 1.5,
        "clawlama_demonstration": True,
        "clawlama_directory": Path("/srv/clawlama"),
        "clawlama_data": None,
        7: "somebody else's",
        None: "too",
    }
    settings = settings_from(data)  # type: ignore[arg-type]
    assert (settings.clawlama_models, settings.clawlama_max_tokens, settings.clawlama_cpus) == ("a,b", 64, "1.5")
    assert (settings.clawlama_demonstration, settings.clawlama_directory) == ("true", "/srv/clawlama")
    assert settings.clawlama_data == "clawlama-data"


def complaint(data: Mapping[str, object]) -> str:
    with pytest.raises(UserMistake) as caught:
        settings_from(data)
    return str(caught.value)


PROFILE = 'CLAWLAMA_PROFILE="Full": must be one of full, lean, auto; set for example CLAWLAMA_PROFILE=full, or unset it'
NO_LINE = '.env line 1="(hidden)": must be NAME=VALUE, in UTF-8, with every quote closed; mend or remove the line'


@pytest.mark.parametrize(
    ("door", "content", "line"),
    [
        ("environment", b"Full", PROFILE),
        ("environment", b"Full\xff", PROFILE.replace("Full", "Full(not UTF-8)")),
        (".env", b"CLAWLAMA_PROFILE=Full\r\n", PROFILE),
        (".env", b"CLAWLAMA_PROFILE\n", NO_LINE),
        ("inventories/group_data/local.py", b"clawlama_profile = 'Full'\n", PROFILE),
        ("inventories/group_data/local.py", b"clawlama_profile = {}\n", PROFILE.replace("Full", "<dict>")),
        ("--data", b"clawlama_profile=Full", PROFILE),
    ],
)
def test_a_user_sees_the_line_once_and_nothing_is_changed(door: str, content: bytes, line: str, tmp_path: Path) -> None:
    """As on a terminal: pyinfra itself, over a clone that has nothing but what is under test."""
    (tmp_path / "inventories/group_data").mkdir(parents=True)
    shutil.copy(ROOT / "inventories/local.py", tmp_path / "inventories")
    for folder in ("deploy", "roles"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    environment = {name: value for name, value in os.environb.items() if not name.startswith(b"CLAWLAMA_")}
    options = []
    if door == "environment":
        environment[b"CLAWLAMA_PROFILE"] = content
    elif door == "--data":
        options = ["--data", content.decode()]
    else:
        (tmp_path / door).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "pyinfra", "-y", *options, "inventories/local.py", "deploy/clawlama.py"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    complaints = [said for said in done.stdout.splitlines() if said.strip() and not re.match("--> [A-Z]| ", said)]
    assert len(complaints) == 1, done.stdout
    assert complaints[0].endswith(f": {line}")
    assert done.stdout.count(line) == 1
    for word in ("Traceback", "Beginning operation run"):
        assert word not in done.stdout
