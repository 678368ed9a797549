"""The making and unmaking of EC2's security groups, answered as AWS answers.

Here live CreateSecurityGroup and DeleteSecurityGroup: names, and who still needs a group. Here
must not live: their rules (see `ec2_answers`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroup

from originlock.lab import ec2_wire
from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_rules import has_plain_characters, text
from originlock.lab.ec2_seam import CorrectedResponse, refusing
from originlock.lab.ec2_state import read_region
from originlock.lab.ec2_tags import refuse_bad_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from originlock.lab.ec2_state import RegionView

#: 'EC2 API reference', CreateSecurityGroup: up to 255 characters, in names and descriptions.
MAX_TEXT: Final = 255
#: The name of the group that every VPC has.
DEFAULT: Final = "default"


class GroupAnswers(CorrectedResponse):
    """EC2's actions on security groups as a whole."""

    @refusing
    def create_security_group(self) -> ActionResult:
        """Names and descriptions as AWS takes them, one of each name in a VPC, tags with their limits."""
        self.error_on_dryrun()
        name, description = text(self.parameters, "GroupName"), text(self.parameters, "Description")
        _refuse_bad_name(name)
        _refuse_bad_text(description, "GroupDescription", "description")
        vpc_id = self._vpc_id()
        # 'EC2 API reference', CreateSecurityGroup, GroupName: case-insensitive, unique in the VPC.
        if any(str(held.name).lower() == str(name).lower() for held in self.ec2_backend.groups[vpc_id].values()):
            raise Refusal(Code.DUPLICATE_GROUP, f"The security group '{name}' already exists for VPC '{vpc_id}'")
        group = self.ec2_backend.create_security_group(name, description, vpc_id=vpc_id, tags=self._group_tags())
        tags = tuple(sorted(self.ec2_backend.tags.get(group.id, {}).items()))
        return self.answer({"groupId": group.id, "securityGroupArn": group.arn, "tagSet": ec2_wire.tag_set(tags)})

    def _vpc_id(self) -> str:
        vpc_id = text(self.parameters, "VpcId")
        if vpc_id is None:
            return str(self.ec2_backend.default_vpc.id)
        if vpc_id not in self.ec2_backend.vpcs:
            raise Refusal(Code.NO_VPC, f"The vpc ID '{vpc_id}' does not exist")
        return vpc_id

    def _group_tags(self) -> Mapping[str, str]:
        specified = self._parse_tag_specification()
        for resource_type, tags in specified.items():
            if resource_type != "security-group":
                raise Refusal(
                    Code.INVALID_VALUE,
                    f"'{resource_type}' is not a valid taggable resource type for this operation.",
                )
            refuse_bad_tags(tags)
        return dict(specified.get("security-group", {}))

    @refusing
    def delete_security_group(self) -> ActionResult:
        """Refuse a group that something has or refers to; moto deletes it.

        'EC2 API reference', DeleteSecurityGroup: associated with a network interface, or
        referenced by another group: DependencyViolation. What lags still counts, as it does on
        AWS for a while after a load balancer lost the group.
        """
        self.error_on_dryrun()
        group = self._group_to_delete()
        if group.is_default:
            raise Refusal(
                Code.CANNOT_DELETE,
                f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user',
            )
        for region in (read_region(self.ec2_backend), self.seen("interfaces")):
            if _is_needed(region, group.id):
                raise Refusal(Code.IN_USE, f"resource {group.id} has a dependent object")
        del self.ec2_backend.groups[group.vpc_id][group.id]
        for gone in (group.id, *(rule.id for rule in (*group.ingress_rules, *group.egress_rules))):
            # moto keeps the tags of what is gone.
            self.ec2_backend.tags.pop(gone, None)
        return self.answer({"return": True, "groupId": group.id})

    def _group_to_delete(self) -> SecurityGroup:
        """Return the group that is named by id, or by its name in the default VPC."""
        if text(self.parameters, "GroupId") is not None:
            return self.named_group()
        name = text(self.parameters, "GroupName")
        vpc_id = self.ec2_backend.default_vpc.id
        for held in self.ec2_backend.groups[vpc_id].values():
            if isinstance(held, SecurityGroup) and held.name == name:
                return held
        if name is None:
            raise Refusal(Code.MISSING, "The request must contain the parameter groupName or groupId")
        raise Refusal(Code.NO_GROUP, f"The security group '{name}' does not exist in default VPC '{vpc_id}'")


def _is_needed(region: RegionView, group_id: str) -> bool:
    if any(group_id in each.group_ids for each in region.interfaces):
        return True
    return any(
        rule.key.source.value == group_id
        for group in region.groups
        if group.group_id != group_id
        for rule in group.rules
    )


def _refuse_bad_name(name: str | None) -> None:
    _refuse_bad_text(name, "groupName", "name")
    if str(name).lower().startswith("sg-"):
        # The text: pulumi/pulumi-awsx issue 328.
        raise Refusal(
            Code.INVALID_VALUE,
            f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
        )
    if str(name).lower() == DEFAULT:
        raise Refusal(Code.INVALID_VALUE, f"Cannot use reserved security group name: {name}")


def _refuse_bad_text(given: str | None, parameter: str, what: str) -> None:
    if not given:
        raise Refusal(Code.MISSING, f"The request must contain the parameter {parameter}")
    if len(given) > MAX_TEXT or not has_plain_characters(given):
        raise Refusal(
            Code.INVALID_VALUE,
            f"Invalid security group {what}. Valid {what}s are strings less than 256 characters "
            "from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        )
