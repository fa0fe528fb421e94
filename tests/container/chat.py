"""The chat page in a real browser, as the link opens it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.container.assistant import Assistant

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SECOND = 1_000
CLICKS = 6
FORGETS = 5 * SECOND
LINKS = 3
NOT_LET_IN = "This Gateway expects its token"
REJECTED = "Gateway secret rejected"
Send = Callable[[], None]
# Until what stands below a text is an assistant's: other conversations stay in the page, before or behind, and the text
# itself may stand there twice, as it was sent and as it was taken.
# Asked in the page itself: its roles and names, asked for from here all the while, take it a tenth of a core.
UNTIL_ANSWERED = """([text, longest]) => new Promise((resolve, reject) => {
  const began = Date.now();
  const end = (settle, value) => settle(value, clearInterval(look));
  const look = setInterval(() => {
    const shown = [...document.querySelectorAll(".chat-text")].filter((said) => said.checkVisibility());
    const place = shown.findLastIndex((said) => said.textContent.includes(text));
    const below = place < 0 ? undefined : shown[place + 1];
    if (below?.closest(".chat-group.assistant") && below.textContent.trim()) end(resolve);
    else if (Date.now() - began > longest) end(reject, new Error(`no answer is shown after ${longest} ms`));
  }, 50);
})"""
# What the page says below an answer that is whole.
OUTPUT = re.compile("output tokens")


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


def fresh_page(browser: Browser) -> Page:
    """A page in a profile of its own: it knows nothing of earlier ones. What moves as one waits takes a whole core."""
    return browser.new_context(reduced_motion="reduce").new_page()


def methods_asked_by(page: Page) -> set[str]:
    """What the page asks of the gateway from now on: it grows as it asks."""
    methods: set[str] = set()

    def hear(frame: str | bytes) -> None:
        asked = json.loads(frame)
        if asked["type"] == "req":
            methods.add(asked["method"])

    page.on("websocket", lambda socket: socket.on("framesent", hear))
    return methods


def open_by_link(page: Page, assistant: Assistant) -> str:
    """The new link that let the page in."""
    for _ in range(LINKS):
        link = str(assistant.verb("link")["url"])
        if shows(page, link, box_of(page)):
            return link
    raise AssertionError(f"not let in by {LINKS} links")


def open_by_used_link(page: Page, link: str) -> None:
    """Until the page says that the link is worth nothing."""
    if not any(shows(page, link, page.get_by_text(REJECTED)) for _ in range(LINKS)):
        raise AssertionError(f"not told in {LINKS} times that the link was rejected")


def shows(page: Page, link: str, what: Locator) -> bool:
    """Whether the link leads the page there: if not, it has lost the link, and a user would open one again.

    A page that needs more than 12 seconds to start, as it may beside other tests, starts itself anew, without its link
    (OpenClaw 2026.9.6), and says that it was given none.
    """
    # A page that is at this link already would stay as it is.
    page.goto("about:blank")
    page.goto(link)
    expect(what.or_(page.get_by_text(NOT_LET_IN))).to_be_visible(timeout=120 * SECOND)
    return what.is_visible()


def box_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Chat composer")


def composer(page: Page) -> Locator:
    """Where one writes: it is there only once the gateway has let the page in."""
    expect(box_of(page)).to_be_visible(timeout=120 * SECOND)
    return box_of(page)


def send(page: Page, box: Locator) -> None:
    """Clicks until the text is gone: a page that has just been let in may leave the first click without effect."""
    for _ in range(CLICKS):
        page.get_by_role("button", name="Send message").click()
        with suppress(AssertionError):
            expect(box).to_be_empty(timeout=5 * SECOND)
            return
    raise AssertionError(f"still not sent after {CLICKS} clicks")


def say(page: Page, text: str) -> list[str]:
    """Sends a first message and waits for the whole answer; the chat's paragraphs."""
    write(page, text)()
    return answered(page, text)


def wait_whole(page: Page) -> None:
    """Until the last answer is whole, and the page lets one write again.

    What is sent a second earlier it queues and forgets (OpenClaw 2026.9.6); nothing that it shows tells when no more.
    """
    expect(page.get_by_role("region", name="Chat").get_by_text(OUTPUT).last).to_be_visible(timeout=60 * SECOND)
    page.wait_for_timeout(FORGETS)


def write(page: Page, text: str) -> Send:
    """Writes the next message; what is returned sends it."""
    box = composer(page)
    box.fill(text)
    return lambda: send(page, box)


def write_in_new_conversation(page: Page, text: str) -> Send:
    """The same, of a new conversation's first message."""
    page.get_by_role("link", name="New conversation").first.click()
    page.get_by_role("textbox", name="What should this session work on?").fill(text)
    return page.get_by_role("button", name="Start session").click


def read(page: Page, text: str, send_it: Send) -> None:
    """Sends what is written, which nobody wrote before, and waits until the first words of its answer can be read."""
    send_it()
    page.evaluate(UNTIL_ANSWERED, [text, 600 * SECOND])


def answered(page: Page, text: str) -> list[str]:
    """Waits for the whole answer to a conversation's first message; what that conversation's paragraphs say."""
    chat = page.get_by_role("region", name="Chat")
    # Its first words: the page shows an address by another name.
    expect(chat.get_by_text(" ".join(text.split()[:3])).first).to_be_visible(timeout=120 * SECOND)
    expect(chat.get_by_text(OUTPUT).last).to_be_visible(timeout=600 * SECOND)
    return [paragraph.strip() for paragraph in chat.get_by_role("paragraph").all_inner_texts()]
