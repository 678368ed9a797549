"""Reading one place of AWS: groups, rules, prefix lists, quotas; paged, batched, never guessing.

Lives here: the read calls of EC2. Must not live here: those of Elastic Load Balancing (see `load_balancers`); any call
that changes something (see `performer`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from originlock.aws import decode
from originlock.aws.asking import read as _read
from originlock.aws.load_balancers import BalancerReader
from originlock.aws.session import Sessions
from originlock.facts.load_balancer import InterfaceQuota
from originlock.facts.networks import Cidr, canonical
from originlock.facts.origin import (
    Missing,
    PrefixList,
    Rule,
    RulesQuota,
    SecurityGroup,
    Tags,
    name_of_new_prefix_list,
    new_group,
    parts_of_new_group,
)
from originlock.facts.snapshot import Held, Names
from originlock.facts.unknown import Unknown
from originlock.intent.policy import GroupsById, GroupsByTags, ListsAlone, LoadBalancerNamed, Place, Target
from originlock.ports.reading import Found, Search

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        DescribeSecurityGroupRulesRequestTypeDef,
        DescribeSecurityGroupsRequestTypeDef,
        FilterTypeDef,
        ManagedPrefixListTypeDef,
        SecurityGroupTypeDef,
    )

_VALUES_IN_A_FILTER: Final = 200
"""EC2 API reference, Filter: up to 200 values."""

_LONGEST_VALUE: Final = 255
"""EC2 API reference, Filter: up to 255 characters a value; a tag's value may have 256."""

_LITERAL: Final = str.maketrans({"\\": "\\\\", "*": "\\*", "?": "\\?"})

_PAGE: Final = 1000
"""EC2 API reference: MaxResults of DescribeSecurityGroups and DescribeSecurityGroupRules is 5 to 1000."""

_PREFIX_PAGE: Final = 100
"""EC2 API reference: MaxResults of the prefix-list reads is at most 100."""

_RULES_QUOTA: Final = "L-0EA8095F"
"""Service Quotas, vpc: Inbound or outbound rules per security group."""

_GROUPS_QUOTA: Final = "L-2AFB9258"
"""Service Quotas, vpc: Security groups per network interface."""

_GONE: Final = frozenset({"delete-in-progress", "delete-complete"})
"""States of a prefix list that is no longer to be reckoned with (EC2 API reference, ManagedPrefixList.State)."""

_CLOUDFRONT_WEIGHT: Final = 55
"""Amazon VPC user guide, AWS-managed prefix lists: the weight of com.amazonaws.global.cloudfront.origin-facing."""


class _Rules(NamedTuple):
    """The rules of a group, each direction sorted by id."""

    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()


class AwsReader:
    """Reads one place."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions = sessions
        self._place = place
        self._ec2 = sessions.ec2(place)
        self._balancers = BalancerReader(sessions, place)

    @property
    def region(self) -> str | None:
        """The Region that is read, by name."""
        return self._ec2.meta.region_name

    def find(self, target: Target) -> Found:
        """The groups of a target with their rules: one call for the groups, one for the rules of those that have any.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        match target:
            case GroupsById(ids):
                return self._found_by_id(ids)
            case GroupsByTags(tags):
                filters = [_tag_filter(key, value) for key, value in tags]
                what = "security groups tagged " + ", ".join(f"{key}={value}" for key, value in tags)
                answers = _read(what, functools.partial(self._describe_groups, filters))
                if isinstance(answers, Unknown):
                    return Found({}, (answers,))
                # Whatever the filters let through: only a group with these very tags is meant.
                exact = [answer for answer in answers if set(tags) <= set(decode.tags(answer.get("Tags", [])))]
                return Found(self._with_rules(exact))
            case ListsAlone():
                return Found({})
            case LoadBalancerNamed(name):
                balancer = self._balancers.named(name)
                if isinstance(balancer, Unknown):
                    return Found({}, (balancer,))
                if balancer is None:
                    return Found({})
                found = self._found_by_id(balancer.groups, every=True)
                groups: dict[str, SecurityGroup | Unknown] = {
                    each: Unknown(f"security group {each}", "AWS does not show it") for each in balancer.groups
                }
                return Found(groups | found.groups, found.unknown, balancer)

    def _found_by_id(self, ids: tuple[str, ...], *, every: bool = False) -> Found:
        groups: dict[str, SecurityGroup | Unknown] = {}
        for batch in _batches(ids):
            what = f"security group {', '.join(batch)}" if len(batch) == 1 else f"{len(batch)} security groups"
            filters: list[FilterTypeDef] = [{"Name": "group-id", "Values": batch}]
            answers = _read(what, functools.partial(self._describe_groups, filters))
            if isinstance(answers, Unknown):
                groups |= {name: Unknown(f"security group {name}", answers.reason) for name in batch}
            else:
                groups |= self._with_rules(answers, every=every)
        return Found(groups)

    def _with_rules(
        self, answers: list[SecurityGroupTypeDef], *, every: bool = False
    ) -> dict[str, SecurityGroup | Unknown]:
        """The groups with their rules; without `every`, one that has no ingress rule is not asked for any."""
        busy = tuple(answer["GroupId"] for answer in answers if every or answer.get("IpPermissions"))
        rules = self._rules(busy)
        found: dict[str, SecurityGroup | Unknown] = {}
        for answer in answers:
            name = answer["GroupId"]
            held = rules.get(name, _Rules())
            found[name] = held if isinstance(held, Unknown) else _group(answer, held)
        return found

    def look(self, targets: tuple[str, ...]) -> dict[str, Held | Unknown]:
        """These targets as they are now; of groups, one call for two hundred of them (and a thousand rules)."""
        found: dict[str, Held | Unknown] = {}
        for name, rules in self._rules(tuple(t for t in targets if t.startswith("sg-"))).items():
            if isinstance(rules, Unknown):
                found[name] = rules
            elif rules.ingress or rules.egress:
                found[name] = SecurityGroup(name, "", "", rules.ingress, (), rules.egress)
            else:
                # Of a group that is gone AWS says the same as of one without a rule.
                found[name] = self._found_by_id((name,)).groups.get(name, Missing(name))
        if lists := tuple(target for target in targets if target.startswith("pl-")):
            found |= {name: Missing(name) for name in lists}
            found |= self.prefix_lists(lists)
        for target in targets:
            if target not in found:
                found[target] = self._looked_up(target)
        return found

    def _looked_up(self, target: str) -> Held | Unknown:
        """A load balancer, or what may not be there yet."""
        if (group := parts_of_new_group(target)) is not None:
            return self._group_named(*group)
        if (name := name_of_new_prefix_list(target)) is not None:
            filters: list[FilterTypeDef] = [{"Name": "prefix-list-name", "Values": [name]}]
            answers = _read(f"prefix list {name}", functools.partial(self._describe_prefix_lists, filters))
            if isinstance(answers, Unknown):
                return answers
            exact = [each for each in answers if each.get("PrefixListName") == name and each.get("State") not in _GONE]
            return self._prefix_list(exact[0]) if exact else Missing(target)
        return self._balancers.looked_at(target)

    def _group_named(self, vpc: str, name: str) -> SecurityGroup | Missing | Unknown:
        filters: list[FilterTypeDef] = [
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "group-name", "Values": [name.translate(_LITERAL)]},
        ]
        answers = _read(f"security group {name} of {vpc}", functools.partial(self._describe_groups, filters))
        if isinstance(answers, Unknown):
            return answers
        exact = [answer for answer in answers if answer.get("GroupName") == name]
        if not exact:
            return Missing(new_group(vpc, name))
        return self._with_rules(exact[:1], every=True)[exact[0]["GroupId"]]

    def tagged_groups(self, vpc: str, tags: Tags) -> Search:
        """The groups of a VPC that carry all of these tags, with their rules."""
        filters: list[FilterTypeDef] = [{"Name": "vpc-id", "Values": [vpc]}]
        filters += [_tag_filter(key, value) for key, value in tags]
        answers = _read(f"our security groups in {vpc}", functools.partial(self._describe_groups, filters))
        if isinstance(answers, Unknown):
            return Search({}, answers)
        exact = [answer for answer in answers if set(tags) <= set(decode.tags(answer.get("Tags", [])))]
        return Search(self._with_rules(exact, every=True))

    def references(self, ids: tuple[str, ...]) -> dict[str, Names | Unknown]:
        """For each of these groups, the groups that have a rule, of either direction, that names it."""
        found: dict[str, Names | Unknown] = {}
        for name in ids:
            answer = _read(f"who refers to {name}", functools.partial(self._describe_references, name))
            found[name] = answer if isinstance(answer, Unknown) else Names(answer)
        return found

    def _describe_references(self, name: str) -> tuple[str, ...]:
        named: set[str] = set()
        for which in ("ip-permission.group-id", "egress.ip-permission.group-id"):
            filters: list[FilterTypeDef] = [{"Name": which, "Values": [name]}]
            named |= {answer["GroupId"] for answer in self._describe_groups(filters)}
        peers = self._ec2.describe_security_group_references(GroupId=[name])
        named |= {f"a group of {each['ReferencingVpcId']}" for each in peers["SecurityGroupReferenceSet"]}
        return tuple(sorted(named))

    def users(self, ids: tuple[str, ...]) -> dict[str, Names | Unknown]:
        """For each of these groups, the network interfaces that have it."""
        found: dict[str, Names | Unknown] = {}
        for name in ids:
            answer = _read(f"which interfaces have {name}", functools.partial(self._balancers.interfaces_of, name))
            found[name] = answer if isinstance(answer, Unknown) else Names(tuple(sorted(each.id for each in answer)))
        return found

    def _rules(self, ids: tuple[str, ...]) -> dict[str, _Rules | Unknown]:
        found: dict[str, _Rules | Unknown] = {}
        for batch in _batches(ids):
            answers = _read(f"the rules of {', '.join(batch[:3])}", functools.partial(self._describe_rules, batch))
            if isinstance(answers, Unknown):
                found |= dict.fromkeys(batch, answers)
                continue
            by_group: dict[str, tuple[list[Rule], list[Rule]]] = {name: ([], []) for name in batch}
            for group, egress, rule in answers:
                by_group.setdefault(group, ([], []))[egress].append(rule)
            found |= {name: _Rules(_by_id(ingress), _by_id(egress)) for name, (ingress, egress) in by_group.items()}
        return found

    def _describe_groups(self, filters: list[FilterTypeDef]) -> list[SecurityGroupTypeDef]:
        answers: list[SecurityGroupTypeDef] = []
        request: DescribeSecurityGroupsRequestTypeDef = {"Filters": filters, "MaxResults": _PAGE}
        while True:
            page = self._ec2.describe_security_groups(**request)
            answers += page["SecurityGroups"]
            if not page.get("NextToken") or page["NextToken"] == request.get("NextToken"):
                return answers
            request["NextToken"] = page["NextToken"]

    def _describe_rules(self, ids: list[str]) -> list[tuple[str, bool, Rule]]:
        answers: list[tuple[str, bool, Rule]] = []
        request: DescribeSecurityGroupRulesRequestTypeDef = {
            "Filters": [{"Name": "group-id", "Values": ids}],
            "MaxResults": _PAGE,
        }
        while True:
            page = self._ec2.describe_security_group_rules(**request)
            answers += [
                (answer["GroupId"], bool(answer.get("IsEgress")), decode.rule(answer))
                for answer in page["SecurityGroupRules"]
            ]
            if not page.get("NextToken") or page["NextToken"] == request.get("NextToken"):
                return answers
            request["NextToken"] = page["NextToken"]

    def prefix_lists(self, ids: tuple[str, ...]) -> dict[str, PrefixList | Unknown]:
        """These managed prefix lists with their entries; one that AWS does not know is not in the answer."""
        found: dict[str, PrefixList | Unknown] = {}
        for batch in _batches(ids):
            what = f"prefix list {', '.join(batch)}"
            filters: list[FilterTypeDef] = [{"Name": "prefix-list-id", "Values": batch}]
            answers = _read(what, functools.partial(self._describe_prefix_lists, filters))
            if isinstance(answers, Unknown):
                found |= dict.fromkeys(batch, answers)
            else:
                found |= {answer["PrefixListId"]: self._prefix_list(answer) for answer in answers}
        return found

    def _describe_prefix_lists(self, filters: list[FilterTypeDef]) -> list[ManagedPrefixListTypeDef]:
        pages = self._ec2.get_paginator("describe_managed_prefix_lists").paginate(
            Filters=filters, PaginationConfig={"PageSize": _PREFIX_PAGE}
        )
        return [answer for page in pages for answer in page["PrefixLists"]]

    def _prefix_list(self, answer: ManagedPrefixListTypeDef) -> PrefixList:
        name = answer["PrefixListId"]
        entries = _read(f"the entries of prefix list {name}", functools.partial(self._entries, name))
        return PrefixList(
            id=name,
            name=answer.get("PrefixListName", ""),
            family=6 if answer.get("AddressFamily") == "IPv6" else 4,
            weight=_weight(answer),
            entries=entries if isinstance(entries, Unknown) else tuple(cidr for cidr, _ in entries),
            descriptions=() if isinstance(entries, Unknown) else tuple(said for _, said in entries),
            version=answer.get("Version", 0),
            state=answer.get("State", ""),
            owner=answer.get("OwnerId", ""),
            tags=decode.tags(answer.get("Tags", [])),
            message=answer.get("StateMessage", ""),
        )

    def tagged_prefix_lists(self, tags: Tags) -> Search:
        """The managed prefix lists that carry all of these tags, but for those that are being deleted."""
        filters = [_tag_filter(key, value) for key, value in tags]
        answers = _read("our prefix lists", functools.partial(self._describe_prefix_lists, filters))
        if isinstance(answers, Unknown):
            return Search({}, answers)
        exact = [answer for answer in answers if set(tags) <= set(decode.tags(answer.get("Tags", [])))]
        return Search({a["PrefixListId"]: self._prefix_list(a) for a in exact if a.get("State") not in _GONE})

    def _entries(self, name: str) -> tuple[tuple[Cidr, str], ...]:
        pages = self._ec2.get_paginator("get_managed_prefix_list_entries").paginate(
            PrefixListId=name, PaginationConfig={"PageSize": _PREFIX_PAGE}
        )
        return tuple(
            (canonical(entry["Cidr"]), entry.get("Description", "")) for page in pages for entry in page["Entries"]
        )

    def rules_quota(self) -> RulesQuota | Unknown:
        """How many rules of each family a group may hold in this place."""
        value = self._quota(_RULES_QUOTA)
        return value if isinstance(value, Unknown) else RulesQuota(value, observed=True)

    def interface_quota(self) -> InterfaceQuota | Unknown:
        """How many groups a network interface may have in this place."""
        value = self._quota(_GROUPS_QUOTA)
        return value if isinstance(value, Unknown) else InterfaceQuota(value, observed=True)

    def _quota(self, code: str) -> int | Unknown:
        quotas = self._sessions.service_quotas(self._place)
        return _read(
            f"the quota {code}",
            lambda: int(quotas.get_service_quota(ServiceCode="vpc", QuotaCode=code)["Quota"]["Value"]),
        )


def _tag_filter(key: str, value: str) -> FilterTypeDef:
    """A filter for one tag. EC2 takes * and ? in values for wildcards, and a backslash takes that from them."""
    literal = value.translate(_LITERAL)
    if len(literal) > _LONGEST_VALUE:
        return {"Name": "tag-key", "Values": [key]}
    return {"Name": f"tag:{key}", "Values": [literal]}


def _weight(answer: ManagedPrefixListTypeDef) -> int | Unknown:
    if answer.get("MaxEntries"):
        return answer["MaxEntries"]
    if answer.get("PrefixListName") == "com.amazonaws.global.cloudfront.origin-facing":
        return _CLOUDFRONT_WEIGHT
    return Unknown(f"the weight of {answer['PrefixListId']}", "AWS does not tell the weight of its own lists")


def _by_id(rules: list[Rule]) -> tuple[Rule, ...]:
    return tuple(sorted(rules, key=lambda rule: rule.id))


def _group(answer: SecurityGroupTypeDef, rules: _Rules) -> SecurityGroup:
    return SecurityGroup(
        id=answer["GroupId"],
        name=answer.get("GroupName", ""),
        vpc=answer.get("VpcId", ""),
        rules=rules.ingress,
        tags=decode.tags(answer.get("Tags", [])),
        egress=rules.egress,
    )


def _batches(ids: Iterable[str]) -> list[list[str]]:
    listed = list(dict.fromkeys(ids))
    return [listed[at : at + _VALUES_IN_A_FILTER] for at in range(0, len(listed), _VALUES_IN_A_FILTER)]
