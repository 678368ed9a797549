"""Security groups and their rules behave as AWS documents, where moto by itself does not.

Every test named `test_differs_*` fails on plain moto 5.2.5; the others hold there as well, and
stand here so that a correction does not lose them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from originlock.lab.world import empty_group, tcp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from originlock.lab.process import AwsClient, LocalAws


def ipv4(first: int, count: int) -> list[tuple[str, str | None]]:
    """Distinct IPv4 ranges."""
    return [(f"198.18.{number}.0/24", None) for number in range(first, first + count)]


def ipv6(first: int, count: int) -> list[tuple[str, str | None]]:
    """Distinct IPv6 ranges."""
    return [(f"2001:db8:{number:x}::/48", None) for number in range(first, first + count)]


def authorize(ec2: AwsClient, group_id: str, *permissions: Mapping[str, Any], **more: object) -> list[dict[str, Any]]:
    """Authorize ingress; return the rules of the answer."""
    answer = ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=list(permissions), **more)
    rules: list[dict[str, Any]] = answer["SecurityGroupRules"]
    return rules


def ingress(ec2: AwsClient, group_id: str) -> list[dict[str, Any]]:
    """Return the ingress rules of a group."""
    filters = [{"Name": "group-id", "Values": [group_id]}]
    rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    return [rule for rule in rules if not rule["IsEgress"]]


def cidrs(rules: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the CIDRs of rules."""
    return {rule.get("CidrIpv4") or rule.get("CidrIpv6") or "" for rule in rules}


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Return the error code of a refusal."""
    return str(error.value.response["Error"]["Code"])


def prefix_list(ec2: AwsClient, *, family: str = "IPv4", size: int = 20) -> str:
    """Make a prefix list; return its id."""
    made = ec2.create_managed_prefix_list(PrefixListName="edge", AddressFamily=family, MaxEntries=size)
    return str(made["PrefixList"]["PrefixListId"])


# --- the quota ---------------------------------------------------------------------------------


def test_differs_each_family_has_the_whole_quota(ec2: AwsClient) -> None:
    """Sixty IPv4 and sixty IPv6 rules fit."""
    group = empty_group(ec2)
    authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 60), ipv6=ipv6(0, 60)))
    assert len(ingress(ec2, group.group_id)) == 120


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_one_rule_too_many_refuses_the_whole_batch(ec2: AwsClient, family: str) -> None:
    """The sixty-first rule of a family is refused, and nothing of its batch is added."""
    group = empty_group(ec2)
    ranges = {"ipv4": ipv4, "ipv6": ipv6}[family]
    authorize(ec2, group.group_id, tcp(443, **{family: ranges(0, 59)}))
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, tcp(443, **{family: ranges(59, 2)}))
    assert code_of(error) == "RulesPerSecurityGroupLimitExceeded"
    assert len(ingress(ec2, group.group_id)) == 59


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_differs_a_group_reference_counts_one_in_each_family(ec2: AwsClient, family: str) -> None:
    """With 60 rules of one family alone, a reference does not fit."""
    group = empty_group(ec2)
    ranges = {"ipv4": ipv4, "ipv6": ipv6}[family]
    authorize(ec2, group.group_id, tcp(443, **{family: ranges(0, 60)}))
    by_reference = {**tcp(443), "UserIdGroupPairs": [{"GroupId": group.group_id}]}
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, by_reference)
    assert code_of(error) == "RulesPerSecurityGroupLimitExceeded"
    other = {"ipv4": ipv6, "ipv6": ipv4}[family]
    names = {"ipv4": "ipv6", "ipv6": "ipv4"}
    # The other family has room still.
    authorize(ec2, group.group_id, tcp(443, **{names[family]: other(0, 60)}))


def test_differs_a_prefix_list_counts_by_its_size_in_its_family(ec2: AwsClient) -> None:
    """A list of at most 20 entries takes 20 places of its own family only."""
    group = empty_group(ec2)
    permission = {**tcp(443), "PrefixListIds": [{"PrefixListId": prefix_list(ec2, size=20)}]}
    authorize(ec2, group.group_id, permission)
    authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 40), ipv6=ipv6(0, 60)))
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(40, 1)))
    assert code_of(error) == "RulesPerSecurityGroupLimitExceeded"


def test_differs_cloudfronts_list_weighs_55(ec2: AwsClient) -> None:
    """AWS's own list counts by its weight."""
    name = "com.amazonaws.global.cloudfront.origin-facing"
    filters = [{"Name": "prefix-list-name", "Values": [name]}]
    found = ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    group = empty_group(ec2)
    authorize(ec2, group.group_id, {**tcp(443), "PrefixListIds": [{"PrefixListId": found[0]["PrefixListId"]}]})
    authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 5)))
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(5, 1)))
    assert code_of(error) == "RulesPerSecurityGroupLimitExceeded"


def test_differs_the_quota_is_settable_and_service_quotas_tells_it(
    aws: LocalAws, ec2: AwsClient, quotas: AwsClient
) -> None:
    """GetServiceQuota and EC2 agree."""

    def told() -> float:
        return float(quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-0EA8095F")["Quota"]["Value"])

    assert told() == 60
    aws.settings(quota_rules=100)
    assert told() == 100
    group = empty_group(ec2)
    authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 100)))
    with pytest.raises(ClientError):
        authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(100, 1)))


# --- canonical forms -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "family,typed,stored",
    [
        ("ipv4", "173.245.48.1/20", "173.245.48.0/20"),
        ("ipv6", "2606:4700:0::/32", "2606:4700::/32"),
        ("ipv6", "2606:4700:0000:0000::1/32", "2606:4700::/32"),
        ("ipv6", "2A06:98C0::/29", "2a06:98c0::/29"),
    ],
)
def test_differs_cidrs_are_canonical(ec2: AwsClient, family: str, typed: str, stored: str) -> None:
    """Host bits are cleared, IPv6 is spelled canonically, and another spelling is a Duplicate."""
    group = empty_group(ec2)
    added = authorize(ec2, group.group_id, tcp(443, **{family: [(typed, None)]}))
    assert cidrs(added) == cidrs(ingress(ec2, group.group_id)) == {stored}
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, tcp(443, **{family: [(stored, None)]}))
    assert code_of(error) == "InvalidPermission.Duplicate"


def test_differs_one_rule_twice_in_a_batch_is_refused(ec2: AwsClient) -> None:
    """In whatever spelling."""
    group = empty_group(ec2)
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, tcp(443, ipv4=[("10.1.0.0/16", None), ("10.1.2.3/16", None)]))
    assert code_of(error) == "InvalidParameterValue"
    assert not ingress(ec2, group.group_id)


def refuses_cidr(ec2: AwsClient, family: str, broken: str) -> bool:
    """Whether a batch with a broken CIDR is refused as a whole."""
    group = empty_group(ec2)
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, tcp(443, **{family: [(broken, None)]}), tcp(80, ipv4=ipv4(0, 1)))
    return code_of(error) == "InvalidParameterValue" and not ingress(ec2, group.group_id)


@pytest.mark.parametrize(
    "family,broken",
    [
        ("ipv4", "300.1.1.1/24"),
        ("ipv4", "10.0.0.0/33"),
        ("ipv4", "10.0.0.0"),
        ("ipv4", "10.0.0.0/255.0.0.0"),
        ("ipv4", "010.0.0.0/8"),
        ("ipv4", "::/0"),
        ("ipv6", "2001:db8::/129"),
        ("ipv6", "10.0.0.0/8"),
    ],
)
def test_a_broken_cidr_refuses_the_batch(ec2: AwsClient, family: str, broken: str) -> None:
    """Also an IPv6 range among IPv4 ones and the other way round."""
    assert refuses_cidr(ec2, family, broken)


@pytest.mark.parametrize("broken", ["2001:db8::", "fe80::%eth0/64"])
def test_differs_a_broken_ipv6_cidr_refuses_the_batch(ec2: AwsClient, broken: str) -> None:
    """A bare address, a zone: moto takes both."""
    assert refuses_cidr(ec2, "ipv6", broken)


@pytest.mark.parametrize("typed,stored", [("6", "tcp"), ("17", "udp"), ("TCP", "tcp")])
def test_protocols_have_one_name(ec2: AwsClient, typed: str, stored: str) -> None:
    """A rule by protocol number is the rule by name."""
    group = empty_group(ec2)
    authorize(ec2, group.group_id, {**tcp(443, ipv4=ipv4(0, 1)), "IpProtocol": typed})
    assert [rule["IpProtocol"] for rule in ingress(ec2, group.group_id)] == [stored]
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, {**tcp(443, ipv4=ipv4(0, 1)), "IpProtocol": stored})
    assert code_of(error) == "InvalidPermission.Duplicate"


def test_all_traffic_has_no_ports(ec2: AwsClient) -> None:
    """Protocol -1 covers all ports, whatever the request names."""
    group = empty_group(ec2)
    authorize(ec2, group.group_id, {**tcp(443, ipv4=[("0.0.0.0/0", None)]), "IpProtocol": "-1"})
    (rule,) = ingress(ec2, group.group_id)
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("-1", -1, -1)
    (held,) = ec2.describe_security_groups(GroupIds=[group.group_id])["SecurityGroups"]
    assert "FromPort" not in held["IpPermissions"][0]


@pytest.mark.parametrize(
    "permission",
    [
        {"IpProtocol": "tcp"},
        {"IpProtocol": "tcp", "FromPort": 443},
        {"IpProtocol": "tcp", "FromPort": 444, "ToPort": 443},
        {"IpProtocol": "tcp", "FromPort": -1, "ToPort": -1},
        {"IpProtocol": "udp", "FromPort": 0, "ToPort": 65536},
        {"IpProtocol": "nonsense", "FromPort": 443, "ToPort": 443},
        {"IpProtocol": "256", "FromPort": 443, "ToPort": 443},
    ],
)
def test_differs_impossible_ports_and_protocols_are_refused(ec2: AwsClient, permission: Mapping[str, Any]) -> None:
    """With an error that a client can read."""
    group = empty_group(ec2)
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, {**permission, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]})
    assert code_of(error) == "InvalidParameterValue"


# --- descriptions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("description", ["Zoë's office", "a" * 256, "tab\there", "<b>", "line\n", "100 %"])
def test_differs_a_bad_description_refuses_the_batch(ec2: AwsClient, description: str) -> None:
    """One forbidden character or one too many, and nothing is added."""
    group = empty_group(ec2)
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, tcp(443, ipv4=[("10.0.0.0/8", "fine"), ("10.1.0.0/16", description)]))
    assert code_of(error) == "InvalidParameterValue"
    assert not ingress(ec2, group.group_id)


def test_every_allowed_character_is_kept(ec2: AwsClient) -> None:
    """Up to 255 of them."""
    group = empty_group(ec2)
    description = "aZ09 ._-:/()#,@[]+=&;{}!$*".ljust(255, "x")
    authorize(ec2, group.group_id, tcp(443, ipv4=[("10.0.0.0/8", description)]))
    assert [rule["Description"] for rule in ingress(ec2, group.group_id)] == [description]


def test_differs_descriptions_of_references_are_kept(ec2: AwsClient) -> None:
    """Those of groups and prefix lists, too."""
    group = empty_group(ec2)
    authorize(
        ec2,
        group.group_id,
        {
            **tcp(443),
            "UserIdGroupPairs": [{"GroupId": group.group_id, "Description": "itself"}],
            "PrefixListIds": [{"PrefixListId": prefix_list(ec2), "Description": "edge"}],
        },
    )
    assert {rule["Description"] for rule in ingress(ec2, group.group_id)} == {"itself", "edge"}


def test_differs_updating_descriptions_is_all_or_nothing(ec2: AwsClient) -> None:
    """An absent rule refuses the update (moto skips it); by rule id it works as well."""
    group = empty_group(ec2)
    (rule,) = authorize(ec2, group.group_id, tcp(443, ipv4=[("10.0.0.0/8", "old")]))
    absent = tcp(443, ipv4=[("10.0.0.0/8", "new"), ("10.9.0.0/16", "absent")])
    with pytest.raises(ClientError) as error:
        ec2.update_security_group_rule_descriptions_ingress(GroupId=group.group_id, IpPermissions=[absent])
    assert code_of(error) == "InvalidPermission.NotFound"
    assert ingress(ec2, group.group_id)[0]["Description"] == "old"
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group.group_id,
        SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "Description": "new"}],
    )
    assert ingress(ec2, group.group_id)[0]["Description"] == "new"


# --- batches -----------------------------------------------------------------------------------------


def test_differs_authorize_is_all_or_nothing_over_permissions(ec2: AwsClient) -> None:
    """A duplicate in the second permission keeps the first from being added."""
    group = empty_group(ec2)
    authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 1)))
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, tcp(80, ipv4=ipv4(0, 3)), tcp(443, ipv4=ipv4(0, 1)))
    assert code_of(error) == "InvalidPermission.Duplicate"
    assert "peer: 198.18.0.0/24, TCP, from port: 443, to port: 443, ALLOW" in str(error.value)
    assert len(ingress(ec2, group.group_id)) == 1


def test_differs_the_answer_names_every_new_rule(ec2: AwsClient) -> None:
    """Moto names those of the last permission only."""
    group = empty_group(ec2)
    added = authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 2)), tcp(80, ipv6=ipv6(0, 3)))
    ids = {rule["SecurityGroupRuleId"] for rule in added}
    assert len(ids) == 5
    assert ids == {rule["SecurityGroupRuleId"] for rule in ingress(ec2, group.group_id)}


def test_differs_the_same_group_with_another_description_is_a_duplicate(ec2: AwsClient) -> None:
    """A description makes no other rule."""
    group = empty_group(ec2)

    def pair(text: str) -> Mapping[str, Any]:
        return {**tcp(443), "UserIdGroupPairs": [{"GroupId": group.group_id, "Description": text}]}

    authorize(ec2, group.group_id, pair("one"))
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, pair("two"))
    assert code_of(error) == "InvalidPermission.Duplicate"


def test_revoke_by_ids_removes_them(ec2: AwsClient) -> None:
    """And says which."""
    group = empty_group(ec2)
    added = authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 3)))
    ids = [rule["SecurityGroupRuleId"] for rule in added]
    ec2.revoke_security_group_ingress(GroupId=group.group_id, SecurityGroupRuleIds=ids[:2])
    assert [rule["SecurityGroupRuleId"] for rule in ingress(ec2, group.group_id)] == ids[2:]


def test_differs_the_answer_of_revoke_names_what_is_gone(ec2: AwsClient) -> None:
    """RevokedSecurityGroupRules."""
    group = empty_group(ec2)
    (rule,) = authorize(ec2, group.group_id, tcp(443, ipv4=[("10.0.0.0/8", "x")]))
    answer = ec2.revoke_security_group_ingress(
        GroupId=group.group_id, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    assert answer["RevokedSecurityGroupRules"] == [
        {
            "SecurityGroupRuleId": rule["SecurityGroupRuleId"],
            "GroupId": group.group_id,
            "IsEgress": False,
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "CidrIpv4": "10.0.0.0/8",
            "Description": "x",
        }
    ]


@pytest.mark.parametrize("default_vpc", [False, True])
def test_differs_revoke_by_an_absent_id_revokes_nothing(ec2: AwsClient, *, default_vpc: bool) -> None:
    """With the error that names the id."""
    group = empty_group(ec2, default_vpc=default_vpc)
    (rule,) = authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 1)))
    with pytest.raises(ClientError) as error:
        ec2.revoke_security_group_ingress(
            GroupId=group.group_id,
            SecurityGroupRuleIds=[rule["SecurityGroupRuleId"], "sgr-0123456789abcdef0"],
        )
    assert code_of(error) == "InvalidSecurityGroupRuleId.NotFound"
    assert len(ingress(ec2, group.group_id)) == 1


def test_differs_revoke_of_an_absent_rule_revokes_nothing(ec2: AwsClient) -> None:
    """Outside the default VPC it is an error, also where other permissions exist."""
    group = empty_group(ec2)
    authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 1)))
    with pytest.raises(ClientError) as error:
        ec2.revoke_security_group_ingress(
            GroupId=group.group_id,
            IpPermissions=[tcp(443, ipv4=ipv4(0, 1)), tcp(80, ipv4=ipv4(0, 1))],
        )
    assert code_of(error) == "InvalidPermission.NotFound"
    assert len(ingress(ec2, group.group_id)) == 1


def test_differs_revoke_of_an_absent_rule_in_the_default_vpc_succeeds(ec2: AwsClient) -> None:
    """And the answer tells what was unknown; the known ones are gone."""
    group = empty_group(ec2, default_vpc=True)
    authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 1)))
    answer = ec2.revoke_security_group_ingress(
        GroupId=group.group_id, IpPermissions=[tcp(443, ipv4=ipv4(0, 2), ipv6=ipv6(0, 1))]
    )
    assert answer["Return"] is True
    (unknown,) = answer["UnknownIpPermissions"]
    assert unknown["IpRanges"] == [{"CidrIp": "198.18.1.0/24"}]
    assert unknown["Ipv6Ranges"] == [{"CidrIpv6": "2001:db8::/48"}]
    assert not ingress(ec2, group.group_id)


def test_revoke_by_permission_takes_any_spelling_and_no_description(ec2: AwsClient) -> None:
    """What must match is the canonical rule."""
    group = empty_group(ec2)
    authorize(ec2, group.group_id, tcp(443, ipv4=[("10.0.0.0/8", "described")]))
    ec2.revoke_security_group_ingress(GroupId=group.group_id, IpPermissions=[tcp(443, ipv4=[("10.0.0.0/8", None)])])
    assert not ingress(ec2, group.group_id)


@pytest.mark.parametrize("action", ["authorize", "revoke"])
def test_an_absent_group_is_not_found(ec2: AwsClient, action: str) -> None:
    """By the id that was asked."""
    act = getattr(ec2, f"{action}_security_group_ingress")
    with pytest.raises(ClientError) as error:
        act(GroupId="sg-0123456789abcdef0", IpPermissions=[tcp(443, ipv4=ipv4(0, 1))])
    assert code_of(error) == "InvalidGroup.NotFound"


def test_differs_rules_refer_only_to_what_exists(ec2: AwsClient) -> None:
    """Neither to an absent group nor (which moto allows) to an absent prefix list."""
    group = empty_group(ec2)
    for source, code in (
        ({"UserIdGroupPairs": [{"GroupId": "sg-0123456789abcdef0"}]}, "InvalidGroup.NotFound"),
        ({"PrefixListIds": [{"PrefixListId": "pl-0123456789abcdef0"}]}, "InvalidPrefixListID.NotFound"),
    ):
        with pytest.raises(ClientError) as error:
            authorize(ec2, group.group_id, {**tcp(443), **source})
        assert code_of(error) == code


def test_a_dry_run_changes_nothing(ec2: AwsClient) -> None:
    """And says that it would have succeeded."""
    group = empty_group(ec2)
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 1)), DryRun=True)
    assert code_of(error) == "DryRunOperation"
    assert not ingress(ec2, group.group_id)


# --- tags --------------------------------------------------------------------------------------------


def specification(**tags: str) -> list[dict[str, Any]]:
    """Tags for new rules."""
    named = [{"Key": key, "Value": value} for key, value in tags.items()]
    return [{"ResourceType": "security-group-rule", "Tags": named}]


def test_rules_are_tagged_found_and_untagged(ec2: AwsClient) -> None:
    """TagSpecifications, CreateTags, DeleteTags and the filter tag:KEY, together with group-id."""
    one, two = empty_group(ec2, name="one"), empty_group(ec2, name="two")
    (rule,) = authorize(
        ec2, one.group_id, tcp(443, ipv4=ipv4(0, 1)), TagSpecifications=specification(owner="originlock")
    )
    (other,) = authorize(ec2, two.group_id, tcp(443, ipv4=ipv4(0, 1)))
    assert rule["Tags"] == [{"Key": "owner", "Value": "originlock"}]

    def owned(*groups: str) -> set[str]:
        filters = [
            {"Name": "group-id", "Values": list(groups)},
            {"Name": "tag:owner", "Values": ["originlock"]},
        ]
        found = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        return {each["SecurityGroupRuleId"] for each in found}

    assert owned(one.group_id, two.group_id) == {rule["SecurityGroupRuleId"]}
    ec2.create_tags(Resources=[other["SecurityGroupRuleId"]], Tags=[{"Key": "owner", "Value": "originlock"}])
    assert owned(two.group_id) == {other["SecurityGroupRuleId"]}
    ec2.delete_tags(Resources=[rule["SecurityGroupRuleId"]], Tags=[{"Key": "owner"}])
    assert owned(one.group_id, two.group_id) == {other["SecurityGroupRuleId"]}
    ec2.delete_tags(Resources=[other["SecurityGroupRuleId"]], Tags=[{"Key": "owner", "Value": "another"}])
    assert owned(two.group_id) == {other["SecurityGroupRuleId"]}


def test_differs_tags_of_the_absent_and_reserved_tags_are_refused(ec2: AwsClient) -> None:
    """CreateTags on a rule that is gone, and keys that begin with aws:."""
    group = empty_group(ec2)
    (rule,) = authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 1)))
    for resource, key, code in (
        ("sgr-0123456789abcdef0", "owner", "InvalidSecurityGroupRuleId.NotFound"),
        (rule["SecurityGroupRuleId"], "aws:owner", "InvalidParameterValue"),
    ):
        with pytest.raises(ClientError) as error:
            ec2.create_tags(Resources=[resource], Tags=[{"Key": key, "Value": "x"}])
        assert code_of(error) == code


def test_differs_delete_tags_without_tags_deletes_all(ec2: AwsClient) -> None:
    """Of the rules that are named."""
    group = empty_group(ec2)
    (rule,) = authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 1)), TagSpecifications=specification(a="1", b="2"))
    ec2.delete_tags(Resources=[rule["SecurityGroupRuleId"]])
    assert ingress(ec2, group.group_id)[0].get("Tags", []) == []


def test_differs_tags_go_with_their_rule(ec2: AwsClient) -> None:
    """DescribeTags knows nothing of a rule that was revoked."""
    group = empty_group(ec2)
    (rule,) = authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 1)), TagSpecifications=specification(a="1"))
    rule_id = rule["SecurityGroupRuleId"]
    ec2.revoke_security_group_ingress(GroupId=group.group_id, SecurityGroupRuleIds=[rule_id])
    assert not ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [rule_id]}])["Tags"]


def test_differs_new_rules_take_tags_of_rules_only(ec2: AwsClient) -> None:
    """Another resource type in TagSpecifications is refused."""
    group = empty_group(ec2)
    wrong = [{**specification(a="1")[0], "ResourceType": "security-group"}]
    with pytest.raises(ClientError) as error:
        authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 1)), TagSpecifications=wrong)
    assert code_of(error) == "InvalidParameterValue"


# --- filters -------------------------------------------------------------------------------------------


def found(ec2: AwsClient, *filters: tuple[str, list[str]]) -> set[str]:
    """Return the names of the groups that match."""
    asked = [{"Name": name, "Values": values} for name, values in filters]
    groups = ec2.describe_security_groups(Filters=asked)["SecurityGroups"]
    return {group["GroupName"] for group in groups}


def test_groups_are_found_by_id_tag_and_wildcards(ec2: AwsClient) -> None:
    """Several filters must all match, one of their values each."""
    made = {
        name: empty_group(ec2, name=name, tags={"env": env})
        for name, env in (("web-1", "prod"), ("web-2", "test"), ("db", "prod"))
    }
    assert found(ec2, ("group-id", [made["web-1"].group_id, made["db"].group_id])) == {"web-1", "db"}
    assert found(ec2, ("tag:env", ["prod"])) == {"web-1", "db"}
    assert found(ec2, ("tag:env", ["pr*"]), ("group-name", ["web-?"])) == {"web-1"}
    assert found(ec2, ("group-id", [made["web-1"].group_id[:-1] + "*"])) == {"web-1"}
    assert found(ec2, ("tag-key", ["env"]), ("vpc-id", [made["db"].vpc_id])) == {"db"}


@pytest.mark.parametrize(
    "value,matches",
    [("a.b", False), ("a+b", False), ("[ab]*", False), (r"a\*b", False), ("a*b", True), ("A*B", False)],
)
def test_differs_only_star_and_question_mark_are_wild(ec2: AwsClient, value: str, *, matches: bool) -> None:
    """Moto lets brackets or dots match more than themselves."""
    empty_group(ec2, name="one", tags={"env": "a-b"})
    assert (found(ec2, ("tag:env", [value])) == {"one"}) is matches
    empty_group(ec2, name="two", tags={"env": "a]b"})
    assert found(ec2, ("tag:env", ["a[]]b"])) == set()


def test_differs_ports_and_ranges_of_rules_find_their_group(ec2: AwsClient) -> None:
    """Also IPv6 ranges and prefix lists, which moto does not filter by."""
    group = empty_group(ec2, name="one")
    authorize(ec2, group.group_id, tcp(443, ipv4=ipv4(0, 1), ipv6=ipv6(0, 1)))
    assert found(ec2, ("ip-permission.cidr", ["198.18.0.0/24"]), ("ip-permission.to-port", ["443"])) == {"one"}
    assert found(ec2, ("ip-permission.ipv6-cidr", ["2001:db8::/48"])) == {"one"}
    assert found(ec2, ("ip-permission.protocol", ["udp"])) == set()


def test_differs_unknown_filters_are_refused(ec2: AwsClient) -> None:
    """Those of DescribeSecurityGroups are not all those of DescribeSecurityGroupRules."""
    with pytest.raises(ClientError) as error:
        ec2.describe_security_group_rules(Filters=[{"Name": "vpc-id", "Values": ["vpc-1"]}])
    assert code_of(error) == "InvalidParameterValue"
    with pytest.raises(ClientError) as error:
        found(ec2, ("nonsense", ["x"]))
    assert code_of(error) == "InvalidParameterValue"


def test_differs_a_call_has_at_most_200_filter_values(ec2: AwsClient) -> None:
    """Two hundred are fine, one more is not."""
    group = empty_group(ec2, name="one")
    ids = [group.group_id] + [f"sg-{number:017x}" for number in range(200)]
    assert found(ec2, ("group-id", ids[:200])) == {"one"}
    for describe in (ec2.describe_security_groups, ec2.describe_security_group_rules):
        with pytest.raises(ClientError) as error:
            describe(Filters=[{"Name": "group-id", "Values": ids}])
        assert code_of(error) == "FilterLimitExceeded"


def test_differs_not_found_names_the_absent_group_alone(ec2: AwsClient) -> None:
    """Moto names those that exist as well."""
    group = empty_group(ec2)
    with pytest.raises(ClientError) as error:
        ec2.describe_security_groups(GroupIds=[group.group_id, "sg-0123456789abcdef0"])
    assert code_of(error) == "InvalidGroup.NotFound"
    assert group.group_id not in str(error.value)


def test_differs_malformed_ids_are_refused(ec2: AwsClient) -> None:
    """As malformed, not as absent."""
    with pytest.raises(ClientError) as error:
        ec2.describe_security_groups(GroupIds=["nonsense"])
    assert code_of(error) == "InvalidGroupId.Malformed"
