"""Through the edge: what a connection to it proves of the origin behind.

Lives here: the verdict on one such connection, alone or beside one before a change. Must not live here: which
connections are made (see `ways`).

It proves one path: one data centre of the edge, one address that it connects from.
"""

from __future__ import annotations

from originlock.facts.edge import EdgeSigns
from originlock.facts.probing import ANSWERED, Outcome, Probed, Verdict
from originlock.verify.finding import Finding, broken, kept, unknown
from originlock.verify.straight import in_words


def served(probed: Probed, signs: EdgeSigns | None, before: Probed | None = None) -> Finding:
    """Whether the edge was served by the origin.

    Args:
        probed: a connection to the edge, with a query that was never used before.
        signs: by what the edge's answers are known.
        before: the same, before the change at hand; None where there is none.
    """
    if signs is None:
        return unknown("by what this edge's answers are known is not known, so none of them proves anything")
    if probed.outcome not in ANSWERED:
        return _not_reached(probed)
    evidence = probed.evidence
    if _value(evidence.header(signs.served_by[0])) != signs.served_by[1] or evidence.header(signs.ray) is None:
        return unknown(f"{in_words(probed)}, without the edge's mark: the answer did not come through the edge")
    own_error = dict(signs.own_errors).get(evidence.status or 0)
    if own_error is not None:
        return broken(f"the edge says that the origin does not serve it (HTTP {evidence.status}: {own_error})")
    blind = _not_the_origin(probed, signs)
    if blind:
        return unknown(blind)
    if before is not None and before.outcome in ANSWERED and before.evidence.status != evidence.status:
        return unknown(f"the origin answered HTTP {evidence.status}, and HTTP {before.evidence.status} before")
    return kept(f"{in_words(probed)}, {signs.cache} {evidence.header(signs.cache)}")


def _not_the_origin(probed: Probed, signs: EdgeSigns) -> str:
    """Why an answer of the edge is not one of the origin; empty if it is."""
    evidence = probed.evidence
    if evidence.header(signs.challenge) is not None:
        return f"the edge challenged this machine (HTTP {evidence.status})"
    location = evidence.header("location") or ""
    if probed.outcome is Outcome.REDIRECT and _host(location).endswith(signs.sign_in):
        return "the edge asks to sign in first"
    cache = evidence.header(signs.cache)
    if cache is None:
        return f"HTTP {evidence.status} without {signs.cache}: a worker or a rule of the edge may have answered"
    if _value(cache) not in signs.from_origin:
        return f"HTTP {evidence.status} with {signs.cache} {cache}: the edge's cache answered"
    return ""


def _not_reached(probed: Probed) -> Finding:
    """No HTTP came. Only what the edge itself said counts as broken: all else may be the vantage's own way."""
    said = f"the edge was not reached: {in_words(probed)}"
    return broken(said) if probed.outcome is Outcome.ALERT else unknown(said)


_LOST = frozenset({Outcome.TIMED_OUT, Outcome.REFUSED, Outcome.RESET_BEFORE, Outcome.RESET_IN, Outcome.RESET_AFTER})
_NO_ANSWER = frozenset({Outcome.CLOSED, Outcome.SILENT, Outcome.NOT_TLS, Outcome.NOT_HTTP, Outcome.ALERT})


def newly_refused(now: Probed, signs: EdgeSigns | None, before: Probed | None) -> str:
    """Why a visitor is refused who was served before the change at hand; empty if that is not so.

    What has no route, or no name, tells of the vantage alone, and an answer that cannot be told tells nothing.
    """
    if before is None or served(before, signs).verdict is not Verdict.KEPT:
        return ""
    if now.outcome in _LOST | _NO_ANSWER:
        return f"the edge answered before, and now: {in_words(now)}"
    finding = served(now, signs)
    return finding.said if finding.verdict is Verdict.BROKEN else ""


def _value(header: str | None) -> str:
    return (header or "").strip().lower()


def _host(location: str) -> str:
    return location.partition("://")[2].partition("/")[0].partition(":")[0].lower()
