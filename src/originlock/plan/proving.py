"""What a look at a target says of what is expected of it.

Lives here: expectation and what was seen to: what is missing, what could not be told. Must not live here: what follows
(see `lane`), reading.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from originlock.facts.load_balancer import LoadBalancer
from originlock.facts.origin import Missing, PrefixList, PrefixListSource, RuleKey, SecurityGroup
from originlock.facts.snapshot import Held, OfTrust, OfZone
from originlock.facts.unknown import Unknown
from originlock.facts.words import count
from originlock.plan.change import Expectation
from originlock.plan.trust_acts import blind, unsettled

_UNSERVED = frozenset({"unhealthy", "unused"})
"""The states in which a registered target gets no requests (Elastic Load Balancing API reference, TargetHealth.State).
One that drains or starts was taken out or put in by somebody; one whose health is not known tells nothing."""

_SHOWN = 3


class Shown(msgspec.Struct, frozen=True):
    """What a look shows of an expectation.

    Attributes:
        missing: what is wanted and not there, in words; empty if nothing.
        unknown: why it cannot be told; empty if it can.
    """

    missing: str = ""
    unknown: str = ""


def shown(expectation: Expectation, held: Held | Unknown, names: Mapping[str, str]) -> Shown:
    """Hold what was seen against what is expected; names are the ids of what was made since the plan."""
    match held:
        case Unknown(reason=reason):
            return Shown(unknown=reason)
        case Missing(name):
            return Shown(missing=f"{name} itself")
        case SecurityGroup():
            there = {rule.key for rule in held.rules}
            absent = sum(1 for key in expectation.present if _named(key, names) not in there)
            return Shown(f"{count(absent, 'wanted rule')}" if absent else "")
        case PrefixList():
            return _of_prefix_list(expectation, held)
        case LoadBalancer():
            return _of_load_balancer(expectation, held, names)
        case _:
            return _of_trust(held)


def _of_trust(held: OfTrust | OfZone) -> Shown:
    """What its changes ask for is told by their acts (see `lane`); here is told only what nobody may rely on yet."""
    if (unseen := blind(held)) is not None:
        return Shown(unknown=f"{unseen.what}: {unseen.reason}")
    return Shown("the end of its change") if unsettled(held) else Shown()


def _of_prefix_list(expectation: Expectation, held: PrefixList) -> Shown:
    if isinstance(held.entries, Unknown):
        return Shown(unknown=held.entries.reason)
    if not held.settled:
        return Shown(f"the end of its change ({held.state})")
    absent = len(set(expectation.entries).difference(held.entries))
    return Shown(f"{absent} wanted {'entry' if absent == 1 else 'entries'}" if absent else "")


def _of_load_balancer(expectation: Expectation, held: LoadBalancer, names: Mapping[str, str]) -> Shown:
    wanted = {names.get(group, group) for group in expectation.groups}
    absent = sorted(wanted.difference(held.groups))
    if absent:
        return Shown(f"{', '.join(absent)} among its groups")
    if isinstance(held.interfaces, Unknown):
        return Shown(unknown=f"{held.interfaces.what}: {held.interfaces.reason}")
    if wanted and not held.interfaces:
        return Shown(unknown="AWS shows no interface of it")
    behind = [each.id for each in held.interfaces if not wanted <= set(each.groups)]
    if behind:
        return Shown(f"{', '.join(sorted(wanted))} on {count(len(behind), 'interface')} ({_few(behind)})")
    if not expectation.healthy:
        return Shown()
    if isinstance(held.health, Unknown):
        return Shown(unknown=f"{held.health.what}: {held.health.reason}")
    states = {each.target: each.state for each in held.health}
    ill = [name for name in expectation.healthy if states.get(name) in _UNSERVED]
    return Shown(f"{count(len(ill), 'target')} that was healthy ({_few(ill)})" if ill else "")


def _few(names: list[str]) -> str:
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def in_words(expectation: Expectation, names: Mapping[str, str]) -> str:
    """What is expected, such as ``all 22 wanted rules are there``."""
    if expectation.groups:
        groups = ", ".join(names.get(group, group) for group in expectation.groups)
        healthy = f", {count(len(expectation.healthy), 'target')} still healthy" if expectation.healthy else ""
        return f"{groups} on every interface{healthy}"
    if expectation.entries:
        return f"all {len(expectation.entries)} wanted entries are there"
    if not expectation.present:
        return "it is as it was read"
    return f"all {len(expectation.present)} wanted rules are there"


def _named(key: RuleKey, names: Mapping[str, str]) -> RuleKey:
    if not isinstance(key.source, PrefixListSource) or key.source.prefix_list not in names:
        return key
    return msgspec.structs.replace(key, source=PrefixListSource(names[key.source.prefix_list]))
