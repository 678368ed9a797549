"""`verify`: every promise of a policy as an expectation, with its verdict.

Lives here: which promises there are, which of them matter, and what they come to. Must not live here: connecting,
reading, and how one connection is judged (see `straight`, `through`).

A connection proves one path. That every range of the edge is admitted, and the edge's way to the origin over IPv6, rest
on reading back, and say so.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from originlock.facts.networks import AddressSet, Cidr
from originlock.facts.probing import ANSWERED, Outcome, Probed, Verdict
from originlock.intent.policy import Exemption, Policy
from originlock.verify.checking import Attempt
from originlock.verify.finding import Finding, broken, kept, unknown
from originlock.verify.gating import Served, family_of
from originlock.verify.straight import NETWORK, in_words
from originlock.verify.vantage import Vantage
from originlock.verify.ways import place


class Promise(msgspec.Struct, frozen=True):
    """One expectation, held against what was seen.

    Attributes:
        who: ``edge``, ``stranger``, ``everyone else`` or ``exception OWNER``.
        where: a URL, an address and port with the way, or what was read back.
        expected: in words.
        lock: which lock promises it, or stopped a stranger; empty for what no lock does.
        said: why the verdict is what it is.
        probed: the connection that shows it; None where it was read back, or not tried.
        matters: whether it takes part in the bottom line.
    """

    origin: str
    who: str
    where: str
    expected: str
    verdict: Verdict
    said: str
    lock: str = ""
    probed: Probed | None = None
    matters: bool = True


class ReadBack(msgspec.Struct, frozen=True):
    """What reading back showed.

    Attributes:
        ranges: how many ranges the edge has; 0 if no list could be accepted.
        widening: changes that would still let a range of the edge in, in words.
        absent: exceptions that AWS does not show as let in.
        holes: who gets in and should not, in words.
        unknown: what could not be read, in words.
    """

    ranges: int
    widening: tuple[str, ...] = ()
    absent: tuple[Cidr, ...] = ()
    holes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class VerifyReport(msgspec.Struct, frozen=True):
    """What every promise came to, of all origins."""

    promises: tuple[Promise, ...]

    @property
    def locked(self) -> bool | None:
        """True only if there are promises that matter and all of them are kept; False if any is broken."""
        verdicts = {each.verdict for each in self.promises if each.matters}
        if Verdict.BROKEN in verdicts:
            return False
        return True if verdicts == {Verdict.KEPT} else None

    def count(self, verdict: Verdict) -> int:
        """How many came to this."""
        return sum(1 for each in self.promises if each.verdict is verdict)


def promises(
    policy: Policy,
    seen: tuple[Served, ...],
    attempts: tuple[Attempt, ...],
    read: ReadBack,
    vantage: Vantage,
) -> tuple[Promise, ...]:
    """Everything that the policy promises, in the order in which a person asks.

    Args:
        policy: what is promised.
        seen: each hostname through the edge, over each family that it has.
        attempts: every way round.
        read: what reading back showed.
        vantage: from where the connections were made.
    """
    return (
        *_through_the_edge(policy, seen),
        *_by_reading_back(policy, read),
        *_round_it(policy, attempts),
        *(_exception(policy, each, attempts, vantage, read) for each in policy.exceptions),
    )


def _through_the_edge(policy: Policy, seen: tuple[Served, ...]) -> Iterable[Promise]:
    if not policy.hostnames:
        said = "no hostnames are configured (hostnames = [...]), so nothing was asked for through the edge"
        yield Promise(policy.origin, "edge", "through the edge", "served", Verdict.UNKNOWN, said)
    for name in policy.hostnames:
        mine = [each for each in seen if each.hostname == name]
        if not mine:
            said = "its name has no address"
            yield Promise(policy.origin, "edge", f"https://{name}", "served", Verdict.UNKNOWN, said)
        served = any(each.finding.verdict is Verdict.KEPT for each in mine)
        for each in mine:
            finding = each.finding
            yield Promise(
                policy.origin,
                "edge",
                f"https://{name} over {family_of(each.probed)}",
                "served",
                finding.verdict,
                finding.said,
                probed=each.probed,
                # A family that this machine has not is no reason to doubt one over which it is served.
                matters=finding.verdict is not Verdict.UNKNOWN or not served,
            )


def _by_reading_back(policy: Policy, read: ReadBack) -> Iterable[Promise]:
    ranges = f"all {read.ranges} ranges, over IPv4 and IPv6: by reading back" if read.ranges else "all ranges"
    yield _of(policy, "edge", ranges, "admitted", _admitted(read))
    yield _of(policy, "everyone else", "every rule: by reading back", "not admitted", _not_admitted(read))


def _of(policy: Policy, who: str, where: str, expected: str, finding: Finding) -> Promise:
    return Promise(policy.origin, who, where, expected, finding.verdict, finding.said, NETWORK)


def _admitted(read: ReadBack) -> Finding:
    if not read.ranges:
        return unknown("; ".join(read.unknown) or "no list of ranges could be accepted")
    if read.widening:
        return broken(f"AWS does not show rules for all of them: {'; '.join(read.widening)}")
    return unknown("; ".join(read.unknown)) if read.unknown else kept("AWS shows rules for all of them")


def _not_admitted(read: ReadBack) -> Finding:
    if read.holes:
        return broken("; ".join(read.holes))
    return unknown("; ".join(read.unknown)) if read.unknown else kept("AWS shows no rule that lets in anyone else")


def _round_it(policy: Policy, attempts: tuple[Attempt, ...]) -> Iterable[Promise]:
    if not attempts and policy.network.protocol != "tcp":
        said = "connections are tried over TCP, and this policy is for UDP: only reading back speaks of it"
        yield Promise(policy.origin, "stranger", "straight to the origin", "kept out", Verdict.UNKNOWN, said)
    elif not attempts:
        said = (
            "no address of the origin is known to be tried straight (a load balancer has one; else name some: "
            "[origins.NAME.proof] addresses)"
            if policy.hostnames
            else "without hostnames there is no name to ask for"
        )
        yield Promise(policy.origin, "stranger", "straight to the origin", "kept out", Verdict.UNKNOWN, said)
    for each in attempts:
        finding = each.of_network
        yield Promise(
            policy.origin,
            "stranger",
            f"{place(each.probed.ask)} {each.way.value}",
            "kept out",
            finding.verdict,
            finding.said,
            finding.lock,
            each.probed,
        )


def _exception(
    policy: Policy, exemption: Exemption, attempts: tuple[Attempt, ...], vantage: Vantage, read: ReadBack
) -> Promise:
    who = f"exception {exemption.owner}"
    where = f"from {exemption.source}"
    mine = [each.probed for each in attempts if _comes_from(vantage, exemption, ipv6=each.probed.ask.ipv6)]
    if mine:
        got_in = next((probed for probed in mine if probed.outcome in ANSWERED), None)
        kept_away = next((probed for probed in mine if probed.outcome in _KEPT_AWAY), None)
        shown = got_in or kept_away or mine[0]
        verdict = Verdict.KEPT if got_in else Verdict.BROKEN if kept_away else Verdict.UNKNOWN
        return Promise(policy.origin, who, where, "gets in", verdict, in_words(shown), NETWORK, shown)
    if exemption.source in read.absent:
        return Promise(policy.origin, who, where, "gets in", Verdict.BROKEN, "AWS does not show a rule for it", NETWORK)
    rule = "could not be read whole" if read.unknown else "is there, as AWS shows it"
    name = policy.hostnames[0] if policy.hostnames else "the origin"
    said = f"this machine is not there; its rule {rule}; ask {exemption.owner} to open {name} straight from there"
    return Promise(policy.origin, who, where, "gets in", Verdict.UNKNOWN, said, NETWORK, matters=False)


_KEPT_AWAY = frozenset({Outcome.TIMED_OUT, Outcome.REFUSED})
"""What the network lock looks like to an exception that it forgot; where TLS refuses, it let it through."""


def _comes_from(vantage: Vantage, exemption: Exemption, *, ipv6: bool) -> bool:
    addresses = set(vantage.of(ipv6=ipv6).addresses)
    return len(addresses) == 1 and AddressSet.of([exemption.source]).covers_address(addresses.pop())
