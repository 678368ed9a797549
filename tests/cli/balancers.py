"""Load balancers as people have them, made and looked at through AWS's own API, and what must hold at every moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tests.cli.groups import EVERYONE, EVERYONE_IPV6
from tests.cli.product import Ended, Json

from originlock.lab.calls import Call
from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient
from originlock.lab.world import tcp
from originlock.lab.world_balancers import Network, ServedLoadBalancer, Wish, served_load_balancer

EDGE: Final = frozenset((*IPV4, *IPV6))
BALANCER_TAG: Final = "originlock:load-balancer"
OPEN: Final = tcp(443, ipv4=[(EVERYONE, None)], ipv6=[(EVERYONE_IPV6, None)])
"""The permission that most load balancers have: everyone, on 443."""


def shop(
    ec2: AwsClient,
    elbv2: AwsClient,
    *opened: Mapping[str, object],
    within: Network | None = None,
    **wish: Any,  # noqa: ANN401  as given on
) -> ServedLoadBalancer:
    """Make a dual-stack load balancer with targets, each group of which admits this; without any, everyone."""
    made = served_load_balancer(ec2, elbv2, Wish(**{"name": "shop", "dualstack": True, **wish}), within=within)
    for group_id in made.group_ids:
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=list(opened or (OPEN,)))
    return made


def targets_admit(ec2: AwsClient, made: ServedLoadBalancer, permission: Mapping[str, object]) -> None:
    """Let the targets admit this, on their port, in the place of the load balancer's first group."""
    group_id = made.target_security_group_id
    held = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group_id]}])["SecurityGroupRules"]
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission])
    ids = [rule["SecurityGroupRuleId"] for rule in held if not rule["IsEgress"]]
    ec2.revoke_security_group_ingress(GroupId=group_id, SecurityGroupRuleIds=ids)


def by_address(ec2: AwsClient, made: ServedLoadBalancer) -> None:
    """Let the targets admit the network's addresses, so that no rule refers to a group of the load balancer."""
    targets_admit(ec2, made, tcp(8080, ipv4=[("10.0.0.0/16", None)]))


def groups_of(elbv2: AwsClient, made: ServedLoadBalancer) -> set[str]:
    """The groups that a load balancer has now."""
    answer = elbv2.describe_load_balancers(LoadBalancerArns=[made.arn])["LoadBalancers"][0]
    return set(answer.get("SecurityGroups", []))


def states(elbv2: AwsClient, made: ServedLoadBalancer) -> set[str]:
    """The states of its targets."""
    told = elbv2.describe_target_health(TargetGroupArn=made.target_group_arn)["TargetHealthDescriptions"]
    return {each["TargetHealth"]["State"] for each in told}


def own_groups(ec2: AwsClient) -> list[str]:
    """The ids of all groups that carry originlock's mark of a load balancer."""
    found = ec2.describe_security_groups(Filters=[{"Name": "tag-key", "Values": [BALANCER_TAG]}])
    return [group["GroupId"] for group in found["SecurityGroups"]]


def own_group(ec2: AwsClient) -> str:
    """The one group of originlock's own."""
    (found,) = own_groups(ec2)
    return found


def said(ended: Ended) -> str:
    """All notes, as one text."""
    return "\n".join(note["what"] for note in ended.json["notes"])


def kinds(data: Json) -> list[tuple[str, str]]:
    """Kind and target of each change of a plan."""
    return [(change["kind"], change["target"]) for change in data["changes"]]


def guards(data: Json) -> list[str]:
    """The names of the guards that object."""
    return [objection["guard"] for objection in data["objections"]]


def breaches(
    calls: Iterable[Call],
    made: ServedLoadBalancer,
    *,
    wanted: Iterable[str] = EDGE,
    lists: Mapping[str, Sequence[str]] | None = None,
    began: bool = True,
) -> list[str]:
    """What was wrong at some moment: a wanted source that no attached group let in, or targets that were cut off.

    `lists` tells what prefix lists hold, by id; `began` whether all that is wanted was let in before.
    """
    found = []
    served = began
    for call in calls:
        if call.balancers is None or call.ingress is None:
            continue
        now = next(each for each in call.balancers if each.arn == made.arn)
        sources = {
            entry
            for rule in call.ingress
            if rule.group_id in now.group_ids and (rule.protocol, rule.from_port) in (("tcp", 443), ("-1", None))
            for entry in (lists or {}).get(rule.source, (rule.source,))
        }
        shut = {
            cidr
            for cidr in wanted
            if cidr not in sources and (EVERYONE_IPV6 if ":" in cidr else EVERYONE) not in sources
        }
        if shut and served:
            found.append(f"call {call.number} ({call.action}) left out {sorted(shut)[:3]}")
        served |= not shut
        if now.cut_off:
            found.append(f"call {call.number} ({call.action}) cut off {now.cut_off}")
    return found
