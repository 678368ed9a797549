"""What a connection straight to the origin proves of strangers."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from tests.verify.probes import probed

from originlock.facts.probing import CONNECTED, Outcome, Verdict
from originlock.verify.straight import Standing, in_words, stranger

REACHES = Standing(could_reach=True)


@pytest.mark.parametrize("status", [200, 204, 301, 403, 404, 421, 503])
def test_any_answer_to_a_stranger_is_open(status: int) -> None:
    """A 403 of the application would be taken for a lock."""
    assert stranger(probed(Outcome.HTTP, status=status), REACHES).verdict is Verdict.BROKEN


@pytest.mark.parametrize("outcome", [Outcome.NOT_HTTP, Outcome.NOT_TLS, Outcome.REDIRECT])
def test_any_other_answer_is_open_too(outcome: Outcome) -> None:
    """A service that is not HTTP would be passed over."""
    assert stranger(probed(outcome), REACHES).verdict is Verdict.BROKEN


@pytest.mark.parametrize("outcome", [Outcome.TIMED_OUT, Outcome.REFUSED])
def test_silence_proves_only_of_who_could_have_got_there(outcome: Outcome) -> None:
    """A firewall near this machine would be taken for the lock."""
    assert stranger(probed(outcome), REACHES).verdict is Verdict.KEPT
    assert stranger(probed(outcome), Standing()).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("outcome", [Outcome.TIMED_OUT, Outcome.REFUSED])
def test_a_private_address_that_does_not_answer_shows_no_lock(outcome: Outcome) -> None:
    """A load balancer's inner address, or 127.0.0.1, would be called locked from a laptop."""
    assert stranger(probed(outcome), Standing(could_reach=True, private=True)).verdict is Verdict.UNKNOWN
    assert stranger(probed(Outcome.HTTP, status=200), Standing(private=True)).verdict is Verdict.BROKEN


def test_the_lock_that_stopped_it_is_named() -> None:
    """A person would not know which lock holds."""
    assert stranger(probed(Outcome.TIMED_OUT), REACHES).lock == "network"
    assert stranger(probed(Outcome.RESET_AFTER, asked_for_certificate=True), REACHES).lock == "identity"
    assert stranger(probed(Outcome.ALERT, alert="certificate_required"), REACHES).lock == "identity"


@pytest.mark.parametrize("asked", [None, False])
@pytest.mark.parametrize("outcome", [Outcome.RESET_IN, Outcome.RESET_AFTER, Outcome.ALERT])
def test_a_server_that_asked_for_no_certificate_has_no_identity_lock(outcome: Outcome, *, asked: bool | None) -> None:
    """A server that knows another name, or has lost its application, would be called locked."""
    found = probed(outcome, asked_for_certificate=asked, alert="handshake_failure")
    assert stranger(found, REACHES).verdict is Verdict.UNKNOWN


def test_a_handshake_that_fails_over_a_certificate_is_the_identity_lock() -> None:
    """TLS 1.2 has no other word for it."""
    found = probed(Outcome.ALERT, asked_for_certificate=True, alert="handshake_failure")
    assert (stranger(found, REACHES).verdict, stranger(found, REACHES).lock) == (Verdict.KEPT, "identity")


@pytest.mark.parametrize("alert", ["certificate_required", "bad_certificate", "unknown_ca"])
def test_an_alert_about_the_certificate_is_the_identity_lock(alert: str) -> None:
    """Mutual TLS that answers with alerts would be unknown."""
    assert stranger(probed(Outcome.ALERT, alert=alert), Standing()).verdict is Verdict.KEPT


@pytest.mark.parametrize("alert", ["protocol_version", "internal_error", "no_application_protocol", None])
def test_any_other_alert_says_nothing_of_who_may_speak(alert: str | None) -> None:
    """A server that only wants another version of TLS would be called locked."""
    assert stranger(probed(Outcome.ALERT, alert=alert), REACHES).verdict is Verdict.UNKNOWN


def test_a_refused_name_keeps_out_only_who_does_not_know_it() -> None:
    """The right name being refused would be called locked."""
    found = probed(Outcome.ALERT, alert="unrecognized_name")
    assert stranger(found, Standing(right_name=False)).verdict is Verdict.KEPT
    assert stranger(found, Standing(right_name=True)).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("outcome", [Outcome.TIMED_OUT, Outcome.REFUSED])
def test_silence_towards_who_is_no_stranger_proves_nothing(outcome: Outcome) -> None:
    """A machine that the edge does not see would speak for all strangers."""
    standing = Standing(no_stranger="the edge was not reached", could_reach=True)
    assert stranger(probed(outcome), standing).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("outcome", [Outcome.HTTP, Outcome.REDIRECT, Outcome.NOT_HTTP, Outcome.NOT_TLS])
def test_an_answer_to_who_may_be_let_in_proves_nothing(outcome: Outcome) -> None:
    """An exception's own answer would raise an alarm, or be taken for a lock."""
    assert stranger(probed(outcome, status=200), Standing(let_in="an exception")).verdict is Verdict.UNKNOWN


def test_the_reason_that_nothing_was_asked_of_the_origin_is_told() -> None:
    """A person would look for a proxy that is not there."""
    assert "edge's own" in stranger(probed(Outcome.HTTP), Standing(edge=True, proxied="a proxy")).said
    assert "a proxy" in stranger(probed(Outcome.HTTP), Standing(proxied="a proxy")).said


def test_words_tell_who_refused_and_where_a_redirect_leads() -> None:
    """A person would not know what to look at."""
    assert in_words(probed(Outcome.REFUSED, detail="ICMP")) == "refused (ICMP)"
    assert in_words(probed(Outcome.TIMED_OUT, detail="no SYN")) == "no answer (timed out)"
    moved = probed(Outcome.REDIRECT, status=301, headers=(("location", "https://x.example/"),))
    assert in_words(moved) == "HTTP 301 to https://x.example/"
    assert in_words(probed(Outcome.REDIRECT, status=301)).endswith("to nowhere")
    assert in_words(probed(Outcome.ALERT, alert="unknown_ca")) == "TLS alert unknown_ca"


@pytest.mark.parametrize("outcome", [Outcome.CLOSED, Outcome.SILENT, Outcome.NO_ROUTE, Outcome.UNRESOLVED])
def test_what_says_nothing_is_unknown(outcome: Outcome) -> None:
    """A tarpit, or a machine without IPv6, would be called locked."""
    assert stranger(probed(outcome), REACHES).verdict is Verdict.UNKNOWN


@given(
    st.sampled_from(sorted(Outcome, key=lambda outcome: outcome.value)),
    st.builds(
        Standing,
        no_stranger=st.sampled_from(["", "an exception"]),
        let_in=st.sampled_from(["", "an exception"]),
        proxied=st.sampled_from(["", "a proxy"]),
        could_reach=st.booleans(),
        edge=st.booleans(),
        private=st.booleans(),
        right_name=st.booleans(),
    ),
    st.sampled_from([None, "certificate_required", "unrecognized_name", "protocol_version"]),
)
def test_no_verdict_is_surer_than_what_it_rests_on(outcome: Outcome, standing: Standing, alert: str | None) -> None:
    """Somebody would bet a site on a verdict that the vantage could not give."""
    finding = stranger(probed(outcome, status=200, alert=alert), standing)
    if standing.edge or standing.proxied:
        assert finding.verdict is Verdict.UNKNOWN
    if finding.verdict is Verdict.BROKEN:
        assert outcome in CONNECTED
        assert not standing.let_in
    if finding.verdict is Verdict.KEPT and outcome not in CONNECTED:
        assert standing.could_reach
        assert not standing.private
        assert not standing.no_stranger
    assert finding.said


@pytest.mark.parametrize("outcome", list(Outcome), ids=lambda outcome: outcome.value)
def test_every_outcome_has_words(outcome: Outcome) -> None:
    """A report would end in a traceback."""
    assert in_words(probed(outcome))
