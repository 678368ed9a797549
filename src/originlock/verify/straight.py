"""Round the edge: what a connection straight to the origin proves.

Lives here: the verdict on one such connection. Must not live here: which connections are made (see `ways`), and whether
this vantage is a stranger (see `vantage`).

Any HTTP answer of the origin to a stranger is open, whatever its status. That nothing answered proves something only
where connections would have got there; that TLS was refused does not hang on who asks from where.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from originlock.facts.probing import Outcome, Probed
from originlock.verify.finding import Finding, broken, kept, unknown

NETWORK, IDENTITY = "network", "identity"

_REFUSES_CERTIFICATE = frozenset(
    {
        "access_denied",
        "bad_certificate",
        "bad_certificate_hash_value",
        "bad_certificate_status_response",
        "certificate_expired",
        "certificate_required",
        "certificate_revoked",
        "certificate_unknown",
        "certificate_unobtainable",
        "no_certificate",
        "unknown_ca",
        "unsupported_certificate",
    }
)
"""Alerts that speak of the client's certificate (RFC 8446, section 6.2)."""

_MAY_REFUSE_CERTIFICATE = frozenset({"decrypt_error", "handshake_failure"})
"""Alerts that may speak of it, where one was asked for: without one a TLS 1.2 server answers handshake_failure (RFC
5246, section 7.2.2), and so does one that knows neither the name nor a cipher."""

_REFUSES_NAME = "unrecognized_name"


class Standing(msgspec.Struct, frozen=True):
    """What is known of the vantage beside the connection itself.

    Attributes:
        no_stranger: why it cannot speak as a stranger; empty if it can.
        let_in: why an answer to it may be rightful; empty if it is none of those that are let in.
        proxied: why somebody else may have answered, or refused, in the origin's place; empty if nobody is known to.
        could_reach: whether its connections get out: it reached this address and port earlier in this run, or reaches
            something else now, over the same family and port.
        edge: whether the address is one of the edge's own, so that nothing was asked of the origin.
        private: whether the address is not public, so that no stranger's packets get there whatever the origin does.
        right_name: whether the right name was sent, so that a refusal of the name says something else.
    """

    no_stranger: str = ""
    let_in: str = ""
    proxied: str = ""
    could_reach: bool = False
    edge: bool = False
    private: bool = False
    right_name: bool = True


def stranger(probed: Probed, standing: Standing) -> Finding:
    """What a connection straight to the origin proves of strangers: kept is kept out."""
    if standing.edge or standing.proxied:
        own = f"{probed.ask.address} is one of the edge's own addresses: that is no way round it"
        return unknown(own if standing.edge else f"{in_words(probed)}; but {standing.proxied}")
    outcome = probed.outcome
    match outcome:
        case Outcome.HTTP | Outcome.REDIRECT:
            return _answered(f"the origin answered a stranger with {in_words(probed)}", standing)
        case Outcome.NOT_HTTP | Outcome.NOT_TLS:
            return _answered(f"the origin answered a stranger: {in_words(probed)}", standing)
        case Outcome.TIMED_OUT | Outcome.REFUSED:
            return _kept_away(in_words(probed), NETWORK, standing)
        case Outcome.RESET_BEFORE | Outcome.RESET_IN | Outcome.RESET_AFTER:
            return _reset(probed)
        case Outcome.ALERT:
            return _alert(probed, standing)
        case Outcome.CLOSED | Outcome.SILENT:
            return unknown(f"{in_words(probed)}: something listens, and did not serve this")
        case Outcome.NO_ROUTE | Outcome.UNRESOLVED:
            return unknown(in_words(probed))
        case _:
            assert_never(outcome)


def _answered(said: str, standing: Standing) -> Finding:
    return unknown(f"{said}; but {standing.let_in}") if standing.let_in else broken(said)


def _kept_away(said: str, lock: str, standing: Standing) -> Finding:
    """Whatever keeps a packet away may stand anywhere on the way, near this vantage too."""
    if standing.private:
        return unknown(f"{said}; but the address is not public: how the origin looks from outside, it cannot show")
    if standing.no_stranger:
        return unknown(f"{said}; but {standing.no_stranger}")
    if standing.could_reach:
        return kept(said, lock)
    return unknown(f"{said}; but this machine reached nothing else over this family and port, so it may be its own way")


def _reset(probed: Probed) -> Finding:
    """A load balancer that verifies resets; so does one that does not know the name, or lost what stands behind it."""
    if probed.evidence.asked_for_certificate:
        return kept(in_words(probed), IDENTITY)
    return unknown(f"{in_words(probed)}; no client certificate was seen to be asked for, so it says nothing of who may")


def _alert(probed: Probed, standing: Standing) -> Finding:
    alert = probed.evidence.alert or "without a name"
    asked = probed.evidence.asked_for_certificate is True
    if alert in _REFUSES_CERTIFICATE or (asked and alert in _MAY_REFUSE_CERTIFICATE):
        return kept(f"TLS was refused ({alert})", IDENTITY)
    if alert == _REFUSES_NAME and not standing.right_name:
        return kept(f"the name was refused ({alert})")
    return unknown(f"TLS ended with the alert {alert}, which says nothing about who may speak")


def in_words(probed: Probed) -> str:
    """What became of a connection, in words."""
    evidence, outcome = probed.evidence, probed.outcome
    match outcome:
        case Outcome.HTTP:
            return f"HTTP {evidence.status}"
        case Outcome.REDIRECT:
            return f"HTTP {evidence.status} to {evidence.header('location') or 'nowhere'}"
        case Outcome.ALERT:
            return f"TLS alert {evidence.alert or 'without a name'}"
        case _:
            # That nothing came needs no detail; of a refusal it says who refused.
            silent = outcome in (Outcome.TIMED_OUT, Outcome.SILENT)
            more = f" ({evidence.detail})" if evidence.detail and not silent else ""
            return f"{_WORDS[outcome]}{more}"


_WORDS = {
    Outcome.UNRESOLVED: "no address",
    Outcome.NO_ROUTE: "no route from here",
    Outcome.REFUSED: "refused",
    Outcome.TIMED_OUT: "no answer (timed out)",
    Outcome.RESET_BEFORE: "reset before the handshake",
    Outcome.RESET_IN: "reset in the handshake",
    Outcome.RESET_AFTER: "reset after the handshake, before an answer",
    Outcome.CLOSED: "closed without an answer",
    Outcome.SILENT: "connected, then silence",
    Outcome.NOT_TLS: "an answer that is not TLS",
    Outcome.NOT_HTTP: "an answer that is not HTTP",
}
