"""EC2's tags, answered as AWS answers.

Here live CreateTags and DeleteTags, and what a tag may be. Here must not live: the tags that
come with a new rule or list, which their own actions set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.responses import ActionResult, EmptyResult

from originlock.lab import ec2_describe
from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_rules import items, text, texts
from originlock.lab.ec2_seam import CorrectedResponse, refusing
from originlock.lab.ec2_state import read_region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: 'EC2 user guide', tag restrictions.
MAX_TAG_KEY = 128
MAX_TAG_VALUE = 256


class TagAnswers(CorrectedResponse):
    """EC2's actions on tags."""

    @refusing
    def create_tags(self) -> ActionResult:
        """Refuse the id of a rule that does not exist, and tags that AWS reserves."""
        self._refuse_unknown_rules(texts(self.parameters, "Resources"))
        refuse_bad_tags({text(tag, "Key") or "": text(tag, "Value") or "" for tag in self._tag_items()})
        return super().create_tags()

    @refusing
    def delete_tags(self) -> ActionResult:
        """Delete all of a resource's own tags if none is named; moto deletes none."""
        resources = texts(self.parameters, "Resources")
        self._refuse_unknown_rules(resources)
        if self._tag_items():
            return super().delete_tags()
        self.error_on_dryrun()
        for resource_id in resources:
            held = self.ec2_backend.tags.get(resource_id, {})
            for name in [name for name in held if not name.startswith("aws:")]:
                del held[name]
        return EmptyResult()

    def _tag_items(self) -> Sequence[Mapping[str, object]]:
        return items(self.parameters, "Tags")

    def _refuse_unknown_rules(self, resource_ids: Iterable[str]) -> None:
        known = {rule.rule_id for group in read_region(self.ec2_backend).groups for rule in group.rules}
        for resource_id in resource_ids:
            if resource_id.startswith("sgr-") and resource_id not in known:
                raise ec2_describe.no_rule(resource_id)


def refuse_bad_tags(tags: Mapping[str, str]) -> None:
    """Refuse what 'EC2 user guide', tag restrictions, does not allow."""
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise Refusal(
                Code.INVALID_VALUE,
                "Tag keys starting with 'aws:' are reserved for internal use",
            )
        if not 1 <= len(key) <= MAX_TAG_KEY:
            raise Refusal(Code.INVALID_VALUE, f"Tag key is too long or empty: {key!r}")
        if len(value) > MAX_TAG_VALUE:
            raise Refusal(Code.INVALID_VALUE, f"Tag value exceeds the maximum: {value!r}")
