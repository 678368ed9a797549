"""What a connection through the edge proves of the origin behind."""

from __future__ import annotations

import pytest
from tests.verify.probes import FRONT, MARK, SIGNS, probed, through

from originlock.facts.probing import Outcome, Probed, Verdict
from originlock.verify.through import newly_refused, served


@pytest.mark.parametrize("cache", ["DYNAMIC", "MISS", "BYPASS", "dynamic"])
@pytest.mark.parametrize("status", [200, 301, 404, 500])
def test_an_answer_that_the_edge_passed_on_proves_the_origin(cache: str, status: int) -> None:
    """A site that answers 404 at its root could not be locked."""
    assert served(through(status, cache), SIGNS).verdict is Verdict.KEPT


@pytest.mark.parametrize("status", [520, 521, 522, 523, 524, 525, 526, 530])
def test_the_edges_own_errors_are_broken(status: int) -> None:
    """A site that the edge cannot reach would be called served."""
    assert served(through(status, None), SIGNS).verdict is Verdict.BROKEN


NOT_THE_ORIGIN: dict[str, Probed] = {
    "cached": through(200, "HIT"),
    "stale": through(200, "STALE"),
    "expired": through(200, "EXPIRED"),
    "a worker": through(200, None),
    "a challenge": through(403, "DYNAMIC", ("cf-mitigated", "challenge")),
    "a sign-in": through(302, "DYNAMIC", ("location", "https://team.cloudflareaccess.com/cdn-cgi/access/login/x")),
    "no mark of the edge": probed(Outcome.HTTP, FRONT, status=200, headers=(("cf-cache-status", "DYNAMIC"),)),
    "no ray": probed(Outcome.HTTP, FRONT, status=200, headers=(MARK[0], ("cf-cache-status", "DYNAMIC"))),
    "timeout": probed(Outcome.TIMED_OUT, FRONT),
    "refused": probed(Outcome.REFUSED, FRONT),
    "no route": probed(Outcome.NO_ROUTE, FRONT),
    "silent": probed(Outcome.SILENT, FRONT),
    "not TLS": probed(Outcome.NOT_TLS, FRONT),
}


@pytest.mark.parametrize("found", NOT_THE_ORIGIN.values(), ids=NOT_THE_ORIGIN.keys())
def test_what_the_origin_did_not_answer_proves_nothing(found: Probed) -> None:
    """A cached page would pass for a served origin."""
    assert served(found, SIGNS).verdict is Verdict.UNKNOWN


def test_an_edge_without_known_signs_proves_nothing() -> None:
    """A new edge would be believed by Cloudflare's signs."""
    assert served(through(), None).verdict is Verdict.UNKNOWN


def test_another_status_than_before_is_unknown() -> None:
    """A site whose targets are lost would pass for served."""
    assert served(through(503), SIGNS, before=through(200)).verdict is Verdict.UNKNOWN
    assert served(through(503), SIGNS, before=through(503)).verdict is Verdict.KEPT


@pytest.mark.parametrize("now", [through(522, None), probed(Outcome.TIMED_OUT, FRONT), probed(Outcome.RESET_IN, FRONT)])
def test_newly_refused_needs_that_it_was_served(now: Probed) -> None:
    """What was broken before would be undone for ever."""
    assert newly_refused(now, SIGNS, through())
    assert not newly_refused(now, SIGNS, through(522, None))
    assert not newly_refused(now, SIGNS, None)
    assert not newly_refused(now, SIGNS, through(200, "HIT"))


@pytest.mark.parametrize(
    "now", [through(200, "HIT"), through(503), probed(Outcome.NO_ROUTE, FRONT), through(200, None)]
)
def test_what_is_only_unknown_is_not_newly_refused(now: Probed) -> None:
    """Unknown would undo."""
    assert not newly_refused(now, SIGNS, through())
