"""One group's rules, each judged once: wanted, own and unwanted, foreign and a hole, foreign and harmless, unknown.

Lives here: what each rule of a group is to a policy. Must not live here: what is done about it (see `lock`).
"""

from __future__ import annotations

import datetime

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.networks import FAMILIES, AddressSet, family
from originlock.facts.origin import (
    CidrSource,
    PrefixList,
    PrefixListSource,
    Rule,
    RuleKey,
    RuleSpec,
    SecurityGroup,
    addresses_of,
)
from originlock.facts.snapshot import Snapshot
from originlock.facts.unknown import Unknown
from originlock.intent.policy import COMMAND_LINE_ORIGIN, Policy
from originlock.locks.network import ownership
from originlock.locks.network.terms import Door, Terms, terms_of
from originlock.locks.network.wanted import strangers, wanted_rules, welcome, within_ports


class Opening(msgspec.Struct, frozen=True):
    """A rule that lets strangers in on one of the policy's ports, and whom."""

    rule: Rule
    lets_in: AddressSet


class JudgedGroup(msgspec.Struct, frozen=True):
    """A group, with each of its rules judged.

    Attributes:
        wanted: what the policy wants here, whole; nothing of a group that stands beside the one that holds it.
        missing: what of it the group does not hold.
        own_unwanted: own rules that are not wanted (any more).
        elsewhere: own rules of the command line's origin on ports that were not named this time: options say what
            is wanted, not what is no longer wanted, and the next line in cron may name another port. And own rules
            for IPv6 where the load balancer at hand has none: another that shares the group may.
        theirs: rules for wanted sources that nobody of us made.
        openings: all rules that let strangers in, own ones included.
        going: foreign openings that the policy says to remove.
        harmless: foreign rules that are neither wanted nor a hole.
        unclear: rules on the policy's ports of which it is not known whom they let in.
    """

    group: SecurityGroup
    wanted: tuple[RuleSpec, ...]
    missing: tuple[RuleSpec, ...]
    own_unwanted: tuple[Rule, ...]
    elsewhere: tuple[Rule, ...]
    theirs: tuple[Rule, ...]
    openings: tuple[Opening, ...]
    going: tuple[Rule, ...]
    harmless: tuple[Rule, ...]
    unclear: tuple[tuple[Rule, Unknown], ...]

    @property
    def wanted_keys(self) -> tuple[RuleKey, ...]:
        """What the policy wants here, by what makes a rule a rule."""
        return tuple(spec.key for spec in self.wanted)


def judged(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, group: SecurityGroup, *, holds: bool = True
) -> JudgedGroup:
    """Judge every rule of a group; without `holds`, of one from which nothing wanted is asked, for another holds it."""
    today = snapshot.at.astimezone(datetime.UTC).date()
    terms = terms_of(policy, snapshot)
    wanted = wanted_rules(policy, accepted, today, terms)
    guests = welcome(policy, accepted, today)
    keys = {spec.key for spec in wanted}
    held = {rule.key for rule in group.rules}
    own_unwanted, elsewhere, theirs, openings, going, harmless, unclear = [], [], [], [], [], [], []
    for rule in sorted(group.rules, key=lambda rule: rule.id):
        own = ownership.is_own(rule, policy.origin)
        if rule.key in keys:
            if not own:
                theirs.append(rule)
            continue
        lets_in = _strangers_of(rule, terms.doors, guests, snapshot)
        if isinstance(lets_in, Unknown):
            unclear.append((rule, lets_in))
        elif lets_in:
            openings.append(Opening(rule, lets_in))
        if own and (_is_of_another_line(rule, policy) or _is_of_a_family_left_out(rule, policy, terms, snapshot)):
            elsewhere.append(rule)
        elif own:
            own_unwanted.append(rule)
        elif (lets_in or isinstance(lets_in, Unknown)) and is_to_go(rule, policy):
            going.append(rule)
        elif not lets_in:
            harmless.append(rule)
    return JudgedGroup(
        group,
        wanted if holds else (),
        tuple(spec for spec in wanted if holds and spec.key not in held),
        tuple(own_unwanted),
        tuple(elsewhere),
        tuple(theirs),
        tuple(openings),
        tuple(going),
        tuple(harmless),
        tuple(unclear),
    )


def _is_of_another_line(rule: Rule, policy: Policy) -> bool:
    """Whether a rule that options alone have made is about ports that the options do not name this time."""
    return policy.origin == COMMAND_LINE_ORIGIN and not _is_about(rule, policy)


def _is_of_a_family_left_out(rule: Rule, policy: Policy, terms: Terms, snapshot: Snapshot) -> bool:
    """Whether a rule is for a family that is left out only because the load balancer at hand has no such addresses.

    Another load balancer that shares the group may have them; nobody said that the rule is not wanted. A list of which
    it is not known for which family it is may be for that one.
    """
    if policy.network.ipv6 is not None:
        return False
    match rule.key.source:
        case CidrSource(cidr):
            return family(cidr) not in terms.families
        case PrefixListSource(name):
            held = snapshot.prefix_lists.get(name)
            return len(terms.families) < len(FAMILIES) and not (
                isinstance(held, PrefixList) and held.family in terms.families
            )
        case _:
            return False


def _is_about(rule: Rule, policy: Policy) -> bool:
    """Whether a rule opens one of the policy's ports."""
    return any(rule.key.opens(policy.network.protocol, port) for port in policy.network.ports)


def _strangers_of(rule: Rule, doors: tuple[Door, ...], guests: AddressSet, snapshot: Snapshot) -> AddressSet | Unknown:
    """Whom a rule lets in that it should not, at any of the doors."""
    if not any(rule.key.opens(*door) for door in doors):
        return AddressSet()
    addresses = addresses_of(rule.key.source, snapshot.prefix_lists)
    if addresses is None:
        return AddressSet()
    if isinstance(addresses, Unknown):
        return addresses
    return strangers(addresses, guests)


def is_to_go(rule: Rule, policy: Policy) -> bool:
    """Whether the policy says to remove this foreign opening: by kind, or by its id.

    A rule of another origin is not foreign in kind: originlock made it, and would make it again. It must be named.
    """
    if policy.network.foreign != "remove":
        return False
    nobodys = ownership.owner(rule) is None
    by_kind = nobodys and isinstance(rule.key.source, CidrSource) and within_ports(rule.key, policy)
    return by_kind or rule.id in policy.network.foreign_rules
