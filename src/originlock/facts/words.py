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

_SHOWN = 5


def target_in_words(target: str) -> str:
    """What a change is about, shorter than its id where that is long: ``load balancer shop``, ``sg-...``."""
    if (group := parts_of_new_group(target)) is not None:
        return f"security group {group[1]} (new)"
    if (name := name_of_new_prefix_list(target)) is not None:
        return f"prefix list {name} (new)"
    _, arn, named = target.partition(":loadbalancer/")
    # arn:...:loadbalancer/app/NAME/ID
    return f"load balancer {named.split('/')[1]}" if arn and named.count("/") > 1 else target


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
