"""Listeners and the tags of load balancing, answered as AWS answers.

Here lives what moto's own actions do otherwise: it knows no pages, forgives absent ones and
lets two listeners share a port. Here must not live: mutual TLS and trust stores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.core.responses import ActionResult

from originlock.lab import elb_paging
from originlock.lab.elb_errors import ElbCode, ElbRefusal
from originlock.lab.elb_seam import CorrectedElbResponse, refusing

if TYPE_CHECKING:
    from collections.abc import Sequence

#: 'Elastic Load Balancing API reference', DescribeTags, ResourceArns.
MOST_TAGGED: Final = 20


class ListenerAnswers(CorrectedElbResponse):
    """The actions on listeners and tags."""

    @refusing
    def describe_listeners(self) -> ActionResult:
        """Pages, and NotFound for each absent one; moto forgives all but the first."""
        arns = self.parameters.get("ListenerArns") or []
        of_balancer = self.parameters.get("LoadBalancerArn")
        if bool(arns) is (of_balancer is not None):
            raise ElbRefusal(
                ElbCode.VALIDATION, "You must specify either listener ARNs or a load balancer ARN, and not both"
            )
        found = self._named_listeners(arns) if arns else list(self.named_balancer().listeners.values())
        listeners, marker = elb_paging.page(found, self.parameters, key=lambda each: str(each.arn))
        return ActionResult({"Listeners": listeners, "NextMarker": marker})

    def _named_listeners(self, arns: Sequence[str]) -> list[Any]:
        held = {
            arn: listener
            for balancer in self.elbv2_backend.load_balancers.values()
            for arn, listener in balancer.listeners.items()
        }
        for arn in arns:
            if arn not in held:
                raise ElbRefusal(ElbCode.NO_LISTENER, f"One or more listeners not found: '[{arn}]'")
        return [held[arn] for arn in dict.fromkeys(arns)]

    @refusing
    def create_listener(self) -> ActionResult:
        """One listener for each port, and one load balancer for each target group."""
        balancer = self.named_balancer()
        port = self.parameters.get("Port")
        if any(str(each.port) == str(port) for each in balancer.listeners.values()):
            raise ElbRefusal(
                ElbCode.DUPLICATE_LISTENER, f"A listener already exists on this port for this load balancer '{port}'"
            )
        used = {each.arn: each.balancer_arns for each in self.now().target_groups}
        for action in self.parameters.get("DefaultActions") or []:
            arns = [action.get("TargetGroupArn")]
            arns += [each.get("TargetGroupArn") for each in action.get("ForwardConfig", {}).get("TargetGroups", [])]
            if any(set(used.get(arn, ())) - {balancer.arn} for arn in arns):
                raise ElbRefusal(
                    ElbCode.BALANCERS_PER_TARGET_GROUP,
                    "A target group cannot be associated with more than one load balancer",
                )
        return super().create_listener()

    @refusing
    def describe_tags(self) -> ActionResult:
        """Refuse more than 20 and what does not exist; moto answers with empty tags."""
        arns = self.parameters.get("ResourceArns") or []
        if len(arns) > MOST_TAGGED:
            raise ElbRefusal(ElbCode.VALIDATION, f"At most {MOST_TAGGED} resources can be specified")
        for arn in arns:
            self.elbv2_backend._get_resource_by_arn(arn)  # noqa: SLF001 - it refuses as AWS does
        return super().describe_tags()
