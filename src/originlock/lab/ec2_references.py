"""References to security groups from beyond their VPC, answered as AWS answers.

Here live DescribeSecurityGroupReferences, which moto does not have, and which groups a rule may name.
Here must not live: the finding of references within an account, which the filters of
DescribeSecurityGroups do; the peering connections themselves, which are moto's.

'VPC peering guide', update your security groups to reference peer security groups: in the same
Region, the other VPC of this or of another account, once the connection is active. Transit
gateways can carry such references too; the lab has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroup

from originlock.lab.ec2_describe import refuse_malformed_group_id
from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_rules import texts
from originlock.lab.ec2_seam import STALE, CorrectedResponse, refusing
from originlock.lab.ec2_state import GroupView, read_region

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class ReferenceAnswers(CorrectedResponse):
    """EC2's answers about groups across VPCs."""

    @refusing
    def describe_security_group_references(self) -> ActionResult:
        """The VPCs on the other side of an active peering, in whose groups a rule names one of these.

        That a connection which is not active any more is left out is a guess: its references are
        "stale", and another call tells of those.
        """
        self.error_on_dryrun()
        asked = texts(self.parameters, "GroupId")
        if not asked:
            raise Refusal(Code.MISSING, "The request must contain the parameter groupId")
        for each in asked:
            refuse_malformed_group_id(each)
        found = [
            {"groupId": group.id, "referencingVpcId": vpc.id, "vpcPeeringConnectionId": peering.id}
            for group in [self.group(each) for each in dict.fromkeys(asked)]
            for peering, vpc in _other_sides(self.ec2_backend, group.vpc_id)
            if any(_names(held, group.id) for held in self._groups_of(vpc))
        ]
        return self.answer({"securityGroupReferenceSet": found})

    def _groups_of(self, vpc: Any) -> Sequence[GroupView]:  # noqa: ANN401 - moto's object
        """The groups of a VPC of whatever account, as a read sees them now."""
        backend = vpc.ec2_backend
        region = self.history.as_seen(
            (backend.account_id, backend.region_name),
            read_region(backend),
            lag_seconds=self.settings.consistency_ms / 1000,
            stale_in="groups" if STALE in self.normalized_request.environ else None,
        )
        return [group for group in region.groups if group.vpc_id == vpc.id]

    def named_in_rule_of(self, group: SecurityGroup, named: str) -> str:
        """Return the id of a group that a rule of this one is to name, or refuse; moto takes any."""
        if not isinstance(self.ec2_backend.get_security_group_by_name_or_id(named), SecurityGroup):
            for _, vpc in _other_sides(self.ec2_backend, group.vpc_id):
                if named in vpc.ec2_backend.groups[vpc.id]:
                    return named
        group_id = self.group_id(named)
        self.refuse_other_network(group_id, str(group.vpc_id))
        return group_id


def _other_sides(backend: Any, vpc_id: str | None) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - moto's objects
    """Yield each active peering connection of a VPC, and the VPC on its other side."""
    for peering in backend.vpc_pcxs.values():
        sides = {side.id: side for side in (peering.vpc, peering.peer_vpc)}
        if peering.status["Code"] == "active" and vpc_id in sides:
            del sides[vpc_id]
            yield from ((peering, side) for side in sides.values() if side.region == backend.region_name)


def _names(group: GroupView, group_id: str) -> bool:
    return any(rule.key.source.value == group_id for rule in group.rules)
