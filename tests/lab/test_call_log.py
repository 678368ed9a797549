"""The call log tells every AWS call, and what was admitted after each that changed something."""

from __future__ import annotations

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from originlock.lab.authority import Leaf, root
from originlock.lab.calls import IngressRule, LoadBalancerState, PrefixListState
from originlock.lab.wire import NOT_SHOWN
from originlock.lab.world import empty_group, tcp
from originlock.lab.world_balancers import Wish, served_load_balancer

if TYPE_CHECKING:
    from originlock.lab.process import AwsClient, LocalAws


def test_calls_are_told_in_order_with_what_they_asked(
    aws: LocalAws, ec2: AwsClient, elbv2: AwsClient, quotas: AwsClient
) -> None:
    """Service, action, parameters, status and error, of each protocol."""
    group = empty_group(ec2)
    before = aws.state().calls
    with pytest.raises(ClientError):
        ec2.revoke_security_group_ingress(GroupId=group.group_id, SecurityGroupRuleIds=["sgr-0123456789abcdef0"])
    elbv2.describe_load_balancers()
    quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-0EA8095F")
    revoke, balancers, quota = aws.calls(before)
    assert [call.number for call in (revoke, balancers, quota)] == [before + 1, before + 2, before + 3]
    assert (revoke.service, revoke.action) == ("ec2", "RevokeSecurityGroupIngress")
    assert revoke.parameters == {"GroupId": group.group_id, "SecurityGroupRuleId.1": "sgr-0123456789abcdef0"}
    assert (revoke.status, revoke.error) == (400, "InvalidSecurityGroupRuleId.NotFound")
    assert (balancers.service, balancers.action, balancers.status) == ("elbv2", "DescribeLoadBalancers", 200)
    assert (quota.service, quota.action, quota.error) == ("service-quotas", "GetServiceQuota", None)
    assert quota.parameters == {"ServiceCode": "vpc", "QuotaCode": "L-0EA8095F"}


def test_what_is_admitted_is_told_after_each_change(aws: LocalAws, ec2: AwsClient) -> None:
    """Of all groups, with tags; reads have no such sample."""
    one = empty_group(ec2, name="one")
    two = empty_group(ec2, name="two", vpc_id=one.vpc_id)
    since = aws.state().calls
    (rule,) = ec2.authorize_security_group_ingress(
        GroupId=one.group_id, IpPermissions=[tcp(443, ipv4=[("10.0.0.1/8", None)])]
    )["SecurityGroupRules"]
    ec2.create_tags(Resources=[rule["SecurityGroupRuleId"]], Tags=[{"Key": "a", "Value": "1"}])
    ec2.describe_security_groups()
    ec2.authorize_security_group_ingress(
        GroupId=two.group_id,
        IpPermissions=[
            {
                "IpProtocol": "-1",
                "UserIdGroupPairs": [{"GroupId": one.group_id}],
                "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
            }
        ],
    )
    ec2.revoke_security_group_ingress(GroupId=one.group_id, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    authorized, tagged, described, opened, revoked = aws.calls(since)
    plain = IngressRule(one.group_id, rule["SecurityGroupRuleId"], "tcp", 443, 443, "10.0.0.0/8", {})
    assert authorized.ingress == (plain,)
    assert tagged.ingress is not None
    assert [rule.tags for rule in tagged.ingress] == [{"a": "1"}]
    assert described.ingress is None
    assert opened.ingress is not None
    assert {(rule.source, rule.from_port) for rule in opened.ingress} == {
        ("10.0.0.0/8", 443),
        (one.group_id, None),
        ("::/0", None),
    }
    assert revoked.ingress is not None
    assert {rule.source for rule in revoked.ingress} == {one.group_id, "::/0"}


def test_load_balancers_and_whom_they_cannot_reach_are_told_after_each_change(
    aws: LocalAws, ec2: AwsClient, elbv2: AwsClient
) -> None:
    """Of EC2 or load balancing, without any lag: at no moment may targets be cut off."""
    shop = served_load_balancer(ec2, elbv2, Wish(groups=2, targets=1))
    since = aws.state().calls
    aws.settings(consistency_ms=60_000)
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1]])
    elbv2.describe_load_balancers()
    own = [{**tcp(8080), "UserIdGroupPairs": [{"GroupId": shop.group_ids[1]}]}]
    ec2.authorize_security_group_ingress(GroupId=shop.target_security_group_id, IpPermissions=own)
    changed, read, mended = aws.calls(since)
    cut_off = (f"{shop.target_ids[0]}:8080",)
    assert changed.balancers == (LoadBalancerState(shop.arn, (shop.group_ids[1],), cut_off),)
    assert changed.ingress is not None
    assert read.balancers is None
    assert mended.balancers == (LoadBalancerState(shop.arn, (shop.group_ids[1],), ()),)


def test_threads_disturb_neither_aws_nor_the_log(aws: LocalAws, ec2: AwsClient) -> None:
    """Thirty-two threads make groups and rules; plain moto answers some of them with HTTP 500."""
    vpc_id = empty_group(ec2).vpc_id
    start = threading.Barrier(32)

    def work(number: int) -> str:
        start.wait()
        group = empty_group(ec2, name=f"group-{number}", vpc_id=vpc_id, tags={"n": str(number)})
        ec2.describe_security_groups()
        ec2.authorize_security_group_ingress(
            GroupId=group.group_id,
            IpPermissions=[tcp(443, ipv4=[(f"10.{number}.{each}.0/24", None) for each in range(10)])],
        )
        return group.group_id

    with ThreadPoolExecutor(32) as pool:
        made = list(pool.map(work, range(32)))
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": made}])
    assert len([rule for rule in rules["SecurityGroupRules"] if not rule["IsEgress"]]) == 320
    calls = aws.calls()
    assert [call.number for call in calls] == list(range(1, len(calls) + 1))
    samples = [len(call.ingress) for call in calls if call.ingress is not None]
    assert samples == sorted(samples)
    assert samples[-1] == 320


def test_prefix_lists_are_told_after_each_change(aws: LocalAws, ec2: AwsClient) -> None:
    """As they are, while reads still tell what they were: who is let in by a rule that names one hangs on it."""
    since = aws.state().calls
    made = ec2.create_managed_prefix_list(
        PrefixListName="edge", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "10.0.0.0/8"}]
    )["PrefixList"]["PrefixListId"]
    time.sleep(0.1)
    aws.settings(consistency_ms=60_000)
    more = [{"Cidr": "192.0.2.0/24", "Description": "more"}]
    ec2.modify_managed_prefix_list(PrefixListId=made, CurrentVersion=1, AddEntries=more)
    ec2.describe_managed_prefix_lists()
    first, second, read = aws.calls(since)
    assert first.prefix_lists == (PrefixListState(made, "edge", (("10.0.0.0/8", ""),)),)
    assert second.prefix_lists == (PrefixListState(made, "edge", (("10.0.0.0/8", ""), ("192.0.2.0/24", "more"))),)
    assert read.prefix_lists is None


def test_a_private_key_is_not_in_the_log(aws: LocalAws) -> None:
    """Whoever looks at the calls would see the key of a certificate that somebody tried here."""
    issued = root("a").issue(Leaf("www.example.org", ("www.example.org",), server=True))
    given = {"Certificate": issued.chain_pem.encode(), "PrivateKey": issued.key_pem.encode()}
    aws.client("acm").import_certificate(**given)
    aws.client("iam").upload_server_certificate(
        ServerCertificateName="www", CertificateBody=issued.chain_pem, PrivateKey=issued.key_pem
    )
    told = json.dumps([call.to_json() for call in aws.calls()])
    assert "PRIVATE KEY" not in told
    assert base64.b64encode(given["PrivateKey"]).decode() not in told
    assert told.count(NOT_SHOWN) == 2
