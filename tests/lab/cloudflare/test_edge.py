"""The edge serves a proxied host from its origin as the zone's settings say, on real sockets."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections.abc import Callable

import pytest
from tests.lab.cloudflare.stage import ADDRESS, BALANCER, HOST, Stage, server_context

from originlock.lab.authority import Leaf, root, self_signed
from originlock.lab.cloudflare.records import Association, AssociationVersion, Held, PullCertificate, Switches


def test_a_proxied_host_is_served_from_its_origin(stage: Stage) -> None:
    """The whole way: the visitor's TLS, the record's name, the origin's TLS, the marks of the edge."""
    origin = stage.origin()
    stage.record(BALANCER)
    answer = stage.get("/a?b=1")
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["server"] == "cloudflare"
    assert answer.headers["cf-cache-status"] == "DYNAMIC"
    assert answer.headers["cf-ray"].endswith("-LAB")
    (told,) = origin.told
    assert told.target == "/a?b=1"
    assert told.headers["host"] == HOST
    assert told.headers["cf-connecting-ip"] == told.headers["x-forwarded-for"] == "127.0.0.1"
    assert told.headers["x-forwarded-proto"] == "https"
    assert told.headers["cf-visitor"] == '{"scheme":"https"}'
    assert told.certificate is None


# --- client certificates -----------------------------------------------------------------------


def _uploaded(stage: Stage, name: str, *, hostname_level: bool) -> PullCertificate:
    issued = root("ours").issue(Leaf(name, (name,), client=True))
    held = stage.state.held
    made = PullCertificate(name, stage.zone.id, hostname_level, issued.chain_pem, issued.key_pem, stage.state.now())
    held.certificates[made.id] = made
    return made


def _presented(stage: Stage) -> str | None:
    presented = stage.state.presented(stage.zone.id, HOST)
    return None if presented is None else f"{presented.kind} {presented.id}"


def test_the_shared_certificate_is_presented_with_global_pulls(stage: Stage) -> None:
    """An origin that verifies the shared authority lets the edge in, and it alone."""
    shared = stage.state.shared_authority.pem
    issued = stage.authority.issue(Leaf(HOST, (HOST,), server=True))
    origin = stage.origin(context=server_context(issued, clients=shared, required=True))
    stage.record(ADDRESS, kind="A")
    assert stage.get().status in {520, 525}
    stage.set("tls_client_auth", "on")
    assert stage.get().status == 200
    (told,) = origin.told
    assert told.certificate is not None
    assert told.certificate.issuer == stage.state.shared_authority.certificate.subject


def test_own_certificates_beat_the_shared_one_and_hostnames_beat_the_zone(stage: Stage) -> None:
    """What is presented follows the documented precedence, and an explicit no sends none."""
    stage.set("tls_client_auth", "on")
    assert _presented(stage) == "global shared"
    stage.state.held.zone_pulls[stage.zone.id] = Held(value=True)
    assert _presented(stage) is None
    _uploaded(stage, "of-zone", hostname_level=False)
    assert _presented(stage) == "zone of-zone"
    cert = _uploaded(stage, "of-host", hostname_level=True)

    def associate(*, enabled: bool | None) -> None:
        version = AssociationVersion(cert.id, enabled, stage.state.now())
        stage.state.held.associations[stage.zone.id, HOST] = Association(stage.zone.id, HOST, (version,))

    associate(enabled=True)
    assert _presented(stage) == "hostname of-host"
    associate(enabled=False)
    assert _presented(stage) is None
    associate(enabled=None)
    assert _presented(stage) == "zone of-zone"


@pytest.mark.parametrize("mode", ["flexible", "off"])
def test_no_tls_no_certificate(stage: Stage, mode: str) -> None:
    """With Flexible the origin is asked on port 80, without TLS; with Off visitors are sent to http first."""
    origin = stage.origin(80, tls=False)
    stage.record(ADDRESS, kind="A")
    stage.set("ssl", mode)
    stage.set("tls_client_auth", "on")
    answer = stage.get()
    if mode == "off":
        assert (answer.status, answer.headers["location"]) == (301, f"http://{HOST}/")
        answer = stage.get(port=80)
    assert answer.status == 200
    assert origin.told[0].certificate is None


def test_http_visitors_reach_port_80_with_full_and_not_with_always_use_https(stage: Stage) -> None:
    """With Full the edge speaks to the origin as the visitor does: port 80 stays a way in."""
    origin = stage.origin(80, tls=False)
    stage.record(ADDRESS, kind="A")
    assert stage.get(port=80).status == 200
    stage.set("always_use_https", "on")
    answer = stage.get("/x?y", port=80)
    assert (answer.status, answer.headers["location"]) == (301, f"https://{HOST}/x?y")
    assert "cf-cache-status" not in answer.headers
    assert len(origin.told) == 1


# --- what the edge says of an origin that fails ----------------------------------------------


def _no_handshake(sock: socket.socket) -> None:
    sock.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
    sock.close()


def _reset(sock: socket.socket) -> None:
    sock.recv(65536)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _silent(sock: socket.socket) -> None:
    time.sleep(5)
    sock.close()


def test_nobody_listens_521(stage: Stage) -> None:
    """A refused connection is 521, and the page is marked as the edge's but says nothing of a cache."""
    stage.record(ADDRESS, kind="A")
    answer = stage.get()
    assert (answer.status, answer.body) == (521, b"error code: 521")
    assert answer.headers["server"] == "cloudflare"
    assert "cf-cache-status" not in answer.headers
    assert b"<title>Web server is down" in stage.get(accept="text/html").body


def test_no_address_530(stage: Stage) -> None:
    """A record that resolves to nothing is 530, with 1016 in the page."""
    stage.record("gone.example.net")
    answer = stage.get()
    assert (answer.status, answer.body) == (530, b"error code: 1016")


@pytest.mark.parametrize("instead", [_no_handshake, _reset, _silent])
def test_no_tls_525(stage: Stage, instead: Callable[[socket.socket], None]) -> None:
    """An alert, a reset or silence in the handshake is 525."""
    stage.state.settings.handshake_seconds = 0.2
    origin = stage.origin()
    origin.instead = instead
    stage.record(ADDRESS, kind="A")
    assert stage.get().status == 525


@pytest.mark.parametrize("answer", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"])
def test_no_answer_520(stage: Stage, answer: bytes) -> None:
    """Nothing, garbage, and half an answer are 520."""
    origin = stage.origin(80, tls=False)

    def give(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(answer)
        sock.close()

    origin.instead = give
    stage.record(ADDRESS, kind="A")
    assert stage.get(port=80).status == 520


def test_no_answer_in_time_524(stage: Stage) -> None:
    """An origin that takes the request and stays silent is 524."""
    stage.state.settings.read_seconds = 0.2
    origin = stage.origin(80, tls=False)
    origin.instead = _silent
    stage.record(ADDRESS, kind="A")
    assert stage.get(port=80).status == 524


def test_a_refused_certificate_is_525_with_tls_1_2_and_520_with_1_3(stage: Stage) -> None:
    """With TLS 1.3 the edge learns of the refusal when it reads the answer."""
    issued = stage.authority.issue(Leaf(HOST, (HOST,), server=True))
    context = server_context(issued, clients=root("another").pem, required=True)
    stage.origin(context=context)
    stage.record(ADDRESS, kind="A")
    stage.set("tls_client_auth", "on")
    assert stage.get().status == 520
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert stage.get().status == 525


def test_strict_believes_good_certificates_alone(stage: Stage) -> None:
    """526 for a certificate that nobody vouches for, that has expired, or that is for another name."""
    stage.record(BALANCER)
    good = stage.authority.issue(Leaf(HOST, (HOST,), server=True))
    target = stage.authority.issue(Leaf(BALANCER, (BALANCER,), server=True))
    bad = (
        self_signed(Leaf(HOST, (HOST,))),
        stage.authority.issue(Leaf(HOST, (HOST,), server=True, days=-1)),
        stage.authority.issue(Leaf("other", ("other.example.org",), server=True)),
    )
    seen = []
    for issued in (good, target, *bad):
        origin = stage.origin(context=server_context(issued))
        for mode in ("strict", "full"):
            stage.set("ssl", mode)
            seen.append(stage.get().status)
        origin.close()
        stage.origins.remove(origin)
        stage.loop.call_soon_threadsafe(stage.edge.forget_connections)
    assert seen == [200, 200, 200, 200, 526, 200, 526, 200, 526, 200]


# --- names, doors ------------------------------------------------------------------------------


@pytest.mark.parametrize("sni", ["www.example.net", "a.b.example.org", None])
def test_names_that_the_edge_does_not_have(stage: Stage, sni: str | None) -> None:
    """Another's name, one two labels below the zone, and none at all: no handshake."""
    stage.record(ADDRESS, kind="A")
    with pytest.raises(ssl.SSLError):
        stage.connected(sni=sni)


def test_an_unknown_host_is_1001(stage: Stage) -> None:
    """A Host that no zone has is not routed anywhere."""
    answer = stage.get(port=80, host="www.example.net")
    assert (answer.status, answer.body) == (409, b"error code: 1001")


def test_a_record_that_is_not_proxied_is_not_served(stage: Stage) -> None:
    """DNS-only records never pass the edge."""
    stage.origin(80, tls=False)
    stage.record(ADDRESS, kind="A", proxied=False)
    assert stage.get(port=80).status == 409


def test_http_on_a_tls_port_is_400(stage: Stage) -> None:
    """Plain HTTP to 443 gets a page of the edge, not silence."""
    with socket.create_connection(("127.0.0.1", stage.ground.ports["104.16.0.10", 443]), 10) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n")
        answer = sock.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"server: cloudflare" in answer


def test_the_edge_goes_down_and_comes_back(stage: Stage) -> None:
    """Down, its doors refuse; back, they are the same."""
    stage.origin(80, tls=False)
    stage.record(ADDRESS, kind="A")
    stage.run(stage.edge.set_down(True))
    with pytest.raises(ConnectionRefusedError):
        stage.get(port=80)
    stage.run(stage.edge.set_down(False))
    assert stage.get(port=80).status == 200
    stage.state.settings.edge = "reset"
    with pytest.raises(OSError, match=r"reset|aborted|without response"):
        stage.get(port=80)


def test_min_tls_version_holds(stage: Stage) -> None:
    """A visitor with an older TLS is refused."""
    stage.origin()
    stage.record(ADDRESS, kind="A")
    stage.set("min_tls_version", "1.3")
    with pytest.raises(ssl.SSLError, match=r"PROTOCOL_VERSION|protocol version"):
        stage.connected(maximum_version=ssl.TLSVersion.TLSv1_2)
    assert stage.get().status == 200


# --- trace, switches -----------------------------------------------------------------------------


def test_the_trace_tells_the_visitor(stage: Stage) -> None:
    """The address, the host and the TLS version stand in it; the origin is not asked."""
    stage.record(ADDRESS, kind="A")
    lines = dict(line.split("=", 1) for line in stage.get("/cdn-cgi/trace").body.decode().splitlines())
    assert (lines["ip"], lines["h"], lines["tls"], lines["warp"]) == ("127.0.0.1", HOST, "TLSv1.3", "off")


def test_challenges_access_and_workers_answer_without_the_origin(stage: Stage) -> None:
    """Each is told by its own mark, and none bears a cache status."""
    stage.record(ADDRESS, kind="A")
    switches = stage.state.held.switches
    switches[stage.zone.id] = Switches(challenge=True)
    challenge = stage.get()
    assert (challenge.status, challenge.headers["cf-mitigated"]) == (403, "challenge")
    switches[stage.zone.id] = Switches(access="team")
    access = stage.get()
    assert access.status == 302
    assert access.headers["location"].startswith("https://team.cloudflareaccess.com/")
    switches[stage.zone.id] = Switches(worker="made at the edge")
    worker = stage.get()
    assert (worker.status, worker.body) == (200, b"made at the edge")
    assert not any("cf-cache-status" in each.headers for each in (challenge, access, worker))


# --- cache, pool -----------------------------------------------------------------------------------


def test_static_answers_are_kept_by_their_query(stage: Stage) -> None:
    """The same URL is a HIT and asks nobody; a query never used before reaches the origin."""
    origin = stage.origin()
    stage.record(ADDRESS, kind="A")
    seen = [stage.get(target).headers["cf-cache-status"] for target in ("/a.css", "/a.css", "/a.css?1", "/a.html")]
    assert seen == ["MISS", "HIT", "MISS", "DYNAMIC"]
    assert [each.target for each in origin.told] == ["/a.css", "/a.css?1", "/a.html"]


def test_cache_control_is_obeyed(stage: Stage) -> None:
    """What must not be kept is BYPASS each time; what has expired is asked for again."""
    origin = stage.origin()
    stage.record(ADDRESS, kind="A")
    origin.answer = b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n"
    assert [stage.get("/a.js").headers["cf-cache-status"] for _ in range(2)] == ["BYPASS", "BYPASS"]
    now = 1000.0
    stage.edge.cache.clock = lambda: now
    origin.answer = b"HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\nContent-Length: 0\r\n\r\n"
    seen = [stage.get("/b.js").headers["cf-cache-status"] for _ in range(2)]
    now += 61
    seen.append(stage.get("/b.js").headers["cf-cache-status"])
    assert seen == ["MISS", "HIT", "EXPIRED"]


def test_connections_to_the_origin_are_kept_and_ended(stage: Stage) -> None:
    """Requests share a connection until it is idle for too long, or the origin has ended it."""
    origin = stage.origin()
    stage.record(ADDRESS, kind="A")
    stage.get()
    stage.get()
    stage.state.settings.idle_seconds = 0
    stage.get()
    assert [each.connection for each in origin.told] == [1, 1, 2]


def test_a_changed_certificate_may_not_show_on_pooled_connections(stage: Stage) -> None:
    """By default a connection that was opened without a certificate goes on; by the switch it does not."""
    context = server_context(
        stage.authority.issue(Leaf(HOST, (HOST,), server=True)), clients=stage.state.shared_authority.pem
    )
    origin = stage.origin(context=context)
    stage.record(ADDRESS, kind="A")
    stage.get()
    stage.set("tls_client_auth", "on")
    stage.get()
    stage.state.settings.pool_by_certificate = True
    stage.get()
    assert [each.certificate is not None for each in origin.told] == [False, False, True]
