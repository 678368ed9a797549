"""The shared authority is downloaded within bounds; whatever a server does, there are bytes or a reason."""

from __future__ import annotations

import pytest
from tests.edges.misbehaving import Script, answer, drips, says, serving, silent

from originlock.edges import EDGES, shared_authority
from originlock.edges.cloudflare import DESCRIPTION
from originlock.facts.unknown import Unknown
from originlock.intent.policy import EdgeSettings
from originlock.web.patience import Bounds

PEM = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
QUICK = Bounds(deadline_seconds=0.6, grace_seconds=0.1, connect_seconds=0.3, pause_seconds=0.05, max_bytes=2_000)


def test_what_is_there_is_downloaded() -> None:
    """Unjudged: even what is no certificate is for the lock to refuse, with its own words."""
    with serving(says(answer(PEM, "200 OK", "Content-Type: application/x-x509-ca-cert"))) as server:
        assert shared_authority.download(server.url("/ca.pem"), QUICK) == PEM


@pytest.mark.parametrize(
    "script,words",
    [
        (says(answer(b"", "404 Not Found")), "status 404"),
        (says(answer(b"<html>", "200 OK", "Content-Type: text/html")), "web page"),
        (says(answer(b"<!DOCTYPE html>")), "web page"),
        (says(answer(b"x" * 3_000)), "more than 2,000 bytes"),
        (says(answer(PEM)[:-9]), "broke off"),
        (says(b"HTTP/1.1 302 Found\r\nLocation: https://example.org/ca.pem\r\nContent-Length: 0\r\n\r\n"), "redirects"),
        (silent, "in time"),
        (drips(answer(PEM, length=False)), "in time"),
    ],
    ids=["missing", "web page", "looks like one", "too large", "cut", "elsewhere", "silent", "drips"],
)
def test_what_cannot_be_had(script: Script, words: str) -> None:
    """A run would hang, fill the memory, or take an error page for an authority."""
    with serving(script) as server:
        found = shared_authority.download(server.url("/ca.pem"), QUICK)
    assert isinstance(found, Unknown)
    assert words in found.reason.replace("in full within 0.6 seconds", "in time")


@pytest.mark.parametrize(
    "url", ["http://198.51.100.1/ca.pem", "ftp://127.0.0.1/ca.pem", "https://user:word@127.0.0.1/"]
)
def test_what_is_not_asked(url: str) -> None:
    """Plain HTTP would let anybody on the way decide who may speak to the origin; a password is not repeated."""
    found = shared_authority.download(url, QUICK)
    assert isinstance(found, Unknown)
    assert "word@" not in found.reason


def test_where_it_is() -> None:
    """The URL could not be pointed elsewhere, or no edge would say where it is."""
    assert str(shared_authority.url_of(DESCRIPTION)).startswith("https://developers.cloudflare.com/")
    settings = EdgeSettings("cloudflare", ((shared_authority.URL_KEY, "https://127.0.0.1/ca.pem"),))
    assert shared_authority.url_of(DESCRIPTION, settings) == "https://127.0.0.1/ca.pem"
    assert all(isinstance(shared_authority.url_of(each.description), str) for each in EDGES.values())
