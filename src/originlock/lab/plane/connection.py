"""One client's connection to one listener, over a real socket.

Here lives TCP: how it ends (with a reset, if ALB would), its time limits, and what it logs. Here must not live: TLS
(see `tls`) and HTTP (see `conversation`).
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
import time
from typing import TYPE_CHECKING, Final, Protocol, cast

from originlock.lab.plane.conversation import Conversation
from originlock.lab.plane.log_books import ACCESS, CONNECTION
from originlock.lab.plane.log_lines import Shaken, access_line, connection_line
from originlock.lab.plane.requests import Client
from originlock.lab.plane.tls import HandshakeRefusedError, ServerSide, TlsOverError
from originlock.lab.plane.verdict import Status

if TYPE_CHECKING:
    from originlock.lab.plane.log_books import LogBooks
    from originlock.lab.plane.log_lines import Served
    from originlock.lab.plane.settings import Setting

#: SO_LINGER on, with no time: close() sends RST (socket(7)).
_RESET: Final = struct.pack("ii", 1, 0)


class Door(Protocol):
    """Where connections come in."""

    @property
    def setting(self) -> Setting:
        """The listener as it is now."""
        ...

    @property
    def is_closing(self) -> bool:
        """Whether the listener is gone."""
        ...

    @property
    def books(self) -> LogBooks:
        """Where logs are noted."""
        ...

    def enters(self, connection: Connection) -> bool:
        """Let a connection in; False if there are too many."""
        ...

    def leaves(self, connection: Connection) -> None:
        """Forget a connection."""
        ...


class Connection(asyncio.Protocol):
    """One connection. What mutual TLS asks for is settled when it begins; rules and headers are the newest."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._trace = f"TID_{secrets.token_hex(16)}"
        self._tls: ServerSide | None = None
        self._conversation: Conversation | None = None
        self._full = False
        self._ended = False

    # --- what asyncio calls ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._door.enters(self):
            self.abort()
            return
        loop = asyncio.get_running_loop()
        self._born = self._active = loop.time()
        setting = self._door.setting
        ip, port = self._transport.get_extra_info("peername")[:2]
        self._client = Client(ip, port, setting.scheme, setting.listener.port)
        self._timer = loop.call_later(setting.idle_seconds, self._watch)
        if setting.contexts is None:
            self._conversation = Conversation(self, self._client, None, self._trace)
            self._log_connection(Shaken(time.time(), self._trace))
        else:
            self._tls = ServerSide(setting.contexts, setting.leniency)

    def data_received(self, data: bytes) -> None:
        """Go on."""
        if self._ended:
            return
        self._active = asyncio.get_running_loop().time()
        if self._tls is None:
            self._converse(data)
        else:
            self._decrypt(self._tls, data)

    def eof_received(self) -> bool:
        """A client that half closes is done: ALB keeps no half-open connections (a guess)."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Settle what is open."""
        self._door.leaves(self)
        if self._conversation is not None:
            self._conversation.left()
        elif self._tls is not None and self._tls.is_begun and not self._ended:
            self._log_handshake(self._tls, Status.UNMAPPED)
        self._ended = True
        if hasattr(self, "_timer"):
            self._timer.cancel()

    def pause_writing(self) -> None:
        """The client reads slowly."""
        self._full = True

    def resume_writing(self) -> None:
        """It has read."""
        self._full = False
        self._active = asyncio.get_running_loop().time()
        if self._conversation is not None:
            self._conversation.go_on()

    # --- what the conversation calls ---------------------------------------------------------------------------

    @property
    def setting(self) -> Setting:
        """The listener as it is now."""
        return self._door.setting

    @property
    def is_last(self) -> bool:
        """Whether the next answer is the last: the listener is gone, or the client's time with it is up.

        'After the HTTP client keepalive duration elapses, the load balancer accepts one more request and sends a
        response that gracefully closes the connection' (user guide, load balancer attributes; from memory).
        """
        age = asyncio.get_running_loop().time() - self._born
        return self._door.is_closing or age >= self.setting.keep_alive_seconds

    @property
    def is_full(self) -> bool:
        """Whether more should not be sent for now, or at all: asyncio takes what is written to a broken connection."""
        return self._full or self._transport.is_closing()

    def send(self, data: bytes) -> None:
        """Send to the client, in TLS if it is."""
        if self._tls is None:
            self._transport.write(data)
            return
        self._tls.write(data)
        self._flush(self._tls)

    def finish(self) -> None:
        """Close with a goodbye, when all is sent."""
        if self._tls is not None:
            self._tls.say_goodbye()
            self._flush(self._tls)
        self._transport.close()

    def hear(self) -> None:
        """Read on, if reading was stopped."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def log(self, served: Served) -> None:
        """Put a request on the access log."""
        setting = self.setting
        if self._door.books.wants(setting.balancer, ACCESS):
            self._door.books.note(setting.balancer, ACCESS, setting.address, access_line(served, setting))

    # --- ends --------------------------------------------------------------------------------------------------

    def abort(self) -> None:
        """Reset the connection."""
        found = self._transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def _watch(self) -> None:
        """Close when nothing has been said for the idle timeout."""
        loop = asyncio.get_running_loop()
        due = self._active + self.setting.idle_seconds
        waits = self._conversation is not None and self._conversation.is_busy and not self.is_full
        if loop.time() < due or waits:
            self._timer = loop.call_at(max(due, loop.time() + 1.0), self._watch)
            return
        self._timer = loop.call_later(self.setting.idle_seconds, self._watch)
        if self.is_full:
            self.abort()  # it reads nothing, a goodbye neither
        elif self._conversation is not None:
            self._conversation.time_out()
        else:
            self.finish()

    # --- TLS ---------------------------------------------------------------------------------------------------

    def _decrypt(self, tls: ServerSide, data: bytes) -> None:
        was_done = tls.session is not None
        try:
            tls.feed(data)
            said = tls.read() if tls.session is not None else b""
        except HandshakeRefusedError as error:
            self._refuse(tls, error)
            return
        except TlsOverError:
            self.finish()
            return
        if not was_done:
            self._welcome(tls)
        self._flush(tls)
        if said:
            self._converse(said)

    def _welcome(self, tls: ServerSide) -> None:
        if tls.session is None:
            return
        self._log_handshake(tls, Status.SUCCESS)
        self._conversation = Conversation(self, self._client, tls.session, self._trace)

    def _refuse(self, tls: ServerSide, error: HandshakeRefusedError) -> None:
        """As ALB does: with a reset if it is over the client's certificate, and then without an alert."""
        self._log_handshake(tls, error.status)
        self._ended = True
        if error.reset:
            self.abort()
        else:
            self._flush(tls)
            self._transport.close()

    def _flush(self, tls: ServerSide) -> None:
        data = tls.outgoing()
        if data:
            self._transport.write(data)

    def _converse(self, data: bytes) -> None:
        if self._conversation is None:
            return
        self._conversation.receive(data)
        if self._conversation.is_crowded:
            self._transport.pause_reading()

    # --- logs --------------------------------------------------------------------------------------------------

    def _log_handshake(self, tls: ServerSide, status: Status) -> None:
        if not self._door.books.wants(self.setting.balancer, CONNECTION):
            return
        now = asyncio.get_running_loop().time()
        protocol, cipher = tls.negotiated
        asks = self.setting.listener.mutual_tls.mode != "off"
        self._log_connection(
            Shaken(
                at=time.time(),
                trace=self._trace,
                protocol=protocol,
                cipher=cipher,
                latency=now - self._born if status is Status.SUCCESS else None,
                client=tls.described_client if asks else None,
                status=status,
                group=None if tls.session is None else tls.session.group,
            )
        )

    def _log_connection(self, shaken: Shaken) -> None:
        setting = self.setting
        if self._door.books.wants(setting.balancer, CONNECTION):
            line = connection_line(shaken, self._client, setting)
            self._door.books.note(setting.balancer, CONNECTION, setting.address, line)
