"""One declaration, two validators: the same verdict in the same words."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

from roles.errors import UserMistake
from roles.settings import (
    BY_NAME,
    GENERATED,
    ROOT,
    SETTINGS,
    Setting,
    Settings,
    environment,
    nearest,
    settings_from,
)
from tests.unit import badness
from tests.unit.container import jq, shell

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
UNKNOWN = (
    "CLAWLAMA_MODLE",
    "CLAWLAMA_PORT",
    "CLAWLAMA_XYZZY",
    "CLAWLAMA_",
    "CLAWLAMA_model",
    "CLAWLAMA_MODEL ",
    "CLAWLAMA_MOD\u0415L",  # a Cyrillic letter
    "CLAWLAMA_MODEL\n",
    "CLAWLAMA_MODEL\udcff",
    "CLAWLAMA_$(touch canary)",
    "CLAWLAMA_" + "MODEL" * 20_000,
)


def python_verdict(name: str, value: str) -> str:
    """The complaint, empty where there is none."""
    try:
        settings_from({name: value})
    except UserMistake as mistake:
        return str(mistake)
    return ""


def container_verdict(name: str, value: str) -> str:
    [verdict] = jq.verdicts([{name: value}])
    return "\n".join(verdict["mistakes"])


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_good_value_is_taken_by_both_halves(name: str, value: str) -> None:
    assert (python_verdict(name, value), container_verdict(name, value)) == ("", "")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_bad_value_is_refused_by_both_halves_in_the_same_line(setting: Setting) -> None:
    cases = list(badness.cases(setting))
    verdicts = jq.verdicts({case.setting.name: case.value} for case in cases)
    for case, verdict in zip(cases, verdicts, strict=True):
        said = python_verdict(setting.name, case.value)
        assert re.fullmatch(f'{setting.name}="[ -~]*": {re.escape(setting.rule.words)}; [ -~]+', said), case
        assert verdict["mistakes"] == ([said] if setting.scope == "container" else []), case
        assert python_verdict(setting.name.lower(), case.value) == said, f"{case}, as a datum"


ELSEWHERE = {"CLAWLAMA_OLLAMA_URL": "http://mac:11434"}


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"OLLAMA_HOST": "0.0.0.0:18789"}, "must not be the port of OLLAMA_HOST"),
        ({"OLLAMA_HOST": "127.0.0.1:4000", "CLAWLAMA_OPENCLAW_PORT": "4000"}, "must not be the port of OLLAMA_HOST"),
        (ELSEWHERE | {"CLAWLAMA_MODEL_FILE": "/models/a.gguf"}, "cannot be had with CLAWLAMA_OLLAMA_URL"),
    ],
)
def test_values_that_exclude_each_other_are_refused_by_both_halves_in_the_same_line(
    values: dict[str, str], rule: str
) -> None:
    with pytest.raises(UserMistake, match=rule) as mistake:
        settings_from(values)
    [verdict] = jq.verdicts([values])
    assert verdict["mistakes"] == [str(mistake.value)]


def test_every_kind_of_badness_is_tried_on_every_setting_that_it_applies_to() -> None:
    """A new setting has its cases by itself; a rule with a shape of its own needs a table of its own."""
    for setting in SETTINGS:
        has_shape = setting.rule.minimum is not None or badness.choices(setting.rule)
        assert has_shape or setting.rule in badness.OWN_FAULTS, f"{setting.name}: add its rule to OWN_FAULTS"
    in_both_halves = [case for case in badness.CASES if case.setting.scope == "container"]
    assert len({(case.setting.name, case.badness) for case in in_both_halves}) >= 1000


def test_settings_sh_refuses_each_kind_of_badness_in_that_line_and_runs_none_of_it(tmp_path: Path) -> None:
    """Really run: bytes as they come, 100 kB, and every class once, with another setting each time."""
    by_class: dict[str, list[badness.Case]] = defaultdict(list)
    for case in badness.CASES:
        if case.setting.scope == "container":
            by_class[case.badness].append(case)
    for at, cases in enumerate(by_class.values()):
        case = cases[at % len(cases)]
        outcome = shell.validate({os.fsencode(case.setting.name): os.fsencode(case.value)}, [], tmp_path)
        assert (outcome.code, outcome.complaints) == (78, [python_verdict(case.setting.name, case.value)]), case
    assert not list((tmp_path / "here").iterdir())


def test_an_environment_longer_than_an_argument_can_be_is_read(tmp_path: Path) -> None:
    names = ["CLAWLAMA_MODEL", "CLAWLAMA_PROFILE"]
    foreign = {f"SOMEBODY_ELSES_{number}".encode(): b"\xff=" * 60_000 for number in range(10)}
    outcome = shell.validate({**foreign, b"CLAWLAMA_MODEL": b"qwen3:4b"}, names, tmp_path)
    assert (outcome.code, outcome.values) == (0, {"CLAWLAMA_MODEL": "qwen3:4b", "CLAWLAMA_PROFILE": "full"})


def test_one_carriage_return_at_the_end_is_dropped_by_both_halves(tmp_path: Path) -> None:
    """An env file in DOS line ends simply works."""
    for name, value in GOOD:
        assert (python_verdict(name, value + "\r"), container_verdict(name, value + "\r")) == ("", "")
    assert settings_from({"CLAWLAMA_MODEL": "qwen3:4b\r", "CLAWLAMA_MAX_TOKENS": "\r"}) == settings_from(
        {"CLAWLAMA_MODEL": "qwen3:4b"}
    )
    given = {b"CLAWLAMA_MODEL": b"qwen3:4b\r", b"OLLAMA_HOST": b"0.0.0.0:11434\r", b"CLAWLAMA_PROFILE": b"\r"}
    outcome = shell.validate(given, ["CLAWLAMA_MODEL", "OLLAMA_HOST", "CLAWLAMA_PROFILE"], tmp_path)
    assert list(outcome.values.values()) == ["qwen3:4b", "0.0.0.0:11434", "full"]


@pytest.mark.parametrize("name", UNKNOWN, ids=lambda name: ascii(name[:24]))
def test_an_unknown_name_is_refused_by_both_halves_in_the_same_line(name: str, tmp_path: Path) -> None:
    """The shell knows no variable of some of these names: it must hear of them all the same."""
    said = python_verdict(name, "x")
    assert re.fullmatch(r'CLAWLAMA_[ -~]*="\(hidden\)": is no setting of ClawLama; [ -~]+', said)
    assert container_verdict(name, "x") == said
    assert shell.validate({os.fsencode(name): b"x"}, [], tmp_path).complaints == [said]


def test_letters_that_only_look_like_ours_make_another_name() -> None:
    """The capital of each is one of ours."""
    assert python_verdict("ollama_ho\u017ft", "x").endswith("did you mean OLLAMA_HOST?")
    assert python_verdict("clawlama_\u0131mage", "x").endswith("did you mean CLAWLAMA_IMAGE?")


def test_many_mistakes_are_said_one_a_line(tmp_path: Path) -> None:
    many = {f"CLAWLAMA_X{number}".encode(): b"1" for number in range(5000)}
    outcome = shell.validate({**many, b"CLAWLAMA_MODEL": b"-", b"CLAWLAMA_PROFILE": b"-"}, [], tmp_path)
    assert outcome.code == 78
    assert [line.split("=")[0] for line in outcome.complaints[:2]] == ["CLAWLAMA_MODEL", "CLAWLAMA_PROFILE"]
    assert len(outcome.complaints) == 22


def test_the_telegram_token_reaches_its_file_and_no_variable(tmp_path: Path) -> None:
    """Even where the environment has variables of the names that the script uses for it."""
    token = "123456789:" + "A" * 35
    given = {b"CLAWLAMA_TELEGRAM_BOT_TOKEN": token.encode(), b"secret": b"1", b"settings": b"1", b"mistakes": b"1"}
    outcome = shell.validate(given, ["settings"], tmp_path, then="env; set")
    assert outcome.token == token
    assert token not in str(outcome.values) + outcome.said


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
    others = {setting.name: "anything at all" for setting in SETTINGS if setting.scope != "container"}
    [verdict] = jq.verdicts([others])
    assert verdict["mistakes"] == []


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


def test_generated_files_are_what_the_declaration_says() -> None:
    for path, render in GENERATED.items():
        assert (ROOT / path).read_text() == render(), f"{path}: run `make generate`"
