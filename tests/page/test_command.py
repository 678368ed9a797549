"""What the command line prints as a page is what it prints as data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.cli.product import Product
from tests.page.browsing import needs_browser, opened, running
from tests.page.test_calculator import UNSEEN, flat, same

pytestmark = needs_browser

COMMANDS = [
    "estimate --region eu-west-1 --new-connections 26/s --bytes 10GB/h",
    "estimate --region eu-west-1 --requests 360001/h --rules 20 --mtls --bytes 300MiB/m --ipv4 3",
    "estimate --region us-east-1 --new-connections 80/s --bypass-new-connections 50/s --certificate-key rsa-4096",
    "estimate --region us-east-1 --kind nlb-tls --active 9000 --bytes 7TB/month",
    "storm --region eu-west-1 --rate 10000/s --for 1h",
    "storm --region eu-west-1 --rate 700/m --for 1h40m --normal-bytes 10GB/h --normal-requests 77/s --normal-rules 30",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests here."""
    with running() as started:
        yield started


@pytest.mark.parametrize("command", COMMANDS)
def test_page_and_data_agree(browser: Browser, tmp_path: Path, command: str) -> None:
    """The page of a command would begin with other numbers than its JSON has."""
    product = Product(tmp_path, {})
    asked = ("cost", *command.split())
    data = product.run(*asked, "-o", "json").json
    html = product.run(*asked, "-o", "html").out
    parts = ("postures",) if "postures" in data else ("lcu", "usd_per_hour", "usd_per_month", "locks")
    told = {name: each for name, each in flat(data, *parts).items() if each is not None}
    with opened(browser, html) as here:
        numbers = here.numbers()
    seen = [name for name in told if name.split(".")[-1] not in UNSEEN]
    assert {name: (numbers.get(name), told[name]) for name in seen if not same(numbers.get(name), told[name])} == {}
