"""TLS whose bytes are damaged on the way: whatever OpenSSL makes of it, a session ends in one of the ends there are."""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from OpenSSL import SSL
from tests.probe import peers

from originlock.facts.probing import Ask, ClientCertificate
from originlock.lab.authority import Leaf, root
from originlock.probe.alerts import ALERTS
from originlock.probe.contexts import Contexts
from originlock.probe.http import request
from originlock.probe.line import Ended, How, Line
from originlock.probe.tls import Tls

VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}

Wound = tuple[int, str, bytes]
"""Where in what the server says (in thousandths), what is done there, and with what."""

WOUNDS = st.lists(
    st.tuples(st.integers(0, 999), st.sampled_from(["cut", "put", "over", "end"]), st.binary(min_size=1, max_size=8)),
    max_size=3,
)


class WoundedLine(Line):
    """A server in memory, whose bytes are damaged; when it has nothing more to say, it closes."""

    def __init__(self, version: str, wounds: list[Wound]) -> None:
        self._server = SSL.Connection(server(version), None)
        self._server.set_accept_state()
        self._wounds = wounds
        self._waiting: list[bytes] = []
        self.received = 0

    def write(self, data: bytes) -> None:
        """The server hears it, and says something, or not."""
        with contextlib.suppress(SSL.Error):
            self._server.bio_write(data)
        with contextlib.suppress(SSL.Error):
            self._server.do_handshake()
            self._server.recv(16_384)
            self._server.sendall(peers.HELLO)
        with contextlib.suppress(SSL.Error):
            while True:
                self._waiting.append(self._wounded(self._server.bio_read(65_536)))

    def read(self) -> bytes:
        """What it said."""
        while self._waiting:
            piece = self._waiting.pop(0)
            if piece:
                self.received += len(piece)
                return piece
        raise Ended(How.CLOSED)

    def _wounded(self, data: bytes) -> bytes:
        for where, what, piece in self._wounds:
            at = len(data) * where // 1000
            match what:
                case "cut":
                    data = data[:at] + data[at + len(piece) :]
                case "put":
                    data = data[:at] + piece + data[at:]
                case "over":
                    data = data[:at] + piece + data[at + len(piece) :]
                case _:
                    data = data[:at]
        return data


@cache
def server(version: str) -> SSL.Context:
    """A server that asks for certificates, and takes all; its certificate is made once."""
    identity = root("a server's").issue(Leaf("origin.example", ("origin.example",), server=True))
    context = peers.server_context(identity, versions=(VERSIONS[version], VERSIONS[version]))
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    return context


@cache
def contexts() -> Contexts:
    """The prober's own."""
    return Contexts(Path("unused"))


def said(version: str, wounds: list[Wound]) -> tuple[Tls, bytes | Ended]:
    """A session, and what was said in it, or how it ended."""
    shown = ClientCertificate.STRANGER
    ask = Ask("127.0.0.1", 1, tls=True, sni="origin.example", host="x", certificate=shown, newest_tls=version)
    session = Tls(WoundedLine(version, wounds), contexts().context(ask, verifies=False), ask.sni)
    try:
        session.handshake()
        session.write(request("origin.example", "/"))
        return session, session.read()
    except Ended as end:
        return session, end


@pytest.mark.parametrize("version", VERSIONS)
def test_without_a_wound(version: str) -> None:
    """The other test would show nothing if nothing got through at all."""
    session, answer = said(version, [])
    assert answer == peers.HELLO
    assert (session.version, session.asked_for_certificate) == (f"TLSv{version}", True)


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=300, deadline=None)
@given(wounds=WOUNDS)
def test_any_wound(version: str, wounds: list[Wound]) -> None:
    """A damaged record would end a probe with a page of Python."""
    session, answer = said(version, wounds)
    if isinstance(answer, Ended):
        assert answer.how in {How.CLOSED, How.NOT_TLS, How.ALERT}, answer.words
        assert answer.words.isprintable()
        assert answer.how is not How.ALERT or answer.words in ALERTS.values() or answer.words.startswith("alert_")
    assert session.version in {None, "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}
    assert session.asked_for_certificate in {None, True, False}
    assert session.server_certificate is None or len(session.server_certificate) == 64
    assert all(session.warnings)
