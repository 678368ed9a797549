"""The table of calls and the policies made from it, held against botocore, AWS's own table and an IAM linter."""

from __future__ import annotations

import fnmatch
import functools
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session
import msgspec
import pytest
from botocore import xform_name

from originlock.aws.least_privilege import LARGEST, document, log_statements, merged, size, statements, trust_policy
from originlock.aws.permissions import CALLS, OPERATIONS, PURPOSES, Operation, Permission, Purpose
from originlock.aws.policy_scope import Scope, Trust, inside, partition_of, scope_of
from originlock.aws.topic_statements import Topic, inside as topics_inside
from originlock.intent.policy import (
    GroupsById,
    GroupsByTags,
    IdentityPolicy,
    ListsAlone,
    LoadBalancerNamed,
    NetworkPolicy,
    Policy,
)
from originlock.lab.faults import is_reading

with warnings.catch_warnings():
    # The linter still uses pkg_resources, which warns on import.
    warnings.simplefilter("ignore")
    import parliament  # type: ignore[import-untyped]
    from policy_sentry.querying.actions import get_action_data

ROOT = Path(__file__).resolve().parents[2]
MARK = ("originlock:origin", "blog")
HERE = Scope(MARK, region="eu-west-1", account="123456789012")
BY_ID = msgspec.structs.replace(HERE, groups=("sg-0123456789abcdef0", "sg-0123456789abcdef1"))
BY_TAG = msgspec.structs.replace(HERE, tags=(("origin", "blog"), ("stage", "live")))
BALANCER = msgspec.structs.replace(HERE, load_balancers=("blog",), own_groups=True, own_lists=True)
BALANCER_ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/blog/0123456789abcdef"
ATTACHED = msgspec.structs.replace(BALANCER, attached=BY_ID.groups)
SHARED_LIST = msgspec.structs.replace(HERE, load_balancers=(BALANCER_ARN,), own_groups=True, lists=("pl-0123",))
ENTERED = msgspec.structs.replace(BY_ID, role="arn:aws:iam::210987654321:role/ops/lock")
LISTS = msgspec.structs.replace(HERE, lists=("pl-0123", "pl-4567"))
TRUST = Trust("originlock-bundles", create_bucket=True, stores=True, logs=True, probe=True)
IDENTITY = msgspec.structs.replace(BALANCER, trust=TRUST)
IDENTITY_ARN = msgspec.structs.replace(SHARED_LIST, trust=TRUST)
SCOPES = {
    "ids": BY_ID,
    "tags": BY_TAG,
    "load balancer": BALANCER,
    "attached": ATTACHED,
    "shared list": SHARED_LIST,
    "lists alone": LISTS,
    "identity": IDENTITY,
    "identity, by ARN": IDENTITY_ARN,
    "identity, off": msgspec.structs.replace(BALANCER, trust=Trust()),
}

ABOUT_ORIGINS = sorted(set(PURPOSES) - {"notify"})
"""Commands that look at origins; the other only tells people."""

OF_S3 = {
    "HeadBucket": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "PutBucketEncryption": "PutEncryptionConfiguration",
}
"""Actions of S3 that are not named as the call is (Amazon S3 API reference, each operation, Permissions)."""

OF_NO_CONCERN = {
    # Of application load balancers alone a client certificate is asked for here.
    "elasticloadbalancing": {"listener/net/", "listener/gwy/", "loadbalancer/net/", "loadbalancer/gwy/"},
    "s3": {"accesspoint"},
}
"""Types of resources that no policy of ours names, by service."""

operations = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda each: each.name)
permissions = pytest.mark.parametrize(
    "permission", sorted({need for each in OPERATIONS.values() for need in each.needs}, key=str), ids=str
)


@functools.cache
def model(service: str) -> Any:  # noqa: ANN401  botocore makes its models at run time
    """The model of a service."""
    return botocore.session.Session().get_service_model(service)


# --- the table ------------------------------------------------------------------------------


@operations
def test_every_operation_is_one_of_botocores(operation: Operation) -> None:
    """A misspelt operation would never be found in a log of calls."""
    service, _, name = operation.name.partition(":")
    assert name in model(service).operation_names


@operations
def test_the_action_is_the_services(operation: Operation) -> None:
    """IAM names a service as its signatures do, with the call's own action first."""
    service, _, name = operation.name.partition(":")
    action = OF_S3.get(name, name) if service == "s3" else name
    # CloudWatch alone signs otherwise (Service Authorization Reference: "service prefix: cloudwatch").
    prefix = "cloudwatch" if service == "cloudwatch" else model(service).signing_name
    assert operation.action == f"{prefix}:{action}"


@operations
def test_what_cannot_be_restricted_has_a_reason(operation: Operation) -> None:
    """A `*` without a reason is a `*` that nobody thought about."""
    assert bool(operation.reason) == (not operation.needs[0].resources)


@operations
def test_every_operation_is_called_for_one_thing(operation: Operation) -> None:
    """An operation that stands for two purposes would be allowed for the wrong one; for none, it is made by no plan."""
    # Objects of one bucket are read as bundles, those of any other only in the folder of logs.
    named = sum(operation.name in calls for calls in CALLS.values())
    assert named <= 1 or operation.name == "s3:GetObject"


def test_what_the_product_calls_is_in_the_table() -> None:
    """A call without a row is in no policy, and is refused where the policy is in force."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "originlock" / "aws").glob("*.py"))
    verbs = "describe|get|create|delete|modify|set|authorize|revoke|assume|add|remove|put|head|list|publish"
    named = set(
        re.findall(
            rf"\b(?:client|_client|ec2|elbv2|quotas|_ec2|s3\([^()]*\)|acm\([^()]*\)|elbv2\([^()]*\)|sns\([^()]*\))\.((?:{verbs})(?:_[a-z_]+)?)\(",
            source,
        )
    )
    named |= set(re.findall(r"get_paginator\(\"([a-z_]+)\"\)", source)) - {"get_paginator"}
    known = {xform_name(name.partition(":")[2]) for name in OPERATIONS}
    assert len(named) > 15
    assert named - {"get_paginator"} <= known


@operations
def test_what_reads_does_not_mutate(operation: Operation) -> None:
    """The lab and the table must not differ on what changes something (a role is entered without changing any)."""
    reads = is_reading(operation.name.partition(":")[2]) or operation.name in ("sts:AssumeRole", "s3:HeadBucket")
    assert operation.mutates is not reads


def known(action: str) -> Sequence[dict[str, Any]]:
    """The rows of an action in AWS's own table, one for each type of resource."""
    service, _, name = action.partition(":")
    found = get_action_data(service, name)
    assert isinstance(found, dict), f"AWS knows no {action}"
    rows: Sequence[dict[str, Any]] = found[service]
    return rows


def kind_of(arn_format: str) -> str:
    """The type of resource that an ARN's format is of, named as in our table."""
    resource = arn_format.split(":", 5)[-1]
    if resource in ("${BucketName}", "${BucketName}/${ObjectName}"):
        return "object" if "/" in resource else "bucket"
    if re.search("/(app|net|gwy)/", resource):
        return "/".join(resource.split("/")[:2]) + "/"
    if resource == "${TopicName}":
        return "topic"
    if resource == "${ServiceCode}/${QuotaCode}":
        return "quota"
    if ":log-stream:" in resource:
        return "log-stream"
    return re.split(r"[/:]", resource)[0]


@permissions
def test_resource_types_are_awss(permission: Permission) -> None:
    """What AWS can restrict is restricted, and to nothing that it cannot."""
    kinds = {kind_of(row["resource_arn_format"]) for row in known(permission.action)} - {"*"}
    assert set(permission.resources) <= kinds
    # A tag goes onto nearly everything; what is meant is in our table.
    more = kinds - set(permission.resources) - OF_NO_CONCERN.get(permission.action.partition(":")[0], set())
    assert not more or permission.action in ("ec2:CreateTags", "ec2:DeleteTags", "elasticloadbalancing:AddTags")


@permissions
def test_condition_keys_are_awss(permission: Permission) -> None:
    """A condition on a key that AWS does not send for a resource is never met, or always."""
    for resource in permission.resources:
        rows = [row for row in known(permission.action) if kind_of(row["resource_arn_format"]) == resource]
        assert rows
        assert all(set(permission.keys) <= set(row["condition_keys"]) for row in rows)


@operations
def test_read_only_actions_are_awss(operation: Operation) -> None:
    """What `plan` is allowed AWS itself calls Read or List."""
    levels = {row["access_level"] for row in known(operation.action)}
    reading = levels <= {"Read", "List"}
    assert reading is not operation.mutates or operation.name == "sts:AssumeRole"


# --- policies -------------------------------------------------------------------------------


Json = dict[str, Any]
"""A policy as IAM takes it: its shape is what the tests are about."""


def policy(command: str, *scopes: Scope, adopt: bool = False) -> Json:
    """The policy of a command."""
    return document(statements(command, scopes, adopt=adopt))


def many(value: str | list[str]) -> list[str]:
    """IAM takes one text for a list of one."""
    return [value] if isinstance(value, str) else value


def actions(made: Json) -> set[str]:
    """Every action that a policy allows."""
    return {action for statement in made["Statement"] for action in many(statement["Action"])}


OUTDATED = {"servicequotas:GetServiceQuota"}
"""Actions that AWS has come to restrict to resources since the linter's table was made (policy_sentry's is newer)."""


OUTDATED_KEYS = "Unknown condition elasticloadbalancing:CreateAction for action elasticloadbalancing:AddTags"
"""The same of a condition key (policy_sentry has it, and `test_condition_keys_are_awss` holds ours against that)."""


def elsewhere(made: Json, wrong: Mapping[str, str]) -> bool:
    """Whether another statement allows the action on what the linter misses: a call may need two statements."""
    return wrong["required_format"] != "*" and any(
        fnmatch.fnmatchcase(arn, wrong["required_format"])
        for statement in made["Statement"]
        for arn in many(statement["Resource"])
        if wrong["action"] in many(statement["Action"])
    )


def concerns(wrong: Mapping[str, str]) -> bool:
    """Whether what the linter misses would be a resource that this call is about: it takes every type for needed."""
    action, missed = wrong["action"], wrong["required_format"]
    others = OF_NO_CONCERN.get(action.partition(":")[0], set())
    return not (
        action in OUTDATED or action == "elasticloadbalancing:AddTags" or any(f":{each}" in missed for each in others)
    )


def linted(made: Json) -> list[str]:
    """What the linter finds, without what it cannot know."""
    return [
        f"{each.issue}: {each.detail}"
        for each in parliament.analyze_policy_string(json.dumps(made)).findings
        if OUTDATED_KEYS not in str(each.detail)
        if each.issue != "RESOURCE_MISMATCH"
        or any(concerns(wrong) and not elsewhere(made, wrong) for wrong in each.detail)
    ]


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
@pytest.mark.parametrize("command", PURPOSES)
def test_the_linter_finds_nothing(command: str, scope: Scope) -> None:
    """Actions, ARNs, operators and keys that do not fit each other are not seen by eye."""
    assert linted(policy(command, scope)) == []


def test_the_linter_looks() -> None:
    """A linter that is used wrongly finds nothing either."""
    wrong = policy("apply", BY_ID)
    wrong["Statement"][0]["Resource"] = "arn:aws:ec2:eu-west-1:123456789012:security-group/*"
    assert any("RESOURCE_MISMATCH" in found for found in linted(wrong))


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", "us-gov-west-1", None])
def test_the_linter_takes_the_log_of_lambda(region: str | None) -> None:
    """The log's statements name its group, in the partition of the Region."""
    made: Json = document(log_statements([msgspec.structs.replace(HERE, region=region)]))
    assert linted(made) == []
    assert all("log-group:/aws/lambda/originlock*" in each["Resource"] for each in made["Statement"])


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_plan_only_reads(scope: Scope) -> None:
    """The policy of `plan` is safe to give away: nothing in it changes anything."""
    changing = {need.action for each in OPERATIONS.values() if each.mutates for need in each.needs}
    assert not actions(policy("plan", scope, adopt=True)) & changing


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
@pytest.mark.parametrize("command", PURPOSES)
def test_a_star_stands_alone_and_has_a_reason(command: str, scope: Scope) -> None:
    """What cannot be restricted is in statements of its own, which say why; so is all that ends with a star."""
    free = {each.action for each in OPERATIONS.values() if each.reason}
    for statement in statements(command, [scope]):
        assert statement.unrestricted == (set(statement.actions) <= free)
        assert statement.reason or not any(arn.endswith("*") for arn in statement.resources)
        assert statement.why


@pytest.mark.parametrize("command", ["apply", "rollback"])
def test_only_the_named_groups_may_be_changed(command: str) -> None:
    """Ids in the configuration are ARNs in the policy, and no other group is in it."""
    changing = [each for each in statements(command, [BY_ID]) if "ec2:RevokeSecurityGroupIngress" in each.actions]
    begin = "arn:aws:ec2:eu-west-1:123456789012"
    named = tuple(f"{begin}:security-group/{name}" for name in BY_ID.groups)
    assert [each.resources for each in changing] == [named]
    (adding,) = [each for each in statements(command, [BY_ID]) if "ec2:AuthorizeSecurityGroupIngress" in each.actions]
    assert adding.resources == (f"{begin}:security-group-rule/*", *named)


def test_groups_by_tag_are_restricted_by_their_tags() -> None:
    """Every tag of the target must be there, by the condition on the group; a new rule has none of them."""
    for statement in policy("apply", BY_TAG)["Statement"]:
        if "ec2:RevokeSecurityGroupIngress" in statement["Action"]:
            tags = {"aws:ResourceTag/origin": "blog", "aws:ResourceTag/stage": "live"}
            assert statement["Condition"] == {"StringEquals": tags}
        if "security-group-rule" in statement["Resource"]:
            assert "aws:ResourceTag/origin" not in json.dumps(statement)


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_apply_tags_only_what_it_creates(scope: Scope) -> None:
    """A role that may set tags at any time could take others' resources for its own."""
    tagging = [each for each in statements("apply", [scope]) if "ec2:CreateTags" in each.actions]
    assert bool(tagging) == scope.of_groups
    assert all([key for _, key, _ in each.conditions] == ["ec2:CreateAction"] for each in tagging)
    assert all(each.actions == ("ec2:CreateTags",) for each in tagging)


@pytest.mark.parametrize("command", ["rollback", "adopt"])
def test_marks_on_rules_that_are_there(command: str) -> None:
    """Only the mark may be set, to this origin's name, and only where no other origin's stands."""
    (marking,) = [each for each in statements(command, [BY_ID]) if each.sid == "TakeOverRules"]
    held = {(operator, key): values for operator, key, values in marking.conditions}
    assert held["ForAllValues:StringEquals", "aws:TagKeys"] == ("originlock:origin",)
    assert set(held["StringEquals", "aws:RequestTag/originlock:origin"]) <= {"blog", "cli"}
    assert held["StringEqualsIfExists", "aws:ResourceTag/originlock:origin"] == ("blog", "cli")
    assert not [each for each in statements("apply", [BY_ID]) if each.sid == "TakeOverRules"]
    assert [each for each in statements("apply", [BY_ID], adopt=True) if each.sid == "TakeOverRules"]


def test_only_a_rollback_takes_marks_off() -> None:
    """`DeleteTags` without keys would take all tags off: the condition wants one."""
    (unmarking,) = [each for each in statements("rollback", [BY_ID]) if "ec2:DeleteTags" in each.actions]
    assert ("Null", "aws:TagKeys", ("false",)) in unmarking.conditions
    for command in ("plan", "apply", "adopt"):
        assert "ec2:DeleteTags" not in actions(policy(command, BY_ID, adopt=True))


def test_prefix_lists_of_other_accounts_may_be_read() -> None:
    """AWS's own lists have the account `aws` in their ARN, and shared ones their owner's."""
    (reading,) = [each for each in statements("plan", [BY_ID]) if each.sid == "ReadPrefixLists"]
    assert reading.resources == ("arn:aws:ec2:eu-west-1:*:prefix-list/*",)


def test_several_origins_make_one_policy() -> None:
    """Nothing is said twice, and every name is used once."""
    other = msgspec.structs.replace(BY_ID, region="us-east-1", groups=("sg-0aaa",))
    made = statements("apply", [BY_ID, other, BY_TAG, BY_TAG])
    assert len({each.sid for each in made}) == len(made)
    assert [each.sid for each in made].count("Look") == 1
    removing = next(each for each in made if each.sid == "RemoveRules")
    assert len(removing.resources) == 3
    assert linted(document(made)) == []


def test_a_name_is_no_variable() -> None:
    """IAM would put something else in place of `${...}` in a value."""
    (changing,) = [
        each
        for each in statements("apply", [msgspec.structs.replace(HERE, tags=(("a", "${aws:username}"),))])
        if each.sid == "ChangeRules"
    ]
    assert changing.conditions == (("StringEquals", "aws:ResourceTag/a", ("${$}{aws:username}",)),)


def test_partitions_are_botocores() -> None:
    """A wrong partition makes every ARN of a policy wrong."""
    partitions = botocore.loaders.create_loader().load_data("partitions")["partitions"]
    for partition in partitions:
        regions = [name for name in partition["regions"] if "global" not in name]
        assert regions or partition["id"] not in ("aws", "aws-cn", "aws-us-gov")
        assert {partition_of(name) for name in regions} <= {partition["id"]}
    assert partition_of(None) == "aws"


def test_a_load_balancers_scope() -> None:
    """Own groups and lists are made and changed by their mark alone, the balancer by its name."""
    made = {each.sid: each for command in ("apply", "rollback") for each in statements(command, [BALANCER])}
    own, request = "aws:ResourceTag/originlock:origin", "aws:RequestTag/originlock:origin"
    begin = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer"
    assert made["AttachGroups"].resources == (f"{begin}/app/blog/*", f"{begin}/net/blog/*")
    for sid in ("OwnGroups", "KeepOwnLists", "DeleteOwnGroups"):
        assert made[sid].conditions == (("StringEquals", own, ("blog",)),)
    for sid in ("MakeGroups", "MakeLists"):
        assert made[sid].conditions == (("StringEquals", request, ("blog",)),)
    assert any(arn.endswith("vpc/L-2AFB9258") for arn in made["ReadQuota"].resources)


def test_what_is_named_whole_is_allowed_alone() -> None:
    """An ARN of a load balancer and the id of a list stand in the policy as they are."""
    made = {each.sid: each for each in statements("apply", [SHARED_LIST])}
    assert (made["AttachGroups"].resources, made["AttachGroups"].reason) == ((BALANCER_ARN,), "")
    assert made["KeepLists"].resources == ("arn:aws:ec2:eu-west-1:123456789012:prefix-list/pl-0123",)
    assert not {"MakeLists", "KeepOwnLists"} & set(made)


def test_attached_groups_are_named() -> None:
    """Whoever tells which groups a load balancer has gets a policy for these, and for our own by its mark."""
    for command in ("apply", "rollback"):
        for each in statements(command, [ATTACHED]):
            if "ec2:RevokeSecurityGroupIngress" in each.actions:
                own = each.conditions == (("StringEquals", "aws:ResourceTag/originlock:origin", ("blog",)),)
                assert own or not any(arn.endswith("*") for arn in each.resources)


def test_lists_alone() -> None:
    """Who keeps lists for others reads and changes these lists, and nothing of any group."""
    # What costs are is asked of no origin: what for, its own statements say.
    for command in set(PURPOSES) - {"cost"}:
        for each in statements(command, [LISTS]):
            assert not re.search("SecurityGroup|Tags|Balanc", " ".join(each.actions))
            assert each.unrestricted or all("prefix-list/pl-" in arn for arn in each.resources)


def test_nothing_is_made_where_nothing_is_to_be_made() -> None:
    """The groups that a load balancer has are changed; none is made, put on or deleted."""
    plain = msgspec.structs.replace(HERE, load_balancers=("blog",))
    for command in set(ABOUT_ORIGINS) - {"cost"}:
        allowed = actions(policy(command, plain))
        assert "elasticloadbalancing:DescribeLoadBalancers" in allowed
        assert not {each for each in allowed if re.search("SetSec|CreateSec|DeleteSec|Egress|PrefixList$", each)}


@pytest.mark.parametrize("command", ABOUT_ORIGINS)
def test_a_role_is_entered_by_its_arn(command: str) -> None:
    """Who starts originlock may assume these roles alone; what is done inside the role itself must be allowed."""
    (enter,) = statements(command, [ENTERED, ENTERED])
    assert (enter.actions, enter.resources) == (("sts:AssumeRole",), (ENTERED.role,))
    assert linted(document([enter])) == []
    (member,) = inside(ENTERED.role or "", [ENTERED, BY_ID])
    assert statements(command, [member]) == statements(
        command, [msgspec.structs.replace(BY_ID, account="210987654321")]
    )


@pytest.mark.parametrize(
    "service, partition, principal",
    [
        ("ec2", "aws", "ec2.amazonaws.com"),
        ("ec2", "aws-cn", "ec2.amazonaws.com.cn"),
        ("lambda", "aws", "lambda.amazonaws.com"),
        ("lambda", "aws-cn", "lambda.amazonaws.com"),
    ],
)
def test_who_is_trusted(service: str, partition: str, principal: str) -> None:
    """A role that another service could enter would lend it our rights."""
    trusting = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    assert trust_policy(service, partition)["Statement"] == [trusting]


def test_size_is_counted_as_iam_counts() -> None:
    """White space does not count, whatever the form; a thousand ids do not fit, a thousand tagged groups do."""
    many = msgspec.structs.replace(HERE, groups=tuple(f"sg-{number:017x}" for number in range(1000)))
    assert size(policy("apply", many)) > LARGEST
    assert size(policy("apply", BY_TAG)) < LARGEST
    assert size({"a b": 1}) == len('{"ab":1}')


def test_scopes_of_policies() -> None:
    """Each target names its groups as it can."""
    by_id = scope_of(Policy("blog", GroupsById(BY_ID.groups)), MARK, "eu-west-1", "123456789012")
    by_tag = scope_of(Policy("blog", GroupsByTags(BY_TAG.tags)), MARK, "eu-west-1", "123456789012")
    assert (by_id, by_tag) == (BY_ID, BY_TAG)
    own = NetworkPolicy(security_group="create", via="prefix-list")
    balancer = scope_of(Policy("blog", LoadBalancerNamed("blog"), network=own), MARK, "eu-west-1", "123456789012")
    assert balancer == BALANCER
    shared = NetworkPolicy(security_group="create", via="prefix-list", prefix_list=("pl-0123",))
    named = scope_of(Policy("blog", LoadBalancerNamed(BALANCER_ARN), network=shared), MARK, "eu-west-1", "123456789012")
    assert named == SHARED_LIST
    alone = NetworkPolicy(via="prefix-list", prefix_list=LISTS.lists)
    assert scope_of(Policy("blog", ListsAlone(), network=alone), MARK, "eu-west-1", "123456789012") == LISTS


def test_merging_keeps_what_differs() -> None:
    """Statements that differ in more than their resources stay apart."""
    one, *_ = statements("apply", [BY_ID])
    other = msgspec.structs.replace(one, actions=("ec2:DescribeVpcs",))
    assert [each.sid for each in merged([one, other, one])] == ["Look", "Look2"]


def test_every_purpose_belongs_to_a_command() -> None:
    """A purpose of no command would be a call that no policy allows; the log is the role's of Lambda."""
    assert frozenset[Purpose]().union(*PURPOSES.values()) == set(Purpose) - {Purpose.LOG}


OPS, NIGHT = (f"arn:aws:sns:eu-west-1:123456789012:{name}" for name in ("ops", "night"))
TELLING = "arn:aws:iam::210987654321:role/telling"


@pytest.mark.parametrize("command", PURPOSES)
def test_only_who_tells_may_publish(command: str) -> None:
    """And to the topics of the configuration alone."""
    made = [each for each in statements(command, [BY_ID], topics=[Topic(OPS), Topic(NIGHT)]) if each.sid == "Tell"]
    assert bool(made) == (command in ("run", "notify"))
    for each in made:
        assert (each.actions, each.resources, each.reason) == (("sns:Publish",), (NIGHT, OPS), "")
        assert linted(document([each])) == []


def test_telling_alone_is_about_no_origin() -> None:
    """Whoever tries the channels need not be allowed to look at anything."""
    assert actions(document(statements("notify", [BY_ID, ENTERED], topics=[Topic(OPS)]))) == {"sns:Publish"}
    assert statements("notify", [BY_ID]) == ()


def test_a_topic_of_another_account() -> None:
    """Whoever starts originlock may become the role, and the role may publish there."""
    topics = [Topic(OPS), Topic(NIGHT, TELLING)]
    tell, enter = statements("notify", [], topics=topics)
    assert (tell.resources, enter.actions, enter.resources) == ((OPS,), ("sts:AssumeRole",), (TELLING,))
    (there,) = statements("notify", [], topics=topics_inside(TELLING, topics))
    assert (there.actions, there.resources) == (("sns:Publish",), (NIGHT,))


def test_what_an_identity_lock_needs() -> None:
    """Each part of it is allowed only where the configuration asks for it, and on nothing of others."""
    made = {each.sid: each for each in statements("apply", [IDENTITY])}
    own, request = "aws:ResourceTag/originlock:origin", "aws:RequestTag/originlock:origin"
    for sid in ("KeepStores", "DeleteStores", "CertifyProbe", "DeleteProbe"):
        assert made[sid].conditions == (("StringEquals", own, ("blog",)),)
    for sid in ("MakeStores", "MakeProbe"):
        assert made[sid].conditions == (("StringEquals", request, ("blog",)),)
    assert made["SeeBucket"].resources == made["MakeBucket"].resources == ("arn:aws:s3:::originlock-bundles",)
    folder = ("arn:aws:s3:::originlock-bundles/originlock/blog/*",)
    assert made["ReadObjects"].resources == made["PutObjects"].resources == folder
    begin = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
    assert made["SetListeners"].resources == (f"{begin}:listener/app/blog/*",)
    named = {each.sid: each for each in statements("apply", [IDENTITY_ARN])}
    assert named["SetListeners"].resources == (f"{begin}:listener/app/blog/0123456789abcdef/*",)
    assert named["MakeProbe"].resources == (BALANCER_ARN,)
    plain = {each.sid for each in statements("apply", [msgspec.structs.replace(IDENTITY, trust=Trust())])}
    # A store is deleted where the lock is switched off, or one was made for a moment.
    assert plain & set(made) >= {"LookAtTrust", "SetListeners"}
    assert not plain & {"MakeStores", "KeepStores", "MakeBucket", "SeeBucket", "MakeProbe", "DeleteProbe", "ReadLogs"}
    assert not {each.sid for each in statements("apply", [BALANCER])} & {"LookAtTrust", "SetListeners", "ReadBundles"}


def test_scopes_of_identity_policies() -> None:
    """What the configuration does not ask for is in no policy."""
    identity = IdentityPolicy(bucket="originlock-bundles", create_bucket=True, logs=True, probe_port=8443)
    own = NetworkPolicy(security_group="create", via="prefix-list")
    asked = Policy("blog", LoadBalancerNamed("blog"), network=own, identity=identity)
    assert scope_of(asked, MARK, "eu-west-1", "123456789012") == IDENTITY
    off = msgspec.structs.replace(asked, identity=IdentityPolicy(mode="off"))
    assert scope_of(off, MARK, "eu-west-1", "123456789012").trust == Trust(leaving=True)
