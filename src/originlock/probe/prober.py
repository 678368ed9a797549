"""Probes: many fresh connections side by side, each bounded in time and bytes.

Lives here: how many connections a probe makes, the bounds, the threads. Must not live here: the conversation itself
(see `attempt`), and what an outcome proves (see `originlock.verify`).
"""

from __future__ import annotations

import datetime
import ipaddress
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from originlock.facts.probing import Ask, Evidence, Outcome, Probed
from originlock.probe.attempt import Attempt
from originlock.probe.contexts import Contexts
from originlock.probe.http import request

CONNECT_SECONDS: Final = 4.0
"""A SYN is sent again after 1 and 3 seconds (Linux, RFC 6298): three of them are lost before it counts as none."""

PROBE_SECONDS: Final = 8.0

_AT_ONCE: Final = 128
"""Connections that are open at the same time; more asks than that wait for their turn."""

_LAST_PORT: Final = 65_535

_LEAST_FOR_CONNECT: Final = 0.9
"""The part of its time that a second connection must have had, for nothing to mean that nothing answered."""


class SocketProber:
    """Makes real connections, never through a proxy, and remembers nothing of them.

    A server's certificate is judged where a name is sent: by a first connection that insists on it. If that fails for
    the certificate's sake, a second one goes on without, and the evidence is that of the second, with the problem.

    Args:
        own_certificate: the PEM file that `ClientCertificate.OWN` stands for; it is in no error and no evidence.
        connect_seconds: how long a SYN may go unanswered.
        seconds: how long a probe may take, both connections together.
    """

    def __init__(
        self,
        own_certificate: Path | None = None,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        seconds: float = PROBE_SECONDS,
    ) -> None:
        self._contexts = Contexts(own_certificate)
        self._connect_seconds = connect_seconds
        self._seconds = seconds

    def probe(self, asks: tuple[Ask, ...]) -> tuple[Probed, ...]:
        """Each of them as one fresh connection, side by side; bounded in time and bytes. In the order of the asks.

        Raises:
            CertificateError: the own certificate was asked for, and is not there or cannot be used.
            ValueError: an ask is not one: its address or port is none, or its names or path cannot be sent.
        """
        for ask in asks:
            _check(ask)
            if ask.tls:  # contexts are made here, one after the other: reading authorities takes a while
                self._contexts.context(ask, verifies=False)
                self._contexts.context(ask, verifies=True)
        if not asks:
            return ()
        pool = ThreadPoolExecutor(min(len(asks), _AT_ONCE), thread_name_prefix="probe")
        try:
            return tuple(pool.map(self._one, asks))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # each thread ends by itself, within the bound

    def _one(self, ask: Ask) -> Probed:
        """One probe, with the second connection if it comes to that."""
        at = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        begun = time.monotonic()
        until = begun + self._seconds
        attempt = self._attempt(ask, until, verifies=ask.sni is not None)
        outcome, evidence = attempt.outcome, attempt.evidence
        problem = attempt.certificate_problem
        if problem is not None:
            outcome, evidence = self._again(ask, until, problem)
        seconds = round(time.monotonic() - begun, 3)
        return Probed(ask, outcome, msgspec.structs.replace(evidence, at=at, seconds=seconds))

    def _attempt(self, ask: Ask, until: float, *, verifies: bool) -> Attempt:
        context = self._contexts.context(ask, verifies=verifies) if ask.tls else None
        attempt = Attempt(ask, context, time.monotonic() + self._connect_seconds, until)
        attempt.run()
        return attempt

    def _again(self, ask: Ask, until: float, problem: str) -> tuple[Outcome, Evidence]:
        """The second connection, which takes any certificate."""
        had = until - time.monotonic()
        attempt = self._attempt(ask, until, verifies=False)
        outcome, evidence = attempt.outcome, attempt.evidence
        words = "two connections: the first ended for the server's certificate's sake"
        if outcome is Outcome.TIMED_OUT and had < _LEAST_FOR_CONNECT * self._connect_seconds:
            # The first was answered, and the second hardly had time.
            outcome, words = Outcome.SILENT, f"{words}, and the second had {had:.1f} s"
        detail = "; ".join(each for each in (words, evidence.detail) if each)
        return outcome, msgspec.structs.replace(evidence, certificate_problem=problem, detail=detail)


def _check(ask: Ask) -> None:
    """That an ask can be made.

    Raises:
        ValueError: it cannot.
    """
    ipaddress.ip_address(ask.address)
    request(ask.host, ask.path)
    if not 0 < ask.port <= _LAST_PORT:
        message = f"{ask.port} is no port"
        raise ValueError(message)
    if ask.sni is not None:
        _check_name(ask.sni)


def _check_name(name: str) -> None:
    """That a name can be sent.

    Raises:
        ValueError: it cannot.
    """
    sent = name.encode("idna").decode("ascii")  # UnicodeError is a ValueError
    if sent.startswith(".") or not sent or not sent.isprintable() or " " in sent:
        message = f"{name!r} is no name that can be sent"
        raise ValueError(message)
