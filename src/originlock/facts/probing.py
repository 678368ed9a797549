"""Real connections: what was asked of one, and what became of it.

Lives here: the record of a probe, from socket events; the three verdicts.
Must not live here: connecting (see `originlock.probe`), and what an outcome proves (see `originlock.verify`).
"""

from __future__ import annotations

import enum

import msgspec


class Verdict(enum.Enum):
    """What a proof says of its expectation."""

    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Outcome(enum.Enum):
    """What became of one connection; the words are those of the JSON."""

    UNRESOLVED = "unresolved"
    NO_ROUTE = "no-route"
    REFUSED = "refused"
    TIMED_OUT = "timeout"
    RESET_BEFORE = "reset-before-handshake"
    RESET_IN = "reset-in-handshake"
    RESET_AFTER = "reset-after-handshake"
    ALERT = "tls-alert"
    CLOSED = "closed"
    SILENT = "silent"
    NOT_TLS = "not-tls"
    NOT_HTTP = "not-http"
    REDIRECT = "redirect"
    HTTP = "http"


OUTCOME_MEANINGS: dict[Outcome, str] = {
    Outcome.UNRESOLVED: "the name has no address of this family, or was not resolved",
    Outcome.NO_ROUTE: "this machine, or a router on the way, has no route or no address for this family",
    Outcome.REFUSED: "the connection was refused: a reset, or an ICMP message, in answer to the SYN",
    Outcome.TIMED_OUT: "nothing answered the SYN",
    Outcome.RESET_BEFORE: "connected, and reset before the server said anything",
    Outcome.RESET_IN: "reset within the TLS handshake",
    Outcome.RESET_AFTER: "the handshake was completed, and the connection reset before an answer",
    Outcome.ALERT: "the server ended TLS with an alert",
    Outcome.CLOSED: "connected, and closed in order without an answer",
    Outcome.SILENT: "connected, and then nothing came in time, or nothing whole",
    Outcome.NOT_TLS: "something answered that does not speak TLS, or not with us",
    Outcome.NOT_HTTP: "something answered that is not HTTP",
    Outcome.REDIRECT: "an HTTP answer that redirects (301, 302, 303, 307 or 308)",
    Outcome.HTTP: "an HTTP answer, whatever its status",
}

CONNECTED = frozenset(Outcome) - {Outcome.UNRESOLVED, Outcome.NO_ROUTE, Outcome.REFUSED, Outcome.TIMED_OUT}
"""The outcomes in which TCP was established: no packet filter stood in the way."""

ANSWERED = frozenset({Outcome.HTTP, Outcome.REDIRECT})
"""The outcomes with an HTTP answer."""


class ClientCertificate(enum.Enum):
    """Which certificate a probe shows.

    A stranger's and a look-alike's keys are public, and open nothing: they come with originlock. OWN is the one that
    the caller names as a file.
    """

    NONE = "none"
    STRANGER = "stranger"
    LOOK_ALIKE = "look-alike"
    OWN = "own"


class Ask(msgspec.Struct, frozen=True):
    """One fresh connection.

    Attributes:
        address: an IPv4 or IPv6 address; its family is the probe's.
        port: TCP.
        tls: whether TLS is spoken; else plain HTTP.
        sni: the name sent in the handshake, or None to send none.
        host: the Host header.
        path: the request's path with its query.
        alpn: the protocols offered; empty to offer none.
        certificate: the client certificate shown, if the server asks for one.
        newest_tls: "1.2" or "1.3".
    """

    address: str
    port: int
    tls: bool
    sni: str | None
    host: str
    path: str = "/"
    alpn: tuple[str, ...] = ("http/1.1",)
    certificate: ClientCertificate = ClientCertificate.NONE
    newest_tls: str = "1.3"

    @property
    def ipv6(self) -> bool:
        """Whether it goes over IPv6."""
        return ":" in self.address


class Evidence(msgspec.Struct, frozen=True):
    """When, from where, what was sent and what came back; bounded, and without secrets.

    Attributes:
        at: when it began (ISO 8601, UTC).
        source: this machine's own address, or None if it never connected.
        seconds: how long it took.
        sent: the request line and Host, in words; empty if it did not come to a request.
        status: of an HTTP answer.
        headers: (lower-case name, value) of the answer's headers that matter for a proof.
        body_start: the first bytes of the body, as text.
        tls_version: such as ``TLSv1.3``.
        cipher: such as ``TLS_AES_128_GCM_SHA256``.
        alpn: what was agreed upon.
        alert: the name of the server's alert, such as ``certificate_required``.
        server_certificate: SHA-256 of the server's certificate (DER), in hex.
        certificate_problem: why the server's certificate is not good for the name that was sent (``hostname
            mismatch``, ``certificate has expired``); empty if it is, None if that was not judged.
        asked_for_certificate: whether the server asked for a client certificate; None if it cannot be told.
        detail: what else there is to say, in words.
    """

    at: str = ""
    source: str | None = None
    seconds: float = 0.0
    sent: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body_start: str = ""
    tls_version: str | None = None
    cipher: str | None = None
    alpn: str | None = None
    alert: str | None = None
    server_certificate: str | None = None
    certificate_problem: str | None = None
    asked_for_certificate: bool | None = None
    detail: str = ""

    def header(self, name: str) -> str | None:
        """The value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


class Probed(msgspec.Struct, frozen=True):
    """One probe, done."""

    ask: Ask
    outcome: Outcome
    evidence: Evidence


class Trace(msgspec.Struct, frozen=True):
    """What the edge says of whoever asks it (`/cdn-cgi/trace`).

    Attributes:
        ip: the address that it was asked from.
        host: the name that it was asked by.
        colo: the site of the edge that answered, an airport's code; empty if it does not say.
        warp: whether the asker comes by WARP: ``off``, ``on`` or ``plus``; empty if it does not say.
    """

    ip: str
    host: str
    colo: str = ""
    warp: str = ""

    @property
    def tunnelled(self) -> bool:
        """Whether the asker comes by the edge's own tunnel."""
        return self.warp not in ("", "off")
