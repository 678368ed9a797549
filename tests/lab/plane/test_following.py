"""Following one blueprint after the other, under connections."""

from __future__ import annotations

import json
import socket

import msgspec
import pytest
from OpenSSL import SSL
from tests.lab.plane.stage import (
    NAME,
    PASSTHROUGH,
    TLS12,
    TLS13,
    Presents,
    Stage,
    asks,
    certificate,
    client,
    fixed,
    http,
    https,
    plain,
    presented,
    read,
    request,
    rule,
    verify,
)

from originlock.lab import authority
from originlock.lab.blueprint import Certificate, MutualTls

CLIENTS = authority.root("client root")
EDGE = Presents.of(CLIENTS.issue(authority.Leaf("edge", client=True)))

GO_ON = request("/", NAME, "X: 1")


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["tls12", "tls13"])
def test_a_mode_counts_for_new_connections(stage: Stage, version: int) -> None:
    """Turning verification on would cut those who are connected, or would leave strangers in."""
    stage.follow(https())
    port = stage.port()
    old = client(port, version=version)
    old.do_handshake()
    for mutual_tls, stranger in ((PASSTHROUGH, "answer"), (verify(CLIENTS), "reset"), (None, "answer")):
        stage.follow(https(mutual_tls))
        assert stage.port() == port
        assert asks(client(port, version=version)).end == stranger
        assert asks(client(port, version=version, presents=EDGE)).end == "answer"
        old.sendall(GO_ON)
        assert b'"path":"/"' in old.recv(65536)
    old.close()


def test_a_connection_keeps_the_headers_that_it_began_with(stage: Stage) -> None:
    """A target would learn of a certificate that this connection never showed, or no more of one that it did."""
    stage.follow(https(verify(CLIENTS)))
    old = client(stage.port(), presents=EDGE)
    old.do_handshake()
    stage.follow(https())
    old.sendall(GO_ON)
    headers = json.loads(old.recv(65536).partition(b"\r\n\r\n")[2])["headers"]
    assert headers["x-amzn-mtls-clientcert-subject"] == "CN=edge"
    old.close()


def test_rules_count_for_the_next_request(stage: Stage) -> None:
    """A pooled connection would go by the rules of yesterday."""
    stage.follow(https(action=fixed("old")))
    connection = client(stage.port())
    connection.do_handshake()
    connection.sendall(GO_ON)
    assert connection.recv(65536).endswith(b"old")
    stage.follow(https(action=fixed("new"), rules=(rule(1, fixed("x"), {"Field": "path-pattern", "Values": ["/x"]}),)))
    connection.sendall(GO_ON)
    assert connection.recv(65536).endswith(b"new")
    connection.close()


def test_a_new_certificate_is_shown_to_new_connections(stage: Stage) -> None:
    """A renewed certificate would wait for a restart."""
    stage.follow(https(certificates=(certificate("old.example.com"),)))
    stage.follow(https(certificates=(certificate("new.example.com"),)))
    connection = client(stage.port())
    connection.do_handshake()
    assert presented(connection) == ["new.example.com"]
    connection.close()


def test_changes_under_load_lose_nothing(stage: Stage) -> None:
    """A listening socket would be closed and opened again, and what came between would be refused."""
    served = certificate(NAME)
    for number in range(60):
        mutual_tls = (None, PASSTHROUGH, verify(CLIENTS))[number % 3]
        pending = client(stage.port(), presents=EDGE) if number else None
        stage.follow(https(mutual_tls, certificates=(served,), action=fixed(str(number))))
        if pending is not None:
            assert asks(pending).end == "answer"


def test_the_same_blueprint_changes_nothing(stage: Stage) -> None:
    """Each word of the local AWS would make all contexts anew."""
    listener = https(verify(CLIENTS))
    stage.follow(listener)
    before = stage.plane._doors["198.51.100.1", 443].setting.contexts  # noqa: SLF001 - nothing else shows it
    assert stage.follow(listener) == ()
    stage.follow(https(listener.mutual_tls, certificates=listener.certificates, action=fixed("x")))
    assert stage.plane._doors["198.51.100.1", 443].setting.contexts is before  # noqa: SLF001 - ditto


def test_a_listener_that_goes_lets_its_connections_finish(stage: Stage) -> None:
    """Deleting a listener would cut answers in two, or would leave its port open."""
    stage.follow(https(), http())
    port = stage.port()
    connection = client(port)
    connection.do_handshake()
    stage.follow(http())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.sendall(GO_ON)
    assert b"\r\nConnection: close\r\n" in read(connection)
    connection.close()
    assert plain(stage.port(80), request()).startswith(b"HTTP/1.1 200 ")


def test_a_listener_comes_back_where_it_was(stage: Stage) -> None:
    """Its port would stay taken."""
    stage.follow(https())
    port = stage.port()
    stage.follow()
    stage.follow(https())
    assert stage.port() == port
    assert asks(client(port)).status == 200


def test_a_listener_that_cannot_be_served_stops_no_other(stage: Stage) -> None:
    """One certificate without a key would take down everything."""
    torn = Certificate("arn:torn", certificate(NAME).chain_pem, certificate(NAME).key_pem)
    odd = authority.self_signed(authority.Leaf(NAME, (NAME,), key=authority.ED25519))
    troubles = stage.follow(
        https(certificates=(), port=443),
        https(certificates=(torn,), port=444),
        https(certificates=(Certificate("arn:x", "no PEM", "no PEM"),), port=445),
        https(verify(), port=446),
        msgspec.structs.replace(http(port=448), protocol="TCP"),
        https(certificates=(Certificate("arn:odd", odd.chain_pem, odd.key_pem),), port=449),
        https(MutualTls("verify"), port=450),
        https(port=447),
    )
    assert [each.listener.rpartition("/")[2] for each in troubles] == ["443", "444", "445", "446", "448", "449", "450"]
    assert "private key" in troubles[0].text
    assert not any("BEGIN" in each.text for each in troubles)
    assert asks(client(stage.port(447))).status == 200


def test_a_port_that_is_taken_is_told(stage: Stage) -> None:
    """A listener would be missing without a word."""
    stage.follow(http())
    port = stage.port(80)
    stage.follow()
    with socket.create_server(("127.0.0.1", port)):
        (trouble,) = stage.follow(http(), https())
        assert "port 80" in trouble.text
        assert asks(client(stage.port())).status == 200
    assert stage.follow(http(), https()) == ()
    assert plain(port, request()).startswith(b"HTTP/1.1 200 ")


def test_closing_resets_who_is_connected() -> None:
    """A lab that goes down would hang on its clients."""
    stage = Stage()
    stage.follow(https())
    connection = client(stage.port())
    connection.do_handshake()
    stage.close()
    with pytest.raises(SSL.SysCallError):
        connection.recv(1)
    connection.close()
