"""The compose file: for a host, and for everybody."""

import re
from typing import Any

import pytest
import yaml

from roles.clawlama import compose
from roles.settings import SETTINGS, settings_from


def for_host(extras: compose.Extras | None = None, **settings: str) -> dict[str, Any]:
    text = compose.for_host(settings_from(settings), extras or compose.Extras(memory="4096m"))
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def test_the_file_for_everybody_is_the_template_at_its_defaults() -> None:
    assert compose.main(["--check"]) == 0


def test_the_file_for_everybody_can_be_pasted() -> None:
    text = compose.standalone()
    for forbidden in ("build:", "env_file", "bind", "secrets:"):
        assert forbidden not in text


def test_the_file_for_everybody_has_every_setting_of_the_container_at_its_default() -> None:
    variables = yaml.safe_load(compose.standalone())["services"]["clawlama"]["environment"]
    assert variables == {s.name: f"${{{s.name}:-{s.default}}}" for s in SETTINGS if s.scope == "container"}


def test_a_host_is_told_only_what_differs_from_the_defaults() -> None:
    assert for_host()["services"]["clawlama"]["environment"] == {}
    told = for_host(clawlama_model="qwen3:4b")["services"]["clawlama"]["environment"]
    assert told == {"CLAWLAMA_MODEL": "qwen3:4b"}


def test_the_container_has_no_more_rights_than_it_needs() -> None:
    for service in (for_host()["services"]["clawlama"], yaml.safe_load(compose.standalone())["services"]["clawlama"]):
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["restart"] == "unless-stopped"
        assert service["logging"]["options"]["max-size"] == "10m"


def test_the_port_is_the_same_inside_and_outside_and_on_loopback_by_default() -> None:
    assert for_host()["services"]["clawlama"]["ports"] == ["127.0.0.1:18789:18789"]
    moved = for_host(clawlama_openclaw_port="8080", clawlama_publish_address="0.0.0.0")
    assert moved["services"]["clawlama"]["ports"] == ["0.0.0.0:8080:8080"]


@pytest.mark.parametrize(("data", "kind"), [("other-volume", "volume"), ("/srv/claw", "bind")])
def test_data_is_a_volume_or_a_directory(data: str, kind: str) -> None:
    made = for_host(clawlama_data=data)
    (mounted,) = made["services"]["clawlama"]["volumes"]
    assert (mounted["type"], mounted["target"]) == (kind, "/data")
    assert (made["volumes"]["data"]["name"] if kind == "volume" else mounted["source"]) == data


def test_limits_are_the_users_or_what_the_host_can_spare() -> None:
    service = for_host()["services"]["clawlama"]
    assert (service["mem_limit"], service["cpus"]) == ("4096m", "0")
    service = for_host(clawlama_memory_limit="6g", clawlama_cpus="1.5")["services"]["clawlama"]
    assert (service["mem_limit"], service["cpus"]) == ("6g", "1.5")


def test_a_model_file_of_the_host_is_mounted_read_only() -> None:
    extras = compose.Extras(memory="1g", model_file="/opt/a-model.gguf", demonstration=True)
    service = for_host(extras)["services"]["clawlama"]
    assert service["volumes"][1] == {
        "type": "bind", "source": "/opt/a-model.gguf", "target": "/models/a-model.gguf", "read_only": True,
    }  # fmt: skip
    assert service["environment"] == {"CLAWLAMA_MODEL_FILE": "/models/a-model.gguf", "CLAWLAMA_DEMONSTRATION": "true"}


def test_a_secret_is_a_file_and_its_value_is_nowhere_in_the_compose_file() -> None:
    token = "123456789:" + "A" * 35
    extras = compose.Extras(memory="1g", secrets=("clawlama_telegram_bot_token",))
    text = compose.for_host(settings_from({"CLAWLAMA_TELEGRAM_BOT_TOKEN": token}), extras)
    made = yaml.safe_load(text)
    assert token not in text
    assert made["secrets"]["clawlama_telegram_bot_token"] == {"file": "./secrets/clawlama_telegram_bot_token"}
    assert made["services"]["clawlama"]["environment"] == {
        "CLAWLAMA_TELEGRAM_BOT_TOKEN_FILE": "/run/secrets/clawlama_telegram_bot_token"
    }


def test_a_value_is_never_taken_for_a_variable() -> None:
    assert not re.search(r"(?<!\$)\$\{", compose.for_host(settings_from({}), compose.Extras(memory="1g")))
