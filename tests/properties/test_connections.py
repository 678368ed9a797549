"""What connections do to a run: they gate it before it narrows, undo it only where somebody is newly refused."""

from __future__ import annotations

import threading

import msgspec
import pytest
from hypothesis import given, strategies as st
from tests.properties.connected import EDGE, EGRESS, HOST, ORIGIN, STRANGER, ConnectedSite
from tests.properties.fake_cloud import Killed
from tests.properties.fake_network import Answer, FakeWhereabouts, from_edge, from_origin, seen_from

from originlock.app.prove import Site, Witness, side_by_side
from originlock.edges import EDGES
from originlock.errors import ExitCode
from originlock.facts.probing import Ask, Evidence, Outcome, Verdict
from originlock.intent.policy import Overrides
from originlock.plan.connections import Connections
from originlock.plan.journal import Connected
from originlock.plan.result import Outcome as RunOutcome


def test_a_run_is_proved_before_and_after() -> None:
    """A run would not connect, or not believe what it sees."""
    site = ConnectedSite()
    result = site.run()
    assert (result.outcome, result.exit_code) == (RunOutcome.DONE, ExitCode.DONE)
    assert result.locked is True
    assert site.lets_in(EGRESS)
    assert not site.lets_in(STRANGER)
    told = {(each.when, each.who, each.verdict) for each in result.connections}
    assert told == {
        ("before-narrow", "edge", Verdict.KEPT),
        ("after-narrow", "edge", Verdict.KEPT),
        ("after-narrow", "stranger", Verdict.KEPT),
    }
    assert sum(isinstance(event, Connected) for event in site.state.written) == len(result.connections)


def test_every_query_through_the_edge_is_new() -> None:
    """A cached answer would be taken for the origin's."""
    site = ConnectedSite()
    site.run()
    paths = [ask.path for ask in site.asked if "originlock=" in ask.path]
    assert len(paths) == len(set(paths)) >= 4


def _after_the_narrowing(site: ConnectedSite, answer: Answer) -> None:
    """From the narrowing on, the edge answers so, whatever the rules say."""

    def meddle(_ask: Ask, kind: str) -> Answer | None:
        return answer if kind == "edge" and site.narrowed else None

    site._meddle = meddle  # noqa: SLF001  it has to know the site


@pytest.mark.parametrize(
    "answer",
    [
        from_edge(522),
        from_edge(526),
        from_edge(530),
        (Outcome.TIMED_OUT, Evidence()),
        (Outcome.REFUSED, Evidence()),
        (Outcome.RESET_IN, Evidence()),
        (Outcome.ALERT, Evidence(alert="internal_error")),
    ],
    ids=["522", "526", "530", "timeout", "refused", "reset", "alert"],
)
def test_who_is_newly_refused_is_let_in_again(answer: Answer) -> None:
    """Users would be locked out, and stay so."""
    site = ConnectedSite()
    _after_the_narrowing(site, answer)
    result = site.run()
    assert (result.outcome, result.exit_code) == (RunOutcome.UNDONE, ExitCode.STOPPED)
    assert site.lets_in(STRANGER)
    assert site.lets_in(EGRESS)
    assert HOST in result.lanes[0].message


@pytest.mark.parametrize(
    "answer",
    [
        (Outcome.NO_ROUTE, Evidence()),
        (Outcome.UNRESOLVED, Evidence()),
        from_origin(503),
        (Outcome.HTTP, Evidence(status=200)),
        (Outcome.HTTP, Evidence(status=403, headers=(*from_edge(403)[1].headers, ("cf-mitigated", "challenge")))),
        (Outcome.HTTP, Evidence(status=200, headers=(*from_edge(200)[1].headers, ("cf-cache-status", "HIT")))),
        from_edge(200),
    ],
    ids=["no route", "no name", "another status", "no mark of the edge", "challenge", "cache", "worker"],
)
def test_what_cannot_be_told_undoes_nothing(answer: Answer) -> None:
    """A vantage that lost its way would open the door again."""
    site = ConnectedSite()
    _after_the_narrowing(site, answer)
    result = site.run()
    assert result.outcome is RunOutcome.DONE
    assert not site.lets_in(STRANGER)
    assert result.locked is None


@pytest.mark.parametrize(
    "answer",
    [from_edge(522), (Outcome.NO_ROUTE, Evidence()), from_edge(200), (Outcome.TIMED_OUT, Evidence())],
    ids=["broken", "no route", "worker", "edge not reached"],
)
def test_nothing_is_narrowed_before_the_edge_is_seen_to_be_served(answer: Answer) -> None:
    """The last way in of a site that the edge cannot reach would be closed."""
    site = ConnectedSite(lambda _ask, kind: answer if kind == "edge" else None)
    result = site.run()
    assert (result.outcome, result.exit_code) == (RunOutcome.STOPPED, ExitCode.STOPPED)
    assert not site.narrowed
    assert "--no-prove" in result.lanes[0].remedy


def test_a_person_who_knows_better_narrows_without_connections() -> None:
    """--no-prove would still wait for a proof."""
    site = ConnectedSite(lambda _ask, kind: from_edge(522) if kind == "edge" else None)
    result = site.run(Overrides(no_prove=True))
    assert result.outcome is RunOutcome.DONE
    assert site.asked == []


def test_a_stranger_who_still_gets_in_keeps_the_narrowing_and_is_told() -> None:
    """The door would be opened wider because it is not shut enough, or be called locked."""
    site = ConnectedSite(
        lambda _ask, kind: (Outcome.HTTP, Evidence(status=403)) if kind == "straight" else None,
    )
    result = site.run()
    assert (result.outcome, result.exit_code, result.locked) == (RunOutcome.DONE, ExitCode.PENDING, False)
    assert not site.lets_in(STRANGER)


def test_a_stranger_who_connects_and_fails_at_tls_has_passed_the_network_lock() -> None:
    """Apply would say LOCKED, and verify NOT LOCKED, of the same load balancer."""
    refused = (Outcome.ALERT, Evidence(alert="certificate_required"))
    site = ConnectedSite(lambda _ask, kind: refused if kind == "straight" else None)
    result = site.run()
    assert (result.outcome, result.exit_code, result.locked) == (RunOutcome.DONE, ExitCode.PENDING, False)


def test_a_broken_family_stops_although_the_other_is_served() -> None:
    """Visitors over IPv6 would be forgotten."""

    def meddle(ask: Ask, kind: str) -> Answer | None:
        return from_edge(522) if kind == "edge" and ask.ipv6 else None

    site = ConnectedSite(meddle)
    site.probing.resolver._addresses = ("104.16.0.1", "2606:4700::1")  # type: ignore[attr-defined]  # noqa: SLF001
    assert site.run().outcome is RunOutcome.STOPPED


def test_an_unknown_family_beside_a_served_one_does_not_stop() -> None:
    """Nobody without IPv6 could lock anything."""

    def meddle(ask: Ask, _kind: str) -> Answer | None:
        return (Outcome.NO_ROUTE, Evidence()) if ask.ipv6 else None

    site = ConnectedSite(meddle, FakeWhereabouts(ipv6=None))
    site.probing.resolver._addresses = ("104.16.0.1", "2606:4700::1")  # type: ignore[attr-defined]  # noqa: SLF001
    result = site.run()
    assert result.outcome is RunOutcome.DONE
    assert result.locked is None


def test_an_undo_does_not_wait_for_strangers() -> None:
    """Whoever is kept out is told so by silence, for seconds, in which visitors would be refused."""
    site = ConnectedSite()
    late: list[str] = []

    def meddle(_ask: Ask, kind: str) -> Answer | None:
        late.extend([kind] if site.narrowed else [])
        return from_edge(522) if kind == "edge" and site.narrowed else None

    site._meddle = meddle  # noqa: SLF001  it has to know the site
    assert site.run().outcome is RunOutcome.UNDONE
    assert set(late) == {"edge"}


def test_old_connections_are_waited_for_where_a_person_says_so() -> None:
    """A refusal that shows only when the edge's old connections have ended would not be seen."""
    site = ConnectedSite()
    site.limits = type(site.limits)(0, 2.0, 2.0, 600.0)
    late = site.clock.slept + 300

    def meddle(_ask: Ask, kind: str) -> Answer | None:
        return from_edge(522) if kind == "edge" and site.narrowed and site.clock.slept > late else None

    site._meddle = meddle  # noqa: SLF001  it has to know the site
    assert site.run().outcome is RunOutcome.UNDONE
    assert site.lets_in(STRANGER)


_answers = st.sampled_from(
    [
        None,
        None,
        from_origin(),
        from_origin(500),
        from_edge(522),
        from_edge(200),
        (Outcome.TIMED_OUT, Evidence()),
        (Outcome.NO_ROUTE, Evidence()),
        (Outcome.HTTP, Evidence(status=200)),
        seen_from("104.16.0.9"),
    ]
)


@given(st.lists(_answers, max_size=24))
def test_whatever_connections_say_the_edge_is_let_in_and_nothing_is_opened(said: list[Answer | None]) -> None:
    """I1 and I2 would hang on what strangers answer."""
    answers = iter(said)
    site = ConnectedSite(lambda _ask, _kind: next(answers, None))
    result = site.run()
    assert all(site.lets_in(EGRESS, state) for state in site.cloud.states)
    if result.outcome is RunOutcome.UNDONE:
        assert site.lets_in(STRANGER)
    if result.locked:
        assert not site.lets_in(STRANGER)
    assert not site.narrowed or any(each.when == "before-narrow" for each in result.connections)
    assert ORIGIN in {ask.address for ask in site.asked}


def test_many_origins_are_connected_to_side_by_side() -> None:
    """A fleet would wait for each origin's strangers one after the other."""
    arrived = threading.Barrier(3, timeout=10)
    look = Witness.before_narrowing

    def waiting(witness: Witness) -> Connections:
        arrived.wait()
        return look(witness)

    witnesses = tuple(witness(f"blog{number}") for number in range(3))
    assert [found.origin for found in side_by_side(waiting, witnesses)] == ["blog0", "blog1", "blog2"]


def witness(origin: str) -> Witness:
    """One that connects to an origin that is served."""
    site = ConnectedSite()
    policy = msgspec.structs.replace(site.policy, origin=origin)
    place = Site(policy, EDGE.addresses, EDGES["cloudflare"].description.signs, (ORIGIN,), (443,))
    return Witness(place, site.limits, site.probing, site.clock, site.state)


def test_after_an_undo_it_is_said_whether_the_edge_is_served_again() -> None:
    """Whoever reads "undone" would take a site for served that something else keeps down."""
    site = ConnectedSite()
    _after_the_narrowing(site, from_edge(526))
    told = [each for each in site.run().connections if each.when == "after-undo"]
    assert [(each.who, each.verdict) for each in told] == [("edge", Verdict.BROKEN)]
    assert "certificate" in told[0].evidence


def _killed_after_the_narrowing(site: ConnectedSite) -> None:
    """The process dies as soon as it asks whether the edge is still served."""

    def meddle(_ask: Ask, kind: str) -> Answer | None:
        if kind == "edge" and site.narrowed:
            raise Killed
        return None

    site._meddle = meddle  # noqa: SLF001  it has to know the site
    with pytest.raises(Killed):
        site.run()


def test_what_a_dead_run_narrowed_and_did_not_prove_is_proved_by_the_next() -> None:
    """A site that the last run had cut off would be told "nothing to do", and stay so."""
    site = ConnectedSite()
    _killed_after_the_narrowing(site)
    site._meddle = lambda _ask, kind: from_edge(522) if kind == "edge" else None  # noqa: SLF001
    result = site.run()
    assert (result.outcome, result.exit_code) == (RunOutcome.STOPPED, ExitCode.STOPPED)
    assert "originlock rollback run-1" in result.broke_off
    again = site.run()
    assert (again.exit_code, "run-1" in again.broke_off) == (ExitCode.STOPPED, True), "told once, and then never again"
    site._meddle = lambda _ask, _kind: None  # noqa: SLF001
    assert site.run().exit_code is ExitCode.DONE


def test_once_it_is_proved_late_it_is_not_proved_again() -> None:
    """Every run of a schedule would connect for ever after one interruption."""
    site = ConnectedSite()
    _killed_after_the_narrowing(site)
    site._meddle = lambda _ask, _kind: None  # noqa: SLF001
    result = site.run()
    assert (result.outcome, result.exit_code) == (RunOutcome.NOTHING_TO_DO, ExitCode.DONE)
    assert {each.verdict for each in result.connections} == {Verdict.KEPT}
    asked = len(site.asked)
    assert site.run().outcome is RunOutcome.NOTHING_TO_DO
    assert len(site.asked) == asked


def test_a_policy_for_udp_is_not_proved_over_tcp() -> None:
    """That nothing answers on TCP would be taken for a lock on UDP."""
    site = ConnectedSite()
    network = msgspec.structs.replace(site.policy.network, protocol="udp")
    site.policy = msgspec.structs.replace(site.policy, network=network)
    result = site.run()
    assert not any(each.who == "stranger" for each in result.connections)
    assert result.locked is None
