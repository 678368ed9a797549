"""What `check` makes of names and of connections: leaks, controls, the bottom line."""

from __future__ import annotations

import pytest
from tests.verify.probes import FRONT, FRONT_IPV6, ORIGIN, ORIGIN_IPV6, probed, through

from originlock.facts.networks import AddressSet, parse
from originlock.facts.probing import Outcome, Probed, Verdict
from originlock.facts.snapshot import Resolution
from originlock.facts.unknown import Unknown
from originlock.verify.checking import NameSeen, judged, leaking, name_seen, verdict_of
from originlock.verify.finding import Finding, broken, kept, unknown
from originlock.verify.vantage import LetIn, SeenAs, Vantage
from originlock.verify.ways import Straight, Way

EDGE = AddressSet.of([parse("104.16.0.0/13"), parse("2606:4700::/32")])
ME, ME_IPV6 = "192.0.2.66", "2001:db8:bad::9"
HERE = Vantage(SeenAs(ME, (ME, ME)), SeenAs(ME_IPV6, (ME_IPV6, ME_IPV6)))
SHUT = probed(Outcome.TIMED_OUT)

CONTROLS: dict[str, tuple[tuple[Probed, ...], Verdict]] = {
    "none": ((), Verdict.UNKNOWN),
    "the same family and port": ((through(),), Verdict.KEPT),
    "connected, though nothing was answered": ((probed(Outcome.SILENT, FRONT),), Verdict.KEPT),
    "another port": ((probed(Outcome.HTTP, FRONT, 80),), Verdict.UNKNOWN),
    "another family": ((through(address=FRONT_IPV6),), Verdict.UNKNOWN),
    "not reached either": ((probed(Outcome.TIMED_OUT, FRONT),), Verdict.UNKNOWN),
}


@pytest.mark.parametrize("controls, verdict", CONTROLS.values(), ids=CONTROLS.keys())
def test_silence_needs_a_control_over_the_same_family_and_port(controls: tuple[Probed, ...], verdict: Verdict) -> None:
    """A firewall that only lets port 80 out would be taken for the lock on port 443."""
    (attempt,) = judged(((Straight(Way.RIGHT_NAME, SHUT.ask), SHUT),), controls, HERE, LetIn(EDGE))
    assert attempt.finding.verdict is verdict


EARLIER: dict[str, tuple[Probed, Verdict]] = {
    "the same address and port": (probed(Outcome.HTTP, status=200), Verdict.KEPT),
    "another address": (probed(Outcome.HTTP, "198.51.100.11", status=200), Verdict.UNKNOWN),
    "another port": (probed(Outcome.HTTP, port=80, status=200), Verdict.UNKNOWN),
    "not reached then": (probed(Outcome.TIMED_OUT), Verdict.UNKNOWN),
}


@pytest.mark.parametrize("earlier, verdict", EARLIER.values(), ids=EARLIER.keys())
def test_what_was_reached_earlier_is_a_control(earlier: Probed, verdict: Verdict) -> None:
    """A lock that was just closed before this machine's eyes would be unknown, or another's silence would count."""
    (attempt,) = judged(((Straight(Way.RIGHT_NAME, SHUT.ask), SHUT),), (), HERE, LetIn(EDGE), (earlier,))
    assert attempt.finding.verdict is verdict


@pytest.mark.parametrize("way", [Way.WRONG_NAME, Way.NO_NAME])
def test_a_refused_name_is_judged_by_the_name_that_was_sent(way: Way) -> None:
    """A server that knows only its own name would be unknown in every way but one."""
    found = probed(Outcome.ALERT, alert="unrecognized_name")
    (wrong,) = judged(((Straight(way, found.ask), found),), (through(),), HERE, LetIn(EDGE))
    (right,) = judged(((Straight(Way.RIGHT_NAME, found.ask), found),), (through(),), HERE, LetIn(EDGE))
    assert (wrong.finding.verdict, right.finding.verdict) == (Verdict.KEPT, Verdict.UNKNOWN)


LEAKS: dict[str, tuple[Resolution | Unknown, NameSeen | None, bool | None]] = {
    "behind the edge": (Resolution("m", (FRONT,)), None, False),
    "elsewhere, and nobody said where the origin is": (Resolution("m", ("192.0.2.1",)), None, None),
    "at the origin": (Resolution("m", (FRONT, ORIGIN)), NameSeen("o", (ORIGIN,), (ORIGIN,)), True),
    "elsewhere": (Resolution("m", ("192.0.2.1",)), NameSeen("o", (ORIGIN,), (ORIGIN,)), False),
    "not resolved": (Unknown("m", "no answer"), NameSeen("o", (ORIGIN,), (ORIGIN,)), None),
    "without addresses": (Resolution("m", ()), NameSeen("o", (ORIGIN,), (ORIGIN,)), None),
    "the origin is not resolved": (Resolution("m", (ORIGIN,)), NameSeen("o", (), (), "no answer"), None),
    "over IPv6": (Resolution("m", (ORIGIN_IPV6,)), NameSeen("o", (ORIGIN_IPV6,), (ORIGIN_IPV6,)), True),
}


@pytest.mark.parametrize("found, origin, leaks", LEAKS.values(), ids=LEAKS.keys())
def test_a_name_leaks(found: Resolution | Unknown, origin: NameSeen | None, leaks: bool | None) -> None:  # noqa: FBT001
    """A record that is not proxied would not be noticed, or one that was not resolved be called fine."""
    assert leaking(name_seen("m", found, EDGE), origin).leaks is leaks


@pytest.mark.parametrize(
    "findings, locked",
    [([], None), ([kept("")], True), ([kept(""), unknown("")], None), ([kept(""), unknown(""), broken("")], False)],
    ids=["nothing tried", "all kept", "one unknown", "one open"],
)
def test_the_bottom_line(findings: list[Finding], locked: bool | None) -> None:  # noqa: FBT001
    """Unknown would pass for locked, or hide a door that is open."""
    assert verdict_of(findings) is locked
