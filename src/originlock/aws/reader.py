"""Reading one place of AWS: groups, rules, prefix lists, the quota; paged, batched, never guessing.

Lives here: the read calls. Must not live here: any call that changes something (see `performer`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeVar

from originlock.aws import decode
from originlock.aws.answers import CallError, end_of_reading, in_words
from originlock.aws.session import Sessions
from originlock.facts.networks import Cidr, NotACidrError, canonical
from originlock.facts.origin import PrefixList, Rule, RulesQuota, SecurityGroup
from originlock.facts.unknown import Unknown
from originlock.intent.policy import GroupsById, GroupsByTags, Place, Target
from originlock.ports.reading import Found

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        DescribeSecurityGroupRulesRequestTypeDef,
        DescribeSecurityGroupsRequestTypeDef,
        FilterTypeDef,
        ManagedPrefixListTypeDef,
        SecurityGroupTypeDef,
    )

_T = TypeVar("_T")

_VALUES_IN_A_FILTER: Final = 200
"""EC2 API reference, Filter: up to 200 values."""

_LONGEST_VALUE: Final = 255
"""EC2 API reference, Filter: up to 255 characters a value; a tag's value may have 256."""

_LITERAL: Final = str.maketrans({"\\": "\\\\", "*": "\\*", "?": "\\?"})

_PAGE: Final = 1000
"""EC2 API reference: MaxResults of DescribeSecurityGroups and DescribeSecurityGroupRules is 5 to 1000."""

_PREFIX_PAGE: Final = 100
"""EC2 API reference: MaxResults of the prefix-list reads is at most 100."""

_QUOTA = ("vpc", "L-0EA8095F")
"""Service Quotas: Inbound or outbound rules per security group."""

_CLOUDFRONT_WEIGHT: Final = 55
"""Amazon VPC user guide, AWS-managed prefix lists: the weight of com.amazonaws.global.cloudfront.origin-facing."""


class AwsReader:
    """Reads one place."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions = sessions
        self._place = place
        self._ec2 = sessions.ec2(place)

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

    def _found_by_id(self, ids: tuple[str, ...]) -> Found:
        groups: dict[str, SecurityGroup | Unknown] = {}
        for batch in _batches(ids):
            what = f"security group {', '.join(batch)}" if len(batch) == 1 else f"{len(batch)} security groups"
            filters: list[FilterTypeDef] = [{"Name": "group-id", "Values": batch}]
            answers = _read(what, functools.partial(self._describe_groups, filters))
            if isinstance(answers, Unknown):
                groups |= {name: Unknown(f"security group {name}", answers.reason) for name in batch}
            else:
                groups |= self._with_rules(answers)
        return Found(groups)

    def _with_rules(self, answers: list[SecurityGroupTypeDef]) -> dict[str, SecurityGroup | Unknown]:
        busy = tuple(answer["GroupId"] for answer in answers if answer.get("IpPermissions"))
        rules = self._rules(busy)
        found: dict[str, SecurityGroup | Unknown] = {}
        for answer in answers:
            name = answer["GroupId"]
            held = rules.get(name, ())
            found[name] = held if isinstance(held, Unknown) else _group(answer, held)
        return found

    def groups(self, ids: tuple[str, ...]) -> dict[str, SecurityGroup | Unknown]:
        """The rules of these groups as they are now: one call for two hundred groups (and a thousand rules)."""
        return {
            name: rules if isinstance(rules, Unknown) else SecurityGroup(name, "", "", rules)
            for name, rules in self._rules(ids).items()
        }

    def _rules(self, ids: tuple[str, ...]) -> dict[str, tuple[Rule, ...] | Unknown]:
        found: dict[str, tuple[Rule, ...] | Unknown] = {}
        for batch in _batches(ids):
            answers = _read(f"the rules of {', '.join(batch[:3])}", functools.partial(self._describe_rules, batch))
            if isinstance(answers, Unknown):
                found |= dict.fromkeys(batch, answers)
                continue
            by_group: dict[str, list[Rule]] = {name: [] for name in batch}
            for group, rule in answers:
                by_group.setdefault(group, []).append(rule)
            found |= {name: tuple(sorted(rules, key=lambda rule: rule.id)) for name, rules in by_group.items()}
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

    def _describe_rules(self, ids: list[str]) -> list[tuple[str, Rule]]:
        answers: list[tuple[str, Rule]] = []
        request: DescribeSecurityGroupRulesRequestTypeDef = {
            "Filters": [{"Name": "group-id", "Values": ids}],
            "MaxResults": _PAGE,
        }
        while True:
            page = self._ec2.describe_security_group_rules(**request)
            answers += [
                (answer["GroupId"], decode.rule(answer))
                for answer in page["SecurityGroupRules"]
                if not answer.get("IsEgress")
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
            entries=entries,
        )

    def _entries(self, name: str) -> tuple[Cidr, ...]:
        pages = self._ec2.get_paginator("get_managed_prefix_list_entries").paginate(
            PrefixListId=name, PaginationConfig={"PageSize": _PREFIX_PAGE}
        )
        return tuple(canonical(entry["Cidr"]) for page in pages for entry in page["Entries"])

    def rules_quota(self) -> RulesQuota | Unknown:
        """How many rules of each family a group may hold in this place."""
        quotas = self._sessions.service_quotas(self._place)
        service, code = _QUOTA
        value = _read(
            f"the quota {code}",
            lambda: quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"],
        )
        return value if isinstance(value, Unknown) else RulesQuota(int(value), observed=True)


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


def _group(answer: SecurityGroupTypeDef, rules: tuple[Rule, ...]) -> SecurityGroup:
    return SecurityGroup(
        id=answer["GroupId"],
        name=answer.get("GroupName", ""),
        vpc=answer.get("VpcId", ""),
        rules=rules,
        tags=decode.tags(answer.get("Tags", [])),
    )


def _read(what: str, call: Callable[[], _T]) -> _T | Unknown:
    """Ask AWS; what cannot be read is Unknown, with its reason.

    Raises:
        CloudError: AWS cannot be asked at all, so that no other call would do better.
    """
    try:
        return call()
    except (*CallError, NotACidrError, KeyError) as error:
        end = end_of_reading(error)
        if end is not None:
            raise end from error
        return Unknown(what, in_words(error))


def _batches(ids: Iterable[str]) -> list[list[str]]:
    listed = list(dict.fromkeys(ids))
    return [listed[at : at + _VALUES_IN_A_FILTER] for at in range(0, len(listed), _VALUES_IN_A_FILTER)]
