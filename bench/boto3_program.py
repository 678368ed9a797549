"""The shortest boto3 program that does what `originlock apply` does, for `python bench/run.py --only boto3`.

    python bench/boto3_program.py GROUP
    python bench/boto3_program.py --tag KEY=VALUE

It makes the same calls as originlock: both published forms of the list, the groups, the rules of each, one
AuthorizeSecurityGroupIngress with tags for all that is missing, a read-back, one revoke by id, a read-back. It has no
guard, no journal, no plan and no way back, and takes one group after another.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.request import urlopen

import boto3

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, IpPermissionTypeDef, SecurityGroupTypeDef

PORT: Final = 443
EC2: Final = boto3.client("ec2")


def published(form: str) -> str:
    """One document of the list, from where originlock is told to ask for it."""
    url = os.environ[f"ORIGINLOCK_EDGES_CLOUDFLARE_{form}_URL"]
    with urlopen(url, timeout=10) as answer:  # noqa: S310  the bench's own server
        return str(answer.read().decode())


def agreed_ranges() -> list[str]:
    """The list, if both forms say the same."""
    text = f"{published('IPV4')}\n{published('IPV6')}".split()
    result = json.loads(published("API"))["result"]
    if sorted(text) != sorted(result["ipv4_cidrs"] + result["ipv6_cidrs"]):
        sys.exit("the published forms of the list disagree")
    return text


def groups_of(arguments: list[str]) -> Iterator[SecurityGroupTypeDef]:
    """The groups that are named by id or by tag."""
    named: FilterTypeDef = {"Name": "group-id", "Values": arguments}
    if arguments[0] == "--tag":
        key, _, value = arguments[1].partition("=")
        named = {"Name": f"tag:{key}", "Values": [value]}
    for page in EC2.get_paginator("describe_security_groups").paginate(
        Filters=[named], PaginationConfig={"PageSize": 1000}
    ):
        yield from page["SecurityGroups"]


def rules_of(group: str) -> dict[str, str]:
    """The ids of the rules on the port, by range."""
    pages = EC2.get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "group-id", "Values": [group]}], PaginationConfig={"PageSize": 1000}
    )
    return {
        rule.get("CidrIpv4") or rule.get("CidrIpv6", ""): rule["SecurityGroupRuleId"]
        for page in pages
        for rule in page["SecurityGroupRules"]
        if not rule["IsEgress"] and rule["IpProtocol"] == "tcp" and rule["FromPort"] == rule["ToPort"] == PORT
    }


def update(group: str, held: dict[str, str], wanted: list[str]) -> None:
    """Add what is missing, read back, take out what is too much, read back."""
    missing = [cidr for cidr in wanted if cidr not in held]
    extra = [rule for cidr, rule in held.items() if cidr not in wanted]
    if missing:
        permission: IpPermissionTypeDef = {
            "IpProtocol": "tcp",
            "FromPort": PORT,
            "ToPort": PORT,
            "IpRanges": [{"CidrIp": cidr, "Description": "edge"} for cidr in missing if ":" not in cidr],
            "Ipv6Ranges": [{"CidrIpv6": cidr, "Description": "edge"} for cidr in missing if ":" in cidr],
        }
        EC2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[permission],
            TagSpecifications=[
                {"ResourceType": "security-group-rule", "Tags": [{"Key": "made-by", "Value": "boto3_program"}]}
            ],
        )
        if not set(wanted) <= set(rules_of(group)):
            sys.exit(f"AWS does not show all that was added to {group}")
    if extra:
        EC2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=extra)
        if set(wanted) != set(rules_of(group)):
            sys.exit(f"AWS still shows what was taken out of {group}")


def main() -> None:
    """One group after another."""
    wanted = agreed_ranges()
    for group in groups_of(sys.argv[1:]):
        update(group["GroupId"], rules_of(group["GroupId"]) if group["IpPermissions"] else {}, wanted)


if __name__ == "__main__":
    main()
