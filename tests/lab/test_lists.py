"""The publisher of lists is true to Cloudflare's, and misbehaves in every way it is asked to."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from originlock.lab.lists import API_PATH, IPV4_PATH, IPV6_PATH, Answer, ListServer
from originlock.lab.tls import local_tls

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDED = Path(__file__).parents[3] / "shared" / "data"


def ask(server: ListServer, path: str, timeout: float = 10) -> tuple[int, Mapping[str, str], bytes]:
    """Return status, headers and body."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded documents are not here")
@pytest.mark.parametrize(
    "path,name",
    [
        (API_PATH, "cloudflare-ips.json"),
        (IPV4_PATH, "cloudflare-ips-v4.txt"),
        (IPV6_PATH, "cloudflare-ips-v6.txt"),
    ],
)
def test_documents_are_those_recorded(lists: ListServer, path: str, name: str) -> None:
    """Byte for byte, but for the etag of the API's."""
    status, _, body = ask(lists, path)
    recorded = (RECORDED / name).read_bytes()
    assert status == 200
    if path != API_PATH:
        assert body == recorded
        return
    served, original = json.loads(body), json.loads(recorded)
    assert len(served["result"]["etag"]) == len(original["result"].pop("etag")) == 32
    etag = served["result"].pop("etag")
    assert served == original
    assert len(body) == len(recorded)
    assert int(etag, 16)


def test_text_ends_without_a_newline(lists: ListServer) -> None:
    """As Cloudflare's does."""
    for path in (IPV4_PATH, IPV6_PATH):
        assert not ask(lists, path)[2].endswith(b"\n")


def test_publishing_changes_both_forms_or_one(lists: ListServer) -> None:
    """The etag changes with the ranges and with nothing else."""

    def etag() -> str:
        return str(json.loads(ask(lists, API_PATH)[2])["result"]["etag"])

    first = etag()
    lists.publish(ipv4=["192.0.2.0/24"], ipv6=["2001:db8::/32"])
    second = etag()
    assert ask(lists, IPV4_PATH)[2] == b"192.0.2.0/24"
    assert ask(lists, IPV6_PATH)[2] == b"2001:db8::/32"
    lists.publish_text(ipv4=["198.51.100.0/24"])
    assert ask(lists, IPV4_PATH)[2] == b"198.51.100.0/24"
    assert etag() == second != first
    lists.publish_json(jdcloud_cidrs=["203.0.113.0/24"])
    assert etag() == first
    assert json.loads(ask(lists, API_PATH)[2])["result"]["jdcloud_cidrs"] == ["203.0.113.0/24"]


def test_urls_are_variables_of_the_environment(lists: ListServer) -> None:
    """Whole URLs, by the names that originlock reads."""
    assert lists.urls == {
        "ORIGINLOCK_EDGES_CLOUDFLARE_API_URL": f"{lists.url}/client/v4/ips",
        "ORIGINLOCK_EDGES_CLOUDFLARE_IPV4_URL": f"{lists.url}/ips-v4",
        "ORIGINLOCK_EDGES_CLOUDFLARE_IPV6_URL": f"{lists.url}/ips-v6",
    }


def test_it_tells_what_was_asked(lists: ListServer) -> None:
    """Paths with their queries, and headers."""
    ask(lists, f"{API_PATH}?networks=jdcloud")
    ask(lists, "/nothing")
    assert [path for path, _ in lists.asked] == [f"{API_PATH}?networks=jdcloud", "/nothing"]
    assert "host" in lists.asked[0][1]
    assert ask(lists, "/nothing")[0] == 404


def test_any_status_and_headers(lists: ListServer) -> None:
    """Such as a redirect or a refusal."""
    lists.answer(IPV4_PATH, Answer(status=302, headers=(("Location", "https://example.com/"),)))
    status, headers, body = ask(lists, IPV4_PATH)
    assert (status, headers["Location"], body) == (302, "https://example.com/", b"")


def test_a_body_that_is_cut(lists: ListServer) -> None:
    """Less than the declared length, then the end."""
    lists.answer(IPV4_PATH, Answer(body=b"192.0.2.0/24", cut_after=5))
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(lists, IPV4_PATH)
    assert cut.value.partial == b"192.0"


def test_a_body_without_a_length(lists: ListServer) -> None:
    """It ends with the connection, so that a cut one looks whole."""
    lists.answer(IPV4_PATH, Answer(body=b"192.0.2.0/24", declared_length=False, cut_after=9))
    _, headers, body = ask(lists, IPV4_PATH)
    assert "Content-Length" not in headers
    assert body == b"192.0.2.0"


@pytest.mark.parametrize("declared,body", [(5, b"192.0"), (99, None)])
def test_a_length_that_lies(lists: ListServer, declared: int, body: bytes | None) -> None:
    """Too short, or too long."""
    lists.answer(IPV4_PATH, Answer(body=b"192.0.2.0/24", declared_length=declared))
    if body is None:
        with pytest.raises(http.client.IncompleteRead):
            ask(lists, IPV4_PATH)
    else:
        assert ask(lists, IPV4_PATH)[2] == body


def test_a_chunked_body_whole_and_cut(lists: ListServer) -> None:
    """A cut one lacks its last chunk."""
    lists.answer(IPV4_PATH, Answer(body=b"192.0.2.0/24", chunked=True))
    _, headers, body = ask(lists, IPV4_PATH)
    assert (headers["Transfer-Encoding"], body) == ("chunked", b"192.0.2.0/24")
    lists.answer(IPV4_PATH, Answer(body=b"192.0.2.0/24", chunked=True, cut_after=5))
    with pytest.raises(http.client.IncompleteRead):
        ask(lists, IPV4_PATH)


def test_a_late_answer(lists: ListServer) -> None:
    """Later than a client may wait, or not."""
    lists.answer(IPV4_PATH, Answer(body=b"late", delay=0.3))
    started = time.monotonic()
    assert ask(lists, IPV4_PATH)[2] == b"late"
    assert time.monotonic() - started >= 0.3
    with pytest.raises(TimeoutError):
        ask(lists, IPV4_PATH, timeout=0.1)


def test_a_body_that_drips(lists: ListServer) -> None:
    """Each piece in time, the whole never: a time-out between bytes does not help."""
    lists.answer(IPV4_PATH, Answer(body=b"x" * 20, drip=40))
    started = time.monotonic()
    assert ask(lists, IPV4_PATH, timeout=0.3)[2] == b"x" * 20
    assert 0.4 <= time.monotonic() - started < 3


def test_no_answer_at_all(lists: ListServer) -> None:
    """The request is taken and nothing comes."""
    lists.answer(IPV4_PATH, Answer(never=True))
    with pytest.raises(TimeoutError):
        ask(lists, IPV4_PATH, timeout=0.2)
    assert ask(lists, IPV6_PATH)[0] == 200


def test_stopping_does_not_wait_for_what_is_slow() -> None:
    """Neither for a late answer nor for one that never comes."""
    server = ListServer()
    server.start()
    server.answer(IPV4_PATH, Answer(never=True))
    server.answer(IPV6_PATH, Answer(body=b"x", delay=60))
    address = urlsplit(server.url)
    clients = []
    for path in (IPV4_PATH, IPV6_PATH):
        client = socket.create_connection((address.hostname, address.port))
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        clients.append(client)
    deadline = time.monotonic() + 5
    while len(server.asked) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 2
    for client in clients:
        client.close()


def test_lists_over_tls() -> None:
    """With a certificate that a client trusts only if it is told to."""
    tls = local_tls()
    with ListServer(tls.server) as server:
        assert server.url.startswith("https://127.0.0.1:")
        netloc = urlsplit(server.url).netloc
        trusting = ssl.create_default_context(cadata=tls.certificate_pem)
        connection = http.client.HTTPSConnection(netloc, context=trusting, timeout=10)
        connection.request("GET", IPV4_PATH)
        assert connection.getresponse().read().startswith(b"173.245.48.0/20\n")
        connection.close()
        stranger = http.client.HTTPSConnection(netloc, context=ssl.create_default_context(), timeout=10)
        with pytest.raises(ssl.SSLCertVerificationError):
            stranger.request("GET", IPV4_PATH)
        stranger.close()
