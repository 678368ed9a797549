"""Target groups and the health of targets, answered as AWS answers.

Here lives what moto's own actions do otherwise: to it every target is healthy. Here must not
live: what makes a target healthy (see `elb_health`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult

from originlock.lab import elb_paging
from originlock.lab.elb_errors import ElbCode, ElbRefusal
from originlock.lab.elb_health import NOT_REGISTERED, REGISTERING, Health, health_of
from originlock.lab.elb_seam import CorrectedElbResponse, refusing
from originlock.lab.elb_state import TargetView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from originlock.lab.ec2_state import RegionView
    from originlock.lab.elb_state import TargetGroupView


class TargetAnswers(CorrectedElbResponse):
    """The actions on target groups and targets."""

    @refusing
    def describe_target_groups(self) -> ActionResult:
        """Pages, and the load balancers that now forward to each; moto keeps those of old."""
        views = {each.arn: each for each in self.now().target_groups}
        for arn, held in self.elbv2_backend.target_groups.items():
            held.load_balancer_arns = list(views[arn].balancer_arns)
        found = self.elbv2_backend.describe_target_groups(
            self.parameters.get("LoadBalancerArn"),
            self.parameters.get("TargetGroupArns") or [],
            self.parameters.get("Names") or [],
        )
        groups, marker = elb_paging.page(list(found), self.parameters, key=lambda each: str(each.arn))
        return ActionResult({"TargetGroups": groups, "NextMarker": marker})

    @refusing
    def describe_target_health(self) -> ActionResult:
        """By what the security groups let through, or as the test wants it; to moto all are healthy."""
        arn = str(self.parameters.get("TargetGroupArn") or "")
        now, seen = self.now(), self.seen("target_groups")
        group = next((each for each in now.target_groups if each.arn == arn), None)
        if group is None:
            raise ElbRefusal(ElbCode.NO_TARGET_GROUP, "One or more target groups not found")
        asked = self.parameters.get("Targets") or []
        targets = [_asked_target(group, each) for each in asked] if asked else group.targets
        told = [_told(group, target, self._health(seen, group, target)) for target in targets]
        return ActionResult({"TargetHealthDescriptions": told})

    def _health(self, seen: RegionView, group: TargetGroupView, target: TargetView) -> Health:
        if target not in group.targets:
            return NOT_REGISTERED
        as_seen = next((each for each in seen.target_groups if each.arn == group.arn), None)
        if as_seen is None or target not in as_seen.targets:
            return REGISTERING
        return self._stopped(target) or health_of(seen, as_seen, target, self.settings.unhealthy_targets)

    def _stopped(self, target: TargetView) -> Health | None:
        instance = self.ec2_backend.get_instance_by_id(target.target_id)
        if instance is None or instance.state == "running":
            return None
        return Health("unused", "Target.InvalidState", f"Target is in the {instance.state} state")


def _asked_target(group: TargetGroupView, asked: Mapping[str, Any]) -> TargetView:
    """Return the target that a request names; without a port, one that is registered by that id."""
    target_id = str(asked.get("Id") or "")
    if asked.get("Port") is not None:
        return TargetView(target_id, int(asked["Port"]))
    registered: Sequence[TargetView] = [each for each in group.targets if each.target_id == target_id]
    return registered[0] if registered else TargetView(target_id, 0)


def _told(group: TargetGroupView, target: TargetView, health: Health) -> Mapping[str, object]:
    """TargetHealthDescription, of 'Elastic Load Balancing API reference'."""
    told = {"State": health.state, "Reason": health.reason, "Description": health.description}
    where: dict[str, object] = {"Id": target.target_id}
    if target.port:
        where["Port"] = target.port
    return {
        "Target": where,
        "HealthCheckPort": str(target.port if group.health_port is None else group.health_port),
        "TargetHealth": {name: value for name, value in told.items() if value is not None},
    }
