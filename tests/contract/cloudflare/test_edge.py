"""What we believe of Cloudflare's edge, one statement a test, each with its source."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from tests.contract.cloudflare.conftest import consented, got
from tests.lab.cloudflare.stage import ADDRESS, HOST, Answer, staged


@dataclass(frozen=True)
class Front:
    """An edge with a proxied host that serves."""

    host: str
    get: Callable[[str], Answer]
    connect: Callable[[str, int], socket.socket]


def _real(host: str) -> Front:
    context = ssl.create_default_context()

    def get(target: str) -> Answer:
        return Answer(*got(f"https://{host}{target}", context))

    def connect(sni: str, port: int) -> socket.socket:
        lax = ssl.create_default_context()
        lax.check_hostname = False
        return lax.wrap_socket(socket.create_connection((host, port), 30), server_hostname=sni)

    return Front(host, get, connect)


_HOSTNAME = os.environ.get("ORIGINLOCK_CONTRACT_HOSTNAME")


@pytest.fixture(params=["lab", "real"] if consented() and _HOSTNAME else ["lab"])
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    """The lab's edge; then the real one, if a host of it is named."""
    if request.param == "real":
        yield _real(_HOSTNAME or "")
        return
    with staged() as stage:
        stage.origin()
        stage.record(ADDRESS, kind="A")
        yield Front(HOST, stage.get, lambda sni, port: stage.connected(port, sni=sni))


def test_every_answer_is_marked(front: Front) -> None:
    """'Cloudflare HTTP headers': server and cf-ray stand on all that comes from the edge."""
    answer = front.get("/originlock-contract")
    assert answer.headers["server"] == "cloudflare"
    assert answer.headers["cf-ray"]


def test_the_trace_tells_how_the_edge_sees_a_visitor(front: Front) -> None:
    """'/cdn-cgi/ endpoint': lines of name=value, the visitor's address, the host, TLS and WARP among them."""
    lines = dict(line.split("=", 1) for line in front.get("/cdn-cgi/trace").body.decode().splitlines())
    assert lines["h"] == front.host
    assert lines["tls"].startswith("TLSv1.")
    assert lines["warp"] in {"off", "on", "plus"}
    assert lines["ip"]


def test_the_trace_says_nothing_of_a_cache(front: Front) -> None:
    """'Cloudflare cache responses': what the edge makes itself has no status, so it cannot pass for the origin's."""
    assert "cf-cache-status" not in front.get("/cdn-cgi/trace").headers


def test_what_is_not_static_is_dynamic(front: Front) -> None:
    """'Default cache behavior': by the file's extension; without one, DYNAMIC, and so the origin's answer."""
    assert front.get("/originlock-contract").headers["cf-cache-status"] == "DYNAMIC"


def test_a_name_that_is_not_cloudflares_gets_no_handshake(front: Front) -> None:
    """Seen with any TLS client: an alert, handshake_failure."""
    with pytest.raises(ssl.SSLError):
        front.connect("not-at-cloudflare.invalid", 443)


def test_other_ports_are_proxied(front: Front) -> None:
    """'Network ports': 8443 is among those with TLS."""
    with front.connect(front.host, 8443) as sock:
        assert sock.getpeername()[1] > 0
