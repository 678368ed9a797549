"""All forms of an edge at once: in time whatever happens, and each failure in its form."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest
from tests.edges.misbehaving import Server, answer, routes, says, serving, silent

from originlock.edges import EDGES
from originlock.edges.adapter import Document, NoDocument
from originlock.edges.fetch import PendingReading, read_over_http, start
from originlock.errors import UsageError
from originlock.facts.edge import PublishedForm, UnreadableForm
from originlock.intent.policy import EdgeSettings
from originlock.web.patience import DEFAULT_BOUNDS, Bounds, Cord

JSON = b'{"result": {"ipv4_cidrs": ["8.8.8.0/24"], "ipv6_cidrs": ["2a00::/32"]}, "success": true}'
TABLE = {"/json": answer(JSON), "/v4": answer(b"8.8.8.0/24"), "/v6": answer(b"2a00::/32", length=False)}
QUICK = Bounds(deadline_seconds=0.5, grace_seconds=0.1)


def settings(server: Server) -> EdgeSettings:
    """Cloudflare's three documents, at a server of ours."""
    paths = (("api_url", "/json"), ("ipv4_url", "/v4"), ("ipv6_url", "/v6"))
    return EdgeSettings("cloudflare", tuple((key, server.url(path)) for key, path in paths))


def test_both_forms() -> None:
    """JSON and text, with where they were read; asked again, the same."""
    with serving(routes(TABLE)) as server:
        pending = start("cloudflare", settings(server))
        expected = (
            PublishedForm("json", (server.url("/json"),), ("8.8.8.0/24",), ("2a00::/32",)),
            PublishedForm(
                "text",
                (server.url("/v4"), server.url("/v6")),
                ("8.8.8.0/24",),
                ("2a00::/32",),
                length_declared=False,
            ),
        )
        assert pending.readings() == expected
        assert pending.readings() == expected
        assert len(server.heads) == 3


def test_one_document_of_two() -> None:
    """A form is read whole or not at all; the other form is not touched by it."""
    with serving(routes({"/json": answer(JSON), "/v4": answer(b"8.8.8.0/24")})) as server:
        json, text = start("cloudflare", settings(server)).readings()
        assert isinstance(json, PublishedForm)
        reason = f"{server.url('/v6')} answered with status 404 instead of 200"
        assert text == UnreadableForm("text", (server.url("/v4"), server.url("/v6")), "fetch", reason)


def test_web_page_in_place_of_all() -> None:
    """A captive portal: status 200 and a page."""
    with serving(says(answer(b"<html>please log in", "200 OK", "Content-Type: text/html"))) as server:
        readings = start("cloudflare", settings(server)).readings()
    assert [isinstance(reading, UnreadableForm) and reading.guard for reading in readings] == ["html", "html"]


def test_starts_at_once() -> None:
    """The caller does something else meanwhile, and no document waits for another."""
    with serving(silent) as server:
        before = time.monotonic()
        pending = start("cloudflare", settings(server), QUICK)
        assert time.monotonic() - before < 0.2
        readings = pending.readings()
        assert time.monotonic() - before < 1.5
    assert [isinstance(reading, UnreadableForm) and reading.guard for reading in readings] == ["timeout"] * 2


def test_reader_that_nothing_can_wake() -> None:
    """As in a name server that does not answer: the wait ends all the same, once for all documents."""
    forever = threading.Event()

    def stuck(url: str, bounds: Bounds, cord: Cord) -> Document | NoDocument:
        forever.wait(5)
        return NoDocument("fetch", f"{url} {bounds} {cord}")

    before = time.monotonic()
    json, text = start("cloudflare", None, QUICK, stuck).readings()
    assert time.monotonic() - before < 1.0
    forever.set()
    assert isinstance(json, UnreadableForm)
    assert isinstance(text, UnreadableForm)
    assert json.reason == "https://api.cloudflare.com/client/v4/ips did not answer in full within 0.5 seconds"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_reader_that_breaks() -> None:
    """A fault of ours is no list, and does not take the whole deadline to show."""

    def broken(url: str, bounds: Bounds, cord: Cord) -> Document | NoDocument:
        raise AssertionError(url, bounds, cord)

    json, _ = start("cloudflare", None, DEFAULT_BOUNDS, broken).readings()
    assert isinstance(json, UnreadableForm)
    assert "originlock's own" in json.reason
    for thread in threading.enumerate():
        if thread.name.startswith("read https://"):
            thread.join(1)  # so that its traceback is counted to this test


def test_unknown_edge() -> None:
    """The edges that there are are named."""
    with pytest.raises(UsageError) as caught:
        start("nonesuch")
    assert "cloudflare" in caught.value.remedy


def test_defaults_fill_what_settings_lack() -> None:
    """Settings of one URL leave the others at their defaults."""
    asked = []

    def noting(url: str, bounds: Bounds, cord: Cord) -> Document | NoDocument:
        asked.append(url)
        return NoDocument("fetch", f"{bounds} {cord}")

    start("cloudflare", EdgeSettings("cloudflare", (("api_url", "https://a.example/"),)), QUICK, noting).readings()
    assert sorted(asked) == [
        "https://a.example/",
        "https://www.cloudflare.com/ips-v4",
        "https://www.cloudflare.com/ips-v6",
    ]


def test_registry_loads_no_http() -> None:
    """Descriptions are for every command, `--help` included: no urllib3, no TLS, no http."""
    program = (
        "import sys; before = set(sys.modules); import originlock.edges;"
        "print(*{'urllib3', 'ssl', 'http', 'socket'} & (set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_edge_is_whole() -> None:
    """What any edge has to have: its forms' keys among its settings, and a snapshot within its limits."""
    for name, adapter in EDGES.items():
        description = adapter.description
        assert description.name == name
        # Beside its forms an edge may have an account, and a shared authority that it publishes.
        others = {"account_url", "shared_ca_url"}
        assert {key for form in adapter.forms for key in form.keys} == set(dict(description.settings)) - others
        assert description.snapshot.ipv4 or description.snapshot.ipv6


@pytest.mark.long
def test_default_deadline() -> None:
    """A server that never answers is refused with the defaults, too, well within fifteen seconds."""
    with serving(silent) as server:
        before = time.monotonic()
        pending: PendingReading = start("cloudflare", settings(server), read=read_over_http)
        readings = pending.readings()
        assert 9 < time.monotonic() - before < 12
    assert all(isinstance(reading, UnreadableForm) and reading.guard == "timeout" for reading in readings)
