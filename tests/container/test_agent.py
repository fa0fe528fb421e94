"""What the agent is told, and what it can do: a scripted model behind the real gateway shows it on the wire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.container import models
from tests.container.assistant import Assistant, ask_elsewhere, created, volume
from tests.container.wire import Wire, calls_tool, listening, says, texts

pytestmark = pytest.mark.container
BREAK_IN = "touch /etc/mine; echo code=$?; id -u; env"
SCRIPT = [
    says("Good morning."),
    says("Good evening."),
    calls_tool("exec", command=BREAK_IN),
    says("I could not."),
    calls_tool("write", path="note.txt", content="written by the agent"),
    says("It is written."),
]
# What is said, to the name of the conversation.
CONVERSATIONS = {"Hello": "first", "Good day": "second", "Try to write into /etc": "third", "Leave a note": "fourth"}


@pytest.fixture(scope="module")
def scripted(image: str, bridge: str) -> Iterator[tuple[Assistant, Wire]]:
    """An assistant by plain `docker run`, and the record of three conversations with it."""
    with volume() as data, listening(bridge, script=SCRIPT) as (wire, url):
        ask_elsewhere(image, data, url)
        files = {models.tiny(): models.TINY_TARGET}
        with created(image, data, models.TINY_SETTINGS, files, flags=()) as assistant:
            assistant.wait_ready()
            for text, user in CONVERSATIONS.items():
                reply = assistant.ask(text, user)
                assert reply.status == 200, reply.body
            yield assistant, wire


def test_the_rules_are_in_the_prompt(scripted: tuple[Assistant, Wire]) -> None:
    [prompt] = texts(scripted[1].requests[0], "system")
    assert "Never run `git commit`, `git push` or `git reset --hard`" in prompt
    assert "Never change anything in `/etc`" in prompt


def test_two_sessions_share_every_byte_before_the_question(scripted: tuple[Assistant, Wire]) -> None:
    first, second = scripted[1].requests[:2]
    assert texts(first, "system") == texts(second, "system")
    assert first["tools"] == second["tools"]


def test_every_generation_is_bounded_and_planned(scripted: tuple[Assistant, Wire]) -> None:
    plan = scripted[0].verb("status")
    for request in scripted[1].requests:
        assert request["options"]["num_predict"] == 16
        assert request["options"]["num_ctx"] == plan["context"]
        assert request["options"]["num_thread"] == plan["threads"]


def test_the_agents_shell_cannot_write_etc(scripted: tuple[Assistant, Wire]) -> None:
    [result] = texts(scripted[1].requests[3], "tool")
    assert "code=1" in result
    assert "Permission denied" in result
    assert "10001" in result


def test_no_secret_is_in_the_agents_environment(scripted: tuple[Assistant, Wire]) -> None:
    assistant, wire = scripted
    [result] = texts(wire.requests[3], "tool")
    assert "PATH=" in result
    assert assistant.token not in result


def test_a_tool_turn_does_its_work_in_the_workspace(scripted: tuple[Assistant, Wire]) -> None:
    assert scripted[0].sh("cat /data/workspace/note.txt") == "written by the agent"


def test_the_lean_profile_offers_four_tools_and_patches(scripted: tuple[Assistant, Wire]) -> None:
    offered = {tool["function"]["name"] for tool in scripted[1].requests[0]["tools"]}
    assert offered == {"read", "write", "edit", "exec", "apply_patch"}


@pytest.mark.soak
def test_a_telegram_token_sets_up_the_channel_and_a_wrong_one_kills_nothing(image: str, data: str) -> None:
    """In `make soak`: where Telegram's address swallows what is sent to it, a start has been seen to hang on it."""
    token = {"CLAWLAMA_TELEGRAM_BOT_TOKEN": "123456789:" + "A" * 35}
    with created(image, data, models.TINY_SETTINGS | token, {models.tiny(): models.TINY_TARGET}) as assistant:
        assistant.wait_ready()
        telegram = assistant.config()["channels"]["telegram"]
        assert telegram["enabled"]
        assert telegram["dmPolicy"] == "pairing"
        assert assistant.sh("stat -c %a " + telegram["tokenFile"]) == "600"
        assert assistant.verb("status")["state"] == "ready"
        assert "AAAAA" not in assistant.sh("cat /proc/$(cat /tmp/clawlama/gateway.group)/environ")


def test_the_image_has_no_setuid_file_and_etc_no_write_bit(scripted: tuple[Assistant, Wire]) -> None:
    assert scripted[0].sh("find / -xdev -type f -perm /6000 2>/dev/null || true") == ""
    assert (
        scripted[0].sh(
            "find /etc -xdev -type f -perm /0222 2>/dev/null | grep -v -e hosts -e hostname -e resolv || true"
        )
        == ""
    )
    assert scripted[0].sh("stat -c %a /data/clawlama/gateway_token") == "600"
