"""One connection from its SYN to its end, and what became of it.

Lives here: the conversation, and how its end is named (see `facts.probing.Outcome`). Must not live here: how many
connections a probe makes (see `prober`).
"""

from __future__ import annotations

import ssl
from typing import Final, assert_never

from originlock.facts.probing import Ask, Evidence, Outcome
from originlock.probe.dial import NoConnection, dial
from originlock.probe.http import MAX_HEAD, REDIRECTS, Answer, NotHttp, NotYet, Reading, request
from originlock.probe.line import Ended, How, Line
from originlock.probe.tls import Tls

_FOR_THE_BODY: Final = 2.0
"""Seconds that a body is waited for once the head is there: what it says is not worth more."""


class Attempt:
    """One connection. After `run`, what became of it stands in `outcome` and `evidence`.

    Args:
        ask: what is asked for.
        context: TLS's; None without TLS.
        connect_until: when connecting ends (`time.monotonic`).
        until: when everything ends.
    """

    def __init__(self, ask: Ask, context: ssl.SSLContext | None, connect_until: float, until: float) -> None:
        self._ask = ask
        self._context = context
        self._connect_until, self._until = connect_until, until
        self._line: Line | None = None
        self._source: str | None = None
        self._tls: Tls | None = None
        self._reading = Reading()
        self._requested = False
        self._end: NoConnection | Ended | None = None

    def run(self) -> None:
        """Connect, shake hands, ask, read."""
        sock = dial(self._ask.address, self._ask.port, min(self._connect_until, self._until))
        if isinstance(sock, NoConnection):
            self._end, self._source = sock, sock.source
            return
        with sock:
            self._line = Line(sock, self._until)
            self._source = self._line.source
            try:
                self._talk(self._line)
            except Ended as end:
                self._end = end

    def _talk(self, line: Line) -> None:
        """The conversation.

        Raises:
            Ended: it came to an end before there was enough of an answer.
        """
        channel: Line | Tls = line
        if self._context is not None:
            channel = self._tls = Tls(line, self._context, self._ask.sni)
            self._tls.handshake()
        self._requested = True
        channel.write(request(self._ask.host, self._ask.path))
        hurried = False
        while not self._reading.enough:
            self._reading.feed(channel.read())
            if self._reading.head_ended and not hurried:
                line.hurry(_FOR_THE_BODY)
                hurried = True

    # --- what became of it --------------------------------------------------------------------------------------

    @property
    def certificate_problem(self) -> str | None:
        """Why the connection ended: the server's certificate is not good for the name that was sent."""
        ended = self._end
        return ended.words if isinstance(ended, Ended) and ended.how is How.UNVERIFIED else None

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        if isinstance(self._end, NoConnection):
            return self._end.outcome
        match self._reading.result():
            case Answer(status=status):
                return Outcome.REDIRECT if status in REDIRECTS else Outcome.HTTP
            case NotHttp():
                return Outcome.NOT_HTTP
            case NotYet() if self._end is None:
                return Outcome.NOT_HTTP  # as much as is read, and no end of the first line
            case NotYet():
                return self._outcome_without_answer(self._end)

    def _outcome_without_answer(self, end: Ended) -> Outcome:
        match end.how:
            case How.RESET:
                return self._reset()
            case How.CLOSED:
                return Outcome.NOT_HTTP if self._reading.begun else Outcome.CLOSED
            case How.LATE | How.LOST:
                return Outcome.SILENT
            case How.TOO_MUCH:
                return Outcome.NOT_HTTP if self._shaken else Outcome.NOT_TLS
            case How.ALERT:
                return Outcome.ALERT
            case How.NOT_TLS | How.UNVERIFIED:
                return Outcome.NOT_TLS
        assert_never(end.how)

    def _reset(self) -> Outcome:
        """When a reset came."""
        if self._line is None or not self._line.received:
            return Outcome.RESET_BEFORE
        if self._tls is None:
            return Outcome.NOT_HTTP
        return Outcome.RESET_AFTER if self._tls.shaken else Outcome.RESET_IN

    @property
    def _shaken(self) -> bool:
        return self._tls is None or self._tls.shaken

    @property
    def evidence(self) -> Evidence:
        """What was seen; when and how long is for the prober to say."""
        found = self._reading.result()
        head = found if isinstance(found, Answer) else None
        tls = self._tls
        return Evidence(
            source=self._source,
            sent=f"GET {self._ask.path} Host: {self._ask.host}" if self._requested else "",
            status=head.status if head else None,
            headers=head.headers if head else (),
            body_start=head.body_start if head else "",
            tls_version=tls.version if tls else None,
            cipher=tls.cipher if tls else None,
            alpn=tls.alpn if tls else None,
            alert=self._end.words if isinstance(self._end, Ended) and self._end.how is How.ALERT else None,
            server_certificate=tls.server_certificate if tls else None,
            certificate_problem="" if tls and tls.judged_good else None,
            asked_for_certificate=tls.asked_for_certificate if tls else None,
            detail="; ".join(self._details(found)),
        )

    def _details(self, found: Answer | NotYet | NotHttp) -> list[str]:
        """What else there is to say."""
        details = []
        if isinstance(self._end, NoConnection):
            details.append(self._end.detail)
        if isinstance(found, NotHttp):
            details.append(f"it said '{found.start}'")
        if isinstance(found, Answer) and not found.head_ended:
            details.append("the head of the answer did not end")
        if isinstance(found, NotYet) and self._reading.begun:
            details.append(f"the answer began, and its first line did not end within {MAX_HEAD} bytes or in time")
        if isinstance(self._end, Ended):
            details.append(self._words_of(self._end))
        details += [f"a warning: {name}" for name in (self._tls.warnings if self._tls else ())]
        return [each for each in details if each]

    def _words_of(self, end: Ended) -> str:
        """How it ended, in words."""
        where = "" if self._requested else "before the request" if self._shaken else "in the TLS handshake"
        match end.how:
            case How.RESET:
                return f"reset {where}".strip()
            case How.CLOSED:
                return f"closed {where}".strip()
            case How.LATE:
                received = self._line.received if self._line else 0
                return f"time ran out {where}".strip() + (f", after {received} bytes" if received else "")
            case How.LOST:
                return f"the connection was lost: {end.words}"
            case How.TOO_MUCH:
                return f"too many bytes {where}".strip()
            case How.ALERT:
                return f"alert {end.words} {where}".strip()
            case How.NOT_TLS | How.UNVERIFIED:
                return end.words
        assert_never(end.how)
