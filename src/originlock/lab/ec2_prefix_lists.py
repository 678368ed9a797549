"""EC2's managed prefix lists, answered as AWS answers.

Here live versions, sizes, canonical entries and pages of prefix lists, over moto's storage.
Here must not live: security groups (see `ec2_answers`), which only refer to lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult

from originlock.lab import ec2_describe, ec2_paging, ec2_wire
from originlock.lab.ec2_quota import PrefixListWeight, refuse_over_quota
from originlock.lab.ec2_rules import Code, Refusal, SourceKind, canonical_cidr, items, text
from originlock.lab.ec2_seam import CorrectedResponse, refusing
from originlock.lab.ec2_state import read_region

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from originlock.lab.ec2_state import PrefixListView

Entries = dict[str, str]

_FAMILIES = {"IPv4": SourceKind.IPV4, "IPv6": SourceKind.IPV6}


class PrefixListAnswers(CorrectedResponse):
    """EC2's actions on managed prefix lists."""

    @refusing
    def describe_managed_prefix_lists(self) -> ActionResult:
        """Pages, wildcards, and NotFound; moto leaves absent ids out."""
        self.error_on_dryrun()
        found, token = ec2_paging.page(
            ec2_describe.select_prefix_lists(self.seen("prefix_lists").prefix_lists, self.parameters),
            self.parameters,
            limits=ec2_paging.PREFIX_LIST_PAGES,
            key=lambda each: each.list_id,
        )
        lists = [ec2_wire.managed_prefix_list(each) for each in found]
        return self.answer({"prefixListSet": lists, "nextToken": token})

    @refusing
    def get_managed_prefix_list_entries(self) -> ActionResult:
        """Pages, and NotFound; moto answers nothing for an absent list."""
        self.error_on_dryrun()
        each = self._named_list({view.list_id: view for view in self.seen("prefix_lists").prefix_lists})
        versions = dict(each.versions)
        asked = text(self.parameters, "TargetVersion")
        number = int(asked) if asked is not None else max(versions, default=1)
        if asked is not None and number not in versions:
            raise Refusal(Code.INVALID_VALUE, f"The version {number} does not exist")
        found, token = ec2_paging.page(
            sorted(versions.get(number, ())),
            self.parameters,
            limits=ec2_paging.PREFIX_LIST_PAGES,
            key=lambda entry: entry[0],
        )
        return self.answer({"entrySet": ec2_wire.prefix_list_entries(found), "nextToken": token})

    @refusing
    def create_managed_prefix_list(self) -> ActionResult:
        """Canonical entries of one family that fit; moto takes anything."""
        self.error_on_dryrun()
        family = text(self.parameters, "AddressFamily") or ""
        if family not in _FAMILIES:
            raise Refusal(Code.INVALID_VALUE, f"Invalid address family: {family}")
        size = self._asked_size()
        if size is None:
            raise Refusal(Code.MISSING, "The request must contain the parameter MaxEntries")
        entries = self._entries("Entries", family)
        _refuse_too_many(entries, size)
        held = self.ec2_backend.create_managed_prefix_list(
            address_family=family,
            entry=_stored(entries),
            max_entries=size,
            prefix_list_name=text(self.parameters, "PrefixListName"),
            tags=self._parse_tag_specification().get("prefix-list", {}),
        )
        # moto has no version where there is no entry.
        held.entries = {1: _stored(entries)}
        return self._list_answer(held.id)

    @refusing
    def modify_managed_prefix_list(self) -> ActionResult:
        """Versions, sizes and names as AWS has them.

        'EC2 API reference', ModifyManagedPrefixList: a stale current version fails; entries and
        size cannot change together; a name changes no version and stays unless it is given.
        """
        self.error_on_dryrun()
        each = self._named_list(self.held_prefix_lists())
        if each.owner_id == "AWS":
            raise Refusal(Code.UNAUTHORIZED, "An AWS-managed prefix list cannot be modified")
        current = text(self.parameters, "CurrentVersion")
        if current is not None and current != str(each.version):
            raise Refusal(Code.VERSION_MISMATCH, "The prefix list has the incorrect version number.")
        size = self._asked_size()
        added = self._entries("AddEntries", each.family)
        removed = self._entries("RemoveEntries", each.family)
        if size is not None and (added or removed):
            raise Refusal(
                Code.INVALID_COMBINATION,
                "You cannot modify the entries and the maximum entries for the prefix list in the same request.",
            )
        held = self.ec2_backend.managed_prefix_lists[each.list_id]
        if added or removed:
            _new_version(held, each, added, removed)
        if size is not None:
            self._resize(held, each, size)
        name = text(self.parameters, "PrefixListName")
        if name is not None:
            held.prefix_list_name = name
        return self._list_answer(each.list_id)

    @refusing
    def delete_managed_prefix_list(self) -> ActionResult:
        """Refuse a list that a rule refers to; moto deletes it."""
        self.error_on_dryrun()
        each = self._named_list(self.held_prefix_lists())
        for group in read_region(self.ec2_backend).groups:
            if any(rule.key.source.value == each.list_id for rule in group.rules):
                raise Refusal(Code.IN_USE, f"The prefix list is in use by {group.group_id}")
        answer = self._list_answer(each.list_id, state="delete-complete")
        del self.ec2_backend.managed_prefix_lists[each.list_id]
        self.ec2_backend.tags.pop(each.list_id, None)
        return answer

    def _resize(
        self,
        held: Any,  # noqa: ANN401 - moto's attributes change type
        each: PrefixListView,
        size: int,
    ) -> None:
        if size < len(dict(each.versions).get(each.version or 1, ())):
            raise Refusal(Code.INVALID_VALUE, "The maximum entries are fewer than the list's entries")
        # 'EC2 API reference', ModifyManagedPrefixList, MaxEntries: if a resource cannot support
        # the new size, the modify operation fails, and the state message names it.
        weights = {list_id: view.weight for list_id, view in self.held_prefix_lists().items()}
        weights[each.list_id] = PrefixListWeight(_FAMILIES[each.family], size)
        for group in read_region(self.ec2_backend).groups:
            for egress in (False, True):
                sources = [rule.key.source for rule in group.direction(egress=egress)]
                if not any(source.value == each.list_id for source in sources):
                    continue
                try:
                    refuse_over_quota(sources, weights, self.settings.quota_rules)
                except Refusal:
                    held.state = "modify-failed"
                    held.state_message = group.group_id
                    return
        held.max_entries = size
        held.state, held.state_message = "modify-complete", None

    def _asked_size(self) -> int | None:
        asked = text(self.parameters, "MaxEntries")
        if asked is not None and int(asked) < 1:
            raise Refusal(Code.INVALID_VALUE, "The maximum entries must be at least 1")
        return None if asked is None else int(asked)

    def _entries(self, name: str, family: str) -> Entries:
        return {
            canonical_cidr(text(item, "Cidr") or "", _FAMILIES[family]): (text(item, "Description") or "")
            for item in items(self.parameters, name)
        }

    def _named_list(self, lists: Mapping[str, PrefixListView]) -> PrefixListView:
        named = text(self.parameters, "PrefixListId") or ""
        if named not in lists:
            raise ec2_describe.no_prefix_list(named)
        return lists[named]

    def _list_answer(self, list_id: str, state: str | None = None) -> ActionResult:
        answer = ec2_wire.managed_prefix_list(self.held_prefix_lists()[list_id])
        return self.answer({"prefixList": answer | ({} if state is None else {"state": state})})


def _new_version(
    held: Any,  # noqa: ANN401 - moto's attributes change type
    each: PrefixListView,
    added: Entries,
    removed: Entries,
) -> None:
    entries = dict(dict(each.versions).get(each.version or 1, ()))
    absent = sorted(set(removed) - set(entries))
    if absent:
        raise Refusal(Code.INVALID_VALUE, f"The prefix list has no entry {absent[0]}")
    new = {cidr: text for cidr, text in entries.items() if cidr not in removed} | added
    _refuse_too_many(new, each.max_entries or 0)
    held.version = (each.version or 0) + 1
    held.entries[held.version] = _stored(new)
    held.state = "modify-complete"


def _refuse_too_many(entries: Entries, size: int) -> None:
    if len(entries) > size:
        raise Refusal(
            Code.TOO_MANY_ENTRIES,
            "You've reached the maximum number of entries for the prefix list.",
        )


def _stored(entries: Entries) -> Sequence[Mapping[str, str]]:
    return [
        {"Cidr": cidr, "Description": description} if description else {"Cidr": cidr}
        for cidr, description in entries.items()
    ]
