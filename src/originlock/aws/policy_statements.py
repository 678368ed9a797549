"""The statements that a command's calls need, each with its resources, its conditions and the reason of its width.

Lives here: from a scope and the purposes of a command to statements. Must not live here: which calls there are
(see `permissions`), documents (see `least_privilege`), botocore.

What is said here of policies is in the IAM user guide: "JSON policy elements", "Policy variables".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from originlock.aws.permissions import CALLS, CREATE_ACTION, OPERATIONS, TAG_KEYS, Purpose
from originlock.aws.policy_scope import ANY, Scope
from originlock.aws.statement import Conditions, Statement, actions as _actions, bears as _bears, literal as _literal
from originlock.aws.trust_statements import of_trust
from originlock.intent.policy import COMMAND_LINE_ORIGIN

QUOTA_CODES: Final = ("L-0EA8095F",)
"""Service Quotas, Amazon VPC: inbound or outbound rules per security group."""

BALANCER_QUOTA_CODES: Final = ("L-2AFB9258",)
"""Service Quotas, Amazon VPC: security groups per network interface."""

_LOG_GROUP: Final = "/aws/lambda/originlock*"
"""Lambda writes to /aws/lambda/FUNCTION (Lambda developer guide); the function is to be named originlock..."""

_READ_ENTRIES: Final = OPERATIONS["ec2:GetManagedPrefixListEntries"].action

_NOT_KNOWN: Final = "which groups a load balancer has AWS alone can tell; --attached ID names them"


def of_scope(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    """All that these purposes need in one scope."""
    if scope.role is not None:
        yield Statement("Enter", _actions(Purpose.ENTER), (scope.role,), Purpose.ENTER.value)
        return
    yield from _wide("AskPrices", purposes, Purpose.READ_PRICES)
    if Purpose.READ_METRICS in purposes:
        # What costs are is asked of no group, no list and no trust store.
        yield from _wide("ReadMetrics", purposes, Purpose.READ_METRICS)
        yield from _wide("SeeLoadBalancers", purposes, Purpose.SEE_LOAD_BALANCERS)
        return
    if not scope.of_groups:
        yield from _look_at_lists(purposes, scope)
    else:
        yield from _look(purposes, scope)
        yield from _change_rules(purposes, scope)
        yield from _marks(purposes, scope)
        yield from _own_groups(purposes, scope)
    yield from _prefix_lists(purposes, scope)
    yield from of_trust(purposes, scope)


def _look_at_lists(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    """Of lists alone no group is read, and no list but these."""
    yield from _wide("LookAtLists", purposes, Purpose.READ_LISTS)
    if Purpose.READ_LISTS in purposes:
        named = _list_arns(scope)
        yield Statement("ReadPrefixLists", (_READ_ENTRIES,), named, Purpose.READ_LISTS.value)


def _look(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    yield from _wide("Look", purposes, Purpose.FIND_GROUPS, Purpose.READ_LISTS)
    if scope.load_balancers:
        yield from _wide("LookAtLoadBalancers", purposes, Purpose.SEE_LOAD_BALANCERS, Purpose.FIND_LOAD_BALANCERS)
    if scope.own_groups and Purpose.SEE_REFERENCES in purposes:
        actions, why = _actions(Purpose.SEE_REFERENCES), Purpose.SEE_REFERENCES.value
        named = _group_arns(scope, scope.attached)
        if named:
            yield Statement("SeeReferences", actions, named, why)
        else:
            yield Statement("SeeReferences", actions, (scope.arn("ec2", "security-group/*"),), why, _NOT_KNOWN)
    if Purpose.READ_LISTS in purposes:
        yield Statement(
            "ReadPrefixLists",
            (_READ_ENTRIES,),
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
    if named := _group_arns(scope, scope.groups or scope.attached):
        yield Statement("AddRules", (add,), (*named, new), adding, unmade)
        yield Statement("RemoveRules", (remove,), named, "remove unwanted rules")
    elif scope.load_balancers:
        yield Statement("AddRules", (add,), (every, new), adding, _NOT_KNOWN)
        yield Statement("RemoveRules", (remove,), (every,), "remove unwanted rules", _NOT_KNOWN)
    if scope.tags:
        conditions = tuple(("StringEquals", f"aws:ResourceTag/{key}", (_literal(value),)) for key, value in scope.tags)
        reason = "which groups carry these tags may change; who may tag groups decides what this reaches"
        yield Statement("ChangeRules", (add, remove), (every,), why, reason, conditions)
        # By itself: a rule that is being made has no such tags yet.
        yield Statement("AddRules", (add,), (new,), adding, unmade)
    yield _tag_new("TagNewRules", scope, "security-group-rule/*", "AuthorizeSecurityGroupIngress")


def _group_arns(scope: Scope, ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(scope.arn("ec2", f"security-group/{name}") for name in ids)


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
    if Purpose.CHANGE_RULES in purposes and scope.attached:
        actions, why = _actions(Purpose.CHANGE_RULES), Purpose.CHANGE_RULES.value
        yield Statement("ChangeOwnGroups", actions, (every,), why, unmade, _bears(scope, "Resource"))
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
            arns = tuple(scope.arn("elasticloadbalancing", f"loadbalancer/{sort}/{name}/*") for sort in ("app", "net"))
            reason = "the name is there, but not its sort and id: give the ARN as the load balancer"
            yield Statement("AttachGroups", actions, arns, why, reason)


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
            yield Statement("KeepLists", actions, _list_arns(scope), why)


def _list_arns(scope: Scope) -> tuple[str, ...]:
    return tuple(scope.arn("ec2", f"prefix-list/{name}") for name in scope.lists)


def _tag_new(sid: str, scope: Scope, resource: str, by: str) -> Statement:
    """Tags on what a call creates, and on nothing else."""
    why = f"tag what {by} creates, in the same call and at no other time"
    reason = "it has no id before it is made"
    conditions: Conditions = (("StringEquals", CREATE_ACTION, (by,)),)
    return Statement(
        sid, (OPERATIONS["ec2:CreateTags"].action,), (scope.arn("ec2", resource),), why, reason, conditions
    )


def of_log(scope: Scope) -> Iterator[Statement]:
    """What Lambda needs beside, to write the function's log."""
    group, *stream = _actions(Purpose.LOG)
    log_group, why = scope.arn("logs", f"log-group:{_LOG_GROUP}"), Purpose.LOG.value
    reason = "the function is not named here: let its name begin with originlock"
    yield Statement("MakeLogGroup", (group,), (log_group,), why, reason)
    yield Statement("WriteLog", tuple(stream), (f"{log_group}:*",), why, reason)
