"""How the edge gets to origins, and visitors to it: addresses, families, connections that end, odd requests."""

from __future__ import annotations

import errno
import http.client
import ipaddress
import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st
from tests.lab.cloudflare.stage import ADDRESS, FRONT, HOST, Stage, server_context

from originlock.lab.addresses import EDGE
from originlock.lab.authority import Leaf
from originlock.lab.cloudflare.records import Held
from originlock.lab.edge import cache, messages
from originlock.lab.edge.cache import Cache
from originlock.lab.edge.certificates import sniffed
from originlock.lab.edge.messages import Request, Response, end_to_end
from originlock.lab.edge.proxy import Doors, Edge
from originlock.lab.ground import LoopbackGround, SocketAddress

OTHER = "198.51.100.11"
SIXTH = "2001:db8:100::10"


# --- where from, where to -----------------------------------------------------------------------


class _Watched(LoopbackGround):
    """A ground that tells who went where, and where some addresses cannot be reached."""

    def __init__(self) -> None:
        super().__init__()
        self.went: list[tuple[str, str | None, str]] = []
        self.refusing: dict[str, int] = {}
        self.leading: dict[str, tuple[str, int]] = {}

    def outgoing(self, host: str, source: str | None, address: str, port: int) -> tuple[socket.socket, SocketAddress]:
        self.went.append((host, source, address))
        if address in self.refusing:
            raise OSError(self.refusing[address], "no way")
        made, where = super().outgoing(host, source, address, port)
        return made, self.leading.get(address, where)


@pytest.fixture
def watched(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> _Watched:
    """The ground of the stage's edge, watched on the way to origins."""
    ground = _Watched()
    ground._ports = stage.ground._ports  # noqa: SLF001 - the same world
    monkeypatch.setattr(stage.edge._origins, "ground", ground)  # noqa: SLF001 - the seam that it has
    stage.state.settings.idle_seconds = 0
    return ground


def test_it_connects_from_its_addresses_in_turn(stage: Stage, watched: _Watched) -> None:
    """IPv4 from IPv4, IPv6 from IPv6, and another address each time."""
    stage.ground._ports[SIXTH, 80] = stage.origin(80, tls=False).listening.getsockname()[1]  # noqa: SLF001
    stage.record(ADDRESS, kind="A")
    stage.record(SIXTH, kind="AAAA")
    for _ in range(8):
        assert stage.get(port=80).status == 200
    assert {host for host, _, _ in watched.went} == {"edge"}
    for version, sources in ((4, EDGE.ipv4), (6, EDGE.ipv6)):
        mine = [source for _, source, to in watched.went if ipaddress.ip_address(to).version == version]
        assert mine == [*sources, *sources]


@pytest.mark.parametrize("family, address", [("ipv4", ADDRESS), ("ipv6", SIXTH)])
def test_it_can_be_held_to_one_family(stage: Stage, watched: _Watched, family: str, address: str) -> None:
    """So that a test can tell which family fails."""
    stage.record(ADDRESS, kind="A")
    stage.record(SIXTH, kind="AAAA")
    stage.state.settings.origin_family = family
    for _ in range(2):
        stage.get(port=80)
    assert {to for _, _, to in watched.went} == {address}


@pytest.mark.parametrize("code", [errno.EHOSTUNREACH, errno.ENETUNREACH])
def test_no_way_523(stage: Stage, watched: _Watched, code: int) -> None:
    """A host or a network that cannot be reached is 523."""
    watched.refusing[ADDRESS] = code
    stage.record(ADDRESS, kind="A")
    assert stage.get(port=80).status == 523


@pytest.fixture
def full() -> Iterator[tuple[str, int]]:
    """A listener whose queue is full: the kernel drops further SYNs."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        held = [socket.socket() for _ in range(4)]
        for each in held:
            each.settimeout(0)
            each.connect_ex(listening.getsockname())
        yield listening.getsockname()
        for each in held:
            each.close()


def test_no_answer_to_a_syn_522(stage: Stage, watched: _Watched, full: tuple[str, int]) -> None:
    """What a packet filter drops is 522 after the time that is set."""
    watched.leading[ADDRESS] = full
    stage.state.settings.connect_seconds = 0.1
    stage.record(ADDRESS, kind="A")
    assert stage.get(port=80).status == 522


@pytest.mark.parametrize("failover, seen", [(False, {200, 523}), (True, {200})])
def test_another_address_is_tried_by_the_switch_alone(
    stage: Stage, watched: _Watched, seen: set[int], *, failover: bool
) -> None:
    """By default a dead address is seen, so that no test of lost requests is helped."""
    stage.origin(80, tls=False)
    watched.refusing[OTHER] = errno.EHOSTUNREACH
    stage.record(ADDRESS, kind="A")
    stage.record(OTHER, kind="A")
    stage.state.settings.failover = failover
    assert {stage.get(port=80).status for _ in range(4)} == seen


def test_a_kept_connection_that_the_origin_ends_loses_nothing(stage: Stage) -> None:
    """Whether the end is seen before the next request, or only when that is answered by a reset."""
    origin = stage.origin(80, tls=False)
    stage.record(ADDRESS, kind="A")
    ended: list[int] = []

    def serve(sock: socket.socket) -> None:
        ended.append(1)
        sock.recv(65536)
        sock.sendall(origin.answer)
        if len(ended) == 1:
            # Takes the next request, and resets: it was closing already.
            sock.recv(65536)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    origin.instead = serve
    assert [stage.get(port=80).status for _ in range(4)] == [200] * 4
    assert len(ended) == 4


# --- requests ------------------------------------------------------------------------------------


def _asked(stage: Stage, method: str, body: bytes = b"", times: int = 1) -> list[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(HOST)
    connection.sock = stage.connected(80)
    answers = []
    with connection.sock:
        for _ in range(times):
            connection.request(method, "/a.css", body=body or None, headers={"Host": HOST})
            answer = connection.getresponse()
            answer.read()
            answers.append(answer)
    return answers


def test_several_requests_on_one_connection(stage: Stage) -> None:
    """Visitors keep their connections too; HEAD is answered from the cache without a body."""
    origin = stage.origin(80, tls=False)
    stage.record(ADDRESS, kind="A")
    assert [each.headers["cf-cache-status"] for each in _asked(stage, "GET", times=2)] == ["MISS", "HIT"]
    (head,) = _asked(stage, "HEAD")
    assert (head.status, head.headers["cf-cache-status"], head.headers["content-length"]) == (200, "HIT", "5")
    assert len(origin.told) == 1
    assert [each.status for each in _asked(stage, "POST", b"body", times=2)] == [200, 200]
    assert [each.headers.get("content-length") for each in origin.told] == [None, "4", "4"]


def test_too_large_a_body_is_413(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the origin is not asked."""
    monkeypatch.setattr("originlock.lab.edge.visitors.MOST_BODY", 10)
    origin = stage.origin(80, tls=False)
    stage.record(ADDRESS, kind="A")
    (answer,) = _asked(stage, "POST", b"x" * 11)
    assert (answer.status, answer.headers["server"]) == (413, "cloudflare")
    assert not origin.told


@pytest.mark.parametrize(
    "sent", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nA: " + b"x" * 200000]
)
def test_what_is_no_request_is_refused(stage: Stage, sent: bytes) -> None:
    """A page of the edge, and the end of the connection."""
    with stage.connected(80) as sock:
        sock.sendall(sent)
        answer = b""
        while more := sock.recv(65536):
            answer += more
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 "))


def test_a_visitor_who_says_nothing_is_let_go(stage: Stage) -> None:
    """After the idle time, in order."""
    stage.state.settings.visitor_idle_seconds = 0.05
    with stage.connected(80) as sock:
        assert sock.recv(1) == b""


def test_a_silent_edge_says_nothing(stage: Stage) -> None:
    """It takes the connection and never answers."""
    stage.state.settings.edge = "silent"
    with stage.connected(80) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n")
        sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            sock.recv(1)


def test_origin_pull_mode_speaks_tls_for_everybody(stage: Stage) -> None:
    """SSL-Only Origin Pull: a visitor without TLS, an origin with it, and verified."""
    issued = stage.authority.issue(Leaf(HOST, (HOST,), server=True))
    origin = stage.origin(context=server_context(issued))
    stage.record(ADDRESS, kind="A")
    stage.set("ssl", "origin_pull")
    assert stage.get(port=80).status == 200
    assert origin.told[0].headers["x-forwarded-proto"] == "http"


def test_an_odd_port_reaches_the_same_port_and_caches_nothing(stage: Stage) -> None:
    """8443 goes to 8443, with the port in the Host."""
    issued = stage.authority.issue(Leaf(HOST, (HOST,), server=True))
    origin = stage.origin(8443, context=server_context(issued))
    stage.record(ADDRESS, kind="A")
    assert stage.get("/a.css", port=8443).headers["cf-cache-status"] == "DYNAMIC"
    assert origin.told[0].headers["host"] == f"{HOST}:8443"


def test_an_address_that_is_taken_opens_no_door(stage: Stage) -> None:
    """Starting fails as a whole, and leaves no listener."""

    class Taken(LoopbackGround):
        def listening(self, host: str, address: str, port: int) -> socket.socket:
            if port == 443:
                raise OSError(errno.EADDRINUSE, "taken")
            made = super().listening(host, address, port)
            opened.append(made)
            return made

    opened: list[socket.socket] = []
    edge = Edge(Taken(), stage.state, stage.authority, lambda _: (), doors=Doors((FRONT,), (8443, 443), ()))
    with pytest.raises(OSError, match="taken"):
        stage.run(edge.start())
    assert [each.fileno() for each in opened] == [-1]


# --- pieces ----------------------------------------------------------------------------------------


def _response(status: int = 200, **headers: str) -> Response:
    return Response(status, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


@pytest.mark.parametrize(
    "response, seconds",
    [
        (_response(), 7200),
        (_response(404), 180),
        (_response(302), 1200),
        (_response(500), 0),
        (_response(500, cache_control="max-age=5"), 5),
        (_response(cache_control="max-age=5, s-maxage=9"), 9),
        (_response(cache_control="public, max-age=0"), 0),
        (_response(cache_control="private"), 0),
        (_response(cache_control="no-cache=x"), 0),
        (_response(set_cookie="a=b"), 0),
    ],
)
def test_how_long_an_answer_is_fresh(response: Response, seconds: float) -> None:
    """By what the origin says, else by the documented times."""
    assert cache.lifetime(response) == seconds


@pytest.mark.parametrize(
    "target, is_eligible",
    [
        ("/a.css", True),
        ("/A.JPEG?x=.html", True),
        ("/robots.txt", True),
        ("/a.html", False),
        ("/css", False),
        ("/", False),
    ],
)
def test_what_can_be_kept(target: str, *, is_eligible: bool) -> None:
    """By the extension of the path, not of the query."""
    assert cache.eligible(Request("GET", target, ()), 443) is is_eligible
    assert not cache.eligible(Request("POST", target, ()), 443)
    assert not cache.eligible(Request("GET", target, ()), 8443)


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes; what may not be kept any more goes too."""
    monkeypatch.setattr(cache, "_MOST", 2)
    kept = Cache()
    for target in ("/1.css", "/2.css", "/3.css"):
        kept.put("https", HOST, target, _response())
    assert kept.found("https", HOST, "/1.css") == (None, False)
    kept.put("https", HOST, "/3.css", _response(cache_control="no-store"))
    assert kept.found("https", HOST, "/3.css") == (None, False)
    kept.clear()
    assert kept.found("https", HOST, "/2.css") == (None, False)


def test_headers_of_a_hop_go_no_further() -> None:
    """Those that Connection names among them."""
    headers = (("connection", "close, X-One"), ("x-one", "1"), ("te", "trailers"), ("x-two", "2"))
    assert end_to_end(headers) == (("x-two", "2"),)
    assert not messages.first(headers, "none")


@given(st.binary(max_size=300))
def test_no_bytes_make_the_first_look_fail(data: bytes) -> None:
    """Whatever a visitor sends first, it is TLS that goes on, TLS that is known, or none."""
    hello = sniffed(data)
    assert hello.complete or hello.tls or not data


def test_settings_lag_at_the_edge(stage: Stage) -> None:
    """The old value holds for the time that is set."""
    stage.state.settings.setting_seconds = 60
    stage.state.held.settings[stage.zone.id, "ssl"] = Held("strict", stage.state.now(), "flexible")
    stage.origin(80, tls=False)
    stage.record(ADDRESS, kind="A")
    assert stage.get().status == 200
    stage.state.settings.setting_seconds = 0
    assert stage.get().status == 521
