"""Frozen views as the XML of EC2's answers.

Here live the element names of EC2's query protocol ('EC2 API reference', data types). Here must
not live: deciding what an answer holds.

moto's own serialiser works from botocore's model and needs half a second for the rules of a
hundred groups; these few shapes are written directly.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from originlock.lab.ec2_rules import SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from originlock.lab.ec2_rules import RequestedRule, Source
    from originlock.lab.ec2_state import GroupView, PrefixListView, RuleView, Tags
    from originlock.lab.interface_state import AttachmentView, InterfaceView

Answer = dict[str, object]

_NAMESPACE: Final = "http://ec2.amazonaws.com/doc/2016-11-15/"


def answer_xml(action: str, answer: Answer) -> str:
    """Write the answer of an action; members that are None are left out."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<{action}Response xmlns="{_NAMESPACE}"><requestId>{uuid.uuid4()}</requestId>',
    ]
    _write(answer, parts)
    parts.append(f"</{action}Response>")
    return "".join(parts)


def _write(value: object, parts: list[str]) -> None:
    if isinstance(value, dict):
        for name, member in value.items():
            if member is not None:
                parts.append(f"<{name}>")
                _write(member, parts)
                parts.append(f"</{name}>")
    elif isinstance(value, list):
        for item in value:
            parts.append("<item>")
            _write(item, parts)
            parts.append("</item>")
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    else:
        parts.append(escape(str(value)))


def tag_set(tags: Tags) -> list[Answer]:
    """TagList."""
    return [{"key": key, "value": value} for key, value in tags]


def security_group_rule(rule: RuleView) -> Answer:
    """SecurityGroupRule. Ports are -1 where the protocol has none."""
    key = rule.key
    answer: Answer = {
        "securityGroupRuleId": rule.rule_id,
        "groupId": rule.group_id,
        "groupOwnerId": rule.owner_id,
        "isEgress": rule.egress,
        "ipProtocol": key.protocol,
        "fromPort": -1 if key.from_port is None else key.from_port,
        "toPort": -1 if key.to_port is None else key.to_port,
        "tagSet": tag_set(rule.tags),
        "securityGroupRuleArn": (f"arn:aws:ec2:{rule.region}:{rule.owner_id}:security-group-rule/{rule.rule_id}"),
    }
    if rule.description is not None:
        answer["description"] = rule.description
    if key.source.kind is SourceKind.GROUP:
        answer["referencedGroupInfo"] = {"groupId": key.source.value, "userId": rule.owner_id}
    else:
        answer[_SOURCE_MEMBER[key.source.kind]] = key.source.value
    return answer


_SOURCE_MEMBER = {
    SourceKind.IPV4: "cidrIpv4",
    SourceKind.IPV6: "cidrIpv6",
    SourceKind.PREFIX_LIST: "prefixListId",
}


def revoked_security_group_rule(rule: RuleView) -> Answer:
    """RevokedSecurityGroupRule."""
    answer = security_group_rule(rule)
    for name in ("groupOwnerId", "tagSet", "securityGroupRuleArn"):
        del answer[name]
    if rule.key.source.kind is SourceKind.GROUP:
        del answer["referencedGroupInfo"]
        answer["referencedGroupId"] = rule.key.source.value
    return answer


_PERMISSION_LISTS = {
    SourceKind.IPV4: ("ipRanges", "cidrIp"),
    SourceKind.IPV6: ("ipv6Ranges", "cidrIpv6"),
    SourceKind.GROUP: ("groups", "groupId"),
    SourceKind.PREFIX_LIST: ("prefixListIds", "prefixListId"),
}


def ip_permissions(rules: Iterable[RuleView | RequestedRule], owner_id: str) -> list[Answer]:
    """IpPermissionList: the rules grouped by protocol and ports."""
    permissions: dict[object, dict[str, object]] = {}
    for rule in rules:
        key = rule.key
        permission = permissions.setdefault((key.protocol, key.from_port, key.to_port), _empty_permission(rule))
        listed, _ = _PERMISSION_LISTS[key.source.kind]
        sources = permission[listed]
        if isinstance(sources, list):
            sources.append(_permission_source(key.source, rule.description, owner_id))
    return list(permissions.values())


def _empty_permission(rule: RuleView | RequestedRule) -> Answer:
    permission: Answer = {"ipProtocol": rule.key.protocol}
    if rule.key.from_port is not None:
        permission |= {"fromPort": rule.key.from_port, "toPort": rule.key.to_port}
    return permission | {listed: [] for listed, _ in _PERMISSION_LISTS.values()}


def _permission_source(source: Source, description: str | None, owner_id: str) -> Answer:
    answer: Answer = {_PERMISSION_LISTS[source.kind][1]: source.value}
    if source.kind is SourceKind.GROUP:
        answer["userId"] = owner_id
    if description is not None:
        answer["description"] = description
    return answer


def security_group(group: GroupView) -> Answer:
    """SecurityGroup."""
    return {
        "groupId": group.group_id,
        "groupName": group.name,
        "groupDescription": group.description,
        "vpcId": group.vpc_id,
        "ownerId": group.owner_id,
        "securityGroupArn": group.arn,
        "tagSet": tag_set(group.tags),
        "ipPermissions": ip_permissions(group.direction(egress=False), group.owner_id),
        "ipPermissionsEgress": ip_permissions(group.direction(egress=True), group.owner_id),
    }


def managed_prefix_list(each: PrefixListView) -> Answer:
    """ManagedPrefixList."""
    answer: Answer = {
        "prefixListId": each.list_id,
        "prefixListName": each.name,
        "prefixListArn": each.arn,
        "addressFamily": each.family,
        "state": each.state,
        "stateMessage": each.state_message,
        "ownerId": each.owner_id,
        "tagSet": tag_set(each.tags),
    }
    if each.version is not None:
        answer |= {"version": each.version, "maxEntries": each.max_entries}
    return answer


def prefix_list_entries(entries: Sequence[tuple[str, str]]) -> list[Answer]:
    """PrefixListEntrySet."""
    return [
        {"cidr": cidr, "description": description} if description else {"cidr": cidr} for cidr, description in entries
    ]


def network_interface(each: InterfaceView) -> Answer:
    """NetworkInterface."""
    return {
        "networkInterfaceId": each.interface_id,
        "subnetId": each.subnet_id,
        "vpcId": each.vpc_id,
        "availabilityZone": each.zone,
        "description": each.description,
        "ownerId": each.owner_id,
        "requesterId": each.requester_id,
        "requesterManaged": each.requester_managed,
        "status": "available" if each.attachment is None else "in-use",
        "macAddress": each.mac_address,
        "privateIpAddress": each.ipv4[0],
        "sourceDestCheck": each.source_dest_check,
        "groupSet": [{"groupId": group_id, "groupName": name} for group_id, name in each.groups],
        "attachment": None if each.attachment is None else _attachment(each.attachment),
        "association": _association(each),
        "privateIpAddressesSet": [
            {
                "privateIpAddress": address,
                "primary": address == each.ipv4[0],
                "association": _association(each) if address == each.ipv4[0] else None,
            }
            for address in each.ipv4
        ],
        "ipv6AddressesSet": [{"ipv6Address": address} for address in each.ipv6],
        "interfaceType": each.interface_type,
        "tagSet": tag_set(each.tags),
    }


def _association(each: InterfaceView) -> Answer | None:
    if each.public_ip is None:
        return None
    owner = each.requester_id if each.requester_managed else each.owner_id
    return {"publicIp": each.public_ip, "ipOwnerId": owner}


def _attachment(each: AttachmentView) -> Answer:
    return {
        "attachmentId": each.attachment_id,
        "instanceId": each.instance_id,
        "instanceOwnerId": each.instance_owner_id,
        "deviceIndex": each.device_index,
        "status": "attached",
        "deleteOnTermination": each.delete_on_termination,
    }
