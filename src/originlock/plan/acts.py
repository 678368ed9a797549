"""The acts: one case a mutation of the outside, as data, with what is left of it when its fate is unclear.

Lives here: the closed union of mutations and of their inverses. Must not live here: why they are done, or doing them.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from originlock.facts.origin import Rule, RuleSpec, SecurityGroup, Tags


class Authorize(msgspec.Struct, frozen=True, tag="authorize-ingress", tag_field="kind"):
    """Add these rules to a group, in one call."""

    group: str
    rules: tuple[RuleSpec, ...]


class Revoke(msgspec.Struct, frozen=True, tag="revoke-ingress", tag_field="kind"):
    """Take these rules, by their ids, out of a group, in one call."""

    group: str
    rules: tuple[Rule, ...]


class TagRules(msgspec.Struct, frozen=True, tag="tag-rules", tag_field="kind"):
    """Set tags on rules of a group.

    Attributes:
        before: the values that these tags had, if they had any.
    """

    group: str
    rules: tuple[str, ...]
    tags: Tags
    before: Tags = ()


class UntagRules(msgspec.Struct, frozen=True, tag="untag-rules", tag_field="kind"):
    """Take tags off rules of a group."""

    group: str
    rules: tuple[str, ...]
    tags: Tags


class Withdraw(msgspec.Struct, frozen=True, tag="withdraw-ingress", tag_field="kind"):
    """The inverse of `Authorize`: take out what was added, whose ids nobody knows before it is there.

    It is never performed as it stands: a rollback finds the rules in a snapshot and revokes them by id.
    """

    group: str
    rules: tuple[RuleSpec, ...]


Act = Authorize | Revoke | TagRules | UntagRules
Inverse = Authorize | Withdraw | TagRules | UntagRules


def inverse(act: Act) -> Inverse:
    """What leads back from an act."""
    match act:
        case Authorize(group, rules):
            return Withdraw(group, rules)
        case Revoke(group, rules):
            return Authorize(group, tuple(rule.spec for rule in rules))
        case TagRules(group, rules, tags, before):
            return TagRules(group, rules, before, tags) if before else UntagRules(group, rules, tags)
        case UntagRules(group, rules, tags):
            return TagRules(group, rules, tags)
        case _:
            assert_never(act)


def remaining(act: Act, group: SecurityGroup) -> Act | None:
    """What is still to be done of an act whose fate is unclear, by what the group holds now.

    Returns:
        None if nothing is left to do. A rule that is to go and that became another rule under the same id
        (ModifySecurityGroupRules keeps the id) is left alone: it is not the rule that the plan speaks of.
    """
    match act:
        case Authorize(name, rules):
            held = {rule.key for rule in group.rules}
            missing = tuple(rule for rule in rules if rule.key not in held)
            return Authorize(name, missing) if missing else None
        case Revoke(name, rules):
            keys = {rule.id: rule.key for rule in group.rules}
            there = tuple(rule for rule in rules if keys.get(rule.id) == rule.key)
            return Revoke(name, there) if there else None
        case TagRules(name, ids, tags, before):
            bare = tuple(rule.id for rule in group.rules if rule.id in ids and not set(tags) <= set(rule.tags))
            return TagRules(name, bare, tags, before) if bare else None
        case UntagRules(name, ids, tags):
            tagged = tuple(rule.id for rule in group.rules if rule.id in ids and set(tags) & set(rule.tags))
            return UntagRules(name, tagged, tags) if tagged else None
        case _:
            assert_never(act)


def changed_under_us(act: Act, group: SecurityGroup) -> tuple[str, ...]:
    """Ids of rules that the act would take out, and that are no longer what the act says they are."""
    if not isinstance(act, Revoke):
        return ()
    keys = {rule.id: rule.key for rule in group.rules}
    return tuple(rule.id for rule in act.rules if rule.id in keys and keys[rule.id] != rule.key)
