"""Nobody is told that this assistant exists: what its container sends, watched from outside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from tests.container import models
from tests.container.assistant import Assistant, created, volume
from tests.container.chat import SECOND, browser, fresh_page, open_by_link, say
from tests.container.watch import Watch, watching
from tests.testbed import registry

pytestmark = pytest.mark.container
TINY = {models.tiny(): models.TINY_TARGET}
# Links invite the page to show the sites' icons, and a preview of what is on GitHub.
WITH_LINKS = "What is behind https://example.org/page and https://github.com/ollama/ollama/issues/1 ?"
TEN_MINUTES = 600


@pytest.fixture(scope="module")
def watch() -> Iterator[Watch]:
    with watching() as watch:
        yield watch


@pytest.fixture(scope="module")
def assistant(image: str, watch: Watch) -> Iterator[Assistant]:
    """By plain `docker run`, with a model from a file."""
    with (
        volume() as data,
        created(image, data, models.TINY_SETTINGS, TINY, flags=watch.flags) as assistant,
    ):
        assistant.wait_ready()
        yield assistant


def converse(assistant: Assistant) -> set[str]:
    """A conversation over HTTP and one in the page, whose hosts are returned: all that the browser spoke to."""
    reply = assistant.ask(WITH_LINKS, "talk")
    assert reply.status == 200, reply.body
    spoken_to = set()
    with browser() as chromium:
        page = fresh_page(chromium)
        page.on("request", lambda request: spoken_to.add(urlsplit(request.url).netloc))
        page.on("websocket", lambda socket: spoken_to.add(urlsplit(socket.url).netloc))
        open_by_link(page, assistant)
        say(page, WITH_LINKS)
        page.get_by_role("link", name="#1").first.hover()
        page.goto(f"{assistant.url}/plugins")
        page.get_by_text("Plugins").first.wait_for()
    return spoken_to


def test_nothing_leaves_while_it_starts_and_talks(assistant: Assistant, watch: Watch) -> None:
    spoken_to = converse(assistant)
    seen = watch.reading(assistant)
    assert seen.names == []
    assert seen.sent(assistant.port) == []
    assert spoken_to == {f"127.0.0.1:{assistant.port}"}, "the page loads nothing from elsewhere"


def test_what_would_leave_is_seen(assistant: Assistant, watch: Watch) -> None:
    """The counterproof of every other test here."""
    watch.reading(assistant)
    assistant.sh("curl -sS --max-time 10 https://somewhere.example/ || true")
    seen = watch.reading(assistant)
    assert set(seen.names) == {"somewhere.example"}
    assert {packet.target for packet in seen.sent(assistant.port)} == {f"{watch.gateway}.443"}


def test_no_edit_of_the_configuration_makes_it_louder(assistant: Assistant, watch: Watch) -> None:
    """What an earlier OpenClaw, or the agent, may have left in the file; what is no breach of privacy stays."""
    ours = assistant.config()
    edited = assistant.config()
    edited["update"] = {"checkOnStart": True, "auto": {"enabled": True}}
    edited["telemetry"] = {"enabled": True}
    edited["discovery"] = {"mdns": {"mode": "full"}}
    edited["models"]["catalogRefresh"] = {"enabled": True}
    edited["gateway"]["controlUi"] |= {"communityInvite": True, "automaticallyFetchFavicons": True}
    edited["agents"]["defaults"]["thinkingDefault"] = "off"
    del edited["plugins"]
    assistant.edit_config(edited)
    assistant.stop()
    assistant.start()
    converse(assistant)
    seen = watch.reading(assistant)
    assert seen.names == []
    assert seen.sent(assistant.port) == []
    ours["agents"]["defaults"]["thinkingDefault"] = "off"
    assert assistant.config() == ours | {"plugins": assistant.config()["plugins"]}


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_ten_minutes_with_a_conversation_are_silent(
    image: str, watch: Watch, data: str, tell: Callable[[str], None]
) -> None:
    """With the profile that users have, the page open all the while."""
    settings = models.TINY_SETTINGS | {"CLAWLAMA_PROFILE": "full"}
    began = time.monotonic()
    with created(image, data, settings, TINY, flags=watch.flags) as assistant, browser() as chromium:
        assistant.wait_ready()
        page = fresh_page(chromium)
        open_by_link(page, assistant)
        say(page, WITH_LINKS)
        turns = 1
        while time.monotonic() - began < TEN_MINUTES:
            assert assistant.ask(WITH_LINKS, "talk").status == 200
            turns += 1
            page.wait_for_timeout(30 * SECOND)
        seen, seconds = watch.reading(assistant), time.monotonic() - began
        sent = seen.sent(assistant.port)
        tell(
            f"silence: {seconds:.0f} s, {turns} turns, {len(seen.packets)} packets to the clients of its port; "
            f"look-ups: {seen.names or 'none'}; packets to anywhere else: {len(sent)}"
        )
        assert seen.names == []
        assert sent == []


def test_only_the_model_registry_is_spoken_to(image: str, watch: Watch, data: str, store: str) -> None:
    with registry.line(store, watch.gateway) as line:
        port = line.address.split(":")[1]
        settings = {
            "CLAWLAMA_MODEL": f"models.example:{port}/library/tiny:latest",
            "CLAWLAMA_REGISTRY_INSECURE": "true",
            "CLAWLAMA_PROFILE": "lean",
            "CLAWLAMA_MAX_TOKENS": 16,
        }
        with created(image, data, settings, flags=watch.flags) as assistant:
            assistant.wait_ready()
            assert assistant.ask("Hello", "talk").status == 200
            seen = watch.reading(assistant)
            assert set(seen.names) == {"models.example"}
            assert seen.sent(assistant.port, line.address) == []
            assert seen.sent(assistant.port) != []
