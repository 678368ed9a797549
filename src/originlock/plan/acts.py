"""The acts: one case a mutation of the outside, as data, with what is left of it when its fate is unclear.

Lives here: the closed union of mutations and of their inverses. Must not live here: why they are done, or doing them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import msgspec

from originlock.facts.load_balancer import LoadBalancer
from originlock.facts.networks import Cidr
from originlock.facts.origin import (
    PrefixList,
    PrefixListSource,
    Rule,
    RuleSpec,
    SecurityGroup,
    Tags,
    new_group,
    new_prefix_list,
)
from originlock.facts.snapshot import Held
from originlock.facts.unknown import Unknown
from originlock.plan import trust_acts
from originlock.plan.trust_acts import (
    AddRevocations,
    CreateTrustStore,
    DeleteCertificate,
    EdgeAct,
    ReplaceBundle,
    SetHostnamePulls,
    StoreAct,
    TrustInverse,
    UploadCertificate,
)


class Authorize(msgspec.Struct, frozen=True, tag="authorize-ingress", tag_field="kind"):
    """Add these rules to a group, in one call."""

    group: str
    rules: tuple[RuleSpec, ...]

    @property
    def target(self) -> str:
        """The group."""
        return self.group


class Revoke(msgspec.Struct, frozen=True, tag="revoke-ingress", tag_field="kind"):
    """Take these rules, by their ids, out of a group, in one call."""

    group: str
    rules: tuple[Rule, ...]

    @property
    def target(self) -> str:
        """The group."""
        return self.group


class TagRules(msgspec.Struct, frozen=True, tag="tag-rules", tag_field="kind"):
    """Set tags on rules of a group.

    Attributes:
        before: the values that these tags had, if they had any.
    """

    group: str
    rules: tuple[str, ...]
    tags: Tags
    before: Tags = ()

    @property
    def target(self) -> str:
        """The group."""
        return self.group


class UntagRules(msgspec.Struct, frozen=True, tag="untag-rules", tag_field="kind"):
    """Take tags off rules of a group."""

    group: str
    rules: tuple[str, ...]
    tags: Tags

    @property
    def target(self) -> str:
        """The group."""
        return self.group


class Withdraw(msgspec.Struct, frozen=True, tag="withdraw-ingress", tag_field="kind"):
    """The inverse of `Authorize`: take out what was added, whose ids nobody knows before it is there.

    It is never performed as it stands: a rollback finds the rules in a snapshot and revokes them by id.
    """

    group: str
    rules: tuple[RuleSpec, ...]

    @property
    def target(self) -> str:
        """The group."""
        return self.group


class AuthorizeEgress(msgspec.Struct, frozen=True, tag="authorize-egress", tag_field="kind"):
    """Let the members of a group of our own reach what the groups that it stands for let them reach."""

    group: str
    rules: tuple[RuleSpec, ...]

    @property
    def target(self) -> str:
        """The group."""
        return self.group


class WithdrawEgress(msgspec.Struct, frozen=True, tag="withdraw-egress", tag_field="kind"):
    """The inverse of `AuthorizeEgress`; never performed: it opens nothing to anybody, and goes with its group."""

    group: str
    rules: tuple[RuleSpec, ...]

    @property
    def target(self) -> str:
        """The group."""
        return self.group


class CreateGroup(msgspec.Struct, frozen=True, tag="create-group", tag_field="kind"):
    """Make a group of our own in a VPC."""

    vpc: str
    name: str
    description: str
    tags: Tags

    @property
    def target(self) -> str:
        """How the group is called until it has an id."""
        return new_group(self.vpc, self.name)


class DeleteGroup(msgspec.Struct, frozen=True, tag="delete-group", tag_field="kind"):
    """Delete a group of our own that nothing uses; AWS refuses it while something does."""

    group: str

    @property
    def target(self) -> str:
        """The group."""
        return self.group


class DiscardGroup(msgspec.Struct, frozen=True, tag="discard-group", tag_field="kind"):
    """The inverse of `CreateGroup`; a rollback finds the group, and deletes it when nothing uses it."""

    vpc: str
    name: str

    @property
    def target(self) -> str:
        """How the group was called before it had an id."""
        return new_group(self.vpc, self.name)


class AttachGroups(msgspec.Struct, frozen=True, tag="attach-groups", tag_field="kind"):
    """Put groups beside those that a load balancer has when it is done."""

    load_balancer: str
    groups: tuple[str, ...]

    @property
    def target(self) -> str:
        """The load balancer's ARN."""
        return self.load_balancer


class DetachGroups(msgspec.Struct, frozen=True, tag="detach-groups", tag_field="kind"):
    """Take groups from those that a load balancer has when it is done.

    Attributes:
        keep: a group that must be there; without it nothing is taken.
    """

    load_balancer: str
    groups: tuple[str, ...]
    keep: str

    @property
    def target(self) -> str:
        """The load balancer's ARN."""
        return self.load_balancer


class Entry(msgspec.Struct, frozen=True):
    """An entry of a managed prefix list, as it is asked for."""

    cidr: Cidr
    description: str


class CreatePrefixList(msgspec.Struct, frozen=True, tag="create-prefix-list", tag_field="kind"):
    """Make a managed prefix list of our own, with its entries.

    Attributes:
        size: its maximum number of entries, which is what a rule that names it counts as.
    """

    name: str
    family: int
    size: int
    entries: tuple[Entry, ...]
    tags: Tags

    @property
    def target(self) -> str:
        """How the list is called until it has an id."""
        return new_prefix_list(self.name)


class DeletePrefixList(msgspec.Struct, frozen=True, tag="delete-prefix-list", tag_field="kind"):
    """Delete a list of our own that no rule names; AWS refuses it while one does."""

    prefix_list: str

    @property
    def target(self) -> str:
        """The list."""
        return self.prefix_list


class DiscardPrefixList(msgspec.Struct, frozen=True, tag="discard-prefix-list", tag_field="kind"):
    """The inverse of `CreatePrefixList`; a rollback finds the list, and deletes it when no rule names it."""

    name: str

    @property
    def target(self) -> str:
        """How the list was called before it had an id."""
        return new_prefix_list(self.name)


class ResizePrefixList(msgspec.Struct, frozen=True, tag="resize-prefix-list", tag_field="kind"):
    """Change the maximum number of entries of a list; AWS refuses it where a group that names it has no room.

    Attributes:
        before: the size that it had.
    """

    prefix_list: str
    size: int
    before: int

    @property
    def target(self) -> str:
        """The list."""
        return self.prefix_list


class AddEntries(msgspec.Struct, frozen=True, tag="add-entries", tag_field="kind"):
    """Put entries into a list, on the version that it has when it is done."""

    prefix_list: str
    entries: tuple[Entry, ...]

    @property
    def target(self) -> str:
        """The list."""
        return self.prefix_list


class RemoveEntries(msgspec.Struct, frozen=True, tag="remove-entries", tag_field="kind"):
    """Take entries out of a list, on the version that it has when it is done."""

    prefix_list: str
    entries: tuple[Entry, ...]

    @property
    def target(self) -> str:
        """The list."""
        return self.prefix_list


RuleAct = Authorize | Revoke | TagRules | UntagRules
GroupAct = CreateGroup | DeleteGroup | AuthorizeEgress
BalancerAct = AttachGroups | DetachGroups
ListAct = CreatePrefixList | DeletePrefixList | ResizePrefixList | AddEntries | RemoveEntries

RuleInverse = Authorize | Withdraw | TagRules | UntagRules

Act = RuleAct | GroupAct | BalancerAct | ListAct | StoreAct | EdgeAct
Inverse = (
    RuleInverse
    | DiscardGroup
    | WithdrawEgress
    | AttachGroups
    | DetachGroups
    | DiscardPrefixList
    | ResizePrefixList
    | AddEntries
    | RemoveEntries
    | TrustInverse
)


def inverse(act: Act) -> Inverse | None:  # noqa: C901, PLR0911, PLR0912  one case an act
    """What leads back from an act; nothing leads back from a deletion, which is done in *tidy* only."""
    if isinstance(act, StoreAct | EdgeAct):
        return trust_acts.inverse(act)
    match act:
        case Authorize(group, rules):
            return Withdraw(group, rules)
        case Revoke(group, rules):
            return Authorize(group, tuple(rule.spec for rule in rules))
        case TagRules(group, rules, tags, before):
            return TagRules(group, rules, before, tags) if before else UntagRules(group, rules, tags)
        case UntagRules(group, rules, tags):
            return TagRules(group, rules, tags)
        case AuthorizeEgress(group, rules):
            return WithdrawEgress(group, rules)
        case CreateGroup(vpc, name):
            return DiscardGroup(vpc, name)
        case AttachGroups(balancer, groups):
            return DetachGroups(balancer, groups, "")
        case DetachGroups(balancer, groups):
            return AttachGroups(balancer, groups)
        case CreatePrefixList(name):
            return DiscardPrefixList(name)
        case ResizePrefixList(name, size, before):
            return ResizePrefixList(name, before, size)
        case AddEntries(name, entries):
            return RemoveEntries(name, entries)
        case RemoveEntries(name, entries):
            return AddEntries(name, entries)
        case DeleteGroup() | DeletePrefixList():
            return None
        case _:
            assert_never(act)


def remaining(act: Act, held: Held) -> Act | None:
    """What is still to be done of an act whose fate is unclear, by what its target is now.

    Returns:
        None if nothing is left to do. A rule that is to go and that became another rule under the same id
        (ModifySecurityGroupRules keeps the id) is left alone: it is not the rule that the plan speaks of.
        What only has the name of what is to be made, and not its tags, is somebody else's: all is left to do.
    """
    if isinstance(act, StoreAct | EdgeAct):
        return trust_acts.remaining(act, held)
    match act, held:
        case (CreateGroup(tags=tags), SecurityGroup(tags=there)) | (
            CreatePrefixList(tags=tags),
            PrefixList(tags=there),
        ):
            return None if set(tags) <= set(there) else act
        case (DeleteGroup() | DeletePrefixList(), SecurityGroup() | PrefixList()):
            return act
        case (DeleteGroup() | DeletePrefixList(), _):
            return None
        case (Authorize() | Revoke() | TagRules() | UntagRules() | AuthorizeEgress(), SecurityGroup()):
            return _remaining_of_rules(act, held)
        case (AttachGroups(balancer, groups), LoadBalancer()):
            absent = tuple(group for group in groups if group not in held.groups)
            return AttachGroups(balancer, absent) if absent else None
        case (DetachGroups(balancer, groups, keep), LoadBalancer()):
            present = tuple(group for group in groups if group in held.groups or _on_an_interface(held, group))
            return DetachGroups(balancer, present, keep) if present else None
        case (ResizePrefixList() | AddEntries() | RemoveEntries(), PrefixList()):
            return _remaining_of_list(act, held)
        case _:
            return act


def _on_an_interface(balancer: LoadBalancer, group: str) -> bool:
    """Whether an interface is seen to have a group still; those that cannot be read are for the proof to tell."""
    return not isinstance(balancer.interfaces, Unknown) and any(group in each.groups for each in balancer.interfaces)


def _remaining_of_rules(act: RuleAct | AuthorizeEgress, group: SecurityGroup) -> Act | None:
    match act:
        case Authorize(name, rules):
            held = {rule.key for rule in group.rules}
            missing = tuple(rule for rule in rules if rule.key not in held)
            return Authorize(name, missing) if missing else None
        case AuthorizeEgress(name, rules):
            held = {rule.key for rule in group.egress}
            missing = tuple(rule for rule in rules if rule.key not in held)
            return AuthorizeEgress(name, missing) if missing else None
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


def _remaining_of_list(act: ResizePrefixList | AddEntries | RemoveEntries, held: PrefixList) -> Act | None:
    match act:
        case ResizePrefixList(size=size):
            return None if held.weight == size else act
        case AddEntries(name, entries):
            there = _entries(held)
            absent = tuple(entry for entry in entries if entry.cidr not in there)
            return AddEntries(name, absent) if absent else None
        case RemoveEntries(name, entries):
            there = _entries(held)
            present = tuple(entry for entry in entries if entry.cidr in there)
            return RemoveEntries(name, present) if present else None
        case _:
            assert_never(act)


def _entries(held: PrefixList) -> frozenset[Cidr]:
    return frozenset() if isinstance(held.entries, Unknown) else frozenset(held.entries)


def in_the_way(act: Act, held: Held) -> SecurityGroup | None:
    """What has the name of the group that is to be made, and is not ours: a VPC has no two groups of one name."""
    return held if isinstance(act, CreateGroup) and isinstance(held, SecurityGroup) and remaining(act, held) else None


def changed_under_us(act: Act, held: Held) -> tuple[str, ...]:
    """Ids of rules that the act would take out, and that are no longer what the act says they are."""
    if not isinstance(act, Revoke) or not isinstance(held, SecurityGroup):
        return ()
    keys = {rule.id: rule.key for rule in held.rules}
    return tuple(rule.id for rule in act.rules if rule.id in keys and keys[rule.id] != rule.key)


def settles(act: Act) -> bool:
    """Whether AWS or the edge goes on working at it after its answer, so that what comes next has to wait."""
    lists = CreatePrefixList | ResizePrefixList | AddEntries | RemoveEntries
    trust = CreateTrustStore | ReplaceBundle | AddRevocations | UploadCertificate | DeleteCertificate | SetHostnamePulls
    return isinstance(act, lists | trust)


def renamed(act: Act, names: Mapping[str, str]) -> Act:
    """The act with the ids of what has been made since it was planned."""
    if not names:
        return act
    if isinstance(act, StoreAct | EdgeAct):
        return trust_acts.renamed(act, names)
    match act:
        case Authorize(group, rules):
            return Authorize(names.get(group, group), tuple(renamed_rule(rule, names) for rule in rules))
        case AttachGroups(balancer, groups):
            return AttachGroups(balancer, tuple(names.get(group, group) for group in groups))
        case DetachGroups(balancer, groups, keep):
            return DetachGroups(balancer, tuple(names.get(g, g) for g in groups), names.get(keep, keep))
        case AuthorizeEgress(group) | Revoke(group) | TagRules(group) | UntagRules(group) | DeleteGroup(group):
            return msgspec.structs.replace(act, group=names.get(group, group))
        case DeletePrefixList(name) | ResizePrefixList(name) | AddEntries(name) | RemoveEntries(name):
            return msgspec.structs.replace(act, prefix_list=names.get(name, name))
        case CreateGroup() | CreatePrefixList():
            return act
        case _:
            assert_never(act)


def renamed_rule(rule: RuleSpec, names: Mapping[str, str]) -> RuleSpec:
    """The rule with the id of the list that it names."""
    source = rule.key.source
    if not isinstance(source, PrefixListSource) or source.prefix_list not in names:
        return rule
    key = msgspec.structs.replace(rule.key, source=PrefixListSource(names[source.prefix_list]))
    return msgspec.structs.replace(rule, key=key)
