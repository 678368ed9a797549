"""The seam to moto's load balancing: what every corrected action of it shares.

Here lives moto's response class with our way to refuse, to see the past and to remember it; the
settings and the history are EC2's, as a load balancer's interfaces are in EC2. Here must not
live: any one action (see `elb_answers`, `elb_balancers`).
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.responses import ELBV2Response

from originlock.lab.ec2_seam import STALE, CorrectedResponse
from originlock.lab.ec2_state import History, RegionView, read_region
from originlock.lab.elb_errors import ElbRefusal, no_balancer
from originlock.lab.faults import is_reading
from originlock.lab.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Self = TypeVar("Self", bound=ELBV2Response)


def refusing(method: Callable[[Self], ActionResult]) -> Callable[[Self], ActionResult]:
    """Turn a refusal into the error that moto serialises."""

    @wraps(method)
    def answer(response: Self) -> ActionResult:
        try:
            return method(response)
        except ElbRefusal as refusal:
            raise ELBClientError(str(refusal.code), refusal.message) from None

    return answer


class CorrectedElbResponse(ELBV2Response):
    """What all corrected actions of load balancing share."""

    settings: ClassVar[Settings] = CorrectedResponse.settings
    history: ClassVar[History] = CorrectedResponse.history

    def call_action(self) -> Any:  # noqa: ANN401 - moto's own type
        """Answer, and remember what was before each change (for stale and lagging reads)."""
        if is_reading(self._get_action()):
            return super().call_action()
        before = self.now()
        try:
            return super().call_action()
        finally:
            if self.now() != before:
                self.history.record((self.current_account, self.region), before)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The request's parameters, parsed by the service model."""
        params: Mapping[str, Any] = self._get_params()
        return params

    @property
    def ec2_backend(self) -> Any:  # noqa: ANN401 - a sum of 60 untyped mixins
        """EC2 of the same account and Region."""
        return ec2_backends[self.current_account][self.region]

    def now(self) -> RegionView:
        """What the Region holds."""
        return read_region(self.ec2_backend)

    def seen(self, what: str) -> RegionView:
        """What a read about `what` (a member of the view) sees: late or, on demand, stale."""
        return self.history.as_seen(
            (self.current_account, self.region),
            self.now(),
            lag_seconds=self.settings.consistency_ms / 1000,
            stale_in=what if STALE in self.normalized_request.environ else None,
        )

    def named_balancer(self) -> Any:  # noqa: ANN401 - moto's object
        """Return moto's load balancer that the request names, or refuse."""
        arn = str(self.parameters.get("LoadBalancerArn") or "")
        balancer = self.elbv2_backend.load_balancers.get(arn)
        if balancer is None:
            raise no_balancer(arn)
        return balancer
