"""Facts in words: one spelling of rules, sources, addresses and counts for every message.

Lives here: wording of facts. Must not live here: judging what is worded, and whole messages.
"""

from __future__ import annotations

from typing import assert_never

from originlock.facts.networks import AddressSet
from originlock.facts.origin import (
    ALL_PORTS,
    ALL_TRAFFIC,
    CidrSource,
    GroupSource,
    OpaqueSource,
    PrefixListSource,
    Rule,
    RuleKey,
    Source,
    name_of_new_prefix_list,
    parts_of_new_group,
)
from originlock.facts.trust import name_of_new_trust_store, parts_of_new_listener, parts_of_object
from originlock.facts.zone import part_of_zone, zone_of

_SHOWN = 5
_DIGITS = 8
_FINGERPRINT = 12
"""Digits of an id and of a fingerprint that tell a handful apart."""


def target_in_words(target: str) -> str:
    """What a change is about, shorter than its id where that is long: ``load balancer shop``, ``sg-...``."""
    if (group := parts_of_new_group(target)) is not None:
        return f"security group {group[1]} (new)"
    if (name := name_of_new_prefix_list(target)) is not None:
        return f"prefix list {name} (new)"
    if (part := part_of_zone(target)) and zone_of(target) is not None:
        return _part_of_zone_in_words(part)
    if (name := name_of_new_trust_store(target)) is not None:
        return f"trust store {name} (new)"
    if (stored := parts_of_object(target)) is not None:
        return f"{stored[1].rpartition('/')[2]} in bucket {stored[0]}" if stored[1] else f"bucket {stored[0]}"
    if (made := parts_of_new_listener(target)) is not None:
        return f"listener on port {made[1]} (for a moment)"
    return _arn_in_words(target)


def _arn_in_words(target: str) -> str:
    """An ARN by what it names: ``loadbalancer/app/NAME/ID``, ``listener/app/NAME/LB/ID``, ``truststore/NAME/ID``."""
    before, _, path = target.partition("/")
    parts = path.split("/")
    match before.rpartition(":")[2], parts:
        case "loadbalancer", [_, name, _]:
            return f"load balancer {name}"
        case "listener", [_, name, _, each]:
            return f"listener {each[:_DIGITS]} of {name}"
        case "truststore", [name, _]:
            return f"trust store {name}"
        case _:
            return target


def _part_of_zone_in_words(part: tuple[str, ...]) -> str:
    match part:
        case "certificates", scope, sha256:
            return f"client certificate {sha256[:_FINGERPRINT]} at the edge (for the {scope})"
        case "pulls", "hostname", hostname:
            return f"origin pulls of {hostname}"
        case "pulls", which:
            return f"origin pulls, {which}"
        case "dns", name:
            return f"DNS records of {name}"
        case _:
            return "/".join(part)


def count(number: int, thing: str) -> str:
    """``1 rule``, ``2 rules``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def plain_source(source: Source) -> str:
    """The CIDR or the id, as AWS writes it."""
    match source:
        case CidrSource(text) | GroupSource(text) | PrefixListSource(text) | OpaqueSource(text):
            return text
        case _:
            assert_never(source)


def source_in_words(source: Source) -> str:
    """``0.0.0.0/0``, ``sg-...``, ``prefix list pl-...``."""
    match source:
        case CidrSource(cidr):
            return cidr
        case GroupSource(group):
            return f"group {group}"
        case PrefixListSource(prefix_list):
            return f"prefix list {name_of_new_prefix_list(prefix_list) or prefix_list}"
        case OpaqueSource(text):
            return f"something not understood ({text})"
        case _:
            assert_never(source)


def ports_in_words(key: RuleKey) -> str:
    """``tcp/443``, ``tcp/0-65535``, ``all traffic``."""
    if key.protocol == ALL_TRAFFIC:
        return "all traffic"
    if (key.from_port, key.to_port) == ALL_PORTS:
        return f"{key.protocol}, all ports"
    return f"{key.protocol}/{key.from_port}" + ("" if key.from_port == key.to_port else f"-{key.to_port}")


def key_in_words(key: RuleKey) -> str:
    """``tcp/443 from 0.0.0.0/0``."""
    return f"{ports_in_words(key)} from {source_in_words(key.source)}"


def rule_in_words(rule: Rule) -> str:
    """The rule with its id, and its description if it has one."""
    said = f' "{rule.description}"' if rule.description else ""
    return f"{rule.id}: {key_in_words(rule.key)}{said}"


def addresses_in_words(addresses: AddressSet) -> str:
    """The CIDRs, comma-separated, the first few of them."""
    cidrs = addresses.cidrs()
    more = f", and {len(cidrs) - _SHOWN} more" if len(cidrs) > _SHOWN else ""
    return ", ".join(cidrs[:_SHOWN]) + more
