"""Pages are readable by everybody, ask nothing of anywhere, and take names for names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from tests.figures.prices import prices
from tests.page.balancers import balancer, gap, nothing, observed
from tests.page.browsing import Look, needs_browser, opened, running

from originlock.cost.bill import Owned
from originlock.cost.estimate import Figures, estimate
from originlock.cost.storm import Flood, storm
from originlock.facts.prices import RegionPrices
from originlock.facts.usage import Kind, Usage
from originlock.report.page import estimate_page, observed_page, storm_page

pytestmark = needs_browser

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&<!--\u2028\u2029\u202e{{x}}"
"""What ends a script, an attribute, a comment or a line, or turns a line round."""

USAGE = Usage(*(Fraction(each) for each in (26, 400, 10**10, 10**9, 100, 2000)))
PART = Usage(*(Fraction(each) for each in (20, 30, 10**8, 0, 50, 1000)))
HUGE = Usage(*(Fraction(10**each) for each in (8, 10, 16, 15, 8, 12)))

LOCKED = Figures(Owned(trust_stores=1), USAGE, mutual=True, bypass=PART)

PAGES = {
    "estimate": lambda: estimate_page(
        estimate(prices(), Figures(Owned(trust_stores=1), USAGE, mutual=True, bypass=PART))
    ),
    "estimate of nothing": lambda: estimate_page(estimate(prices(), Figures(Owned(), Usage()))),
    "estimate of far too much": lambda: estimate_page(estimate(prices(), Figures(Owned(ipv4=10_000), HUGE))),
    "estimate of a Network Load Balancer": lambda: estimate_page(
        estimate(prices(), Figures(Owned(kind=Kind.NLB_TLS), Usage(new_connections=Fraction(70))))
    ),
    "storm": lambda: storm_page(storm(prices(), Flood(Fraction(10_000), Fraction(1)), USAGE)),
    "storm of nothing": lambda: storm_page(storm(prices(), Flood(Fraction(0), Fraction(0)), Usage())),
    "storm of a year": lambda: storm_page(storm(prices(), Flood(Fraction(10**8), Fraction(8760)), HUGE)),
    "observed": lambda: observed_page(observed(balancer()), [prices()]),
    "observed, ten days": lambda: observed_page(observed(balancer(hours=240)), [prices()]),
    "observed, an hour": lambda: observed_page(observed(balancer(hours=1)), [prices()]),
    "observed, two": lambda: observed_page(observed(balancer("one", 100), balancer("other", 48, gap)), [prices()]),
    "observed, idle": lambda: observed_page(observed(balancer(hours=48, told=nothing)), [prices()]),
    "observed, none": lambda: observed_page(observed(), [prices()]),
}

LOOKS = {
    "light": Look(),
    "dark": Look(scheme="dark"),
    "phone": Look(width=360),
    "paper": Look(width=720, media="print"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests here."""
    with running() as started:
        yield started


LOOKED_AT = [("storm", "light"), *((page, look) for page in ("estimate", "observed, ten days") for look in LOOKS)]
"""A flood's page consists of what an estimate's does, in another order."""


@pytest.mark.parametrize("page,look", LOOKED_AT)
def test_accessible(browser: Browser, page: str, look: str) -> None:
    """An accessibility checker finds nothing, whatever the page is looked at with; all that unfolds is unfolded."""
    with opened(browser, PAGES[page](), look=LOOKS[look]) as here:
        here.page.evaluate(UNFOLD)
        found = Axe().run(here.page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("page", PAGES)
def test_fits(browser: Browser, page: str) -> None:
    """Nothing is wider than a phone, and no text of a plot is cut off or lies over another's."""
    with opened(browser, PAGES[page](), look=LOOKS["phone"]) as here:
        here.page.evaluate(UNFOLD)
        assert here.page.evaluate("document.documentElement.scrollWidth") <= LOOKS["phone"].width
        assert here.page.evaluate(CUT_OFF) == []
        assert here.page.evaluate(OVERLAPPING) == []
        here.page.set_viewport_size({"width": LOOKS["light"].width, "height": 800})
        here.until(REDRAWN)
        assert here.page.evaluate(CUT_OFF) == []
        assert here.page.evaluate(OVERLAPPING) == []


UNFOLD = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"

REDRAWN = """() => [...document.querySelectorAll(".plot > svg")].every((each) =>
    Math.abs(each.getBoundingClientRect().width - each.parentElement.clientWidth) < 2)"""

CUT_OFF = """() => [...document.querySelectorAll("svg text")].filter((text) => {
    const [inner, outer] = [text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()];
    return inner.width > 0 && (inner.left < outer.left - 1 || inner.right > outer.right + 1 ||
        inner.top < outer.top - 1 || inner.bottom > outer.bottom + 3);
}).map((text) => text.textContent)"""

OVERLAPPING = """() => [...document.querySelectorAll("svg")].flatMap((svg) => {
    const texts = [...svg.querySelectorAll("text")].map((each) => [each.textContent, each.getBoundingClientRect()]);
    return texts.flatMap(([one, a], index) => texts.slice(index + 1).filter(([, b]) =>
        Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4).map(([other]) => `${one} | ${other}`));
})"""


def test_paper(browser: Browser) -> None:
    """On paper there is nothing to type into: what was asked, the plots and their tables stand there."""
    with opened(browser, PAGES["estimate"](), look=LOOKS["paper"]) as here:
        page = here.page
        page.wait_for_selector("#asked", state="visible")
        assert page.locator("#calculator").is_hidden()
        assert "New connections" in page.locator("#asked").inner_text()
        assert page.locator("figure table").first.is_visible()
        assert page.locator("#prices table").is_visible()
        assert page.locator("figure svg").first.is_visible()


def test_keyboard_alone(browser: Browser) -> None:
    """Every input is reached by Tab, in the order in which it stands there, and seen when it is."""
    with opened(browser, PAGES["estimate"]()) as here:
        here.page.locator("#region").focus()
        inputs = here.page.evaluate(
            "[...document.querySelectorAll('form select, form input:not([type=range])')]"
            ".filter((each) => each.checkVisibility()).map((each) => each.id)"
        )
        reached: list[str] = []
        while inputs[-1] not in reached and len(reached) < 2 * len(inputs):
            reached.append(here.page.evaluate("document.activeElement.id"))
            here.page.keyboard.press("Tab")
    assert [each for each in reached if each in inputs] == inputs


def hostile_page(page: str) -> str:
    """A page whose names are all hostile."""
    sourced = tuple(msgspec.structs.replace(each, source=HOSTILE) for each in prices().prices)
    region = msgspec.structs.replace(prices(region=HOSTILE), prices=sourced)
    match page:
        case "estimate":
            return estimate_page(estimate(region, Figures(Owned(), USAGE)), [region])
        case "storm":
            return storm_page(storm(region, Flood(Fraction(10), Fraction(1)), USAGE), [region])
        case _:
            hostile = balancer(HOSTILE, 30) | {"region": HOSTILE, "unknown": [HOSTILE], HOSTILE: HOSTILE}
            return observed_page(observed(hostile), [region])


@pytest.mark.parametrize("page", ["estimate", "storm", "observed"])
def test_names_are_only_names(browser: Browser, page: str) -> None:
    """A name from outside is shown as it is and never becomes an element, a script, or a request."""
    with opened(browser, hostile_page(page)) as here:
        assert here.page.locator("img").count() == 0
        assert here.page.locator("script").count() == 2
        assert "</script><img src=x onerror=alert(1)>" in here.page.locator("body").inner_text()


@pytest.mark.parametrize(
    "fragment", ["#region=<img src=x onerror=alert(1)>", "#__proto__=1&constructor=2", "#%", "#" + "9" * 9000]
)
def test_fragment_is_only_text(browser: Browser, fragment: str) -> None:
    """An address that somebody was sent puts nothing into the page but texts into fields."""
    with opened(browser, PAGES["estimate"](), fragment) as here:
        assert here.page.locator("img").count() == 0
        assert here.page.locator("#region").is_visible()


def test_policy_holds(browser: Browser) -> None:
    """What the page's policy forbids is refused by the browser: other scripts, requests, markup from strings."""
    with opened(browser, PAGES["estimate"]()) as here:
        refused = here.page.evaluate(REFUSED)
        here.complaints.clear()
    assert refused == {"markup": True, "request": True, "script": True}


REFUSED = """async () => {
    const tried = {};
    try { document.body.innerHTML = "<b>x</b>"; tried.markup = false; } catch { tried.markup = true; }
    tried.request = await fetch("https://elsewhere.example/").then(() => false, () => true);
    const script = document.createElement("script");
    tried.script = true;
    try { script.append("window.ran = true"); document.body.append(script); } catch { /* refused at once */ }
    if (window.ran) tried.script = false;
    return tried;
}"""


def test_works_from_a_file(browser: Browser, tmp_path: Path) -> None:
    """The page is opened from a disk as often as from a server, and keeps its numbers in the address there, too."""
    file = tmp_path / "cost.html"
    file.write_text(PAGES["estimate"](), "utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{file.as_uri()}#new-connections=2000")
    assert page.locator("#new-connections").input_value() == "2000"
    page.locator("#new-connections").fill("3000")
    expect(page).to_have_url(re.compile("new-connections=3000"))
    context.close()
    assert complaints == []


def test_without_script(browser: Browser) -> None:
    """Where scripts are switched off the numbers are there all the same."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(PAGES["storm"]())
    text = page.locator("body").inner_text()
    context.close()
    assert "Mutual TLS" in text
    assert "LCU-hours" in text


def test_price_that_is_missing(browser: Browser) -> None:
    """A price that is not known is told beside the Region, with how to get it."""
    lame = RegionPrices(
        "us-west-1", tuple(each for each in prices().prices if "trust" not in each.item.value), prices().egress
    )
    made = estimate(prices(), Figures(Owned(trust_stores=1), USAGE, mutual=True))
    with opened(browser, estimate_page(made, [lame]), "#region=us-west-1") as here:
        words = here.page.locator("#region-error").inner_text()
    assert "a trust store's hour in us-west-1 is not known" in words
    assert "originlock cost prices --refresh --region us-west-1" in words
