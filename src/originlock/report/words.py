"""Counting in words, and rules for people.

Lives here: small wording that several reports share. Must not live here: any report.
"""

from __future__ import annotations

from collections.abc import Iterable

from originlock.facts.networks import IPV4, family
from originlock.facts.origin import CidrSource, GroupSource, OpaqueSource, PrefixListSource, RuleKey


def count(number: int, thing: str) -> str:
    """``1 rule``, ``2 rules``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def source_of(key: RuleKey) -> str:
    """The source of a rule, as AWS writes it."""
    match key.source:
        case CidrSource(text) | GroupSource(text) | PrefixListSource(text) | OpaqueSource(text):
            return text


def ports_of(key: RuleKey) -> str:
    """``tcp/443``, ``tcp/0-65535``, ``all traffic``."""
    if key.protocol == "-1":
        return "all traffic"
    span = f"{key.from_port}" if key.from_port == key.to_port else f"{key.from_port}-{key.to_port}"
    return f"{key.protocol}/{span}"


def rules_in_words(keys: Iterable[RuleKey]) -> str:
    """``22 rules, tcp/443 (15 IPv4, 7 IPv6)``; a few are named one by one."""
    held = list(keys)
    few = 3
    if len(held) <= few:
        return ", ".join(f"{ports_of(key)} from {source_of(key)}" for key in held)
    ports = ", ".join(dict.fromkeys(ports_of(key) for key in held))
    cidrs = [key.source.cidr for key in held if isinstance(key.source, CidrSource)]
    ipv4 = sum(1 for cidr in cidrs if family(cidr) == IPV4)
    families = [f"{ipv4} IPv4" if ipv4 else "", f"{len(cidrs) - ipv4} IPv6" if len(cidrs) > ipv4 else ""]
    return f"{len(held)} rules, {ports} ({', '.join(f for f in families if f)})"
