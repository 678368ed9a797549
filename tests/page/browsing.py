"""A real headless browser in which pages are opened as a person would open them, and what they may not do is seen."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, cast

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

BROWSER = shutil.which("chromium-headless-shell")

needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="no chromium-headless-shell here (Debian's package of that name)"
)

Shown = str | list[float]
"""``[low, high]`` of a number that the page shows; or what decided, or which questions are named open."""


class Look(msgspec.Struct, frozen=True):
    """How a page is looked at."""

    width: int = 1200
    scheme: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"


DESK = Look()

TRIES, MILLISECONDS = 1500, 20
"""Half a minute: far more than any change takes on a loaded machine."""

PLACE = "https://page.example/"
"""Where the pages are served from, within the browser alone."""


@contextmanager
def running() -> Iterator[Browser]:
    """One browser process; as root it runs without its sandbox, which would not start."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


class Opened:
    """A page in a context of its own, with every request that left it and everything that it complained of."""

    def __init__(self, browser: Browser, html: str, fragment: str = "", look: Look = DESK) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport={"width": look.width, "height": 800}, color_scheme=look.scheme, reduced_motion="reduce"
        )
        self.context.route("**/*", self._answer)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._html = html
        self.page.emulate_media(media=look.media)
        self.page.goto(PLACE + fragment)

    def _answer(self, route: Route) -> None:
        if route.request.url.split("#")[0] == PLACE:
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8")
            return
        self.requests.append(route.request.url)
        route.abort()

    def numbers(self) -> dict[str, Shown]:
        """Every number that the page shows, by its name in JSON."""
        return cast("dict[str, Shown]", self.page.evaluate(COLLECT))

    def each_of(self, everything: Sequence[Mapping[str, str]]) -> list[dict[str, Shown]]:
        """Put texts into the fields, one set after another, and collect what the page shows for each."""
        return cast("list[dict[str, Shown]]", self.page.evaluate(TYPE_EACH, [dict(each) for each in everything]))

    def until(self, condition: str, given: object = None) -> None:
        """Wait for a condition, in JavaScript; `Page.wait_for_function` would need an eval, which the policy forbids.

        Raises:
            AssertionError: it does not come.
        """
        for _ in range(TRIES):
            if self.page.evaluate(condition, given):
                return
            self.page.wait_for_timeout(MILLISECONDS)
        pytest.fail(f"never came: {condition}")

    def close(self) -> None:
        """Close it and look whether it kept to itself.

        Raises:
            AssertionError: something was asked of anywhere, or the page complained.
        """
        self.context.close()
        assert self.requests == []
        assert self.complaints == []


@contextmanager
def opened(browser: Browser, html: str, fragment: str = "", look: Look = DESK) -> Iterator[Opened]:
    """A page, and at its end the look whether it kept to itself."""
    page = Opened(browser, html, fragment, look)
    yield page
    page.close()


COLLECT = """() => ({
    ...Object.fromEntries([...document.querySelectorAll("[data-key]")].map((each) =>
        [each.dataset.key, each.dataset.text ?? [Number(each.dataset.low), Number(each.dataset.high)]])),
    ...Object.fromEntries(["month", "flood"].map((answer) => [`open.${answer}`,
        [...document.querySelectorAll(`#${answer} [data-question]`)].map((each) => each.dataset.question).join()])),
})"""

TYPE_EACH = f"""async (everything) => {{
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const shown = [];
    for (const texts of everything) {{
        for (const [id, text] of Object.entries(texts)) {{
            const input = document.getElementById(id);
            if (input.type === "checkbox") input.checked = text !== "";
            else input.value = text;
            input.dispatchEvent(new Event("input", {{ bubbles: true }}));
        }}
        await frame();
        shown.push(({COLLECT})());
    }}
    return shown;
}}"""
"""As typing does: the value, then the event."""
