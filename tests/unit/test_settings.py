"""One declaration, two validators: the same verdict in the same words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roles.errors import UserMistake
from roles.settings import BY_NAME, GENERATED, ROOT, SETTINGS, Settings, dotenv, environment, nearest, settings_from
from tests.unit.container import jq

GOOD = [
    ("CLAWLAMA_MODEL", "qwen3:4b"),
    ("CLAWLAMA_MODEL", "gpt-oss"),
    ("CLAWLAMA_MODEL", "hf.co/some-body/Model_1.5-GGUF:Q4_K_M"),
    ("CLAWLAMA_MODEL", "127.0.0.1:5000/library/tiny:latest"),
    ("CLAWLAMA_MODELS", "qwen3:4b,qwen3:1.7b"),
    ("CLAWLAMA_MODEL_FILE", "/models/a-model_1.gguf"),
    ("CLAWLAMA_PROFILE", "lean"),
    ("CLAWLAMA_CONTEXT_WINDOW", "4096"),
    ("CLAWLAMA_CONTEXT_WINDOW", "1048576"),
    ("CLAWLAMA_MAX_TOKENS", "16"),
    ("CLAWLAMA_OPENCLAW_PORT", "65535"),
    ("CLAWLAMA_PUBLISH_ADDRESS", "192.168.1.20"),
    ("CLAWLAMA_EXEC_ASK", "on-miss"),
    ("CLAWLAMA_TELEGRAM_BOT_TOKEN", "123456789:" + "Ab_-5" * 7),
    ("CLAWLAMA_DEMONSTRATION", "true"),
    ("OLLAMA_NUM_THREADS", "auto"),
    ("OLLAMA_NUM_THREADS", "12"),
    ("OLLAMA_NUM_PARALLEL", "16"),
    ("OLLAMA_HOST", "0.0.0.0:11434"),
    ("CLAWLAMA_MODEL", ""),
    ("CLAWLAMA_OPENCLAW_PORT", ""),
]
BAD = [
    ("CLAWLAMA_MODEL", "two words"),
    ("CLAWLAMA_MODEL", "$(touch /tmp/x)"),
    ("CLAWLAMA_MODEL", "`id`"),
    ("CLAWLAMA_MODEL", "-rf"),
    ("CLAWLAMA_MODEL", "qwen3:4b\n"),
    ("CLAWLAMA_MODEL", "\nqwen3:4b"),
    ("CLAWLAMA_MODEL", "qwen3:4b\r"),
    ("CLAWLAMA_MODEL", "a'b"),
    ("CLAWLAMA_MODEL", 'a"b'),
    ("CLAWLAMA_MODEL", "qwеn3:4b"),  # noqa: RUF001 # a Cyrillic letter
    ("CLAWLAMA_MODEL", "m" * 201),
    ("CLAWLAMA_MODEL", "m" * 100_000),
    ("CLAWLAMA_MODELS", "qwen3:4b,,qwen3:1.7b"),
    ("CLAWLAMA_MODELS", "qwen3:4b, qwen3:1.7b"),
    ("CLAWLAMA_MODEL_FILE", "models/a.gguf"),
    ("CLAWLAMA_MODEL_FILE", "/models/../etc/passwd"),
    ("CLAWLAMA_PROFILE", "Full"),
    ("CLAWLAMA_CONTEXT_WINDOW", "4095"),
    ("CLAWLAMA_CONTEXT_WINDOW", "1048577"),
    ("CLAWLAMA_CONTEXT_WINDOW", "16k"),
    ("CLAWLAMA_CONTEXT_WINDOW", "-1"),
    ("CLAWLAMA_CONTEXT_WINDOW", "1e6"),
    ("CLAWLAMA_CONTEXT_WINDOW", "٤٠٩٦"),
    ("CLAWLAMA_CONTEXT_WINDOW", " 8192"),
    ("CLAWLAMA_CONTEXT_WINDOW", "99999999999999999999"),
    ("CLAWLAMA_MAX_CONCURRENT", "0"),
    ("CLAWLAMA_OPENCLAW_PORT", "80"),
    ("CLAWLAMA_OPENCLAW_PORT", "18789.5"),
    ("CLAWLAMA_PUBLISH_ADDRESS", "256.0.0.1"),
    ("CLAWLAMA_PUBLISH_ADDRESS", "localhost"),
    ("CLAWLAMA_EXEC_ASK", "never"),
    ("CLAWLAMA_TELEGRAM_BOT_TOKEN", "not-a-token"),
    ("CLAWLAMA_DEMONSTRATION", "yes"),
    ("OLLAMA_NUM_THREADS", "0"),
    ("OLLAMA_NUM_THREADS", "AUTO"),
    ("OLLAMA_HOST", "0.0.0.0"),
    ("CLAWLAMA_MODLE", "qwen3:4b"),
    ("CLAWLAMA_PORT", "18789"),
    ("CLAWLAMA_XYZZY", "1"),
]


def python_verdict(name: str, value: str) -> str:
    """The complaint, empty where there is none."""
    try:
        settings_from({name: value})
    except UserMistake as mistake:
        return str(mistake)
    return ""


def container_verdict(name: str, value: str) -> str:
    declaration = (jq.ETC / "settings.json").read_text()
    verdict = jq.run("settings.jq", "--argjson", "environment", json.dumps({name: value}), given=declaration)
    return "\n".join(verdict["mistakes"])


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_good_value_is_taken_by_both_halves(name: str, value: str) -> None:
    assert (python_verdict(name, value), container_verdict(name, value)) == ("", "")


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda text: str(text)[:24])
def test_a_bad_value_is_refused_by_both_halves_in_the_same_line(name: str, value: str) -> None:
    said = python_verdict(name, value)
    assert said.startswith(f"{name}=")
    assert len(said.splitlines()) == 1
    assert container_verdict(name, value[:60_000]) == python_verdict(name, value[:60_000])


@pytest.mark.parametrize(
    ("name", "known"),
    [("CLAWLAMA_MODLE", "CLAWLAMA_MODEL"), ("CLAWLAMA_PORT", "CLAWLAMA_OPENCLAW_PORT"), ("CLAWLAMA_QQQ", None)],
)
def test_an_unknown_name_is_answered_with_the_nearest_known_one(name: str, known: str | None) -> None:
    assert nearest(name) == known


def test_a_secret_is_never_shown_in_a_complaint() -> None:
    for name in ("CLAWLAMA_TELEGRAM_BOT_TOKEN", "CLAWLAMA_TELEGRAM_TOKEN"):
        assert "hunter2" not in python_verdict(name, "hunter2")


def test_names_of_build_and_host_scope_are_ignored_in_the_container() -> None:
    for setting in SETTINGS:
        if setting.scope != "container":
            assert container_verdict(setting.name, "anything at all") == ""


def test_data_and_environment_are_the_same_setting() -> None:
    assert settings_from({"clawlama_model": "qwen3:4b"}) == settings_from({"CLAWLAMA_MODEL": "qwen3:4b"})
    assert settings_from({"clawlama_models": ["a", "b"]}).clawlama_models == "a,b"
    assert settings_from({"somebody_elses": "1", "clawlama_demonstration": True}).clawlama_demonstration == "true"


def test_only_what_differs_from_its_default_is_handed_on_and_no_secret() -> None:
    settings = settings_from({"CLAWLAMA_PROFILE": "lean", "CLAWLAMA_TELEGRAM_BOT_TOKEN": "123456789:" + "A" * 35})
    assert environment(settings, "container") == {"CLAWLAMA_PROFILE": "lean"}
    assert environment(Settings(), "build") == {}


def test_every_default_keeps_its_own_rule() -> None:
    for setting in SETTINGS:
        assert setting.default == "" or setting.rule.accepts(setting.default), setting.name
        assert setting.secret or setting.rule.accepts(setting.rule.example), setting.name
    assert set(BY_NAME) == {name.upper() for name in Settings.model_fields}


def test_an_env_file_is_read_as_compose_reads_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# a comment\r\n\r\nCLAWLAMA_MODEL='qwen3:4b'\r\nCLAWLAMA_PROFILE=lean\n")
    assert dotenv(tmp_path / ".env") == {"CLAWLAMA_MODEL": "qwen3:4b", "CLAWLAMA_PROFILE": "lean"}
    (tmp_path / ".env").write_text("CLAWLAMA_MODEL\n")
    with pytest.raises(UserMistake, match=r".env line 1"):
        dotenv(tmp_path / ".env")


def test_generated_files_are_what_the_declaration_says() -> None:
    for path, render in GENERATED.items():
        assert (ROOT / path).read_text() == render(), f"{path}: run `make generate`"
