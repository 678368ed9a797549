"""A name server with a zone file, on loopback: dnspython reads and writes the messages."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.zone

_MOST = 512
"""Bytes of an answer by UDP (RFC 1035, section 4.2.1)."""


class OldNameServer:
    """Answers for one zone, by UDP and TCP at the same port."""

    def __init__(self, origin: str, text: str) -> None:
        self._zone = dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)
        self._udp, self._tcp = _two()
        self.asked: list[tuple[str, str]] = []
        self.refuses = False
        self.silent = False
        for serve in (self._datagrams, self._streams):
            threading.Thread(target=serve, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"127.0.0.1:{self._udp.getsockname()[1]}"

    def close(self) -> None:
        """Answer no more."""
        for each in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _datagrams(self) -> None:
        while True:
            try:
                body, peer = self._udp.recvfrom(4096)
            except OSError:
                return
            if not body:
                return
            if self.silent:
                continue
            self._udp.sendto(b"not an answer", peer)
            reply = self._reply(body)
            data = reply.to_wire()
            if len(data) > _MOST:
                reply.answer.clear()
                reply.flags |= dns.flags.TC
                data = reply.to_wire()
            self._udp.sendto(data, peer)

    def _streams(self) -> None:
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            with connection:
                (length,) = struct.unpack(">H", connection.recv(2))
                data = self._reply(connection.recv(length)).to_wire()
                connection.sendall(struct.pack(">H", len(data)) + data)

    def _reply(self, body: bytes) -> dns.message.Message:
        query = dns.message.from_wire(body)
        reply = dns.message.make_response(query)
        question = query.question[0]
        self.asked.append((str(question.name), dns.rdatatype.to_text(question.rdtype)))
        if self.refuses:
            reply.set_rcode(dns.rcode.REFUSED)
            return reply
        owner = question.name
        if self._zone.get_node(owner) is None:
            owner = dns.name.from_text("*", self._zone.origin)
        node = self._zone.get_node(owner)
        if node is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
            return reply
        for kind in (question.rdtype, dns.rdatatype.CNAME):
            found = node.get_rdataset(question.rdclass, kind)
            if found is not None:
                reply.answer.append(dns.rrset.from_rdata_list(question.name, found.ttl, list(found)))
                break
        return reply


def _two() -> tuple[socket.socket, socket.socket]:
    """A port that is free for both."""
    while True:
        tcp = socket.create_server(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
        except OSError:
            tcp.close()
            udp.close()
            continue
        return udp, tcp


@contextlib.contextmanager
def name_server(text: str, origin: str = "example.net") -> Iterator[OldNameServer]:
    """One that answers as long as the block lasts."""
    server = OldNameServer(origin, text)
    try:
        yield server
    finally:
        server.close()
