"""The least that IAM must allow a command for a configuration: policy documents, with the reason of every width.

Lives here: from scopes and the table of `permissions` to statements, and to the JSON that IAM takes.
Must not live here: which calls there are (see `permissions`), where a Region comes from, printing, botocore.

What is said here of policies is in the IAM user guide: "JSON policy elements", "Policy variables", "Quotas".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, assert_never

import msgspec

from originlock.aws.permissions import CALLS, CREATE_ACTION, OPERATIONS, PURPOSES, TAG_KEYS, Purpose
from originlock.intent.policy import (
    COMMAND_LINE_ORIGIN,
    GroupsById,
    GroupsByTags,
    ListsAlone,
    LoadBalancerNamed,
    Policy,
)

LARGEST: Final = 6144
"""IAM and STS quotas: characters of a managed policy; white space does not count."""

ANY: Final = "*"

QUOTA_CODES: Final = ("L-0EA8095F",)
"""Service Quotas, Amazon VPC: inbound or outbound rules per security group."""

BALANCER_QUOTA_CODES: Final = ("L-2AFB9258",)
"""Service Quotas, Amazon VPC: security groups per network interface."""

_PARTITIONS: Final = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)
"""How Regions outside of the partition `aws` begin (botocore's partitions.json; a test holds them together)."""

_LOG_GROUP: Final = "/aws/lambda/originlock*"
"""Lambda writes to /aws/lambda/FUNCTION (Lambda developer guide); the function is to be named originlock..."""

_NOT_KNOWN: Final = (
    "which groups a load balancer has AWS alone can tell; name them with --security-group to narrow this"
)

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Operator, key, values."""


class Scope(msgspec.Struct, frozen=True):
    """What one origin is in AWS, as far as a policy names it.

    Attributes:
        mark: the tag of own rules, key and value.
        region, account: None where any will do.
        groups: ids of the groups to lock.
        tags: the tags by which the groups are found; empty if they are not found so.
        load_balancers: names or ARNs of application load balancers, whose groups are locked.
        own_groups: whether a group of originlock's own is made for them.
        lists: ids of the prefix lists whose entries are kept current.
        own_lists: whether prefix lists of originlock's own are made, and kept current.
        role: the ARN of the role by which its account is entered.
    """

    mark: tuple[str, str]
    region: str | None = None
    account: str | None = None
    groups: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    load_balancers: tuple[str, ...] = ()
    own_groups: bool = False
    lists: tuple[str, ...] = ()
    own_lists: bool = False
    role: str | None = None

    @property
    def partition(self) -> str:
        """The partition of its Region."""
        return partition_of(self.region)

    def arn(self, service: str, resource: str, *, account: str | None = None) -> str:
        """The ARN of a resource in its Region and account, or in another account."""
        region = self.region or ANY
        return f"arn:{self.partition}:{service}:{region}:{account or self.account or ANY}:{resource}"


class Statement(msgspec.Struct, frozen=True):
    """One statement that allows something.

    Attributes:
        sid: its name, unique in a policy.
        why: what it is for.
        reason: why it is no narrower; empty where it names what is meant.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    why: str
    reason: str = ""
    conditions: Conditions = ()

    @property
    def unrestricted(self) -> bool:
        """Whether it holds for everything there is."""
        return self.resources == (ANY,)


def partition_of(region: str | None) -> str:
    """The partition of a Region; without one, the usual."""
    return next((name for begin, name in _PARTITIONS if (region or "").startswith(begin)), "aws")


def scope_of(policy: Policy, mark: tuple[str, str], region: str | None, account: str | None) -> Scope:
    """What a policy's origin is in AWS."""
    network = policy.network
    named = network.prefix_list if network.via == "prefix-list" else ()
    own_lists = network.via == "prefix-list" and not named
    scope = Scope(mark, region, account, lists=named, own_lists=own_lists, role=policy.place.role)
    match policy.target:
        case GroupsById(ids):
            return msgspec.structs.replace(scope, groups=ids)
        case GroupsByTags(tags):
            return msgspec.structs.replace(scope, tags=tags)
        case ListsAlone():
            return scope
        case LoadBalancerNamed(name):
            return msgspec.structs.replace(scope, load_balancers=(name,), own_groups=network.security_group == "create")
        case _:
            assert_never(policy.target)


def statements(command: str, scopes: Iterable[Scope], *, adopt: bool = False) -> tuple[Statement, ...]:
    """What a command needs for these origins, from the widest to the narrowest; nothing twice.

    Args:
        command: a command that calls AWS (a key of `permissions.PURPOSES`).
        scopes: what it is done for, one for each origin.
        adopt: whether rules of others are taken over as well.
    """
    purposes = PURPOSES[command] | ({Purpose.TAKE_OVER} if adopt and command != "plan" else frozenset())
    return merged(statement for scope in scopes for statement in _of_scope(purposes, scope))


def merged(found: Iterable[Statement]) -> tuple[Statement, ...]:
    """Those that differ in their resources alone as one, and names made unique."""
    alike: dict[Statement, set[str]] = {}
    for each in found:
        alike.setdefault(msgspec.structs.replace(each, resources=()), set()).update(each.resources)
    taken: dict[str, int] = {}
    named: list[Statement] = []
    for each, resources in alike.items():
        taken[each.sid] = taken.get(each.sid, 0) + 1
        sid = each.sid if taken[each.sid] == 1 else f"{each.sid}{taken[each.sid]}"
        named.append(msgspec.structs.replace(each, sid=sid, resources=tuple(sorted(resources))))
    return tuple(named)


def log_statements(scopes: Iterable[Scope]) -> tuple[Statement, ...]:
    """What Lambda needs beside, to write the function's log."""
    group, *stream = _actions(Purpose.LOG)
    found: list[Statement] = []
    for scope in scopes:
        log_group = scope.arn("logs", f"log-group:{_LOG_GROUP}")
        why = Purpose.LOG.value
        reason = "the function is not named here: let its name begin with originlock"
        found.append(Statement("MakeLogGroup", (group,), (log_group,), why, reason))
        found.append(Statement("WriteLog", tuple(stream), (f"{log_group}:*",), why, reason))
    return merged(found)


def document(listed: Iterable[Statement]) -> dict[str, object]:
    """The policy as IAM takes it."""
    return {"Version": "2012-10-17", "Statement": [_plain(statement) for statement in listed]}


def trust_policy(service: str, partition: str) -> dict[str, object]:
    """The document by which a role trusts a service: ``ec2`` or ``lambda``."""
    # In China EC2 went by another name when kops issue 27 was written; whether the usual one is taken there by now
    # was not found.
    suffix = ".cn" if service == "ec2" and partition == "aws-cn" else ""
    principal = {"Service": f"{service}.amazonaws.com{suffix}"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": OPERATIONS["sts:AssumeRole"].action}
    return {"Version": "2012-10-17", "Statement": [statement]}


def size(policy: Mapping[str, object]) -> int:
    """How many characters IAM counts."""
    return sum(not letter.isspace() for letter in json.dumps(policy, separators=(",", ":")))


# --- statements -------------------------------------------------------------------------


def _of_scope(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    yield from _enter(purposes, scope)
    yield from _look(purposes, scope)
    yield from _change_rules(purposes, scope)
    yield from _marks(purposes, scope)
    yield from _own_groups(purposes, scope)
    yield from _prefix_lists(purposes, scope)


def _enter(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    if Purpose.ENTER in purposes and scope.role is not None:
        yield Statement("Enter", _actions(Purpose.ENTER), (scope.role,), Purpose.ENTER.value)


def _look(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    yield from _wide("Look", purposes, Purpose.FIND_GROUPS, Purpose.READ_LISTS)
    if scope.load_balancers:
        yield from _wide("LookAtLoadBalancers", purposes, Purpose.FIND_LOAD_BALANCERS)
    if scope.own_groups and Purpose.SEE_REFERENCES in purposes:
        every = (scope.arn("ec2", "security-group/*"),)
        actions, why = _actions(Purpose.SEE_REFERENCES), Purpose.SEE_REFERENCES.value
        yield Statement("SeeReferences", actions, every, why, _NOT_KNOWN)
    if Purpose.READ_LISTS in purposes:
        yield Statement(
            "ReadPrefixLists",
            (OPERATIONS["ec2:GetManagedPrefixListEntries"].action,),
            (scope.arn("ec2", "prefix-list/*", account=ANY),),
            Purpose.READ_LISTS.value,
            "a rule may name any list, and AWS's own and shared ones belong to other accounts",
        )
    if Purpose.READ_QUOTA in purposes:
        codes = (*QUOTA_CODES, *(BALANCER_QUOTA_CODES if scope.load_balancers else ()))
        arns = tuple(scope.arn("servicequotas", f"vpc/{code}") for code in codes)
        yield Statement("ReadQuota", _actions(Purpose.READ_QUOTA), arns, Purpose.READ_QUOTA.value)


def _wide(sid: str, purposes: frozenset[Purpose], *asked: Purpose) -> Iterator[Statement]:
    """What AWS restricts to no resource, in a statement of its own."""
    serving = [purpose for purpose in asked if purpose in purposes]
    calls = [OPERATIONS[name] for purpose in serving for name in CALLS[purpose] if OPERATIONS[name].reason]
    if calls:
        why = "; ".join(purpose.value for purpose in serving)
        yield Statement(sid, tuple(each.action for each in calls), (ANY,), why, calls[0].reason)


def _change_rules(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    if Purpose.CHANGE_RULES not in purposes:
        return
    (add, remove), why = _actions(Purpose.CHANGE_RULES), Purpose.CHANGE_RULES.value
    every, new = scope.arn("ec2", "security-group/*"), scope.arn("ec2", "security-group-rule/*")
    adding, unmade = (
        "add rules with their tags: AWS then looks at the new rule too",
        "a rule has no id before it is made",
    )
    if scope.groups:
        arns = tuple(scope.arn("ec2", f"security-group/{group}") for group in scope.groups)
        yield Statement("AddRules", (add,), (*arns, new), adding, unmade)
        yield Statement("RemoveRules", (remove,), arns, "remove unwanted rules")
    if scope.load_balancers:
        yield Statement("AddRules", (add,), (every, new), adding, _NOT_KNOWN)
        yield Statement("RemoveRules", (remove,), (every,), "remove unwanted rules", _NOT_KNOWN)
    if scope.tags:
        conditions = tuple(("StringEquals", f"aws:ResourceTag/{key}", (_literal(value),)) for key, value in scope.tags)
        reason = "which groups carry these tags may change; who may tag groups decides what this reaches"
        yield Statement("ChangeRules", (add, remove), (every,), why, reason, conditions)
        # By itself: a rule that is being made has no such tags yet.
        yield Statement("AddRules", (add,), (new,), adding, unmade)
    if scope.groups or scope.load_balancers or scope.tags:
        yield _tag_new("TagNewRules", scope, "security-group-rule/*", "AuthorizeSecurityGroupIngress")


def _marks(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    """Marks on rules that are there: of own keys alone, and never on another origin's rules."""
    key, value = scope.mark
    rules = (scope.arn("ec2", "security-group-rule/*"),)
    mine = tuple(dict.fromkeys((_literal(value), COMMAND_LINE_ORIGIN)))
    only_this_key: Conditions = (("ForAllValues:StringEquals", TAG_KEYS, (key,)),)
    reason = "which rules these are is seen when they are read; AWS cannot tie a rule's tags to its group"
    if Purpose.TAKE_OVER in purposes:
        # A run takes over, so that it sets its own mark; a rollback may also give back to the options' origin.
        given = mine if Purpose.GIVE_BACK in purposes else mine[:1]
        yield Statement(
            "TakeOverRules",
            (OPERATIONS["ec2:CreateTags"].action,),
            rules,
            Purpose.TAKE_OVER.value,
            reason,
            (
                ("StringEquals", f"aws:RequestTag/{key}", given),
                # Nobody's, or one of these: IfExists also holds where there is no such tag.
                ("StringEqualsIfExists", f"aws:ResourceTag/{key}", mine),
                *only_this_key,
            ),
        )
    if Purpose.GIVE_BACK in purposes:
        yield Statement(
            "GiveBackRules",
            (OPERATIONS["ec2:DeleteTags"].action,),
            rules,
            Purpose.GIVE_BACK.value,
            reason,
            (
                ("StringEquals", f"aws:ResourceTag/{key}", mine),
                *only_this_key,
                # ForAllValues holds where no key is named, and DeleteTags without keys takes every tag off.
                ("Null", TAG_KEYS, ("false",)),
            ),
        )


def _own_groups(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    if not scope.own_groups:
        return
    every, unmade = scope.arn("ec2", "security-group/*"), "a group has no id before it is made"
    if Purpose.MAKE_GROUPS in purposes:
        (make, reach), why = _actions(Purpose.MAKE_GROUPS), Purpose.MAKE_GROUPS.value
        yield Statement("MakeGroups", (make,), (every,), why, unmade, _bears(scope, "Request"))
        anywhere = "the VPC is the load balancer's, which AWS alone can tell"
        yield Statement("MakeGroupsInVpc", (make,), (scope.arn("ec2", "vpc/*"),), why, anywhere)
        yield _tag_new("TagNewGroups", scope, "security-group/*", "CreateSecurityGroup")
        yield Statement("OwnGroups", (reach,), (every,), why, unmade, _bears(scope, "Resource"))
    if Purpose.ATTACH_GROUPS in purposes:
        yield from _attach(scope)
    if Purpose.DELETE_GROUPS in purposes:
        actions, why = _actions(Purpose.DELETE_GROUPS), Purpose.DELETE_GROUPS.value
        yield Statement("DeleteOwnGroups", actions, (every,), why, unmade, _bears(scope, "Resource"))


def _attach(scope: Scope) -> Iterator[Statement]:
    actions, why = _actions(Purpose.ATTACH_GROUPS), Purpose.ATTACH_GROUPS.value
    for name in scope.load_balancers:
        if name.startswith("arn:"):
            yield Statement("AttachGroups", actions, (name,), why)
        else:
            arn = scope.arn("elasticloadbalancing", f"loadbalancer/app/{name}/*")
            reason = "the name is there, but not the id behind it: give the ARN as the load balancer"
            yield Statement("AttachGroups", actions, (arn,), why, reason)


def _prefix_lists(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    every, unmade = (scope.arn("ec2", "prefix-list/*"),), "a list has no id before it is made"
    if Purpose.MAKE_LISTS in purposes and scope.own_lists:
        actions, why = _actions(Purpose.MAKE_LISTS), Purpose.MAKE_LISTS.value
        yield Statement("MakeLists", actions, every, why, unmade, _bears(scope, "Request"))
        yield _tag_new("TagNewLists", scope, "prefix-list/*", "CreateManagedPrefixList")
    if Purpose.KEEP_LISTS in purposes:
        actions, why = _actions(Purpose.KEEP_LISTS), Purpose.KEEP_LISTS.value
        if scope.own_lists:
            yield Statement("KeepOwnLists", actions, every, why, unmade, _bears(scope, "Resource"))
        if scope.lists:
            named = tuple(scope.arn("ec2", f"prefix-list/{name}") for name in scope.lists)
            yield Statement("KeepLists", actions, named, why)


def _tag_new(sid: str, scope: Scope, resource: str, by: str) -> Statement:
    """Tags on what a call creates, and on nothing else."""
    why = f"tag what {by} creates, in the same call and at no other time"
    reason = "it has no id before it is made"
    conditions: Conditions = (("StringEquals", CREATE_ACTION, (by,)),)
    return Statement(
        sid, (OPERATIONS["ec2:CreateTags"].action,), (scope.arn("ec2", resource),), why, reason, conditions
    )


def _bears(scope: Scope, which: str) -> Conditions:
    """That a request, or a resource, bears this origin's mark."""
    key, value = scope.mark
    return (("StringEquals", f"aws:{which}Tag/{key}", (_literal(value),)),)


def _actions(purpose: Purpose) -> tuple[str, ...]:
    return tuple(OPERATIONS[name].action for name in CALLS[purpose])


def _literal(value: str) -> str:
    """A text in which IAM is to see no variable."""
    return value.replace("${", "${$}{")


def _plain(statement: Statement) -> dict[str, object]:
    plain: dict[str, object] = {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": _one_or_many(statement.actions),
        "Resource": _one_or_many(statement.resources),
    }
    if statement.conditions:
        conditions: dict[str, dict[str, object]] = {}
        for operator, key, values in statement.conditions:
            conditions.setdefault(operator, {})[key] = _one_or_many(values)
        plain["Condition"] = conditions
    return plain


def _one_or_many(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
