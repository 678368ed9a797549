"""Room at a quota: in which steps wanted rules go into a group that can hold only so many.

Lives here: counting rules as AWS counts them, and making room with own, unwanted rules.
Must not live here: what is wanted, and what the quota is.
"""

from __future__ import annotations

import math

import msgspec

from originlock.facts.networks import FAMILIES, IPV4, AddressSet, Family, family
from originlock.facts.origin import (
    CidrSource,
    GroupSource,
    PrefixList,
    PrefixListSource,
    Rule,
    RuleKey,
    RuleSpec,
    Source,
    addresses_of,
)
from originlock.facts.unknown import Unknown

PrefixLists = dict[str, PrefixList | Unknown]


class Counts(msgspec.Struct, frozen=True):
    """How many rules of each family, as the quota counts them."""

    ipv4: int = 0
    ipv6: int = 0

    def of(self, wanted: Family) -> int:
        """The number of one family."""
        return self.ipv4 if wanted == IPV4 else self.ipv6

    def __add__(self, other: Counts) -> Counts:
        """Both together, family by family."""
        return Counts(self.ipv4 + other.ipv4, self.ipv6 + other.ipv6)

    def __sub__(self, other: Counts) -> Counts:
        """What is left, family by family."""
        return Counts(self.ipv4 - other.ipv4, self.ipv6 - other.ipv6)

    def within(self, limit: int) -> bool:
        """Whether both families are within a limit."""
        return self.ipv4 <= limit and self.ipv6 <= limit


def counts_as(source: Source, prefix_lists: PrefixLists) -> Counts:
    """What a rule with this source counts as.

    A reference to a group counts one in each family; a prefix list counts as its weight, in its own family (Amazon VPC
    quotas). A list whose weight is not known counts as one: AWS itself refuses what does not fit, as a whole.
    """
    match source:
        case CidrSource(cidr):
            return Counts(1, 0) if family(cidr) == IPV4 else Counts(0, 1)
        case GroupSource():
            return Counts(1, 1)
        case PrefixListSource(name):
            held = prefix_lists.get(name)
            if held is None or isinstance(held, Unknown) or isinstance(held.weight, Unknown):
                return Counts(1, 1)
            return Counts(held.weight, 0) if held.family == IPV4 else Counts(0, held.weight)
        case _:
            return Counts(1, 1)


def counted(keys: list[RuleKey], prefix_lists: PrefixLists) -> Counts:
    """All of them together."""
    return sum((counts_as(key.source, prefix_lists) for key in keys), Counts())


class AddStep(msgspec.Struct, frozen=True):
    """Add these in one call."""

    rules: tuple[RuleSpec, ...]


class MakeRoomStep(msgspec.Struct, frozen=True):
    """Take these own, unwanted rules out in one call."""

    rules: tuple[Rule, ...]


class Arrangement(msgspec.Struct, frozen=True):
    """The steps in which everything goes in, or what does not fit.

    Attributes:
        steps: to be done in this order.
        shortfall: how many wanted rules of each family do not fit, even with all the room that can be made.
    """

    steps: tuple[AddStep | MakeRoomStep, ...]
    shortfall: Counts


class Site(msgspec.Struct, frozen=True):
    """What an arrangement is made in.

    Attributes:
        held: the rules that the group holds.
        missing: wanted rules that it does not hold.
        removable: own, unwanted rules.
        wanted: all wanted rules, held or not.
        limit: rules of each family.
    """

    held: tuple[Rule, ...]
    missing: tuple[RuleSpec, ...]
    removable: tuple[Rule, ...]
    wanted: tuple[RuleKey, ...]
    limit: int
    prefix_lists: PrefixLists


def arranged(site: Site) -> Arrangement:
    """Find the steps: add what fits; where it does not, let own, unwanted rules make room, one for one.

    An own rule goes only when the wanted sources that it lets in are let in by others too: add, make room, add.
    """
    held = [rule.key for rule in site.held]
    pending = _most_needed_first(site)
    removable = list(site.removable)
    steps: list[AddStep | MakeRoomStep] = []
    while pending:
        batch = _fitting(pending, counted(held, site.prefix_lists), site)
        if batch:
            steps.append(AddStep(batch))
            held += [spec.key for spec in batch]
            pending = [spec for spec in pending if spec not in batch]
        if not pending:
            break
        leaving = _leaving(pending, removable, held, site)
        if not leaving:
            return Arrangement((), counted([spec.key for spec in pending], site.prefix_lists))
        steps.append(MakeRoomStep(leaving))
        for rule in leaving:
            held.remove(rule.key)
            removable.remove(rule)
    return Arrangement(tuple(steps), Counts())


def _most_needed_first(site: Site) -> list[RuleSpec]:
    """Wanted rules that stand in for an own, unwanted one come first: only then can that one make room."""
    if not site.removable:
        return list(site.missing)
    shared = AddressSet.of(rule.key.source.cidr for rule in site.removable if isinstance(rule.key.source, CidrSource))
    return sorted(
        site.missing,
        key=lambda spec: (
            not (isinstance(spec.key.source, CidrSource) and AddressSet.of((spec.key.source.cidr,)) & shared)
        ),
    )


def _fitting(pending: list[RuleSpec], used: Counts, site: Site) -> tuple[RuleSpec, ...]:
    batch: list[RuleSpec] = []
    for spec in pending:
        after = used + counts_as(spec.key.source, site.prefix_lists)
        if after.within(site.limit) or _adds_to_no_full_family(used, after, site.limit):
            batch.append(spec)
            used = after
    return tuple(batch)


def _adds_to_no_full_family(used: Counts, after: Counts, limit: int) -> bool:
    """Whether only families that have room get more; the other may be over the limit already (a lowered quota)."""
    return all(after.of(f) <= limit or after.of(f) == used.of(f) for f in FAMILIES)


def _leaving(pending: list[RuleSpec], removable: list[Rule], held: list[RuleKey], site: Site) -> tuple[Rule, ...]:
    """Own, unwanted rules that go now: as many as are needed in each family, none that a wanted source needs."""
    used = counted(held, site.prefix_lists)
    needed = counted([spec.key for spec in pending], site.prefix_lists) + used
    over = Counts(max(0, needed.ipv4 - site.limit), max(0, needed.ipv6 - site.limit))
    leaving: list[Rule] = []
    staying = list(held)
    for rule in removable:
        freed = counts_as(rule.key.source, site.prefix_lists)
        useful = any(freed.of(f) and over.of(f) > 0 for f in FAMILIES)
        without = list(staying)
        without.remove(rule.key)
        if useful and still_served(rule.key, without, site.wanted, site.prefix_lists):
            leaving.append(rule)
            staying = without
            over = over - freed
    return tuple(leaving)


def still_served(
    leaving: RuleKey, staying: list[RuleKey], wanted: tuple[RuleKey, ...], prefix_lists: PrefixLists
) -> bool:
    """Whether every wanted source that the leaving rule lets in is let in by a rule that stays.

    A list of which it is not known what is in it may be wanted as a whole, and serves nobody.
    """
    if not isinstance(leaving.source, CidrSource):
        return False
    gone = AddressSet.of((leaving.source.cidr,))
    for protocol, port in sorted({(key.protocol, key.from_port) for key in wanted}):
        if not leaving.opens(protocol, port):
            continue
        asked = [key for key in wanted if (key.protocol, key.from_port) == (protocol, port)]
        needed = gone & _let_in(asked, prefix_lists, otherwise=gone)
        served = _let_in([k for k in staying if k.opens(protocol, port)], prefix_lists, otherwise=AddressSet())
        if not needed <= served:
            return False
    return True


def _let_in(keys: list[RuleKey], prefix_lists: PrefixLists, otherwise: AddressSet) -> AddressSet:
    """The addresses that these rules let in; `otherwise` for those of a source that is not known."""
    whole = AddressSet.of(key.source.cidr for key in keys if isinstance(key.source, CidrSource))
    for key in keys:
        if isinstance(key.source, PrefixListSource):
            addresses = addresses_of(key.source, prefix_lists)
            whole |= otherwise if addresses is None or isinstance(addresses, Unknown) else addresses
    return whole


def ports_that_fit(limit: int, other: Counts, each_port: Counts) -> int:
    """How many ports' worth of wanted rules fit beside the other rules of a group."""
    room = [(limit - other.of(f)) // each_port.of(f) if each_port.of(f) else math.inf for f in FAMILIES]
    return max(0, int(min(room))) if min(room) != math.inf else 0
