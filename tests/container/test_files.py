"""Files and volumes as users really hand them in: what cannot work is refused in one line, what can, works."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.container import models
from tests.container.assistant import SAYS, created
from tests.testbed.disks import small_volume
from tests.testbed.docker import LABEL, docker

pytestmark = pytest.mark.container
TINY = {models.tiny(): models.TINY_TARGET}
GGUF = "/models/model.gguf"
SECRET = "/secrets/token"
MOUNTED = "/data/workspace/.openclaw/openclaw.json"
REFUSED = "refused for good, in one line, before anything is changed"
WORKS = "it works"
# The files are handed in as their owner left them: root's.
ROOT = 0


NO_GGUF, TINY_GGUF = "must be a GGUF file", models.tiny().read_bytes()
# What is wrong with a model file, its content and mode, and what is said of it.
MODEL_FILES = {
    "a model file that is no GGUF": (b"PK\3\4" * 100, 0o644, NO_GGUF),
    "an empty model file": (b"", 0o644, NO_GGUF),
    "a model file that only begins as GGUF": (b"GGUF" + bytes(range(200)), 0o644, NO_GGUF),
    "a truncated model file": (TINY_GGUF[:200_000], 0o644, "exceeds file size"),
    "a model file over which Ollama dies": (TINY_GGUF[:24] + b"\xab\xcd" * 3000, 0o644, "Ollama ended over it"),
    "a model file that only root can read": (TINY_GGUF, 0o600, "must be a file that user 10001 can read"),
}


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [pytest.param(*row, id=case, marks=pytest.mark.fault(case, REFUSED)) for case, row in MODEL_FILES.items()],
)
def test_a_model_file_that_is_none_is_refused_for_good(
    image: str, data: str, tmp_path: Path, content: bytes, mode: int, said: str
) -> None:
    file = written(tmp_path / "model.gguf", content, mode)
    with created(image, data, {"CLAWLAMA_MODEL_FILE": GGUF}, {file: GGUF}) as assistant:
        reason = assistant.refusal()
        assert reason.startswith(f'CLAWLAMA_MODEL_FILE="{GGUF}": ')
        assert said in reason


@pytest.mark.parametrize("name", ["CLAWLAMA_GATEWAY_TOKEN_FILE", "CLAWLAMA_TELEGRAM_BOT_TOKEN_FILE"])
@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        pytest.param(b"", 0o644, "must hold the secret in its first line; that line is empty", id="empty"),
        pytest.param(b"\n123456789:secret\n", 0o644, "that line is empty", id="begins with an empty line"),
        pytest.param(b"two words\n", 0o644, "there are blanks in it", id="blanks"),
        pytest.param(b"123456789:secret\n", 0o600, "must be a file that user 10001 can read", id="unreadable"),
    ],
)
@pytest.mark.fault("a secret's file: empty, with blanks, or unreadable", REFUSED)
def test_a_secrets_file_without_a_secret_is_refused_for_good(
    image: str, data: str, tmp_path: Path, name: str, content: bytes, mode: int, said: str
) -> None:
    file = written(tmp_path / "token", content, mode)
    with created(image, data, models.TINY_SETTINGS | {name: SECRET}, TINY | {file: SECRET}) as assistant:
        reason = assistant.refusal()
        assert reason.startswith(f'{name}="{SECRET}": ')
        assert said in reason
        assert "secret\n" not in assistant.logs()


@pytest.mark.fault("a secret's file readable by all, with DOS line ends and more lines", WORKS)
def test_a_secrets_first_line_is_the_secret_and_is_kept_private(image: str, data: str, tmp_path: Path) -> None:
    file = written(tmp_path / "token", b"a-token-of-the-users-own-0123456789\r\nand a comment\r\n", 0o644)
    settings = models.TINY_SETTINGS | {"CLAWLAMA_GATEWAY_TOKEN_FILE": SECRET}
    with created(image, data, settings, TINY | {file: SECRET}) as assistant:
        assistant.wait_said(f"{SAYS}starting the gateway")
        assert assistant.token == "a-token-of-the-users-own-0123456789"
        assert assistant.sh("stat -c %a /data/clawlama/gateway_token") == "600"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        pytest.param(
            b'{\n "gateway": {\n  "mode": "local",\n  "port" 18789\n }\n}\n',
            0o644,
            "JSON5: invalid character '1' at 4:10",
            marks=pytest.mark.fault(
                "a mounted configuration with a syntax error", "refused for good; line and column are said"
            ),
        ),
        pytest.param(
            b'{"gateway": {"mode": "local", "prt": 1}}',
            0o644,
            'gateway: Unrecognized key: "prt"',
            marks=pytest.mark.fault("a mounted configuration with an unknown key", REFUSED),
        ),
        pytest.param(
            b"{}",
            0o600,
            "must be a file that user 10001 can read",
            marks=pytest.mark.fault("a mounted configuration that only root can read", REFUSED),
        ),
    ],
)
def test_a_mounted_configuration_that_openclaw_rejects_is_refused_for_good(
    image: str, data: str, tmp_path: Path, content: bytes, mode: int, said: str
) -> None:
    file = written(tmp_path / "openclaw.json", content, mode)
    with created(image, data, models.TINY_SETTINGS, TINY | {file: MOUNTED}) as assistant:
        reason = assistant.refusal()
        assert reason.startswith(f"{MOUNTED}: ")
        assert said in reason
        assert f"{SAYS}starting Ollama" not in assistant.logs()


@pytest.mark.fault(
    "a mounted configuration, read-only, that names another port", "the port of the settings is the one used"
)
def test_the_port_is_the_settings_to_say(image: str, data: str, tmp_path: Path) -> None:
    config = {"gateway": {"mode": "local", "bind": "lan", "port": 12345, "auth": {"mode": "token", "token": "t" * 40}}}
    file = written(tmp_path / "openclaw.json", json.dumps(config).encode(), 0o444)
    with created(image, data, models.TINY_SETTINGS, TINY | {file: MOUNTED}) as assistant:
        assistant.wait_ready()
        assert assistant.ask("Hello", "port", token="wrong").status in (401, 404)


@pytest.mark.fault("an env file with DOS line ends", WORKS)
def test_an_env_file_in_dos_line_ends_is_taken(image: str, data: str, tmp_path: Path) -> None:
    env = written(tmp_path / "env", b"".join(f"{k}={v}\r\n".encode() for k, v in models.TINY_SETTINGS.items()), 0o644)
    with created(image, data, {}, TINY, (f"--env-file={env}", "--tmpfs=/tmp")) as assistant:
        assistant.wait_said(f"{SAYS}loading tiny:latest")


@contextmanager
def directory(tmp_path: Path, owner: int) -> Iterator[str]:
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, owner, owner)
    yield str(data)


@pytest.mark.fault("/data belongs to root", "refused for good, with the chown that mends it")
def test_a_data_directory_of_roots_is_refused_with_the_remedy(image: str, tmp_path: Path) -> None:
    with directory(tmp_path, owner=ROOT) as data, created(image, data, models.TINY_SETTINGS, TINY) as assistant:
        assert assistant.refusal() == (
            "/data: must be writable by user 10001; on the host: chown -R 10001:10001 DIRECTORY, or use a named volume"
        )


@pytest.mark.fault("/data is mounted read-only", REFUSED)
def test_data_that_is_read_only_is_refused(image: str, data: str) -> None:
    with created(image, data, models.TINY_SETTINGS, TINY, data_mode="ro") as assistant:
        assert "/data: must be writable" in assistant.refusal()


@pytest.mark.fault("/data is in memory (tmpfs)", REFUSED)
def test_data_in_memory_is_refused(image: str) -> None:
    options = ("--opt=type=tmpfs", "--opt=device=tmpfs", "--opt=o=uid=10001")
    in_memory = docker("volume", "create", f"--label={LABEL}", *options)
    try:
        with created(image, in_memory) as assistant:
            assert "/data: must be on a disk" in assistant.refusal()
    finally:
        docker("volume", "rm", "--force", in_memory)


@pytest.mark.fault("/data is full at the start", "refused for good, with what is free and what is needed")
def test_data_that_is_full_is_refused_with_the_sizes(image: str, tmp_path: Path) -> None:
    with small_volume(tmp_path, megabytes=60) as full, created(image, full, models.TINY_SETTINGS, TINY) as assistant:
        assert "/data: must have 100 MB free to start, it has " in assistant.refusal()


def written(path: Path, content: bytes, mode: int) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path
