"""Clients that are slow, odd or hostile, beside others that want to be served."""

from __future__ import annotations

import contextlib
import os
import socket
import struct

import pytest
from tests.lab.plane.stage import NAME, PASSTHROUGH, Stage, asks, client, connected, http, https, plain, request, verify

from originlock.lab import authority
from originlock.lab.blueprint import MutualTls
from originlock.lab.plane import plane

CLIENTS = authority.root("client root")

#: A ClientHello's record header that promises more than comes.
HALF_A_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def test_clients_that_say_nothing_or_half_hold_nobody_up(stage: Stage) -> None:
    """One slow client would make the whole plane slow."""
    stage.follow(https(verify(CLIENTS)), https(port=444), http())
    with contextlib.ExitStack() as stack:
        for number in range(60):
            sock = stack.enter_context(connected(stage.port((443, 444, 80)[number % 3])))
            sock.sendall((b"", HALF_A_HELLO, b"GET / HTTP/1.1\r\n")[number // 3 % 3])
        assert asks(client(stage.port(444))).status == 200
        assert plain(stage.port(80), request()).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "said",
    [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x00" * 100, b"\x16\x03\x01\xff\xff" + b"\xff" * 70000, b"SSH-2.0-x\r\n"],
    ids=["http", "zeros", "overlong", "ssh"],
)
@pytest.mark.parametrize("mutual_tls", [None, PASSTHROUGH, verify(CLIENTS)], ids=["off", "passthrough", "verify"])
def test_what_is_no_tls_ends_and_is_logged(stage: Stage, said: bytes, mutual_tls: MutualTls | None) -> None:
    """A scanner would hang a connection, or go unseen."""
    stage.follow(https(mutual_tls))
    with contextlib.suppress(ConnectionError):
        answer = plain(stage.port(), said)
        assert not answer.startswith(b"HTTP")
    (line,) = stage.logged()
    assert ' - - - "-" - - Failed:UnmappedConnectionError TID_' in line
    assert asks(client(stage.port())).end == ("reset" if mutual_tls == verify(CLIENTS) else "answer")


def test_random_bytes_after_the_handshake_end_one_connection(stage: Stage) -> None:
    """A broken record would break the loop."""
    stage.follow(https())
    connection = client(stage.port())
    connection.do_handshake()
    raw = socket.socket(fileno=os.dup(connection.fileno()))
    raw.sendall(os.urandom(3000))
    with contextlib.suppress(ConnectionError):
        while raw.recv(65536):
            pass
    raw.close()
    connection.close()
    assert asks(client(stage.port())).status == 200


def test_a_handshake_without_end_is_ended(stage: Stage) -> None:
    """A client could fill the memory before anybody knows who it is."""
    stage.follow(https())
    with connected(stage.port()) as sock:
        with contextlib.suppress(ConnectionError):
            # Records of a ClientHello of 16 MB: each is well-formed.
            record = b"\x16\x03\x01\x40\x00"
            sock.sendall(record + b"\x01\xff\xff\xfc" + bytes(16380))
            for _ in range(200):
                sock.sendall(record + bytes(16384))
        with contextlib.suppress(ConnectionError):
            while sock.recv(65536):
                pass
    (line,) = stage.logged()
    assert "Failed:" in line


def test_clients_that_leave_in_the_middle_leave_nothing(stage: Stage) -> None:
    """Connections of the dead would pile up."""
    stage.follow(https(), http())
    for number in range(40):
        connection = client(stage.port())
        if number % 2:
            connection.do_handshake()
            connection.sendall(request("/bytes/50000000", NAME, "X: 1"))
        raw = socket.socket(fileno=os.dup(connection.fileno()))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        raw.close()
    assert asks(client(stage.port())).status == 200
    # No more than sockets hold was made for somebody who had gone.
    assert all(int(line.split(" ")[11]) < 30_000_000 for line in stage.logged("access"))


def test_too_many_connections_are_reset(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood would use up all that the process may open."""
    monkeypatch.setattr(plane, "MOST_CONNECTIONS", 2)
    stage.follow(http())
    with connected(stage.port(80)) as first, connected(stage.port(80)) as second:
        first.sendall(request("/", NAME, "X: 1"))
        second.sendall(request("/", NAME, "X: 1"))
        assert first.recv(100)
        assert second.recv(100)
        with pytest.raises(ConnectionResetError):
            plain(stage.port(80), request())


def test_a_reader_that_stops_is_not_written_to_for_ever(stage: Stage) -> None:
    """A gigabyte would lie in memory for each client that does not read."""
    stage.follow(http(), idle_timeout__timeout_seconds="0.3")
    with connected(stage.port(80)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(request("/bytes/1000000000"))
        (line,) = _until_logged(stage)
        assert int(line.split(" ")[11]) < 50_000_000


def _until_logged(stage: Stage) -> list[str]:
    """The access log, as soon as it has something."""
    while not (lines := stage.logged("access")):
        pass
    return lines


def test_many_requests_at_once_are_not_read_ahead_without_end(stage: Stage) -> None:
    """Requests that wait would fill the memory, or be forgotten."""
    stage.follow(http())
    many = b"".join(request("/slow/0.001", NAME, "Padding: " + "x" * 4000) for _ in range(100)) + request("/last")
    said = plain(stage.port(80), many)
    assert said.count(b"HTTP/1.1 200 ") == 101
    assert b'"path":"/last"' in said
