"""The terms on which a target is judged: which doors there are, which families count, which lists hold the ranges.

Lives here: from policy and snapshot to what a rule is measured by. Must not live here: judging a rule (see `judged`).
"""

from __future__ import annotations

import msgspec

from originlock.facts.networks import FAMILIES, IPV4, IPV6, Family
from originlock.facts.origin import PrefixList, Tags, new_prefix_list
from originlock.facts.snapshot import Names, Snapshot
from originlock.facts.unknown import Unknown
from originlock.intent.policy import COMMAND_LINE_ORIGIN, Policy
from originlock.locks.network import ownership

Door = tuple[str, int]
"""A protocol and a port at which somebody may come in."""


class Terms(msgspec.Struct, frozen=True):
    """What rules are measured by.

    Attributes:
        doors: where an opening is a hole: the policy's ports, or all that a load balancer listens on.
        families: which of the edge's ranges are let in.
        lists: (family, id) of the prefix lists that hold them; none where rules do.
    """

    doors: tuple[Door, ...]
    families: tuple[Family, ...] = FAMILIES
    lists: tuple[tuple[Family, str], ...] = ()


def terms_of(policy: Policy, snapshot: Snapshot) -> Terms:
    """The terms of an origin."""
    families = families_of(policy, snapshot)
    return Terms(doors_of(policy, snapshot), families, lists_of(policy, snapshot, families))


def doors_of(policy: Policy, snapshot: Snapshot) -> tuple[Door, ...]:
    """The doors: of a load balancer its listeners, else (or where they could not be read) the policy's ports."""
    network = policy.network
    asked = tuple((network.protocol, port) for port in network.ports)
    balancer = snapshot.load_balancer
    if balancer is None or isinstance(balancer.listeners, Unknown):
        return asked
    return tuple(sorted({door for listener in balancer.listeners for door in listener.doors}))


def families_of(policy: Policy, snapshot: Snapshot) -> tuple[Family, ...]:
    """Both families, but for a load balancer without IPv6; the policy may say otherwise."""
    balancer = snapshot.load_balancer
    wanted = policy.network.ipv6
    if wanted is None:
        wanted = balancer is None or balancer.has_ipv6
    return (IPV4, IPV6) if wanted else (IPV4,)


def list_tags(policy: Policy) -> Tags:
    """The tags of an origin's own prefix lists."""
    return ownership.tags_for(policy.origin)


def list_name(policy: Policy, family: Family) -> str:
    """The name of an origin's own list of one family."""
    # Every command line without a configuration shares them: they all want the same of one edge.
    edge = f"-{policy.edge}" if policy.origin == COMMAND_LINE_ORIGIN else ""
    return f"originlock-{policy.origin}{edge}-ipv{family}"


def lists_of(policy: Policy, snapshot: Snapshot, families: tuple[Family, ...]) -> tuple[tuple[Family, str], ...]:
    """The list of each family: one that the policy names, one of our own, or the name of one to be made."""
    if policy.network.via != "prefix-list":
        return ()
    found: dict[Family, str] = {}
    for name in policy.network.prefix_list or _tagged(policy, snapshot):
        held = snapshot.prefix_lists.get(name)
        if isinstance(held, PrefixList):
            found.setdefault(IPV6 if held.family == IPV6 else IPV4, name)
    return tuple(
        (family, found.get(family, new_prefix_list(list_name(policy, family))))
        for family in families
        if family in found or not policy.network.prefix_list
    )


def _tagged(policy: Policy, snapshot: Snapshot) -> tuple[str, ...]:
    answer = snapshot.tagged_lists.get(list_tags(policy), Names())
    if isinstance(answer, Unknown):
        return ()
    ours = {list_name(policy, family) for family in FAMILIES}
    held = {name: snapshot.prefix_lists.get(name) for name in answer.names}
    return tuple(name for name, each in held.items() if isinstance(each, PrefixList) and each.name in ours)
