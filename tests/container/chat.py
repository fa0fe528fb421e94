"""The chat page in a real browser, as the link opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SECOND = 1_000
CLICKS = 6


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


def fresh_page(browser: Browser) -> Page:
    """A page in a profile of its own: it knows nothing of earlier ones."""
    return browser.new_context().new_page()


def composer(page: Page) -> Locator:
    """Where one writes: it is there only once the gateway has let the page in."""
    box = page.get_by_role("textbox", name="Chat composer")
    expect(box).to_be_visible(timeout=120 * SECOND)
    return box


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
    box = composer(page)
    box.fill(text)
    send(page, box)
    return answered(page, text)


def say_next(page: Page, text: str) -> None:
    """Sends a further message and waits for the whole answer."""
    whole = page.get_by_role("region", name="Chat").get_by_role("button", name="Copy as markdown")
    before = whole.count()
    box = composer(page)
    box.fill(text)
    send(page, box)
    expect(whole).to_have_count(before + 1, timeout=600 * SECOND)


def say_in_new_conversation(page: Page, text: str) -> list[str]:
    """Starts another conversation with these words and waits for the whole answer; that chat's paragraphs."""
    start_conversation(page, text)
    return answered(page, text)


def start_conversation(page: Page, text: str) -> None:
    """An answer that is there before the page looks for it is not shown until it looks again."""
    page.get_by_role("link", name="New conversation").first.click()
    page.get_by_role("textbox", name="What should this session work on?").fill(text)
    page.get_by_role("button", name="Start session").click()


def answered(page: Page, text: str) -> list[str]:
    """Waits for the whole answer to a conversation's first message; what that conversation's paragraphs say."""
    chat = page.get_by_role("region", name="Chat")
    # Its first words: the page shows an address by another name.
    expect(chat.get_by_text(" ".join(text.split()[:3])).first).to_be_visible(timeout=120 * SECOND)
    expect(chat.get_by_text(re.compile("output tokens")).last).to_be_visible(timeout=600 * SECOND)
    return [paragraph.strip() for paragraph in chat.get_by_role("paragraph").all_inner_texts()]
