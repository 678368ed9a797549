"""Security groups and their rules, as EC2 has them."""

from __future__ import annotations

import pytest
from tests.contract.places import Place, name, refused, tcp

pytestmark = pytest.mark.source("EC2 API reference")


def admitted(place: Place, group_id: str) -> set[str]:
    """The CIDRs of a group."""
    told = place.ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]["IpPermissions"]
    ipv4 = {each["CidrIp"] for permission in told for each in permission["IpRanges"]}
    return ipv4 | {each["CidrIpv6"] for permission in told for each in permission["Ipv6Ranges"]}


@pytest.mark.source("EC2 API reference, IpRange.CidrIp")
def test_host_bits_are_cleared(place: Place) -> None:
    """The canonical form is what is described."""
    group_id = place.group()
    place.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(443, "192.0.2.9/24")])
    assert place.shown(lambda: admitted(place, group_id), bool) == {"192.0.2.0/24"}


@pytest.mark.source("EC2 API reference, IpRange.CidrIp")
def test_another_spelling_is_a_duplicate(place: Place) -> None:
    """Of a range that is there, in IPv6 as well."""
    group_id = place.group()
    place.ec2.authorize_security_group_ingress(
        GroupId=group_id, IpPermissions=[tcp(443, "192.0.2.0/24", "2001:db8::/32")]
    )
    for spelling in ("192.0.2.9/24", "2001:0DB8::1/32"):
        with refused("InvalidPermission.Duplicate"):
            place.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(443, spelling)])


@pytest.mark.source("terraform-provider-aws, pull request 4726")
def test_a_batch_is_taken_whole_or_not_at_all(place: Place) -> None:
    """One range that is there already keeps all others of the call out."""
    group_id = place.group()
    place.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(443, "192.0.2.0/24")])
    with refused("InvalidPermission.Duplicate"):
        place.ec2.authorize_security_group_ingress(
            GroupId=group_id, IpPermissions=[tcp(8443, "198.51.100.0/24"), tcp(443, "192.0.2.0/24")]
        )
    assert admitted(place, group_id) == {"192.0.2.0/24"}


@pytest.mark.source("not documented; EC2's words as users of terraform-provider-aws report them")
def test_one_permission_twice_in_a_call_is_refused(place: Place) -> None:
    """Whatever its spelling."""
    with refused("InvalidParameterValue"):
        place.ec2.authorize_security_group_ingress(
            GroupId=place.group(), IpPermissions=[tcp(443, "192.0.2.0/24", "192.0.2.1/24")]
        )


@pytest.mark.source("Amazon VPC quotas, L-0EA8095F")
def test_each_family_has_the_whole_quota(place: Place) -> None:
    """60 ranges of IPv4 and 60 of IPv6, and no more of either."""
    group_id = place.group()
    ipv4 = [f"10.{number}.0.0/16" for number in range(60)]
    ipv6 = [f"2001:db8:{number:x}::/48" for number in range(60)]
    place.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(443, *ipv4, *ipv6)])
    with refused("RulesPerSecurityGroupLimitExceeded"):
        place.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(443, "192.0.2.0/24")])


@pytest.mark.source("Amazon VPC user guide, managed prefix lists")
def test_a_prefix_list_counts_by_its_size(place: Place) -> None:
    """Not by what is in it: one that could hold 61 entries does not fit a group of 60 rules."""
    rule = {**tcp(443), "PrefixListIds": [{"PrefixListId": place.prefix_list("192.0.2.0/24", size=61)}]}
    with refused("RulesPerSecurityGroupLimitExceeded"):
        place.ec2.authorize_security_group_ingress(GroupId=place.group(), IpPermissions=[rule])


@pytest.mark.source("EC2 API reference, IpRange.Description")
def test_one_forbidden_character_fails_the_batch(place: Place) -> None:
    """In a description."""
    group_id = place.group()
    bad = {**tcp(443), "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "Zo\u00eb's office"}]}
    with refused("InvalidParameterValue"):
        place.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(443, "198.51.100.0/24"), bad])
    assert admitted(place, group_id) == set()


@pytest.mark.source("EC2 API reference, RevokeSecurityGroupIngress")
def test_a_rule_that_is_not_there_is_not_revoked(place: Place) -> None:
    """Outside of the default VPC; and nothing else of the call is."""
    group_id = place.group()
    place.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(443, "192.0.2.0/24")])
    with refused("InvalidPermission.NotFound"):
        place.ec2.revoke_security_group_ingress(
            GroupId=group_id, IpPermissions=[tcp(443, "192.0.2.0/24", "198.51.100.0/24")]
        )
    assert admitted(place, group_id) == {"192.0.2.0/24"}


@pytest.mark.source("EC2 API reference, SecurityGroupRule")
def test_a_rule_that_is_changed_keeps_its_id(place: Place) -> None:
    """So an id says nothing of what it lets in."""
    group_id = place.group()
    made = place.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[tcp(443, "192.0.2.0/24")])
    rule_id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    changed = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "198.51.100.0/24"}
    place.ec2.modify_security_group_rules(
        GroupId=group_id, SecurityGroupRules=[{"SecurityGroupRuleId": rule_id, "SecurityGroupRule": changed}]
    )
    told = place.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])["SecurityGroupRules"]
    assert [each["CidrIpv4"] for each in told] == ["198.51.100.0/24"]


@pytest.mark.source("boto3, issue 569")
def test_a_rule_does_not_name_a_group_of_another_network(place: Place) -> None:
    """Unless the two are peered."""
    one, other = place.group(), place.group()
    named = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": other}]}
    with refused("InvalidGroup.NotFound"):
        place.ec2.authorize_security_group_ingress(GroupId=one, IpPermissions=[named])


@pytest.mark.source("EC2 API reference, error codes")
def test_a_rule_does_not_name_a_prefix_list_that_is_not_there(place: Place) -> None:
    """It would admit nobody, and count for nothing."""
    named = {**tcp(443), "PrefixListIds": [{"PrefixListId": "pl-0123456789abcdef0"}]}
    with refused("InvalidPrefixListID.NotFound"):
        place.ec2.authorize_security_group_ingress(GroupId=place.group(), IpPermissions=[named])


@pytest.mark.source("EC2 API reference, DeleteSecurityGroup")
def test_a_group_that_another_refers_to_is_not_deleted(place: Place) -> None:
    """The reference goes first."""
    vpc_id = place.vpc()
    one, other = place.group(vpc_id), place.group(vpc_id)
    named = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": other}]}
    place.ec2.authorize_security_group_ingress(GroupId=one, IpPermissions=[named])
    with refused("DependencyViolation"):
        place.ec2.delete_security_group(GroupId=other)
    place.ec2.revoke_security_group_ingress(GroupId=one, IpPermissions=[named])


@pytest.mark.source("EC2 API reference, CreateSecurityGroup")
def test_a_name_is_one_groups_whatever_its_case(place: Place) -> None:
    """Within a VPC."""
    vpc_id, called = place.vpc(), name()
    made = place.ec2.create_security_group(GroupName=called, Description="x", VpcId=vpc_id)
    place.later(place.ec2.delete_security_group, GroupId=made["GroupId"])
    with refused("InvalidGroup.Duplicate"):
        place.ec2.create_security_group(GroupName=called.upper(), Description="x", VpcId=vpc_id)


@pytest.mark.source("EC2 API reference, DescribeSecurityGroupRules, MaxResults")
def test_rules_come_in_pages(place: Place) -> None:
    """Who does not turn the page misses some."""
    group_id = place.group()
    place.ec2.authorize_security_group_ingress(
        GroupId=group_id, IpPermissions=[tcp(443, *(f"10.{number}.0.0/16" for number in range(7)))]
    )
    asked = [{"Name": "group-id", "Values": [group_id]}]
    first = place.ec2.describe_security_group_rules(Filters=asked, MaxResults=5)
    assert len(first["SecurityGroupRules"]) == 5
    rest = place.ec2.describe_security_group_rules(Filters=asked, MaxResults=5, NextToken=first["NextToken"])
    # One of them lets everything out.
    assert len(rest["SecurityGroupRules"]) == 3


@pytest.mark.source("EC2 API reference, DryRun")
def test_a_dry_run_changes_nothing(place: Place) -> None:
    """And says what it would have done by an error."""
    group_id = place.group()
    with refused("DryRunOperation"):
        place.ec2.authorize_security_group_ingress(
            GroupId=group_id, IpPermissions=[tcp(443, "192.0.2.0/24")], DryRun=True
        )
    assert admitted(place, group_id) == set()
