"""What a run must not claim, nor let pass, where names, exceptions or moments of a run leave something open."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import msgspec
import pytest
from tests.properties.connected import HOST, ORIGIN, STRANGER, ConnectedSite
from tests.properties.fake_network import Answer, FakeProber, FakeWhereabouts, from_edge, probing, seen_from

from originlock.app.check import Wish, check
from originlock.edges import EDGES
from originlock.facts.edge import AcceptedList
from originlock.facts.networks import parse
from originlock.facts.probing import Ask, Evidence, Outcome, Verdict
from originlock.facts.snapshot import Resolution
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Exemption, ProofPolicy
from originlock.plan.result import Outcome as RunOutcome
from originlock.verify.checking import CheckReport

CHALLENGE = (Outcome.HTTP, Evidence(status=403, headers=(*from_edge(403)[1].headers, ("cf-mitigated", "challenge"))))


class Names:
    """A resolver with an answer for some names."""

    def __init__(self, **addresses: tuple[str, ...]) -> None:
        self.addresses = {name.replace("_", "."): found for name, found in addresses.items()}
        self.on_asking: Callable[[], object] = tuple

    def resolve(self, hostnames: tuple[str, ...]) -> dict[str, Resolution | Unknown]:
        """No answer for the others."""
        self.on_asking()
        return {
            name: Resolution(name, self.addresses[name]) if name in self.addresses else Unknown(name, "no answer")
            for name in hostnames
        }


def test_a_name_of_the_origin_without_an_address_is_not_passed_over() -> None:
    """A run would say LOCKED of an address that nobody tried."""
    site = ConnectedSite()
    site.policy = msgspec.structs.replace(site.policy, proof=ProofPolicy(addresses=(ORIGIN, "lost.example.org")))
    site.probing = probing(site._answer, Names(www_example_org=("104.16.0.1",)))  # noqa: SLF001  as the site's own
    result = site.run()
    assert result.outcome is RunOutcome.DONE
    assert result.locked is None
    untried = [each for each in result.connections if "lost.example.org" in each.what]
    assert [(each.who, each.verdict) for each in untried] == [("stranger", Verdict.UNKNOWN)]


def test_a_resolver_that_hangs_is_not_waited_for_longer_than_said() -> None:
    """A wait of two seconds would be one of minutes, for each second brings one more hanging question."""
    site = ConnectedSite()
    site.policy = msgspec.structs.replace(site.policy, proof=ProofPolicy(addresses=("lost.example.org",)))
    names = Names(www_example_org=("104.16.0.1",))
    asked: list[None] = []

    def hang() -> None:
        asked.append(None)
        site.clock.sleep(5.0)

    names.on_asking = hang
    site.probing = probing(site._answer, names)  # noqa: SLF001  as the site's own
    site.limits = msgspec.structs.replace(site.limits, dns_seconds=10.0)
    site.run()
    assert len(asked) == 2


def test_who_was_served_before_the_change_is_still_missed_after_a_challenge() -> None:
    """A site over IPv4 would stay down because the edge challenged this machine at the wrong moment."""
    site = ConnectedSite()

    def meddle(ask: Ask, kind: str) -> Answer | None:
        asked = sum(1 for each in site.asked if each.address == ask.address and "originlock=" in each.path)
        if kind != "edge" or ask.ipv6:
            return None
        # Once before the change, once before narrowing, then after it.
        return None if asked == 1 else from_edge(522) if site.narrowed else CHALLENGE

    site._meddle = meddle  # noqa: SLF001  it has to know the site
    site.probing.resolver._addresses = ("104.16.0.1", "2606:4700::1")  # type: ignore[attr-defined]  # noqa: SLF001
    result = site.run()
    assert result.outcome is RunOutcome.UNDONE
    assert site.lets_in(STRANGER)


def test_an_exception_that_has_ended_excuses_nobody() -> None:
    """An open door would be called rightful for the sake of an exception of last year."""
    site = ConnectedSite(lambda _ask, kind: (Outcome.HTTP, Evidence(status=200)) if kind == "straight" else None)
    ended = Exemption(parse(f"{STRANGER}/32"), "ops", "office", datetime.date(2025, 1, 1))
    site.policy = msgspec.structs.replace(site.policy, exceptions=(ended,))
    assert site.run().locked is False


# --- check -----------------------------------------------------------------------------------------------------


def checked(wish: Wish, names: Names, straight: Answer) -> tuple[CheckReport, list[Ask]]:
    """A check from a stranger's machine, with an edge that answers."""

    def answer(ask: Ask) -> Answer:
        if not ask.address.startswith("104.16."):
            return straight
        return seen_from(STRANGER) if ask.path == "/cdn-cgi/trace" else from_edge(200)

    ports = probing(answer, names, FakeWhereabouts())
    assert isinstance(ports.prober, FakeProber)

    class Never:
        def last_accepted(self, _edge: str) -> AcceptedList | None:
            return None

    report = check(wish, (EDGES["cloudflare"].description,), Never(), ports)
    return report, ports.prober.asked


SILENCE: Answer = (Outcome.TIMED_OUT, Evidence())
BEHIND = ("104.16.0.1",)


def test_a_check_of_a_silent_origin_is_locked() -> None:
    """Nobody would ever be locked."""
    report, _ = checked(Wish(HOST, ORIGIN), Names(www_example_org=BEHIND), SILENCE)
    assert report.locked is True


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.4", "0.0.0.0", "fe80::1", "::1", "::ffff:10.0.0.4"])  # noqa: S104
@pytest.mark.parametrize("outcome", [Outcome.TIMED_OUT, Outcome.REFUSED])
def test_a_check_of_an_inner_address_cannot_tell(inner: str, outcome: Outcome) -> None:
    """A name that resolves to an inner address here would be called locked, whatever it is outside."""
    names = Names(www_example_org=BEHIND, origin_example_org=(inner,))
    for origin in ("origin.example.org", inner):
        report, _ = checked(Wish(HOST, origin), names, (outcome, Evidence()))
        assert report.locked is None


def test_a_mapped_address_is_tried_as_what_it_is() -> None:
    """Packets over IPv4 would be judged by where this machine stands over IPv6."""
    _, asked = checked(Wish(HOST, f"::ffff:{ORIGIN}"), Names(www_example_org=BEHIND), SILENCE)
    assert {ask.address for ask in asked} == {ORIGIN, *BEHIND}


def test_nothing_is_elsewhere_while_the_origin_is_not_known() -> None:
    """A record that shows the origin would be called harmless, because the origin's own name did not resolve."""
    names = Names(www_example_org=BEHIND, mail_example_org=(ORIGIN,))
    report, _ = checked(Wish(HOST, "lost.example.org", None, ("mail.example.org",)), names, SILENCE)
    assert report.also[0].leaks is None


def test_addresses_that_are_not_tried_are_told_of() -> None:
    """The seventh address of a load balancer would count as tried."""
    many = tuple(f"198.51.100.{number}" for number in range(10, 17))
    names = Names(www_example_org=BEHIND, origin_example_org=many)
    report, _ = checked(Wish(HOST, "origin.example.org"), names, SILENCE)
    assert any("7 addresses" in remark for remark in report.remarks)
