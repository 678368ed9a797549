"""EC2's word on who refers to a security group from beyond its VPC, answered as AWS answers.

Here lives DescribeSecurityGroupReferences, which moto does not have. Here must not live: references
within a VPC, which the filters of DescribeSecurityGroups find.
"""

from __future__ import annotations

from moto.core.responses import ActionResult

from originlock.lab import ec2_describe
from originlock.lab.ec2_rules import texts
from originlock.lab.ec2_seam import CorrectedResponse, refusing


class ReferenceAnswers(CorrectedResponse):
    """EC2's action on references from other VPCs."""

    @refusing
    def describe_security_group_references(self) -> ActionResult:
        """The VPCs whose groups have a rule, of either direction, that names one of these (EC2 API reference)."""
        self.error_on_dryrun()
        asked = texts(self.parameters, "GroupId")
        for name in asked:
            ec2_describe.refuse_malformed_group_id(name)
        homes = {name: self.group(name).vpc_id for name in asked}
        found = {
            (name, group.vpc_id)
            for group in self.seen("groups").groups
            for rule in group.rules
            for name in asked
            if rule.key.source.value == name and group.vpc_id != homes[name]
        }
        told = [
            {"groupId": name, "referencingVpcId": vpc, "vpcPeeringConnectionId": self.peering(homes[name], vpc)}
            for name, vpc in sorted(found)
        ]
        return self.answer({"securityGroupReferenceSet": told})
