"""EC2's managed prefix lists, answered as AWS answers.

Here live versions, sizes, states and pages of prefix lists, over moto's storage. Here must not
live: what a request's entries are (see `prefix_list_rules`), or security groups (see
`ec2_answers`), which only refer to lists.

A change takes as long as reads lag (`consistency_ms`). Until then the list tells its state,
create-in-progress or modify-in-progress, the version and entries of before, and refuses changes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from moto.core.responses import ActionResult

from originlock.lab import ec2_describe, ec2_paging, ec2_wire
from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_quota import PrefixListWeight, refuse_over_quota
from originlock.lab.ec2_rules import text
from originlock.lab.ec2_seam import STALE, CorrectedResponse, refusing
from originlock.lab.ec2_state import read_region
from originlock.lab.ec2_tags import refuse_bad_tags
from originlock.lab.prefix_list_rules import (
    FAMILIES,
    changed_entries,
    refuse_too_many,
    requested_entries,
    requested_name,
    requested_size,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from originlock.lab.ec2_state import PrefixListView
    from originlock.lab.prefix_list_rules import Entries

#: Where a list of moto's keeps the change that is not done yet.
_UNDERWAY: Final = "_originlock_underway"

#: Where a Region of moto's keeps the tokens of requests.
_TOKENS: Final = "_originlock_tokens"

#: 'EC2 API reference', ModifyManagedPrefixList, MaxEntries: the state message has "the IDs of the
#: first ten resources that do not support the new maximum size".
_MOST_TOLD: Final = 10


@dataclass(frozen=True, slots=True)
class Underway:
    """A change until it is done: when it began, and what the list tells meanwhile."""

    began: float
    told: PrefixListView


class PrefixListAnswers(CorrectedResponse):
    """EC2's actions on managed prefix lists."""

    # --- reads ------------------------------------------------------------------------------

    def _told_lists(self) -> Sequence[PrefixListView]:
        """All lists as a read tells them: on demand stale, and those that change as they were."""
        if STALE in self.normalized_request.environ:
            return self.seen("prefix_lists").prefix_lists
        return [self._told(each) for each in self.held_prefix_lists().values()]

    def _told(self, each: PrefixListView) -> PrefixListView:
        underway = self._underway(each.list_id)
        # Tags are no part of the change.
        return each if underway is None else replace(underway.told, tags=each.tags)

    def _underway(self, list_id: str) -> Underway | None:
        kept: Underway | None = self.ec2_backend.managed_prefix_lists[list_id].__dict__.get(_UNDERWAY)
        lag_seconds = self.settings.consistency_ms / 1000
        return kept if kept is not None and self.history.is_young(kept.began, lag_seconds) else None

    @refusing
    def describe_managed_prefix_lists(self) -> ActionResult:
        """Pages, wildcards, and NotFound; moto leaves absent ids out."""
        self.error_on_dryrun()
        found, token = ec2_paging.page(
            ec2_describe.select_prefix_lists(self._told_lists(), self.parameters),
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
        each = self._named_list({view.list_id: view for view in self._told_lists()})
        versions = dict(each.versions)
        asked = text(self.parameters, "TargetVersion")
        if asked is not None and int(asked) not in versions:
            raise Refusal(Code.INVALID_VALUE, f"The version {asked} does not exist")
        found, token = ec2_paging.page(
            sorted(each.entries if asked is None else versions[int(asked)]),
            self.parameters,
            limits=ec2_paging.PREFIX_LIST_PAGES,
            key=lambda entry: entry[0],
        )
        return self.answer({"entrySet": ec2_wire.prefix_list_entries(found), "nextToken": token})

    @refusing
    def get_managed_prefix_list_associations(self) -> ActionResult:
        """Tell the groups whose rules name the list; moto does not know the action."""
        self.error_on_dryrun()
        each = self._named_list(self.held_prefix_lists())
        using = [
            group
            for group in self.seen("groups").groups
            if any(rule.key.source.value == each.list_id for rule in group.rules)
        ]
        found, token = ec2_paging.page(
            using, self.parameters, limits=ec2_paging.ASSOCIATION_PAGES, key=lambda group: group.group_id
        )
        told = [{"resourceId": group.group_id, "resourceOwner": group.owner_id} for group in found]
        return self.answer({"prefixListAssociationSet": told, "nextToken": token})

    # --- changes ----------------------------------------------------------------------------

    @refusing
    def create_managed_prefix_list(self) -> ActionResult:
        """Canonical entries of one family that fit, and one list for each token; moto takes anything."""
        self.error_on_dryrun()
        made = self._made_before()
        if made is not None:
            return self.answer({"prefixList": ec2_wire.managed_prefix_list(self._told(made))})
        family = text(self.parameters, "AddressFamily") or ""
        if family not in FAMILIES:
            raise Refusal(Code.INVALID_VALUE, f"Invalid address family: {family}")
        name, size = requested_name(self.parameters), requested_size(self.parameters)
        if size is None or name is None:
            what = "MaxEntries" if size is None else "PrefixListName"
            raise Refusal(Code.MISSING, f"The request must contain the parameter {what}")
        entries = requested_entries(self.parameters, "Entries", family)
        refuse_too_many(entries, size)
        tags = self._parse_tag_specification().get("prefix-list", {})
        refuse_bad_tags(tags)
        held = self.ec2_backend.create_managed_prefix_list(
            address_family=family,
            entry=_stored(entries),
            max_entries=size,
            prefix_list_name=name,
            tags=tags,
        )
        # moto has no version where there is no entry.
        held.entries = {1: _stored(entries)}
        self._tokens()[text(self.parameters, "ClientToken") or held.id] = (dict(self.parameters), held.id)
        return self._begin(self.held_prefix_lists()[held.id], "create-in-progress")

    def _tokens(self) -> dict[str, tuple[Mapping[str, object], str]]:
        """The requests that made lists, by token, with the lists' ids; kept with the Region's other things."""
        kept: dict[str, tuple[Mapping[str, object], str]] = self.ec2_backend.__dict__.setdefault(_TOKENS, {})
        return kept

    def _made_before(self) -> PrefixListView | None:
        """Return the list that a request with the same token made, if it is still there.

        'EC2 developer guide', ensuring idempotency: the same token with other parameters is
        refused. SDKs give each call a token, so that their own retries make no second list.
        """
        parameters, list_id = self._tokens().get(text(self.parameters, "ClientToken") or "", ({}, ""))
        made = self.held_prefix_lists().get(list_id)
        if made is not None and parameters != dict(self.parameters):
            raise Refusal(
                Code.OTHER_PARAMETERS,
                "The request uses the same client token as a previous, but non-identical request.",
            )
        return made

    @refusing
    def modify_managed_prefix_list(self) -> ActionResult:
        """Versions, sizes and names as AWS has them.

        'EC2 API reference', ModifyManagedPrefixList: a stale current version fails; entries and
        size cannot change together; a name changes no version and stays unless it is given. That
        entries cannot change without the current version is a guess.
        """
        self.error_on_dryrun()
        each = self._changeable_list()
        size, name = requested_size(self.parameters), requested_name(self.parameters)
        added = requested_entries(self.parameters, "AddEntries", each.family)
        removed = requested_entries(self.parameters, "RemoveEntries", each.family)
        if size is not None and (added or removed):
            raise Refusal(
                Code.INVALID_COMBINATION,
                "You cannot modify the entries and the maximum entries for the prefix list in the same request.",
            )
        self._refuse_version(each, needed=bool(added or removed))
        held = self.ec2_backend.managed_prefix_lists[each.list_id]
        if added or removed:
            entries = changed_entries(dict(each.entries), added, removed)
            refuse_too_many(entries, each.max_entries or 0)
            held.version = (each.version or 0) + 1
            held.entries[held.version] = _stored(entries)
        held.state, held.state_message = "modify-complete", None
        if size is not None:
            self._resize(held, each, size)
        if name is not None:
            held.prefix_list_name = name
        return self._begin(each, "modify-in-progress")

    @refusing
    def delete_managed_prefix_list(self) -> ActionResult:
        """Refuse a list that a rule refers to; moto deletes it."""
        self.error_on_dryrun()
        each = self._changeable_list()
        for region in (read_region(self.ec2_backend), self.seen("groups")):
            for group in region.groups:
                if any(rule.key.source.value == each.list_id for rule in group.rules):
                    raise Refusal(Code.IN_USE, f"The prefix list is in use by {group.group_id}")
        del self.ec2_backend.managed_prefix_lists[each.list_id]
        self.ec2_backend.tags.pop(each.list_id, None)
        return self.answer({"prefixList": ec2_wire.managed_prefix_list(replace(each, state="delete-in-progress"))})

    def _begin(self, each: PrefixListView, state: str) -> ActionResult:
        """Let the list tell what it was, in a state of progress, until the change is done.

        The answer has the version of before: so AWS answers, as users show it.
        """
        told = replace(each, state=state, state_message=None)
        held = self.ec2_backend.managed_prefix_lists[each.list_id]
        held.__dict__[_UNDERWAY] = Underway(time.monotonic(), told)
        return self.answer({"prefixList": ec2_wire.managed_prefix_list(told)})

    def _changeable_list(self) -> PrefixListView:
        """Return the list that the request names, or refuse: absent, AWS's own, or changing."""
        each = self._named_list(self.held_prefix_lists())
        if each.owner_id == "AWS":
            raise Refusal(Code.UNAUTHORIZED, "An AWS-managed prefix list cannot be modified")
        underway = self._underway(each.list_id)
        if underway is not None:
            # The text: hashicorp/terraform-provider-aws, and those who wait for it.
            raise Refusal(
                Code.INCORRECT_STATE,
                f"The request cannot be completed while the prefix list ({each.list_id}) "
                f"is in the current state ({underway.told.state}).",
            )
        return each

    def _refuse_version(self, each: PrefixListView, *, needed: bool) -> None:
        current = text(self.parameters, "CurrentVersion")
        if current is None and needed:
            raise Refusal(Code.MISSING, "The request must contain the parameter CurrentVersion")
        if current is not None and current != str(each.version):
            raise Refusal(Code.VERSION_MISMATCH, "The prefix list has the incorrect version number.")

    def _resize(
        self,
        held: Any,  # noqa: ANN401 - moto's attributes change type
        each: PrefixListView,
        size: int,
    ) -> None:
        if size < len(each.entries):
            raise Refusal(Code.INVALID_VALUE, "The maximum entries are fewer than the list's entries")
        # 'EC2 API reference', ModifyManagedPrefixList, MaxEntries: if a resource cannot support
        # the new size, the modify operation fails, and the state message names it.
        weights = {list_id: view.weight for list_id, view in self.held_prefix_lists().items()}
        weights[each.list_id] = PrefixListWeight(FAMILIES[each.family], size)
        full = self._groups_over_quota(each, weights)
        if full:
            held.state, held.state_message = "modify-failed", ", ".join(full[:_MOST_TOLD])
        else:
            held.max_entries = size

    def _groups_over_quota(self, each: PrefixListView, weights: Mapping[str, PrefixListWeight]) -> Sequence[str]:
        full = []
        for group in read_region(self.ec2_backend).groups:
            for egress in (False, True):
                sources = [rule.key.source for rule in group.direction(egress=egress)]
                if not any(source.value == each.list_id for source in sources):
                    continue
                try:
                    refuse_over_quota(sources, weights, self.settings.quota_rules)
                except Refusal:
                    full.append(group.group_id)
        return list(dict.fromkeys(full))

    def _named_list(self, lists: Mapping[str, PrefixListView]) -> PrefixListView:
        named = text(self.parameters, "PrefixListId") or ""
        if named not in lists:
            raise ec2_describe.no_prefix_list(named)
        return lists[named]


def _stored(entries: Entries) -> Sequence[Mapping[str, str]]:
    return [
        {"Cidr": cidr, "Description": description} if description else {"Cidr": cidr}
        for cidr, description in entries.items()
    ]
