"""Reading load balancers: groups, listeners, interfaces, the health of targets, tags.

Lives here: the read calls of Elastic Load Balancing, and of the interfaces that it makes in EC2.
Must not live here: any call that changes something (see `performer`).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from originlock.aws.answers import CallError
from originlock.aws.asking import read
from originlock.aws.session import Sessions
from originlock.aws.wording import code_of
from originlock.facts.load_balancer import Interface, Listener, LoadBalancer, TargetHealth
from originlock.facts.origin import Missing, Tags
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef
    from mypy_boto3_elbv2.type_defs import LoadBalancerTypeDef, TargetGroupTypeDef

_PAGE: Final = 1000
"""EC2 API reference, DescribeNetworkInterfaces: MaxResults is 5 to 1000."""

_ARN: Final = "arn:"


class BalancerReader:
    """Reads the load balancers of one place."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions = sessions
        self._place = place
        self._ec2 = sessions.ec2(place)

    def named(self, name: str) -> LoadBalancer | Unknown | None:
        """A load balancer by its name or ARN, whole; None if there is none.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        answer = read(f"load balancer {name}", functools.partial(self._describe, name))
        if answer is None or isinstance(answer, Unknown):
            return answer
        arn = answer["LoadBalancerArn"]
        listeners = read(f"the listeners of {name}", functools.partial(self._listeners, arn))
        tags = read(f"the tags of {name}", functools.partial(self._tags, arn))
        return self._whole(answer, listeners, tags)

    def looked_at(self, arn: str) -> LoadBalancer | Missing | Unknown:
        """A load balancer as it is now, but for its listeners and tags, which no change of ours touches."""
        answer = read(f"load balancer {arn}", functools.partial(self._describe, arn))
        if answer is None:
            return Missing(arn)
        if isinstance(answer, Unknown):
            return answer
        unasked = Unknown(f"listeners and tags of {arn}", "they were not asked for again")
        return self._whole(answer, unasked, unasked)

    def _whole(
        self, answer: LoadBalancerTypeDef, listeners: tuple[Listener, ...] | Unknown, tags: Tags | Unknown
    ) -> LoadBalancer:
        arn, name = answer["LoadBalancerArn"], answer["LoadBalancerName"]
        return LoadBalancer(
            id=arn,
            name=name,
            vpc=answer.get("VpcId", ""),
            kind=answer.get("Type", ""),
            addresses=answer.get("IpAddressType", "ipv4"),
            groups=tuple(sorted(answer.get("SecurityGroups", []))),
            listeners=listeners,
            interfaces=read(f"the interfaces of {name}", functools.partial(self._interfaces, arn)),
            health=read(f"the health of the targets of {name}", functools.partial(self._health, arn)),
            tags=tags,
            dns_name=answer.get("DNSName", ""),
        )

    def _describe(self, name: str) -> LoadBalancerTypeDef | None:
        elbv2 = self._sessions.elbv2(self._place)
        try:
            if name.startswith(_ARN):
                found = elbv2.describe_load_balancers(LoadBalancerArns=[name])["LoadBalancers"]
            else:
                found = elbv2.describe_load_balancers(Names=[name])["LoadBalancers"]
        except CallError as error:
            # Elastic Load Balancing API reference, DescribeLoadBalancers.
            if code_of(error) == "LoadBalancerNotFound":
                return None
            raise
        return found[0] if found else None

    def _listeners(self, arn: str) -> tuple[Listener, ...]:
        pages = self._sessions.elbv2(self._place).get_paginator("describe_listeners").paginate(LoadBalancerArn=arn)
        found = [Listener(answer.get("Protocol", ""), answer["Port"]) for page in pages for answer in page["Listeners"]]
        return tuple(sorted(found, key=lambda each: (each.port, each.protocol)))

    def _tags(self, arn: str) -> Tags:
        answer = self._sessions.elbv2(self._place).describe_tags(ResourceArns=[arn])
        return tuple(
            sorted((tag["Key"], tag.get("Value", "")) for each in answer["TagDescriptions"] for tag in each["Tags"])
        )

    def _interfaces(self, arn: str) -> tuple[Interface, ...]:
        # Elastic Load Balancing user guide: its interfaces are described as "ELB app/NAME/ID".
        said = "ELB " + arn.partition(":loadbalancer/")[2]
        return self._describe_interfaces([{"Name": "description", "Values": [said]}])

    def interfaces_of(self, group: str) -> tuple[Interface, ...]:
        """The interfaces that have a group."""
        return self._describe_interfaces([{"Name": "group-id", "Values": [group]}])

    def _describe_interfaces(self, filters: list[FilterTypeDef]) -> tuple[Interface, ...]:
        pages = self._ec2.get_paginator("describe_network_interfaces").paginate(
            Filters=filters, PaginationConfig={"PageSize": _PAGE}
        )
        found = [
            Interface(
                answer["NetworkInterfaceId"],
                tuple(sorted(group["GroupId"] for group in answer.get("Groups", []))),
            )
            for page in pages
            for answer in page["NetworkInterfaces"]
        ]
        return tuple(sorted(found, key=lambda each: each.id))

    def _health(self, arn: str) -> tuple[TargetHealth, ...]:
        elbv2 = self._sessions.elbv2(self._place)
        found: list[TargetHealth] = []
        for answer in self._target_groups(arn):
            group = answer["TargetGroupArn"]
            for each in elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]:
                target = each["Target"]
                name = f"{answer.get('TargetGroupName', group)}/{target['Id']}:{target.get('Port', '')}"
                found.append(TargetHealth(name, each.get("TargetHealth", {}).get("State", "")))
        return tuple(sorted(found, key=lambda each: (each.target, each.state)))

    def _target_groups(self, arn: str) -> list[TargetGroupTypeDef]:
        pages = self._sessions.elbv2(self._place).get_paginator("describe_target_groups").paginate(LoadBalancerArn=arn)
        try:
            return [answer for page in pages for answer in page["TargetGroups"]]
        except CallError as error:
            # One that only redirects or answers by itself has none. Whether that is an empty list or this error, the
            # Elastic Load Balancing API reference does not say; that a load balancer is gone is another error there.
            if code_of(error) == "TargetGroupNotFound":
                return []
            raise
