"""What several reports word alike.

Lives here: many rules in one line. Must not live here: any report; the wording of single facts (see `facts.words`).
"""

from __future__ import annotations

from collections.abc import Iterable

from originlock.facts.networks import IPV4, family
from originlock.facts.origin import CidrSource, RuleKey
from originlock.facts.words import key_in_words, ports_in_words

_FEW = 3


def rules_in_words(keys: Iterable[RuleKey]) -> str:
    """``22 rules, tcp/443 (15 IPv4, 7 IPv6)``; a few are named one by one."""
    held = list(keys)
    if len(held) <= _FEW:
        return ", ".join(key_in_words(key) for key in held)
    ports = ", ".join(dict.fromkeys(ports_in_words(key) for key in held))
    cidrs = [key.source.cidr for key in held if isinstance(key.source, CidrSource)]
    ipv4 = sum(1 for cidr in cidrs if family(cidr) == IPV4)
    families = [f"{ipv4} IPv4" if ipv4 else "", f"{len(cidrs) - ipv4} IPv6" if len(cidrs) > ipv4 else ""]
    return f"{len(held)} rules, {ports} ({', '.join(f for f in families if f)})"
