"""IAM in the lab: the logic of policies, and what each call is asked to be allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from originlock.lab import authority
from originlock.lab.iam_policies import Asking, UnknownPolicyError, Verdict, judge
from originlock.lab.world import empty_group, open_load_balancer, tcp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from originlock.lab.process import AwsClient, LocalAws

ARN = "arn:aws:ec2:eu-west-1:123456789012"
MARK = "originlock:origin"


Conditions = dict[str, Any]
"""Operators, each with its keys and their values."""


def allowing(
    action: str | list[str] = "*", resource: str | list[str] = "*", conditions: Conditions | None = None
) -> dict[str, Any]:
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement | ({"Condition": conditions} if conditions else {})]}


def allowed(policy: Mapping[str, Any], **context: tuple[str, ...]) -> bool:
    """Whether a policy allows something in a context (with __ for a colon)."""
    held = {name.replace("__", ":"): values for name, values in context.items()}
    return judge([policy], Asking("ec2:CreateTags", f"{ARN}:security-group/sg-1", held)) is Verdict.ALLOWED


# --- the logic of policies --------------------------------------------------------------------


@pytest.mark.parametrize(
    "action, resource, expected",
    [
        ("ec2:CreateTags", "*", True),
        ("EC2:createtags", "*", True),
        ("ec2:Create*", "*", True),
        ("ec2:CreateTag", "*", False),
        ("ec2:CreateTag?", f"{ARN}:security-group/sg-1", True),
        ("*", f"{ARN}:security-group/*", True),
        ("*", f"{ARN}:SECURITY-GROUP/*", False),
        ("*", f"{ARN}:security-group/sg-2", False),
        ("*", f"{ARN}:security-group/sg", False),
        (["ec2:Describe*", "ec2:CreateTags"], [f"{ARN}:vpc/*", f"{ARN}:security-group/sg-?"], True),
    ],
)
def test_actions_and_resources(action: Any, resource: Any, expected: bool) -> None:  # noqa: ANN401, FBT001
    """Actions know no case, resources do; a wildcard matches what it stands for, and nothing less."""
    assert allowed(allowing(action, resource)) is expected


def test_a_deny_wins_and_silence_is_no() -> None:
    """What two policies allow, one denies."""
    asking = Asking("ec2:CreateTags", "x")
    denying = {"Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}}
    assert judge([], asking) is Verdict.NOT_ALLOWED
    assert judge([allowing()], asking) is Verdict.ALLOWED
    assert judge([allowing(), denying], asking) is Verdict.DENIED


@pytest.mark.parametrize(
    "operator, held, expected",
    [
        ("StringEquals", ("a",), True),
        ("StringEquals", ("A",), False),
        ("StringEquals", ("b",), False),
        ("StringEquals", None, False),
        ("StringEqualsIgnoreCase", ("A",), True),
        ("StringEqualsIfExists", None, True),
        ("StringEqualsIfExists", ("b",), False),
        ("StringNotEquals", ("b",), True),
        ("StringNotEquals", ("a",), False),
        ("StringNotEquals", None, True),
        ("StringLike", ("a",), True),
        ("ForAllValues:StringEquals", None, True),
        ("ForAllValues:StringEquals", ("a", "a"), True),
        ("ForAllValues:StringEquals", ("a", "b"), False),
        ("ForAnyValue:StringEquals", None, False),
        ("ForAnyValue:StringEquals", ("b", "a"), True),
    ],
)
def test_condition_operators(operator: str, held: tuple[str, ...] | None, expected: bool) -> None:  # noqa: FBT001
    """As the user guide has them, above all where the key is not there."""
    policy = allowing(conditions={operator: {"aws:TagKeys": "a"}})
    context = {} if held is None else {"AWS__tagkeys": held}
    assert allowed(policy, **context) is expected


@pytest.mark.parametrize(
    "wanted, held, expected", [("true", None, True), ("false", None, False), ("false", ("",), True)]
)
def test_null(wanted: str, held: tuple[str, ...] | None, expected: bool) -> None:  # noqa: FBT001
    """Null asks whether a key is there, not what it is."""
    context = {} if held is None else {"aws__TagKeys": held}
    assert allowed(allowing(conditions={"Null": {"aws:TagKeys": wanted}}), **context) is expected


def test_all_conditions_count() -> None:
    """Every operator and every key must be met."""
    policy = allowing(conditions={"StringEquals": {"a": "1", "b": ["2", "3"]}, "StringLike": {"c": "x*"}})
    assert allowed(policy, a=("1",), b=("3",), c=("xy",))
    assert not allowed(policy, a=("1",), b=("4",), c=("xy",))
    assert not allowed(policy, a=("1",), b=("3",), c=("y",))


def test_variables() -> None:
    """`${$}` is a dollar sign, and any other variable would be something that the lab cannot know."""
    assert allowed(allowing(conditions={"StringEquals": {"a": "${$}{aws:username}"}}), a=("${aws:username}",))
    assert allowed(allowing(conditions={"StringLike": {"a": "${*}"}}), a=("*",))
    assert not allowed(allowing(conditions={"StringLike": {"a": "${*}"}}), a=("x",))
    with pytest.raises(UnknownPolicyError, match="aws:username"):
        allowed(allowing(conditions={"StringEquals": {"a": "${aws:username}"}}), a=("x",))


@pytest.mark.parametrize(
    "policy",
    [
        allowing(conditions={"NumericEquals": {"a": "1"}}),
        allowing(conditions={"ForSome:StringEquals": {"a": "1"}}),
        {"Statement": {"NotAction": "x"}},
    ],
)
def test_what_is_not_known_is_refused(policy: Mapping[str, Any]) -> None:
    """A policy must not pass because half of it was not read."""
    with pytest.raises(UnknownPolicyError):
        allowed(policy, a=("1",))


# --- calls ------------------------------------------------------------------------------------


def clients(aws: LocalAws, policy: Mapping[str, Any], service: str = "ec2") -> AwsClient:
    """A client of a user with just this policy."""
    keys = aws.restricted_to(policy)
    return client(aws, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], service)


def client(aws: LocalAws, key: str, secret: str, service: str = "ec2", token: str | None = None) -> AwsClient:
    """A client with these keys."""
    session: Any = boto3.session.Session()
    return session.client(
        service,
        endpoint_url=aws.url,
        region_name=aws.region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def code_of(call: Any, **parameters: Any) -> str:  # noqa: ANN401 - a method of boto3's
    """The code with which a call is refused; empty if it is not."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def adding(group: str, *, tagged: bool) -> dict[str, Any]:
    """A call that adds a rule."""
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": MARK, "Value": "blog"}]}]
    rule = {"GroupId": group, "IpPermissions": [tcp(443, ipv4=[("192.0.2.0/24", None)])]}
    return {**rule, "TagSpecifications": tags} if tagged else rule


def test_nothing_is_enforced_unless_asked_for(aws: LocalAws, ec2: AwsClient) -> None:
    """The other tests run as the root of the account, and so do this one's preparations."""
    group = empty_group(ec2).group_id
    keys = aws.restricted_to(allowing("ec2:DescribeVpcs"))
    assert code_of(ec2.revoke_security_group_ingress, GroupId=group, SecurityGroupRuleIds=["sgr-1"]) != ""
    restricted = client(aws, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
    assert code_of(restricted.describe_security_groups) == "UnauthorizedOperation"
    assert code_of(ec2.describe_security_groups) == ""
    aws.settings(iam=False)
    assert code_of(restricted.describe_security_groups) == ""


def test_a_wrong_signature(aws: LocalAws) -> None:
    """A key without its secret opens nothing."""
    keys = aws.restricted_to(allowing())
    assert code_of(client(aws, keys["AWS_ACCESS_KEY_ID"], "wrong").describe_vpcs) == "AuthFailure"
    assert code_of(client(aws, "AKIANOBODY", "wrong").describe_vpcs) == "AuthFailure"
    wrong = client(aws, "AKIANOBODY", "wrong", "elbv2")
    assert code_of(wrong.describe_load_balancers) == "InvalidClientTokenId"


def test_the_refusal_says_what_aws_says(aws: LocalAws, ec2: AwsClient) -> None:
    """Who, what, on which resource, and a message that only AWS can read."""
    group = empty_group(ec2).group_id
    restricted = clients(aws, allowing("ec2:Describe*"))
    with pytest.raises(ClientError) as refused:
        restricted.authorize_security_group_ingress(**adding(group, tagged=False))
    said = refused.value.response["Error"]["Message"]
    assert said.startswith("You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/")
    assert f"ec2:AuthorizeSecurityGroupIngress on resource: {ARN}:security-group/{group} because no identity" in said
    assert "Encoded authorization failure message" in said
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    "resources, tagging, untagged, tagged",
    [
        (["security-group/*"], False, "", "UnauthorizedOperation"),
        (["security-group/*", "security-group-rule/*"], False, "", "UnauthorizedOperation"),
        (["security-group-rule/*"], True, "UnauthorizedOperation", "UnauthorizedOperation"),
        (["security-group/*"], True, "", "UnauthorizedOperation"),
        (["security-group/*", "security-group-rule/*"], True, "", ""),
    ],
)
def test_a_new_rule_is_a_resource_where_tags_come_along(
    aws: LocalAws,
    ec2: AwsClient,
    resources: list[str],
    tagging: bool,  # noqa: FBT001
    untagged: str,
    tagged: str,
) -> None:
    """The group always, the rule and CreateTags on it only with tags; each must be allowed."""
    policy = allowing("ec2:AuthorizeSecurityGroupIngress", [f"{ARN}:{each}" for each in resources])
    if tagging:
        condition = {"ec2:CreateAction": "AuthorizeSecurityGroupIngress"}
        more = allowing("ec2:CreateTags", f"{ARN}:security-group-rule/*", {"StringEquals": condition})
        policy["Statement"] += more["Statement"]
    restricted = clients(aws, policy)
    for wanted, with_tags in ((untagged, False), (tagged, True)):
        group = empty_group(ec2, name=f"tagged-{with_tags}").group_id
        found = code_of(restricted.authorize_security_group_ingress, **adding(group, tagged=with_tags))
        assert found == wanted
    group = empty_group(ec2, name="other").group_id
    (rule,) = ec2.authorize_security_group_ingress(**adding(group, tagged=False))["SecurityGroupRules"]
    marking = {"Resources": [rule["SecurityGroupRuleId"]], "Tags": [{"Key": MARK, "Value": "blog"}]}
    # Without the creating call there is no ec2:CreateAction, and so no right to tag.
    assert code_of(restricted.create_tags, **marking) == "UnauthorizedOperation"


def test_tags_of_the_group(aws: LocalAws, ec2: AwsClient) -> None:
    """A group without the tag, or with another value, is another's."""
    policy = allowing("*", f"{ARN}:security-group/*", {"StringEquals": {"aws:ResourceTag/origin": "blog"}})
    restricted = clients(aws, policy)
    expected = {"blog": "", "shop": "UnauthorizedOperation", None: "UnauthorizedOperation"}
    for value, code in expected.items():
        group = empty_group(ec2, name=f"of-{value}", tags={"origin": value} if value else None).group_id
        assert code_of(restricted.authorize_security_group_ingress, **adding(group, tagged=False)) == code
        assert code_of(restricted.delete_security_group, GroupId=group) == code


def test_keys_of_tags(aws: LocalAws, ec2: AwsClient) -> None:
    """DeleteTags without keys names none: ForAllValues lets it pass, Null does not."""
    only = {"ForAllValues:StringEquals": {"aws:TagKeys": MARK}}
    for condition, code in ((only, ""), (only | {"Null": {"aws:TagKeys": "false"}}, "UnauthorizedOperation")):
        aws.reset()
        group = empty_group(ec2, tags={MARK: "blog", "Name": "x"}).group_id
        restricted = clients(aws, allowing("ec2:DeleteTags", conditions=condition))
        assert code_of(restricted.delete_tags, Resources=[group], Tags=[{"Key": "Name"}]) == "UnauthorizedOperation"
        assert code_of(restricted.delete_tags, Resources=[group]) == code


def test_what_is_made_with_tags(aws: LocalAws, ec2: AwsClient) -> None:
    """A new group and a new prefix list are asked for with the tags that they are to have."""
    vpc = empty_group(ec2).vpc_id
    policy = allowing(
        ["ec2:CreateSecurityGroup", "ec2:CreateManagedPrefixList", "ec2:CreateTags"],
        [f"{ARN}:security-group/*", f"{ARN}:prefix-list/*"],
        {"StringEquals": {f"aws:RequestTag/{MARK}": "blog"}},
    )
    policy["Statement"] += allowing("ec2:CreateSecurityGroup", f"{ARN}:vpc/{vpc}")["Statement"]
    restricted = clients(aws, policy)
    for value, code in (("blog", ""), ("shop", "UnauthorizedOperation")):
        tags = [{"Key": MARK, "Value": value}]
        group = {"GroupName": value, "Description": value, "VpcId": vpc}
        group_tags = [{"ResourceType": "security-group", "Tags": tags}]
        assert code_of(restricted.create_security_group, **group, TagSpecifications=group_tags) == code
        listed = {"PrefixListName": value, "MaxEntries": 2, "AddressFamily": "IPv4"}
        list_tags = [{"ResourceType": "prefix-list", "Tags": tags}]
        assert code_of(restricted.create_managed_prefix_list, **listed, TagSpecifications=list_tags) == code
    assert code_of(restricted.create_security_group, GroupName="y", Description="y", VpcId=vpc) != ""


def test_prefix_lists_of_aws_have_their_own_account(aws: LocalAws, ec2: AwsClient) -> None:
    """An ARN with one's own account does not reach AWS's lists."""
    for account, code in (("123456789012", "UnauthorizedOperation"), ("*", "")):
        aws.reset()
        named = [{"Name": "prefix-list-name", "Values": ["com.amazonaws.eu-west-1.s3"]}]
        (listed,) = ec2.describe_managed_prefix_lists(Filters=named)["PrefixLists"]
        arn = f"arn:aws:ec2:eu-west-1:{account}:prefix-list/*"
        restricted = clients(aws, allowing("ec2:GetManagedPrefixListEntries", arn))
        reading = restricted.get_managed_prefix_list_entries
        assert code_of(reading, PrefixListId=listed["PrefixListId"]) == code


def test_load_balancers_by_name(aws: LocalAws, ec2: AwsClient, elbv2: AwsClient) -> None:
    """The name stands in the ARN, whatever the id behind it."""
    made = open_load_balancer(ec2, elbv2, name="blog")
    for name, code in (("blog", ""), ("shop", "AccessDenied")):
        arn = f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/{name}/*"
        keys = aws.restricted_to(allowing("elasticloadbalancing:SetSecurityGroups", arn), name=name)
        restricted = client(aws, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], "elbv2")
        setting = {"LoadBalancerArn": made.load_balancer_arn, "SecurityGroups": [made.group_id]}
        assert code_of(restricted.set_security_groups, **setting) == code
        assert code_of(restricted.describe_load_balancers) == "AccessDenied"


def test_one_quota(aws: LocalAws) -> None:
    """A quota is named by its service and code."""
    arn = "arn:aws:servicequotas:eu-west-1:123456789012:vpc/L-0EA8095F"
    restricted = clients(aws, allowing("servicequotas:GetServiceQuota", arn), "service-quotas")
    assert code_of(restricted.get_service_quota, ServiceCode="vpc", QuotaCode="L-0EA8095F") == ""
    assert code_of(restricted.get_service_quota, ServiceCode="vpc", QuotaCode="L-2AFB9258") == "AccessDeniedException"


def test_a_role_may_do_what_its_policy_says(aws: LocalAws) -> None:
    """Whoever enters a role has the role's rights, and needs the right to enter it."""
    iam = aws.client("iam")
    role = iam.create_role(RoleName="lock", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')["Role"]
    looking = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:DescribeVpcs","Resource":"*"}}'
    iam.put_role_policy(RoleName="lock", PolicyName="look", PolicyDocument=looking)
    base = clients(aws, allowing("sts:AssumeRole", role["Arn"]), "sts")
    assert code_of(base.get_caller_identity) == ""
    other = "arn:aws:iam::123456789012:role/other"
    assert code_of(base.assume_role, RoleArn=other, RoleSessionName="test") == "AccessDenied"
    entered = base.assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
    inside = client(aws, entered["AccessKeyId"], entered["SecretAccessKey"], token=entered["SessionToken"])
    assert code_of(inside.describe_vpcs) == ""
    assert code_of(inside.describe_security_groups) == "UnauthorizedOperation"


def test_buckets_and_what_is_in_them(aws: LocalAws) -> None:
    """A bucket and its objects are resources of their own; what a listing begins with is a condition."""
    where = {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
    aws.client("s3").create_bucket(Bucket="mine", **where)
    aws.client("s3").put_object(Bucket="mine", Key="a/x", Body=b"x")
    policy = allowing("s3:ListBucket", "arn:aws:s3:::mine", {"StringLike": {"s3:prefix": ["a/*"]}})
    policy["Statement"] += allowing(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::mine/a/*")["Statement"]
    policy["Statement"] += allowing("s3:PutBucketPublicAccessBlock", "arn:aws:s3:::mine")["Statement"]
    restricted = clients(aws, policy, "s3")
    assert code_of(restricted.list_objects_v2, Bucket="mine", Prefix="a/") == ""
    assert code_of(restricted.list_objects_v2, Bucket="mine", Prefix="b/") == "AccessDenied"
    assert code_of(restricted.head_bucket, Bucket="mine") == "403"
    assert code_of(restricted.get_object, Bucket="mine", Key="a/x") == ""
    assert code_of(restricted.get_object, Bucket="mine", Key="b/x") == "AccessDenied"
    assert code_of(restricted.put_object, Bucket="mine", Key="a/y", Body=b"y") == ""
    closed = {"Bucket": "mine", "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}
    assert code_of(restricted.put_public_access_block, **closed) == ""
    assert code_of(restricted.get_public_access_block, Bucket="mine") == "AccessDenied"
    assert code_of(restricted.get_bucket_encryption, Bucket="mine") == "AccessDenied"
    assert code_of(restricted.create_bucket, Bucket="more", **where) == "AccessDenied"


def test_one_certificate(aws: LocalAws) -> None:
    """A certificate is named by its ARN."""
    issued = authority.root("x").issue(authority.Leaf("x", server=True))
    arns = [
        aws.client("acm").import_certificate(
            Certificate=authority.pem(issued.certificate).encode(), PrivateKey=issued.key_pem.encode()
        )["CertificateArn"]
        for _ in range(2)
    ]
    restricted = clients(aws, allowing("acm:DescribeCertificate", arns[0]), "acm")
    assert code_of(restricted.describe_certificate, CertificateArn=arns[0]) == ""
    assert code_of(restricted.describe_certificate, CertificateArn=arns[1]) == "AccessDeniedException"
