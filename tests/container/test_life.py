"""Stop, start, kill, replace: the conversation goes on, and nothing waits for an owner that is gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.container import models
from tests.container.assistant import HARDENED, Assistant, created, volume
from tests.container.wire import listening, texts
from tests.testbed.docker import docker

pytestmark = [pytest.mark.container, pytest.mark.timeout(600)]
TINY = {models.tiny(): models.TINY_TARGET}
OPEN_OLLAMA = {"OLLAMA_HOST": "0.0.0.0:11434"}


@pytest.fixture(scope="module")
def lasting(image: str) -> Iterator[Assistant]:
    """An assistant that the tests of this file stop, kill and start again, one after the other."""
    with volume() as data, created(image, data, models.TINY_SETTINGS | OPEN_OLLAMA, TINY) as assistant:
        assistant.wait_ready()
        yield assistant


def test_a_stop_in_the_middle_of_a_turn_is_in_time_and_the_conversation_goes_on(
    lasting: Assistant, bridge: str
) -> None:
    ollama = f"http://{lasting.inspect('.NetworkSettings.IPAddress')}:11434"
    with listening(bridge, upstream=ollama) as (wire, url):
        lasting.send_models_requests_to(url)
        wire.upstream = f"http://{lasting.inspect('.NetworkSettings.IPAddress')}:11434"
        assert lasting.ask("My favourite colour is blue.", "talk").status == 200
        wire.may_answer.clear()
        wire.arrived.clear()
        turn = threading.Thread(target=lambda: lasting.sh("sleep 0") and None)
        turn = threading.Thread(target=_ask_in_vain, args=(lasting,), daemon=True)
        turn.start()
        assert wire.arrived.wait(timeout=60)
        lasting.stop()
        assert lasting.inspect(".State.ExitCode") == "0", "it ended by itself, before Docker's 10 s were over"
        wire.may_answer.set()
        lasting.start()
        wire.upstream = f"http://{lasting.inspect('.NetworkSettings.IPAddress')}:11434"
        lasting.ask("Which one is it?", "talk")
        assert any("My favourite colour is blue." in text for text in texts(wire.requests[-1], "user"))


def _ask_in_vain(assistant: Assistant) -> None:
    try:
        assistant.ask("A question that is never answered", "talk")
    except OSError:
        return


@pytest.mark.parametrize("service", ["ollama", "gateway"])
def test_the_death_of_a_service_ends_the_container_and_says_which(lasting: Assistant, service: str) -> None:
    lasting.start()
    lasting.sh(f"kill -KILL -$(cat /tmp/clawlama/{service}.group)")
    assert lasting.wait_ended() == 1
    last = lasting.logs().strip().splitlines()[-1]
    assert f'"reason":"{service} ended with code 137"' in last


def test_a_new_container_on_the_volume_of_a_killed_one_starts_at_once(lasting: Assistant, image: str) -> None:
    lasting.start()
    docker("kill", lasting.name)
    with created(image, lasting.volume, models.TINY_SETTINGS, TINY) as successor:
        successor.wait_ready()
        assert "lease is still active" not in successor.logs()


def test_a_second_container_on_the_same_volume_is_refused(lasting: Assistant, image: str) -> None:
    lasting.start()
    with created(image, lasting.volume, models.TINY_SETTINGS, TINY) as second:
        assert second.wait_ended() == 78
        assert "is in use by another container" in second.logs()
    assert lasting.verb("status")["state"] == "ready"


def test_a_changed_setting_and_a_restart_is_all_and_the_users_own_edits_stay(lasting: Assistant, image: str) -> None:
    lasting.start()
    edited = lasting.config()
    edited["agents"]["defaults"]["thinkingDefault"] = "off"
    edited["tools"]["exec"]["mode"] = "deny"
    lasting.edit_config(edited)
    token = lasting.token
    lasting.stop()
    changed = models.TINY_SETTINGS | {"CLAWLAMA_MAX_TOKENS": 32, "CLAWLAMA_EXEC_ASK": "always"}
    with created(image, lasting.volume, changed, TINY) as assistant:
        assistant.wait_ready()
        config = assistant.config()
        [model] = config["models"]["providers"]["ollama"]["models"]
        assert model["maxTokens"] == 32
        assert config["agents"]["defaults"]["thinkingDefault"] == "off"
        assert config["tools"]["exec"]["mode"] == "ask", "what the agent may do is never the file's to say"
        assert assistant.token == token


def test_a_configuration_of_the_users_own_replaces_ours_where_it_is_mounted(lasting: Assistant, image: str) -> None:
    lasting.stop()
    mine = "/data/workspace/.openclaw/openclaw.json"
    lasting_config = {"gateway": {"mode": "local"}}
    assert lasting_config
    with created(image, lasting.volume, models.TINY_SETTINGS, TINY, flags=(*HARDENED,)) as assistant:
        assistant.wait_ready()
        assistant.sh(f"mkdir -p $(dirname {mine}) && echo '{{}}' >{mine}")
        assistant.stop()
        assistant.start()
        assert "is mounted and replaces ours" not in assistant.logs(), (
            "a plain file there is the agent's, not the user's"
        )
