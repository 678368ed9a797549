"""How EC2 answers a Describe: filters and wildcards, over frozen views.

Here live pure functions from a view and request parameters to the items that match.
Here must not live: moto, storage, pages, or the shape of an answer on the wire.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_rules import SourceKind, items, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from originlock.lab.ec2_state import GroupView, PrefixListView, RuleView, Tags

Item = TypeVar("Item")

#: The text of EC2's FilterLimitExceeded error.
MAX_FILTER_VALUES: Final = 200
MAX_FILTER_LENGTH: Final = 255


@dataclass(frozen=True)
class Filter:
    """One filter of a request: its name, and its values of which one must match."""

    name: str
    values: tuple[str, ...]

    @cached_property
    def _plain(self) -> frozenset[str]:
        """The values that match themselves alone: looked up, as there may be 200 of them."""
        return frozenset(value for value in self.values if not set(value) & set("*?\\"))

    @cached_property
    def _patterns(self) -> Sequence[re.Pattern[str]]:
        return [wildcard(value) for value in self.values if value not in self._plain]

    def matches(self, candidates: Iterable[str]) -> bool:
        """Whether any candidate matches any value."""
        return any(
            text in self._plain or any(pattern.fullmatch(text) for pattern in self._patterns) for text in candidates
        )


@lru_cache(maxsize=1024)
def wildcard(value: str) -> re.Pattern[str]:
    r"""Return a filter value as a pattern.

    'EC2 user guide', list and filter your resources: `*` matches zero or more characters, `?`
    zero or one, a backslash makes the next one literal, and letter case counts.
    """
    parts = re.findall(r"\\.|.", value, flags=re.DOTALL)
    known = {"*": ".*", "?": ".?"}
    pattern = "".join(known.get(part) or re.escape(part[1:] if len(part) > 1 else part) for part in parts)
    return re.compile(pattern, flags=re.DOTALL)


def requested_filters(params: Mapping[str, object]) -> Sequence[Filter]:
    """Return the filters of a request, or refuse too many or too long values."""
    filters = []
    for item in items(params, "Filters") or items(params, "Filter"):
        name = text(item, "Name")
        if name is None:
            raise Refusal(Code.INVALID_VALUE, "The filter 'null' is invalid")
        filters.append(Filter(name, tuple(texts(item, "Values"))))
    if sum(len(each.values) for each in filters) > MAX_FILTER_VALUES:
        raise Refusal(
            Code.FILTER_LIMIT,
            "The maximum number of filter values specified on a single call is 200",
        )
    if any(len(value) > MAX_FILTER_LENGTH for each in filters for value in each.values):
        raise Refusal(Code.FILTER_LIMIT, "The maximum length for a filter value is 255 characters")
    return filters


def bad_filter(name: str) -> Refusal:
    """Return EC2's refusal of a filter that it does not know."""
    return Refusal(Code.INVALID_VALUE, f"The filter '{name}' is invalid")


def select(
    found: Iterable[Item],
    filters: Sequence[Filter],
    candidates: Callable[[Item, str], Iterable[str] | None],
) -> list[Item]:
    """Keep the items that match every filter, or refuse a filter that EC2 does not know."""

    def matches(item: Item, each: Filter) -> bool:
        values = candidates(item, each.name)
        if values is None:
            raise bad_filter(each.name)
        return each.matches(values)

    return [item for item in found if all(matches(item, each) for each in filters)]


def select_groups(groups: Sequence[GroupView], params: Mapping[str, object]) -> Sequence[GroupView]:
    """Return the groups that DescribeSecurityGroups answers with."""
    found = _by_ids(groups, texts(params, "GroupIds"), lambda group: group.group_id)
    for name in texts(params, "GroupNames"):
        # 'EC2 API reference': by name or by id.
        if not any(name in {group.name, group.group_id} for group in found):
            raise _no_group(name)
    names = set(texts(params, "GroupNames"))
    named = [group for group in found if not names or {group.name, group.group_id} & names]
    return select(named, requested_filters(params), _group_candidates)


def _no_group(name: str) -> Refusal:
    return Refusal(Code.NO_GROUP, f"The security group '{name}' does not exist")


def _by_ids(groups: Sequence[GroupView], ids: Sequence[str], key: Callable[[GroupView], str]) -> Sequence[GroupView]:
    if not ids:
        return groups
    for each in ids:
        refuse_malformed_group_id(each)
    by_id = {key(group): group for group in groups}
    absent = sorted(set(ids) - set(by_id))
    if absent:
        raise _no_group(absent[0])
    return [by_id[each] for each in sorted(set(ids))]


def refuse_malformed_group_id(group_id: str) -> None:
    """Refuse what cannot be the id of a group."""
    if not re.fullmatch(r"sg-[0-9a-f]{8,17}", group_id):
        raise Refusal(Code.MALFORMED_GROUP, f'Invalid id: "{group_id}" (expecting "sg-...")')


def tag_candidates(tags: Tags, name: str) -> Iterable[str] | None:
    """Return what a filter on tags is compared with, or None where it is no filter on tags."""
    if name.startswith("tag:"):
        return [value for key, value in tags if key == name.removeprefix("tag:")]
    if name == "tag-key":
        return [key for key, _ in tags]
    return None


def _group_candidates(group: GroupView, name: str) -> Iterable[str] | None:
    plain = {
        "group-id": group.group_id,
        "group-name": group.name,
        "description": group.description,
        "owner-id": group.owner_id,
        "vpc-id": group.vpc_id,
    }
    if name in plain:
        return [plain[name]]
    egress = name.startswith("egress.")
    field = name.removeprefix("egress.").removeprefix("ip-permission.")
    if field != name:
        return _permission_candidates(group.direction(egress=egress), field)
    return tag_candidates(group.tags, name)


_SOURCE_FILTERS: Final[Mapping[str, SourceKind]] = {
    "cidr": SourceKind.IPV4,
    "ipv6-cidr": SourceKind.IPV6,
    "group-id": SourceKind.GROUP,
    "prefix-list-id": SourceKind.PREFIX_LIST,
}


def _permission_candidates(rules: Sequence[RuleView], field: str) -> Iterable[str] | None:
    if field in _SOURCE_FILTERS:
        kind = _SOURCE_FILTERS[field]
        return [rule.key.source.value for rule in rules if rule.key.source.kind is kind]
    if field == "user-id":
        return [rule.owner_id for rule in rules if rule.key.source.kind is SourceKind.GROUP]
    if field == "protocol":
        return [rule.key.protocol for rule in rules]
    if field == "from-port":
        return [str(rule.key.from_port) for rule in rules]
    if field == "to-port":
        return [str(rule.key.to_port) for rule in rules]
    return None


def select_rules(groups: Sequence[GroupView], params: Mapping[str, object]) -> Sequence[RuleView]:
    """Return the rules that DescribeSecurityGroupRules answers with, by id."""
    rules = {rule.rule_id: rule for group in groups for rule in group.rules}
    ids = set(texts(params, "SecurityGroupRuleIds"))
    absent = sorted(ids - set(rules))
    if absent:
        raise no_rule(absent[0])
    filters = requested_filters(params)
    for each in filters:
        if each.name == "group-id":
            for value in each.values:
                refuse_malformed_group_id(value)
    found = [rules[rule_id] for rule_id in sorted(ids or rules)]
    return select(found, filters, _rule_candidates)


def no_rule(rule_id: str) -> Refusal:
    """Return EC2's refusal of a rule id that does not exist."""
    return Refusal(
        Code.NO_RULE,
        f"The security group rule ID '{rule_id}' does not exist",
    )


def _rule_candidates(rule: RuleView, name: str) -> Iterable[str] | None:
    # 'EC2 API reference', DescribeSecurityGroupRules: these three and no more.
    if name == "group-id":
        return [rule.group_id]
    if name == "security-group-rule-id":
        return [rule.rule_id]
    return tag_candidates(rule.tags, name) if name.startswith("tag:") else None


def select_prefix_lists(lists: Sequence[PrefixListView], params: Mapping[str, object]) -> Sequence[PrefixListView]:
    """Return the lists that DescribeManagedPrefixLists answers with."""
    ids = set(texts(params, "PrefixListIds"))
    absent = sorted(ids - {each.list_id for each in lists})
    if absent:
        raise no_prefix_list(absent[0])
    found = [each for each in lists if not ids or each.list_id in ids]
    return select(found, requested_filters(params), _prefix_list_candidates)


def no_prefix_list(list_id: str) -> Refusal:
    """Return EC2's refusal of a prefix list that does not exist."""
    return Refusal(Code.NO_PREFIX_LIST, f"The prefix list ID '{list_id}' does not exist")


def _prefix_list_candidates(each: PrefixListView, name: str) -> Iterable[str] | None:
    plain = {
        "owner-id": each.owner_id,
        "prefix-list-id": each.list_id,
        "prefix-list-name": each.name,
    }
    return [plain[name]] if name in plain else tag_candidates(each.tags, name)
