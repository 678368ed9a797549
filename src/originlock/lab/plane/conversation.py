"""HTTP/1.1 with one client: requests in, answers out.

Here lives h11, what a request comes to, and how an answer is sent, large and late ones, too. Here must not live:
TLS and sockets (see `connection`).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Final, Protocol

import h11

from originlock.lab.plane import application
from originlock.lab.plane.answers import SERVER, Answer, Routed, fixed, page, phrase, redirect
from originlock.lab.plane.forwarding import forwarded, headers_of, trace_of
from originlock.lab.plane.log_lines import Served
from originlock.lab.plane.requests import Client, Request, read
from originlock.lab.plane.rules import FixedResponse, Forward, Redirect

if TYPE_CHECKING:
    from originlock.lab.plane.rules import Action
    from originlock.lab.plane.settings import Setting
    from originlock.lab.plane.tls import Session

#: 'Request line 16 K, single header 16 K, entire request headers 64 K' (quotas for Application Load Balancers).
MOST_LINE: Final = 16 * 1024
MOST_HEADERS: Final = 64 * 1024

#: A client that sends the next requests before it has its answer is not read on beyond this.
MOST_WAITING: Final = 64 * 1024

#: Large answers are sent in pieces of this.
_PIECE: Final = bytes(64 * 1024)

#: 'HTTP 460: the client closed the connection before the idle timeout period elapsed' (AWS's page on troubleshooting).
_CLIENT_LEFT: Final = 460

#: Answers that never have a body (RFC 9110, 15.3.5 and 15.4.5).
_WITHOUT_BODY: Final = frozenset({204, 304})

#: Whether a listener's own answers say who they are from.
_SERVER_SHOWN: Final = "routing.http.response.server.enabled"


class Wire(Protocol):
    """What a conversation is held over."""

    @property
    def setting(self) -> Setting:
        """The listener as it is now."""
        ...

    @property
    def is_last(self) -> bool:
        """Whether the next answer is to be the last one."""
        ...

    @property
    def is_full(self) -> bool:
        """Whether more should not be sent for now; `Conversation.go_on` is called when that is over."""
        ...

    def send(self, data: bytes) -> None:
        """Send to the client."""
        ...

    def finish(self) -> None:
        """Close, when all is sent."""
        ...

    def hear(self) -> None:
        """Read on, if reading was stopped."""
        ...

    def log(self, served: Served) -> None:
        """Put a request on the access log."""
        ...


@dataclass(slots=True)
class _Turn:
    """One request under way."""

    request: Request
    begun: float
    received: int
    routed: Routed
    trace: str
    was_read: bool = True
    asked: float = 0.0
    left: int = 0
    sent: int = 0


class Conversation:
    """One client's requests, one after the other."""

    def __init__(self, wire: Wire, client: Client, session: Session | None, trace: str) -> None:
        self._wire = wire
        self._client = client
        self._session = session
        self._connection_trace = trace
        self._certified = headers_of(session)
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEADERS)
        self._turn: _Turn | None = None
        self._later: asyncio.TimerHandle | None = None
        self._received = 0
        self._begun = 0.0
        self._request: Request | None = None
        self._gone = False

    @property
    def is_busy(self) -> bool:
        """Whether an answer is due or under way."""
        return self._turn is not None

    @property
    def is_crowded(self) -> bool:
        """Whether so much waits that no more should be read."""
        return self._turn is not None and len(self._http.trailing_data[0]) > MOST_WAITING

    def receive(self, data: bytes) -> None:
        """Take what the client said."""
        if not self._received:
            self._begun = time.time()
        self._received += len(data)
        self._http.receive_data(data)
        if self._turn is None:
            self._listen()

    def time_out(self) -> None:
        """The client has been silent for too long: in the middle of a request it is told so."""
        if self._received and self._turn is None:
            self._refuse(408)
        else:
            self._wire.finish()

    def left(self) -> None:
        """The client has gone."""
        self._gone = True
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._turn is not None:
            self._log(self._turn, _CLIENT_LEFT if not self._turn.sent else self._turn.routed.answer.status)
            self._turn = None

    def go_on(self) -> None:
        """Send more of a large answer."""
        turn = self._turn
        if turn is None or not turn.sent:
            return
        while turn.left and not self._wire.is_full:
            piece = _PIECE[: turn.left]
            turn.left -= len(piece)
            self._say(turn, h11.Data(data=piece))
        if not turn.left:
            self._end(turn)

    # --- asking ------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        try:
            while self._turn is None and not self._gone:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    self._invite()
                    return
                if not isinstance(event, h11.Event) or isinstance(event, h11.ConnectionClosed):
                    return  # paused, or over
                self._take(event)
        except h11.RemoteProtocolError:
            self._refuse(400)

    def _take(self, event: h11.Event) -> None:
        match event:
            case h11.Request():
                self._request = read(event, self._client)
                too_long = len(event.target) > MOST_LINE or any(len(value) > MOST_LINE for _, value in event.headers)
                # A tunnel is no request for a target; what ALB answers is not documented.
                if too_long or self._request.method == "CONNECT":
                    self._refuse(400)
            case h11.EndOfMessage() if self._request is not None:
                self._answer(self._request)
            case _:
                return  # a body is read, counted, and dropped: the target looks at none

    def _invite(self) -> None:
        if self._http.they_are_waiting_for_100_continue:
            told = self._http.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
            if told:
                self._wire.send(told)

    def _refuse(self, status: int) -> None:
        """Answer what is no HTTP, or too much or too little of it, and close."""
        request = self._request or Request("-", "-", (), "1.1", self._client)
        # Logged without what was received: so is the one such line of a real log that is known.
        turn = _Turn(request, self._begun, 0, Routed(page(status, closes=True), None), "", was_read=False)
        self._request = None
        self._turn = turn
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._start(turn)
        else:
            self._wire.finish()

    # --- answering ---------------------------------------------------------------------------------------------

    def _answer(self, request: Request) -> None:
        trailing = len(self._http.trailing_data[0])
        trace = trace_of(request, f"1-{int(self._begun):08x}-{secrets.token_hex(12)}")
        turn = _Turn(request, self._begun, self._received - trailing, self._route(request, trace), trace)
        self._received = trailing
        self._turn = turn
        turn.asked = time.monotonic()
        answer, idle = turn.routed.answer, self._wire.setting.idle_seconds
        if not answer.delay:
            self._start(turn)
            return
        # A target that takes longer than the idle timeout is not waited for.
        if answer.delay > idle:
            turn.routed = Routed(page(504), turn.routed.priority, turn.routed.action, turn.routed.target_group)
        self._later = asyncio.get_running_loop().call_later(min(answer.delay, idle), self._start, turn)

    def _route(self, request: Request, trace: str) -> Routed:
        if request.method == "TRACE":
            # 'HTTP 405: the client used the TRACE method, which is not supported by Application Load Balancers'.
            return Routed(page(405), None)
        priority, action = self._wire.setting.rules.decide(request)
        return self._done(action, priority, request, trace)

    def _done(self, action: Action, priority: int, request: Request, trace: str) -> Routed:
        setting = self._wire.setting
        match action:
            case FixedResponse(status, content_type, body):
                return Routed(fixed(status, content_type, body), priority, "fixed-response")
            case Redirect(status, destination):
                url = destination.url(request, setting.balancer.dns_name)
                return Routed(redirect(status, url), priority, "redirect", redirect_url=url)
            case Forward(None):
                # 'HTTP 503: the target groups for the load balancer have no registered targets'.
                return Routed(page(503), priority, "forward")
            case Forward(group):
                headers = forwarded(request, setting, self._session, self._certified, trace)
                answer = application.answer(request.method, request.path, request.query, headers)
                return Routed(answer, priority, "forward", target_group=group)

    def _start(self, turn: _Turn) -> None:
        self._later = None
        answer = turn.routed.answer
        last = answer.closes or self._wire.is_last or turn.request.wants_close
        reason = phrase(answer.status, own=not answer.from_target).encode()
        head = h11.Response(status_code=answer.status, headers=self._head(answer, last=last), reason=reason)
        if turn.request.method == "HEAD" or answer.status in _WITHOUT_BODY:
            self._say(turn, head)
            self._end(turn)
            return
        # Together, so that a small answer is one record and one segment.
        self._say(turn, head, h11.Data(data=answer.body))
        turn.left = answer.zeros
        self.go_on()

    def _head(self, answer: Answer, *, last: bool) -> list[tuple[bytes, bytes]]:
        own: list[tuple[str, str]] = []
        if not answer.from_target and self._wire.setting.listener.attributes.get(_SERVER_SHOWN) != "false":
            own = [("Server", SERVER)]
        length = [] if answer.status in _WITHOUT_BODY else [("Content-Length", str(len(answer.body) + answer.zeros))]
        told = (
            *own,
            ("Date", formatdate(time.time(), usegmt=True)),
            *answer.first,
            *length,
            ("Connection", "close" if last else "keep-alive"),
            *answer.last,
        )
        # What a client sent may come back, as the host of a redirect.
        return [(name.encode(), value.encode("latin-1", "replace")) for name, value in told]

    def _say(self, turn: _Turn, *events: h11.Event) -> None:
        data = b"".join(self._http.send(each) or b"" for each in events)
        if data:
            turn.sent += len(data)
            self._wire.send(data)

    def _end(self, turn: _Turn) -> None:
        if self._http.our_state is h11.SEND_BODY:
            self._say(turn, h11.EndOfMessage())
        self._turn = None
        self._log(turn, turn.routed.answer.status)
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            self._wire.finish()
            return
        self._request = None
        self._http.start_next_cycle()
        self._begun = time.time()
        self._wire.hear()
        # Not at once: a client may have sent very many requests together.
        asyncio.get_running_loop().call_soon(self._listen)

    def _log(self, turn: _Turn, status: int) -> None:
        answer = turn.routed.answer
        self._wire.log(
            Served(
                request=turn.request if turn.was_read else None,
                client=self._client,
                session=self._session,
                routed=turn.routed,
                begun=turn.begun,
                ended=time.time(),
                status=status,
                target_status=answer.status if answer.from_target and status != _CLIENT_LEFT else None,
                target_seconds=time.monotonic() - turn.asked,
                received=turn.received,
                sent=turn.sent,
                trace=turn.trace or None,
                connection_trace=self._connection_trace,
            )
        )
