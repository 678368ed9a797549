"""The public price list over real HTTP, from servers that do wrong: bounded, verified, and never half a list."""

from __future__ import annotations

import dataclasses
import gzip
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.edges.misbehaving import Script, Server, answer, drips, says, serving, silent

from originlock.aws.offer_file import BASE, address
from originlock.errors import CloudError, RefusedError, UsageError
from originlock.facts.price_list import Listing, PriceService
from originlock.intent.policy import Place
from originlock.lab.process import LocalAws
from originlock.wiring import money

ELB = PriceService.LOAD_BALANCING

OFFER = json.dumps(
    {
        "formatVersion": "v1.0",
        "offerCode": "AWSELB",
        "publicationDate": "2026-09-11T12:45:44Z",
        "products": {"A": {"sku": "A", "attributes": {"usagetype": "EU-LCUUsage"}}},
        "terms": {"OnDemand": {}},
    }
).encode()


def read(server: Server, monkeypatch: pytest.MonkeyPatch) -> Listing:
    """What is read of a server."""
    monkeypatch.setenv(money.URL_VARIABLE, server.url(""))
    return money.price_lists("file", Place()).listing(ELB, "eu-west-1")


def test_a_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way without credentials would not work at all; or another file would be asked for."""
    with serving(says(answer(OFFER))) as server:
        assert [each.sku for each in read(server, monkeypatch).products] == ["A"]
        assert server.heads[0].startswith("GET /offers/v1.0/aws/AWSELB/current/eu-west-1/index.json HTTP/1.1")
        assert "authorization" not in server.heads[0].lower()


def test_where_it_is() -> None:
    """Another host than AWS's would be asked."""
    assert address(BASE, PriceService.VPC, "eu-west-1") == (
        "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonVPC/current/eu-west-1/index.json"
    )


def _after(first: bytes) -> Script:
    """Say one thing first, and the file from then on."""
    said = [first]

    def script(connection: socket.socket, _: str) -> None:
        connection.sendall(said.pop() if said else answer(OFFER))

    return script


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Slow Down", "500 Internal Server Error"])
def test_a_server_that_says_later_is_asked_once_more(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    """One hiccup would end it."""
    with serving(_after(answer(b"", status))) as server:
        assert read(server, monkeypatch).products
        assert len(server.heads) == 2


@dataclasses.dataclass(frozen=True)
class Wrong:
    """A server that does wrong, and what is said of it."""

    script: Callable[[], Script]
    error: type[Exception]
    said: str
    seconds: float = 60
    largest: int = 64 * 1024 * 1024


GZIPPED = gzip.compress(OFFER)

WRONG = {
    "throttled all the time": Wrong(
        lambda: says(answer(b"", "429 Too Many Requests")), CloudError, "answered with status 429"
    ),
    "forbidden": Wrong(lambda: says(answer(b"", "403 Forbidden")), UsageError, "nothing of a Region eu-west-1 .*403"),
    "not there": Wrong(lambda: says(answer(b"", "404 Not Found")), UsageError, "nothing of a Region eu-west-1 .*404"),
    "cut off": Wrong(lambda: says(answer(OFFER)[:-20]), CloudError, r"the answer broke off after \d+ bytes"),
    "cut off, and no length was said": Wrong(
        lambda: says(answer(OFFER[:-20], length=False)), RefusedError, "is no price list: Input data was truncated"
    ),
    "huge, as it says": Wrong(
        lambda: says(answer(b"", "200 OK", "Content-Length: 99999999999", length=False)),
        CloudError,
        "answered with more than 67,108,864 bytes",
    ),
    "huge, and no length was said": Wrong(
        lambda: says(answer(b" " * 300_000, length=False)),
        CloudError,
        "answered with more than 200,000 bytes",
        largest=200_000,
    ),
    "slow": Wrong(
        lambda: drips(answer(b"", "200 OK", "Content-Length: 1000", length=False)),
        CloudError,
        "did not answer in full",
        seconds=0.5,
    ),
    "silent": Wrong(lambda: silent, CloudError, "did not answer in full", seconds=0.5),
    "a web page": Wrong(
        lambda: says(answer(b"<!doctype html><p>log in</p>", "200 OK", "Content-Type: text/html")),
        RefusedError,
        "is a web page, and no price list",
    ),
    "packed, which was not asked for": Wrong(
        lambda: says(answer(GZIPPED, "200 OK", "Content-Encoding: gzip")),
        CloudError,
        "in an encoding that was not asked for, 'gzip'",
    ),
    "packed, and it does not say so": Wrong(lambda: says(answer(GZIPPED)), RefusedError, "is no price list"),
    "elsewhere": Wrong(
        lambda: says(answer(b"", "302 Found", "Location: https://example.org/prices")),
        CloudError,
        "redirects to another host",
    ),
    "no HTTP": Wrong(lambda: says(b"SSH-2.0-OpenSSH_9.2\r\n"), CloudError, "cannot be read"),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_server_that_does_wrong(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """It would hang, fill the memory, follow to somebody else, or take half a list for a whole one."""
    wrong = WRONG[how]
    monkeypatch.setattr(money, "_FILE_SECONDS", wrong.seconds)
    monkeypatch.setattr(money, "_FILE_BYTES", wrong.largest)
    with serving(wrong.script()) as server, pytest.raises(wrong.error, match=wrong.said):
        read(server, monkeypatch)


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person would not learn what to look at."""
    monkeypatch.setenv(money.URL_VARIABLE, "http://127.0.0.1:1")
    with pytest.raises(CloudError, match="no connection") as caught:
        money.price_lists("file", Place()).listing(ELB, "eu-west-1")
    assert money.URL_VARIABLE in caught.value.remedy


@pytest.mark.parametrize(
    "url,said",
    [
        ("http://prices.example.org", "is plain http, which anybody on the way can change"),
        ("https://me:secret@prices.example.org", "has a user name or a password in it"),
        ("file:///etc/passwd", "is not an https URL"),
        ("prices", "is not an https URL"),
    ],
)
def test_an_address_that_is_not_asked(monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    """Prices would come unverified, or a password be shown."""
    monkeypatch.setenv(money.URL_VARIABLE, url)
    with pytest.raises(CloudError, match=said) as caught:
        money.price_lists("file", Place()).listing(ELB, "eu-west-1")
    assert "secret" not in caught.value.what


def test_without_credentials_the_files_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever has none would be told to log in, although the prices are public."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with serving(says(answer(OFFER))) as server:
        monkeypatch.setenv(money.URL_VARIABLE, server.url(""))
        assert money.price_lists(None, Place()).listing(ELB, "eu-west-1").how == "the public file"


@pytest.mark.lab
def test_the_two_ways_give_the_same_prices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is paid would depend on whether somebody is logged in."""
    with LocalAws() as aws:
        for name, value in {**aws.environment, money.URL_VARIABLE: aws.url}.items():
            monkeypatch.setenv(name, value)
        found = []
        for source in ("api", "file"):
            monkeypatch.setenv("ORIGINLOCK_STATE_DIR", str(tmp_path / source))
            lists = money.price_lists("api" if source == "api" else "file", Place())
            prices = money.refresh("us-west-2", lists).known.prices
            tiers = prices.transfer().tiers
            found.append(({each.item: each.usd for each in prices.prices}, tiers))
        assert found[0] == found[1]
        assert len(found[0][0]) == 9
