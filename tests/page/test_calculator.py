"""The calculator's numbers are the model's, whatever is typed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import cast

import pytest
from playwright.sync_api import Browser
from tests.figures.prices import prices
from tests.page.browsing import Shown, needs_browser, opened, running

from originlock.cost.bill import Owned
from originlock.cost.estimate import Figures, estimate
from originlock.cost.storm import Flood, storm
from originlock.cost.units import ServerKey, evaluations
from originlock.facts.usage import Kind, Usage
from originlock.report.money import estimate_data, storm_data
from originlock.report.page import estimate_page

pytestmark = needs_browser

NEAR = 1e-9
"""How far the page's floats may be from the model's, as a share of them."""

REGIONS = {each.region: each for each in (prices(), prices(region="us-east-1"), prices(region="ap-northeast-2"))}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests here."""
    with running() as started:
        yield started


def page_html() -> str:
    """An estimate's page."""
    made = estimate(REGIONS["eu-west-1"], Figures(Owned(), Usage(new_connections=Fraction(26))))
    return estimate_page(made, list(REGIONS.values()))


def number(chance: random.Random, most: int) -> str:
    """A number as people type them: often none, often small, seldom huge."""
    digits = chance.choice([0, 0, 1, 2, 3])
    reach = chance.choice([0, 1, most ** chance.random(), most ** chance.random(), most])
    return f"{reach * chance.random():.{digits}f}"


def part(chance: random.Random, text: str) -> str:
    """A part of it."""
    return chance.choice(["0", "0", text, f"{Decimal(text) * chance.choice([1, 2, 5]) / 8:f}"])


def asked(chance: random.Random) -> dict[str, str]:
    """Texts for every field."""
    texts = {
        "region": chance.choice(list(REGIONS)),
        "kind": chance.choice(["alb"] * 6 + [each.value for each in Kind]),
        "zones": str(chance.randint(1, 6)),
        "ipv4": str(chance.randint(0, 6)),
        "new-connections": number(chance, 100_000),
        "active": number(chance, 1_000_000),
        "bytes": number(chance, 100_000),
        "lambda-bytes": number(chance, 1000),
        "requests": number(chance, 1_000_000),
        "rules": number(chance, 100),
        "certificate-key": chance.choice([each.value for each in ServerKey]),
        "mtls": chance.choice(["", "on"]),
        "trust-stores": chance.choice(["", "0", "1", "2"]),
        "rate": number(chance, 10_000_000),
        "for": number(chance, 700),
        "requests-per-connection": number(chance, 1000),
        "request-bytes": number(chance, 10_000),
        "response-bytes": number(chance, 1_000_000),
        "open-seconds": number(chance, 600),
        "flood-rules": number(chance, 100),
        "already-gb": number(chance, 300_000),
    }
    bypass = {
        f"bypass-{each}": part(chance, texts[each]) for each in ("new-connections", "active", "bytes", "requests")
    }
    return texts | bypass


def usage_of(texts: Mapping[str, str], kind: Kind, prefix: str = "") -> Usage:
    """The usage that the fields say."""
    alb = kind is Kind.ALB
    requests = Fraction(texts[f"{prefix}requests"]) if alb else Fraction(0)
    return Usage(
        Fraction(texts[f"{prefix}new-connections"]),
        Fraction(texts[f"{prefix}active"]),
        Fraction(texts[f"{prefix}bytes"]) * 10**9,
        Fraction(texts["lambda-bytes"]) * 10**9 if alb and not prefix else Fraction(0),
        requests,
        evaluations(requests, Fraction(texts["rules"])),
    )


def told_by_model(texts: Mapping[str, str]) -> dict[str, object]:
    """The same numbers from the model, as the command line prints them."""
    kind, region = Kind(texts["kind"]), REGIONS[texts["region"]]
    alb = kind is Kind.ALB
    mutual = alb and texts["mtls"] == "on"
    stores = (int(texts["trust-stores"]) if texts["trust-stores"] else int(mutual)) if alb else 0
    key = ServerKey(texts["certificate-key"]) if alb else ServerKey.COMMON
    owned = Owned(kind, int(texts["zones"]) if kind is Kind.GWLB else 1, stores, int(texts["ipv4"]))
    usage = usage_of(texts, kind)
    made = estimate(region, Figures(owned, usage, mutual, usage_of(texts, kind, "bypass-"), key))
    data = estimate_data(made)
    told = flat(data, "lcu", "usd_per_hour", "usd_per_month", "locks") | {"open.month": questions(data)}
    told |= flood_by_model(texts, usage, key) if alb else {}
    return {name: told[name] for name in told if told[name] is not None and name.split(".")[-1] not in UNSEEN}


UNSEEN = ("may_decide", "lcu_alone")
"""What the page has in sentences alone."""


def flood_by_model(texts: Mapping[str, str], normal: Usage, key: ServerKey) -> dict[str, object]:
    """The flood's numbers."""
    names = ("rate", "for", "requests-per-connection", "request-bytes", "response-bytes", "open-seconds", "flood-rules")
    flood = Flood(*(Fraction(texts[each]) for each in names))
    made = storm(REGIONS[texts["region"]], flood, normal, Fraction(texts["already-gb"]), key=key)
    data = storm_data(made)
    return flat(data, "postures") | {"open.flood": questions(data)}


def questions(data: Mapping[str, object]) -> str:
    """The open questions that are named."""
    return ",".join(each["question"] for each in cast("list[dict[str, str]]", data["open_questions"]))


def flat(data: Mapping[str, object], *names: str) -> dict[str, object]:
    """Numbers by their path: ``postures.open.lcu``."""
    made: dict[str, object] = {}
    for name in names:
        value = data[name]
        if isinstance(value, dict):
            made |= {f"{name}.{path}": each for path, each in flat(value, *value).items()}
        else:
            made[name] = value
    return made


def same(shown: Shown | None, told: object) -> bool:
    """Whether a number of the page is the model's."""
    if shown is None or isinstance(shown, str):
        return shown == told
    ends = cast("list[float]", told if isinstance(told, list) else [told, told])
    return all(one == pytest.approx(other, rel=NEAR, abs=0) for one, other in zip(shown, ends, strict=True))


def test_two_hundred_inputs(browser: Browser) -> None:
    """A formula that is written twice must give the same twice: in Python and in the page's script."""
    chance = random.Random(20261123)  # noqa: S311  the same inputs each time
    everything = [asked(chance) for _ in range(200)]
    with opened(browser, page_html()) as here:
        shown = here.each_of(everything)
    for texts, numbers in zip(everything, shown, strict=True):
        told = told_by_model(texts)
        wrong = {name: (numbers.get(name), told[name]) for name in told if not same(numbers.get(name), told[name])}
        assert wrong == {}, texts


def test_typed_by_hand(browser: Browser) -> None:
    """Somebody who types units, as on the command line, gets the same number, and sees it at once."""
    with opened(browser, page_html()) as here:
        here.page.get_by_label("New connections a second").first.fill("1560/m")
        here.page.locator("#bytes").fill("10GB/h")
        here.page.locator("#mtls").check()
        here.until("document.body.textContent.includes('Processed bytes decide')")
        numbers = here.numbers()
    assert numbers["lcu.new_connections"] == [1.04, 1.04]
    assert numbers["lcu.processed_bytes"] == pytest.approx([10**10 / 2**30, 10])
    assert numbers["usd_per_month.trust_stores"] == pytest.approx([4.088, 4.088])
    assert numbers["lcu.decided_by"] == "processed_bytes"


SLIPS = {
    "-1": "cannot be less than nothing",
    "1,5": "1.5 or 15",
    "many": "no number",
    "": "A number is missing",
    "26 KB": "no unit for this",
    "1e12": "too large to be true",
    "9" * 41: "longer than any number",
}


def test_slips_are_told_beside_the_field(browser: Browser) -> None:
    """A slip leaves the last numbers, says so, and is told in words where it was made."""
    with opened(browser, page_html()) as here:
        before = here.numbers()
        for slip, words in SLIPS.items():
            here.page.locator("#new-connections").fill(slip)
            here.until("words => document.getElementById('new-connections-error').textContent.includes(words)", words)
            assert here.page.locator("#new-connections").get_attribute("aria-invalid") == "true"
            assert here.page.get_by_role("alert").is_visible()
            assert here.numbers() == before
        here.page.locator("#new-connections").fill("26")
        here.until("document.getElementById('new-connections-error').textContent === ''")
        assert here.page.get_by_role("alert").is_hidden()


def test_part_and_whole(browser: Browser) -> None:
    """More round the edge than there is in all would make a usage negative."""
    with opened(browser, page_html(), "#bypass-new-connections=27") as here:
        assert "more than all of it (26)" in here.page.locator("#bypass-new-connections-error").inner_text()


def test_calculation_in_the_address(browser: Browser) -> None:
    """What somebody reckoned can be sent as an address, and what is typed is kept there."""
    with opened(browser, page_html(), "#new-connections=50&mtls=on&region=us-east-1&unheard=1") as here:
        assert here.numbers()["lcu.new_connections"] == [2, 2]
        assert here.page.locator("#mtls").is_checked()
        assert here.page.locator("#region").input_value() == "us-east-1"
        here.page.locator("#new-connections").fill("75")
        here.until("location.hash.includes('new-connections=75')")
        kept = here.page.evaluate("location.hash")
    with opened(browser, page_html(), kept) as here:
        assert here.numbers()["lcu.new_connections"] == [3, 3]
        here.page.evaluate("location.hash = '#new-connections=100'")
        here.until("document.getElementById('new-connections').value === '100'")
        assert here.numbers()["lcu.new_connections"] == [4, 4]
        here.page.get_by_role("button", name="Back to what was asked").click()
        assert here.numbers()["lcu.new_connections"] == [1.04, 1.04]


def test_region_that_is_not_there(browser: Browser) -> None:
    """Another Region's price is never taken for one that is missing."""
    with opened(browser, page_html(), "#region=mars-north-1") as here:
        assert "No prices of mars-north-1" in here.page.locator("#region-error").inner_text()
        assert "lcu.total" not in here.numbers()


def test_slider(browser: Browser) -> None:
    """A slider moves its number by keyboard, and all that follows from it."""
    with opened(browser, page_html()) as here:
        slider = here.page.get_by_role("slider", name="An average hour: New connections, by slider")
        slider.focus()
        slider.press("End")
        here.until("document.getElementById('new-connections').value === '100000'")
        assert here.numbers()["lcu.new_connections"] == [4000, 4000]
