"""HTTP/1.1 as a load balancer speaks it: headers, limits, ends."""

from __future__ import annotations

import json
import re
import socket

import pytest
from tests.lab.plane.stage import (
    ADDRESS,
    FORWARD,
    NAME,
    TLS12,
    Stage,
    asks,
    client,
    connected,
    fixed,
    http,
    https,
    plain,
    read,
    request,
    rule,
)

from originlock.lab.ground import LoopbackGround


def headers_of(said: bytes) -> dict[str, str]:
    """The request's headers, as the target told them."""
    told: dict[str, str] = json.loads(said.partition(b"\r\n\r\n")[2])["headers"]
    return told


def test_the_target_gets_what_a_load_balancer_adds(stage: Stage) -> None:
    """A backend tried in the lab would miss a header at AWS."""
    stage.follow(https())
    headers = headers_of(asks(client(stage.port())).said)
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-port"] == "443"
    assert re.fullmatch("Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["x-amzn-trace-id"])
    assert headers["host"] == NAME
    assert "connection" not in headers


@pytest.mark.parametrize("mode,told", [("append", "1.2.3.4, 127.0.0.1"), ("preserve", "1.2.3.4"), ("remove", None)])
def test_x_forwarded_for_goes_by_its_mode(stage: Stage, mode: str, told: str | None) -> None:
    """A backend would believe another client address than at AWS."""
    stage.follow(http(), routing__http__xff_header_processing__mode=mode)
    said = plain(stage.port(80), request("/", NAME, "Connection: close", "X-Forwarded-For: 1.2.3.4"))
    assert headers_of(said).get("x-forwarded-for") == told


@pytest.mark.parametrize("enabled,told", [("true", r"127\.0\.0\.1:\d+"), ("false", r"127\.0\.0\.1")])
def test_x_forwarded_for_has_the_port_if_asked_for(stage: Stage, enabled: str, told: str) -> None:
    """A backend would not find its client's port, or would take it for a part of the address."""
    stage.follow(http(), routing__http__xff_client_port__enabled=enabled)
    assert re.fullmatch(told, headers_of(plain(stage.port(80), request()))["x-forwarded-for"])


@pytest.mark.parametrize(
    "came,told",
    [
        ("Root=1-5759e988-bd862e3fe1be46a994272793", "Self=1-[0-9a-f-]+;Root=1-5759e988-bd862e3fe1be46a994272793"),
        ("CalledFrom=app", "Root=1-[0-9a-f-]+;CalledFrom=app"),
        ("Root=1-5759e988-bd;Self=1-old", "Self=1-[0-9a-f-]+;Root=1-5759e988-bd"),
    ],
)
def test_a_trace_goes_on(stage: Stage, came: str, told: str) -> None:
    """Traces of the lab would look unlike AWS's."""
    stage.follow(http())
    said = plain(stage.port(80), request("/", NAME, "Connection: close", f"X-Amzn-Trace-Id: {came}"))
    assert re.fullmatch(told, headers_of(said)["x-amzn-trace-id"])


def test_version_and_cipher_are_told_if_asked_for(stage: Stage) -> None:
    """A backend that logs them would get none."""
    stage.follow(https(), routing__http__x_amzn_tls_version_and_cipher_suite__enabled="true")
    headers = headers_of(asks(client(stage.port(), version=TLS12)).said)
    assert headers["x-amzn-tls-version"] == "TLSv1.2"
    assert headers["x-amzn-tls-cipher-suite"] == "ECDHE-ECDSA-AES128-GCM-SHA256"


@pytest.mark.parametrize("strips", [True, False])
def test_forged_headers_of_mutual_tls_go_by_a_switch_where_it_is_off(*, strips: bool) -> None:
    """What AWS leaves open would be decided here without anybody knowing."""
    stage = Stage(strips_mtls_headers=strips)
    try:
        stage.follow(http())
        forged = request("/", NAME, "Connection: close", "X-Amzn-Mtls-Clientcert-Subject: CN=me")
        told = headers_of(plain(stage.port(80), forged))
        assert ("x-amzn-mtls-clientcert-subject" in told) == (not strips)
    finally:
        stage.close()


def test_invalid_names_are_dropped_if_asked_for(stage: Stage) -> None:
    """A name with an underscore would pass for one with a hyphen behind some backends."""
    asked = request("/", NAME, "Connection: close", "X_Odd: 1")
    stage.follow(http())
    assert headers_of(plain(stage.port(80), asked))["x_odd"] == "1"
    stage.follow(http(), routing__http__drop_invalid_header_fields__enabled="true")
    assert "x_odd" not in headers_of(plain(stage.port(80), asked))


def test_a_client_over_ipv6_is_told_without_brackets() -> None:
    """A rule on its address, or a reader of its log, would not know it."""

    class Six(LoopbackGround):
        def listening(self, host: str, address: str, port: int) -> socket.socket:
            assert (host, address) == ("origin", ADDRESS)
            made = socket.create_server(("::1", 0), family=socket.AF_INET6)
            self._ports[address, port] = made.getsockname()[1]
            made.settimeout(0)
            return made

    if not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    stage = Stage(ground=Six())
    try:
        only: dict[str, object] = {"Field": "source-ip", "SourceIpConfig": {"Values": ["::1/128"]}}
        stage.follow(http(fixed("stranger"), rule(1, FORWARD, only)))
        with socket.create_connection(("::1", stage.port(80)), timeout=20) as sock:
            port = sock.getsockname()[1]
            sock.sendall(request())
            assert headers_of(sock.recv(65536))["x-forwarded-for"] == "::1"
            assert sock.recv(1) == b""
        (line,) = stage.logged("access")
        assert line.split(" ")[3] == f"::1:{port}"
    finally:
        stage.close()


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


# --- the built-in target ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 204, 301, 304, 404, 503, 599])
def test_the_target_answers_any_status(stage: Stage, status: int) -> None:
    """A verdict on a status would not be tried."""
    stage.follow(http())
    said = plain(stage.port(80), request(f"/status/{status}"))
    assert said.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"awselb" not in said


@pytest.mark.parametrize(
    "path", ["/status/99", "/status/700", "/status/x", "/slow/nan", "/bytes/-1", "/bytes/9999999999"]
)
def test_a_number_that_is_none_is_a_path_like_others(stage: Stage, path: str) -> None:
    """A client would bring down what it talks to."""
    stage.follow(http())
    assert json.loads(plain(stage.port(80), request(path)).partition(b"\r\n\r\n")[2])["path"] == path


def test_large_answers_come_whole(stage: Stage) -> None:
    """A download would be cut where the socket is full."""
    stage.follow(https())
    # More than sockets take by themselves, so that the plane has to wait for the client.
    outcome = asks(client(stage.port()), request("/bytes/30000000"))
    assert outcome.said.partition(b"\r\n\r\n")[2] == bytes(30_000_000)


def test_something_can_be_cached(stage: Stage) -> None:
    """An edge would have nothing to serve from its cache."""
    stage.follow(http())
    said = plain(stage.port(80), request("/static/x.css"))
    assert b"\r\nContent-Type: text/css\r\nCache-Control: public, max-age=3600\r\n" in said


def test_a_target_slower_than_the_idle_timeout_is_504(stage: Stage) -> None:
    """A client would wait for ever where AWS gives up."""
    stage.follow(http(), idle_timeout__timeout_seconds="0.05")
    said = plain(stage.port(80), request("/slow/30"))
    assert said.startswith(b"HTTP/1.1 504 Gateway Time-out\r\nServer: awselb/2.0\r\n")


def test_a_slow_target_within_it_answers(stage: Stage) -> None:
    """An answer that is awaited would be taken for silence."""
    stage.follow(http())
    assert plain(stage.port(80), request("/slow/0.05")).startswith(b"HTTP/1.1 200 ")


def test_a_forward_to_nowhere_is_503(stage: Stage) -> None:
    """It would look as if a target answered."""
    stage.follow(http({"Type": "forward"}))
    assert plain(stage.port(80), request()).startswith(
        b"HTTP/1.1 503 Service Temporarily Unavailable\r\nServer: awselb/2.0\r\n"
    )


# --- the load balancer's own answers ----------------------------------------------------------------------------------


def test_a_fixed_response(stage: Stage) -> None:
    """A rule of last resort would answer otherwise than at AWS."""
    stage.follow(http(fixed("no entry", "403")))
    said = plain(stage.port(80), request())
    assert re.fullmatch(
        rb"HTTP/1\.1 403 Forbidden\r\nServer: awselb/2\.0\r\nDate: [^\r]+ GMT\r\n"
        rb"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 8\r\nConnection: close\r\n\r\nno entry",
        said,
    )


def test_its_name_can_be_hidden(stage: Stage) -> None:
    """The listener's attribute would do nothing."""
    listener = https(attributes={"routing.http.response.server.enabled": "false"}, action=fixed("x"))
    stage.follow(listener)
    assert b"Server" not in asks(client(stage.port())).said


def test_head_has_no_body(stage: Stage) -> None:
    """The next answer would be read out of place."""
    stage.follow(http(fixed("no entry", "403")))
    said = plain(stage.port(80), request(method="HEAD"))
    assert b"Content-Length: 8" in said
    assert said.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "said",
    [
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"a" * 17000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 17000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 12000,
    ],
    ids=["garbage", "tls", "no-host", "two-hosts", "two-lengths", "tunnel", "long-line", "long-header", "many-headers"],
)
def test_what_is_no_request_is_400_and_the_end(stage: Stage, said: bytes) -> None:
    """Something odd would hang, crash, or reach the target."""
    stage.follow(http())
    answer = plain(stage.port(80), said)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\nServer: awselb/2.0\r\n")
    # As long as a real load balancer's, which its log counts with 272 bytes.
    assert len(answer) == 272


def test_trace_is_405(stage: Stage) -> None:
    """The target would echo what a load balancer does not let through."""
    stage.follow(http())
    assert plain(stage.port(80), request(method="TRACE")).startswith(b"HTTP/1.1 405 ")


def test_half_a_request_times_out_with_408(stage: Stage) -> None:
    """A client that never ends its request would stay for ever."""
    stage.follow(http(), idle_timeout__timeout_seconds="0.05")
    assert plain(stage.port(80), b"GET / HTTP/1.1\r\nHost: a\r\n").startswith(b"HTTP/1.1 408 ")


# --- connections ------------------------------------------------------------------------------------------------------


def test_a_silent_connection_is_closed_after_the_idle_timeout(stage: Stage) -> None:
    """Connections that nobody uses would pile up."""
    stage.follow(http(), https(), idle_timeout__timeout_seconds="0.05")
    assert plain(stage.port(80), b"") == b""
    assert plain(stage.port(), b"") == b""


def test_many_requests_on_one_connection(stage: Stage) -> None:
    """A pooled connection would serve once only."""
    stage.follow(https())
    connection = client(stage.port())
    connection.do_handshake()
    for number in range(5):
        connection.sendall(request(f"/{number}", NAME, "X: 1"))
        said = connection.recv(65536)
        assert b"\r\nConnection: keep-alive\r\n" in said
        assert f'"path":"/{number}"'.encode() in said
    connection.close()


def test_requests_sent_together_are_answered_in_order(stage: Stage) -> None:
    """Pipelined answers would mix."""
    stage.follow(http())
    together = b"".join(request(f"/{number}", NAME, "X: 1") for number in range(50)) + request("/last")
    said = plain(stage.port(80), together)
    assert re.findall(rb'"path":"/(\w+)"', said) == [*(b"%d" % number for number in range(50)), b"last"]


def test_a_body_is_read_and_invited(stage: Stage) -> None:
    """A client that waits for 100 Continue would wait for ever."""
    stage.follow(http())
    with connected(stage.port(80)) as sock:
        head = request("/", NAME, "Connection: close", "Expect: 100-continue", "Content-Length: 5", method="POST")
        sock.sendall(head)
        assert sock.recv(65536).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"hello")
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_after_the_keep_alive_duration_one_answer_more_and_no_other(stage: Stage) -> None:
    """Pooled connections would outlive a lock for good, or be cut without a word."""
    stage.follow(https())
    connection = client(stage.port())
    connection.do_handshake()
    connection.sendall(request("/", NAME, "X: 1"))
    assert b"\r\nConnection: keep-alive\r\n" in connection.recv(65536)
    stage.follow(https(), client_keep_alive__seconds="0")
    connection.sendall(request("/", NAME, "X: 1"))
    assert b"\r\nConnection: close\r\n" in read(connection)
    connection.close()


def test_a_client_that_left_while_the_target_worked_is_460(stage: Stage) -> None:
    """The log would say that somebody got an answer."""
    stage.follow(http())
    with connected(stage.port(80)) as sock:
        sock.sendall(request("/slow/30", NAME, "X: 1"))
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(65536) == b""
    (line,) = stage.logged("access")
    assert line.split(" ")[8:10] == ["460", "-"]
