"""The seam to moto: what every corrected action of EC2 shares.

Here lives moto's response class with our way to read a request, to refuse it and to answer it,
and with the memory of what was before each change. Here must not live: any one action (see
`ec2_answers`, `ec2_tags`, `ec2_prefix_lists`).
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from moto.core.responses import ActionContext, ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.responses import EC2Response

from originlock.lab import ec2_describe, ec2_wire
from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_rules import text
from originlock.lab.ec2_state import (
    History,
    PrefixListView,
    RegionView,
    RuleView,
    prefix_list_views,
    read_region,
    rule_view,
)
from originlock.lab.faults import is_reading
from originlock.lab.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: The key of the WSGI environ by which a read is asked to answer stale.
STALE = "originlock.lab.stale"

Self = TypeVar("Self", bound=EC2Response)


def refusing(method: Callable[[Self], ActionResult]) -> Callable[[Self], ActionResult]:
    """Turn a refusal into the error that moto serialises."""

    @wraps(method)
    def answer(response: Self) -> ActionResult:
        try:
            return method(response)
        except Refusal as refusal:
            raise EC2ClientError(str(refusal.code), refusal.message) from None

    return answer


class WrittenResult(ActionResult):
    """An answer that is written already, which moto must not serialise."""

    def execute_result(self, context: ActionContext) -> Any:  # noqa: ANN401, ARG002 - moto's own signature
        """Return it as it is."""
        return 200, {"Content-Type": "text/xml;charset=UTF-8"}, self.result


class CorrectedResponse(EC2Response):
    """What all corrected actions of EC2 share."""

    settings: ClassVar[Settings] = Settings()
    history: ClassVar[History] = History()

    # --- every action ---------------------------------------------------------------------

    def call_action(self) -> Any:  # noqa: ANN401 - moto's own type
        """Answer, and remember what was before each change (for stale and lagging reads)."""
        if is_reading(self._get_action()):
            return super().call_action()
        before = read_region(self.ec2_backend)
        try:
            return super().call_action()
        finally:
            if read_region(self.ec2_backend) != before:
                self.history.record((self.current_account, self.region), before)

    def answer(self, members: ec2_wire.Answer) -> ActionResult:
        """Answer with these members."""
        return WrittenResult(ec2_wire.answer_xml(self._get_action(), members))

    @property
    def parameters(self) -> Mapping[str, object]:
        """The request's parameters, parsed by EC2's service model."""
        params: Mapping[str, object] = self._get_params()
        return params

    def seen(self, what: str) -> RegionView:
        """What a read about `what` (a member of the view) sees: late or, on demand, stale."""
        return self.history.as_seen(
            (self.current_account, self.region),
            read_region(self.ec2_backend),
            lag_seconds=self.settings.consistency_ms / 1000,
            stale_in=what if STALE in self.normalized_request.environ else None,
        )

    def held_prefix_lists(self) -> Mapping[str, PrefixListView]:
        """All prefix lists by id."""
        return {each.list_id: each for each in prefix_list_views(self.ec2_backend)}

    # --- look-ups ---------------------------------------------------------------------------------

    def named_group(self) -> SecurityGroup:
        """Return the group that the request names, or refuse."""
        group_id, name = text(self.parameters, "GroupId"), text(self.parameters, "GroupName")
        if group_id is None and name is None:
            raise Refusal(Code.MISSING, "The request must contain the parameter groupName or groupId")
        if group_id is not None:
            ec2_describe.refuse_malformed_group_id(group_id)
        return self.group(group_id or name or "")

    def group(self, named: str) -> SecurityGroup:
        """Return a group by id or by name, or refuse."""
        group = self.ec2_backend.get_security_group_by_name_or_id(named)
        if not isinstance(group, SecurityGroup):
            raise Refusal(Code.NO_GROUP, f"The security group '{named}' does not exist")
        return group

    def group_id(self, named: str) -> str:
        """Return the id of a group by id or by name, or refuse."""
        return self.group(named).id

    def refuse_other_network(self, group_id: str, vpc_id: str, *, peered: bool = True) -> None:
        """Refuse a group that does not exist, or is of a VPC that is neither this one nor, if that will do, its peer.

        Code and text: boto/boto3 issue 569.
        """
        other = self.group(group_id).vpc_id
        if other != vpc_id and not (peered and self.peering(other, vpc_id)):
            raise Refusal(Code.NO_GROUP, "You have specified two resources that belong to different networks.")

    def peering(self, one: str | None, other: str | None) -> str | None:
        """The id of the active peering connection of two VPCs, if there is one."""
        ends = {one, other}
        for each in self.ec2_backend.vpc_pcxs.values():
            if each._status.code == "active" and {each.vpc.id, each.peer_vpc.id} == ends:  # noqa: SLF001 - moto's own
                return str(each.id)
        return None

    def views(self, group: SecurityGroup, *, egress: bool) -> Sequence[RuleView]:
        """Return the rules of a group in one direction."""
        rules = group.egress_rules if egress else group.ingress_rules
        return [rule_view(self.ec2_backend, rule) for rule in rules]
