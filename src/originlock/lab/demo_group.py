"""The rules of a security group as AWS shows them, and two moments of them side by side.

Lives here: reading with an unmodified boto3 client, comparing, a table. Must not live here: the story.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from originlock.lab.demo_terminal import Row
from originlock.report.document import Tone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from originlock.lab.process import AwsClient

#: The port of the story.
LOCKED_PORT: Final = "tcp/443"

#: The tag by which a rule belongs to an origin, as the documentation has it.
OWNER_TAG: Final = "originlock:origin"

#: More of the same sort are counted, not listed.
_LISTED: Final = 2


@dataclass(frozen=True, slots=True, order=True)
class HeldRule:
    """One ingress rule as it stands in AWS."""

    port: str
    source: str
    rule_id: str
    owner: str
    description: str


Rules: TypeAlias = tuple[HeldRule, ...]

Opened: TypeAlias = frozenset[tuple[str, str]]
"""What rules open: (port, source) pairs."""


def rules_of(ec2: AwsClient, group_id: str) -> Rules:
    """Read the ingress rules of a group."""
    pages = ec2.get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "group-id", "Values": [group_id]}]
    )
    return tuple(
        sorted(
            HeldRule(
                port=f"{rule['IpProtocol']}/{rule['FromPort']}",
                source=rule.get("CidrIpv4") or rule["CidrIpv6"],
                rule_id=rule["SecurityGroupRuleId"],
                owner={tag["Key"]: tag["Value"] for tag in rule.get("Tags", [])}.get(OWNER_TAG, ""),
                description=rule.get("Description", ""),
            )
            for page in pages
            for rule in page["SecurityGroupRules"]
            if not rule["IsEgress"]
        )
    )


def opened_by(rules: Rules) -> Opened:
    """What these rules open."""
    return frozenset((rule.port, rule.source) for rule in rules)


def before_and_after(before: Rules, after: Rules) -> Sequence[Row]:
    """Return both moments as rows: rules of one owner and one fate are counted where they are many."""
    then, now = opened_by(before), opened_by(after)
    alike: dict[tuple[str, str, bool, bool], list[HeldRule]] = {}
    for rule in sorted({(rule.port, rule.source): rule for rule in (*before, *after)}.values(), key=_order):
        was, remains = ((rule.port, rule.source) in held for held in (then, now))
        alike.setdefault((rule.port, _sort(rule), was, remains), []).append(rule)
    rows = [Row(("PORT", "WHO MAY CONNECT", "BEFORE", "AFTER", "WHOSE RULE"), Tone.QUIET)]
    for (port, _, was, remains), rules in alike.items():
        tone = Tone.PLAIN if was == remains else Tone.GOOD if remains else Tone.WARNING
        fate = ("yes" if was else "-", "yes" if remains else "-", rules[0].owner or "somebody else's")
        if rules[0].owner and len(rules) > _LISTED:
            rows.append(Row((port, f"{len(rules)} {_sort(rules[0])} ranges of the edge", *fate), tone))
        else:
            rows += [Row((port, _source(rule), *fate), tone) for rule in rules]
    return [*rows, Row(("", "rules in all", str(len(before)), str(len(after)), ""), Tone.QUIET)]


def as_found(rules: Rules) -> Sequence[Row]:
    """Return one moment as rows."""
    rows = [Row((rule.port, _source(rule))) for rule in sorted(rules, key=_order)]
    return [Row(("PORT", "WHO MAY CONNECT"), Tone.QUIET), *rows]


def wanted(ranges: Iterable[str], others: Opened) -> Opened:
    """What is to be open: the edge's ranges on the locked port, and what was there and stays."""
    return frozenset((LOCKED_PORT, cidr) for cidr in ranges) | others


def _source(rule: HeldRule) -> str:
    return f"{rule.source} ({rule.description})" if rule.description and not rule.owner else rule.source


def _sort(rule: HeldRule) -> str:
    """What rules are counted together: those of an origin by family, each of the others by itself."""
    return ("IPv6" if ":" in rule.source else "IPv4") if rule.owner else rule.source


def _order(rule: HeldRule) -> tuple[bool, str, bool, int]:
    """The locked port first, others' rules before an origin's, the widest first."""
    return (rule.port != LOCKED_PORT, rule.port, bool(rule.owner), int(rule.source.rpartition("/")[2]))
