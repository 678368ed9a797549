"""Every promise of a policy, and what they come to together."""

from __future__ import annotations

import datetime

import pytest
from tests.verify.probes import FRONT, FRONT_IPV6, HOST, ORIGIN, SIGNS, probed, through

from originlock.facts.networks import AddressSet, parse
from originlock.facts.probing import Outcome, Probed, Verdict
from originlock.intent.policy import Exemption, GroupsById, Policy
from originlock.verify.checking import Attempt, judged
from originlock.verify.gating import through_the_edge, why_not_narrow, why_undo
from originlock.verify.promises import Promise, ReadBack, VerifyReport, promises
from originlock.verify.vantage import LetIn, SeenAs, Vantage
from originlock.verify.ways import Straight, Way, controls, straight, traces

ME = "192.0.2.66"
OFFICE = Exemption(parse("203.0.113.7/32"), "ops", "office", datetime.date(2027, 1, 1))
POLICY = Policy("blog", GroupsById(("sg-1",)), hostnames=(HOST,))
LET_IN = LetIn(AddressSet.of([parse("104.16.0.0/13")]), ((OFFICE.source, OFFICE.owner),))
FINE = ReadBack(22)
HERE = Vantage(SeenAs(ME, (ME, ME)))
CONTROL = (through(),)


def attempts(found: Probed, vantage: Vantage = HERE) -> tuple[Attempt, ...]:
    """One way round."""
    return judged(((Straight(Way.RIGHT_NAME, found.ask), found),), CONTROL, vantage, LET_IN)


def report(
    *edge: Probed, straight: Probed | None = None, read: ReadBack = FINE, policy: Policy = POLICY
) -> VerifyReport:
    """What all of it comes to."""
    seen = through_the_edge({HOST: edge}, SIGNS, {})
    round_it = () if straight is None else attempts(straight)
    return VerifyReport(promises(policy, seen, round_it, read, HERE))


SHUT = probed(Outcome.TIMED_OUT)


def test_locked_is_everything_kept() -> None:
    """Nobody would ever be locked."""
    found = report(through(), straight=SHUT)
    assert found.locked is True
    assert [found.count(verdict) for verdict in Verdict] == [4, 0, 0]


@pytest.mark.parametrize(
    "found",
    [
        report(through(522, None), straight=SHUT),
        report(through(), straight=probed(Outcome.HTTP, status=403)),
        report(through(), straight=probed(Outcome.RESET_AFTER, asked_for_certificate=True)),
        report(through(), straight=SHUT, read=ReadBack(22, holes=("sg-1 lets in 0.0.0.0/0",))),
        report(through(), straight=SHUT, read=ReadBack(22, widening=("authorize on sg-1",))),
    ],
    ids=["not served", "answered", "network lock did not hold", "hole", "range missing"],
)
def test_one_broken_promise_is_not_locked(found: VerifyReport) -> None:
    """A way in would drown among what is kept."""
    assert found.locked is False


@pytest.mark.parametrize(
    "found",
    [
        report(through(200, "HIT"), straight=SHUT),
        report(through()),
        report(straight=SHUT),
        report(through(), straight=SHUT, read=ReadBack(0)),
        report(through(), straight=SHUT, read=ReadBack(22, unknown=("sg-2: denied",))),
        report(through(), straight=probed(Outcome.NO_ROUTE)),
        report(through(), straight=SHUT, policy=Policy("blog", GroupsById(("sg-1",)))),
    ],
    ids=["cached", "no address", "no name", "no list", "unread", "no route", "no hostnames"],
)
def test_what_could_not_be_told_is_not_locked_either(found: VerifyReport) -> None:
    """Unknown would pass for fine."""
    assert found.locked is None


def test_a_family_that_this_machine_has_not_does_not_matter_beside_one_that_is_served() -> None:
    """Nobody without IPv6 could be told that they are locked."""
    assert report(through(), probed(Outcome.NO_ROUTE, FRONT_IPV6), straight=SHUT).locked is True
    assert report(through(), through(522, None, address=FRONT_IPV6), straight=SHUT).locked is False


def test_an_exception_is_asked_of_a_person_unless_this_machine_is_it() -> None:
    """An exception that does not get in would not be noticed."""
    policy = Policy("blog", GroupsById(("sg-1",)), hostnames=(HOST,), exceptions=(OFFICE,))
    there = Vantage(SeenAs("203.0.113.7", ("203.0.113.7", "203.0.113.7")))

    def of(vantage: Vantage, found: Probed) -> Promise:
        made = promises(policy, (), attempts(found, vantage), FINE, vantage)
        return next(each for each in made if each.who.startswith("exception"))

    elsewhere = of(HERE, SHUT)
    assert (elsewhere.verdict, elsewhere.matters) == (Verdict.UNKNOWN, False)
    assert "ask ops" in elsewhere.said
    assert of(there, probed(Outcome.HTTP, status=200)).verdict is Verdict.KEPT
    assert of(there, SHUT).verdict is Verdict.BROKEN
    assert of(there, probed(Outcome.NO_ROUTE)).verdict is Verdict.UNKNOWN
    assert of(there, probed(Outcome.ALERT, alert="certificate_required")).verdict is Verdict.UNKNOWN


def test_who_is_let_in_does_not_accuse_the_network_lock() -> None:
    """Verify would say NOT LOCKED, from the office, of a load balancer that asks the office for a certificate too."""
    policy = Policy("blog", GroupsById(("sg-1",)), hostnames=(HOST,), exceptions=(OFFICE,))
    there = Vantage(SeenAs("203.0.113.7", ("203.0.113.7", "203.0.113.7")))
    refused = probed(Outcome.ALERT, alert="certificate_required")
    made = promises(policy, (), attempts(refused, there), FINE, there)
    assert [each.verdict for each in made if each.who == "stranger"] == [Verdict.UNKNOWN]
    stranger = promises(policy, (), attempts(refused), FINE, HERE)
    assert [(each.verdict, each.lock) for each in stranger if each.who == "stranger"] == [(Verdict.BROKEN, "network")]


def test_narrowing_needs_each_hostname_served_over_one_family_and_broken_over_none() -> None:
    """One hostname would vouch for another."""
    names = ("a.example", "b.example")

    def why(**seen: tuple[Probed, ...]) -> str:
        found = {name: seen.get(name[0], ()) for name in names}
        return why_not_narrow(names, through_the_edge(found, SIGNS, {}))

    good, bad, blind = through(), through(522, None, address=FRONT_IPV6), probed(Outcome.NO_ROUTE, FRONT_IPV6)
    assert why(a=(good,), b=(good, blind)) == ""
    assert "a.example" in why(a=(good, bad), b=(good,))
    assert "b.example" in why(a=(good,), b=(blind,))
    assert "no address" in why(a=(good,))


def test_undoing_is_for_the_family_that_was_served() -> None:
    """IPv4 that was served would be blamed on IPv6 that never was."""
    before = {HOST: (through(), through(522, None, address=FRONT_IPV6))}
    assert why_undo({HOST: (through(), through(522, None, address=FRONT_IPV6))}, SIGNS, before) == ""
    assert "IPv4" in why_undo({HOST: (through(522, None),)}, SIGNS, before)


def test_every_way_round_is_tried() -> None:
    """A certificate for any name, or none at all, would be a way in that nobody tries."""
    made = straight([ORIGIN, "2001:db8::1"], (443, 80), HOST)
    assert {(each.way, each.ask.port, each.ask.ipv6) for each in made} == {
        *((way, 443, ipv6) for way in Way if way is not Way.PLAIN for ipv6 in (False, True)),
        *((Way.PLAIN, 80, ipv6) for ipv6 in (False, True)),
    }


def test_the_number_of_connections_is_bounded() -> None:
    """A name with a thousand addresses would make a flood of us."""
    many = [f"198.51.100.{number}" for number in range(200)]
    assert len(straight(many, (443,), HOST)) == 20
    assert len(controls(HOST, [FRONT] * 50, (443, 80))) == 2
    assert len(traces(HOST, [FRONT, FRONT_IPV6] * 50, SIGNS)) == 4


def test_a_missing_exception_is_the_exceptions_matter_alone() -> None:
    """The edge's row would say that ranges are missing, and the exception's that its rule is there."""
    policy = Policy("blog", GroupsById(("sg-1",)), hostnames=(HOST,), exceptions=(OFFICE,))
    found = report(through(), straight=SHUT, read=ReadBack(22, absent=(OFFICE.source,)), policy=policy)
    verdicts = {each.who: each.verdict for each in found.promises if each.expected in ("admitted", "gets in")}
    assert verdicts == {"edge": Verdict.KEPT, "exception ops": Verdict.BROKEN}
    assert found.locked is False
