"""One TCP connection, and what stood in its way.

Lives here: connect(), its errors, and the ICMP messages behind them. Must not live here: anything said once connected.

Linux tells an ICMP message's type and who sent it, if asked (ip(7), IP_RECVERR); elsewhere the error alone is known. An
error that connect() returns at once is this machine's own.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from typing import Final

import msgspec

from originlock.facts.probing import Outcome
from originlock.probe.vantage import own_address

_RECVERR: Final = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
"""IP_RECVERR (linux/in.h) and IPV6_RECVERR (linux/in6.h), which Python does not name."""

_EXTENDED: Final = struct.Struct("=IBBBxII")
"""struct sock_extended_err (linux/errqueue.h): errno, origin, type, code, pad, info, data; the offender follows."""

_FROM_ICMP: Final = frozenset({2, 3})
"""SO_EE_ORIGIN_ICMP and SO_EE_ORIGIN_ICMP6."""

_ICMP: Final = {
    # Destination unreachable: RFC 792, RFC 1122, RFC 1812
    (4, 3, 0): "network unreachable",
    (4, 3, 1): "host unreachable",
    (4, 3, 2): "protocol unreachable",
    (4, 3, 3): "port unreachable",
    (4, 3, 6): "destination network unknown",
    (4, 3, 9): "network administratively prohibited",
    (4, 3, 10): "host administratively prohibited",
    (4, 3, 13): "communication administratively prohibited",
    # Time exceeded: RFC 792
    (4, 11, 0): "time to live exceeded",
    # RFC 4443, sections 3.1 and 3.3
    (6, 1, 0): "no route to destination",
    (6, 1, 1): "communication administratively prohibited",
    (6, 1, 3): "address unreachable",
    (6, 1, 4): "port unreachable",
    (6, 1, 5): "source address failed policy",
    (6, 1, 6): "reject route to destination",
    (6, 3, 0): "hop limit exceeded",
}
"""What the messages that can end a connect() say, by version of IP, type and code."""

_NO_WAY: Final = frozenset({(4, 3, 0), (4, 3, 6), (4, 11, 0), (6, 1, 0), (6, 3, 0)})
"""A router on the way has no route, or the packet ran in circles: that says nothing about who is beyond."""

_ROOM: Final = 512


class NoConnection(msgspec.Struct, frozen=True):
    """Why there is none, or none any more.

    Attributes:
        source: this machine's own address, if there was one for a moment.
    """

    outcome: Outcome
    detail: str
    source: str | None = None


class _Message(msgspec.Struct, frozen=True):
    """An ICMP message: (version of IP, type, code), and who sent it."""

    what: tuple[int, int, int]
    offender: str

    @property
    def words(self) -> str:
        """What it says."""
        meaning = _ICMP.get(self.what, f"type {self.what[1]}, code {self.what[2]}")
        return f"ICMP from {self.offender or 'somewhere'}: {meaning}"


def dial(address: str, port: int, until: float) -> socket.socket | NoConnection:
    """Connect, by a moment of `time.monotonic`. Never through a proxy.

    Returns:
        A connected socket, which is the caller's to close; or why there is none. It never raises for what a machine or
        a network does.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        return NoConnection(Outcome.NO_ROUTE, f"no socket of this family: {_words(error.errno)}")
    failure = _connect(sock, address, port, until)
    if failure is None:
        return sock
    sock.close()
    return failure


def _connect(sock: socket.socket, address: str, port: int, until: float) -> NoConnection | None:
    sock.settimeout(0)
    _listen_to_icmp(sock, on=True)
    try:
        code = sock.connect_ex((address, port))
    except OSError as error:  # the address is none, or of a scope that is not here
        return NoConnection(Outcome.NO_ROUTE, f"connect: {_words(error.errno)}")
    if code not in (0, errno.EINPROGRESS):
        # A refusal can come before connect() returns, on loopback.
        if code == errno.ECONNREFUSED:
            return _refused(sock, address, code)
        return NoConnection(Outcome.NO_ROUTE, f"connect, at once: {_words(code)}")
    if not _ready(sock, until):
        return NoConnection(Outcome.TIMED_OUT, "no answer to the SYN in time")
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        return _refused(sock, address, code)
    _listen_to_icmp(sock, on=False)
    return None


def _listen_to_icmp(sock: socket.socket, *, on: bool) -> None:
    """Have the kernel keep ICMP messages; only while connecting, since later it would make passing errors final."""
    if hasattr(socket, "MSG_ERRQUEUE"):  # Linux: elsewhere these numbers are other options
        sock.setsockopt(*_RECVERR[sock.family], int(on))


def _ready(sock: socket.socket, until: float) -> bool:
    """Whether connect() came to an end in time."""
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    return bool(poll.poll(max(0.0, until - time.monotonic()) * 1000))


def _refused(sock: socket.socket, address: str, code: int) -> NoConnection:
    """What an error means that came after the SYN was sent."""
    message = _icmp(sock)
    if message is not None:
        own = message.offender != address and message.offender == own_address(address)
        if own or message.what in _NO_WAY:
            return NoConnection(Outcome.NO_ROUTE, f"{message.words}{' (this machine itself)' if own else ''}")
        return NoConnection(Outcome.REFUSED, message.words)
    match code:
        case errno.ECONNRESET:
            # In answer to the SYN it is ECONNREFUSED (Linux, tcp_reset): this one came once that was answered.
            return NoConnection(Outcome.RESET_BEFORE, "reset as soon as it was connected", own_address(address))
        case errno.EPIPE:
            return NoConnection(Outcome.CLOSED, "closed as soon as it was connected", own_address(address))
        case errno.ECONNREFUSED:
            return NoConnection(Outcome.REFUSED, "a reset in answer to the SYN")
        case errno.ETIMEDOUT:
            return NoConnection(Outcome.TIMED_OUT, "no answer to the SYN in time")
        case errno.ENETUNREACH | errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT:
            return NoConnection(Outcome.NO_ROUTE, _words(code))
        case _:
            return NoConnection(Outcome.REFUSED, f"by ICMP: {_words(code)}")


def _icmp(sock: socket.socket) -> _Message | None:
    """The ICMP message that ended connect(), if the kernel kept one."""
    if not hasattr(socket, "MSG_ERRQUEUE"):
        return None
    try:
        _, ancillary, _, _ = sock.recvmsg(_ROOM, _ROOM, socket.MSG_ERRQUEUE)
    except OSError:
        return None
    for level, kind, data in ancillary:
        if (level, kind) == _RECVERR[sock.family] and len(data) >= _EXTENDED.size:
            _, origin, icmp_type, code, _, _ = _EXTENDED.unpack_from(data)
            if origin in _FROM_ICMP:
                version = 6 if sock.family == socket.AF_INET6 else 4
                return _Message((version, icmp_type, code), _offender(data[_EXTENDED.size :]))
    return None


def _offender(address: bytes) -> str:
    """The address in a struct sockaddr_in or sockaddr_in6; empty if there is none."""
    if len(address) < 2:  # noqa: PLR2004 - the family
        return ""
    family = int.from_bytes(address[:2], "little" if struct.pack("=H", 1)[0] else "big")
    if family == socket.AF_INET:
        raw = address[4:8]
    elif family == socket.AF_INET6:
        raw = address[8:24]
    else:
        return ""
    try:
        return socket.inet_ntop(family, raw)
    except ValueError:
        return ""


def _words(code: int | None) -> str:
    """An error of the system by its name and in words."""
    if code is None:
        return "no such address"
    return f"{errno.errorcode.get(code, str(code))} ({os.strerror(code)})"
