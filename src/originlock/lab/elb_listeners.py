"""Listeners and the tags of load balancing, answered as AWS answers.

Here lives what moto's own actions do otherwise: it knows no pages, forgives absent ones, lets two listeners share a
port, changes half of what it refuses, and drops mutual TLS without a word. Here must not live: what of mutual TLS is
valid (see `elb_mutual`), certificates (see `elb_certificates`), rules (see `elb_rules`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from moto.core.responses import ActionResult
from moto.elbv2.models import FakeAction
from moto.elbv2.ssl_policies import SSL_POLICIES

from originlock.lab import elb_paging
from originlock.lab.elb_certificates import SECURE, CertificateAnswers
from originlock.lab.elb_errors import ElbCode, ElbRefusal, no_listener
from originlock.lab.elb_mutual import asked_mutual, refuse_too_many_verifying
from originlock.lab.elb_seam import refusing
from originlock.lab.elb_state import ListenerView, listener_view
from originlock.lab.trust_store_state import mutual_authentication, set_mutual_authentication

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: 'Elastic Load Balancing API reference', DescribeTags, ResourceArns.
MOST_TAGGED: Final = 20

#: 'Quotas for your Application Load Balancers', listeners per load balancer.
MOST_LISTENERS: Final = 50

#: 'Application Load Balancers', security policies: what a listener gets that is made by the API without any.
DEFAULT_SSL_POLICY: Final = "ELBSecurityPolicy-2016-08"

_PROTOCOLS: Final[Mapping[str, frozenset[str]]] = {
    "application": frozenset({"HTTP", "HTTPS"}),
    "network": frozenset({"TCP", "TLS", "UDP", "TCP_UDP"}),
}


class ListenerAnswers(CertificateAnswers):
    """The actions on listeners and tags."""

    # --- reads --------------------------------------------------------------------------------------

    @refusing
    def describe_listeners(self) -> ActionResult:
        """Pages, late reads, and NotFound for each absent one; moto forgives all but the first."""
        arns = self.parameters.get("ListenerArns") or []
        of_balancer = self.parameters.get("LoadBalancerArn")
        if bool(arns) is (of_balancer is not None):
            raise ElbRefusal(
                ElbCode.VALIDATION, "You must specify either listener ARNs or a load balancer ARN, and not both"
            )
        held = self.seen("listeners").listeners
        if arns:
            found = _named(arns, held)
        else:
            balancer = self.named_balancer()
            found = [each for each in held if each.balancer_arn == balancer.arn]
        listeners, marker = elb_paging.page(found, self.parameters, key=lambda each: each.arn)
        told = [msgspec.json.decode(each.told) for each in listeners]
        return ActionResult({"Listeners": told, "NextMarker": marker})

    # --- making and changing --------------------------------------------------------------------------

    @refusing
    def create_listener(self) -> ActionResult:
        """One listener for each port, and one load balancer for each target group."""
        balancer = self.named_balancer()
        params = self.parameters
        port, protocol = params.get("Port"), str(params.get("Protocol") or "")
        self.elbv2_backend._validate_port_and_protocol(balancer.type, port, params.get("Protocol"))  # noqa: SLF001 - as AWS
        self._refuse_taken(balancer, port)
        if len(balancer.listeners) >= MOST_LISTENERS:
            raise ElbRefusal(ElbCode.TOO_MANY_LISTENERS, "The load balancer cannot have more listeners")
        certificate = self._needed_certificate(protocol, None)
        policy = self._asked_policy(protocol) or (DEFAULT_SSL_POLICY if protocol in SECURE else None)
        mutual = asked_mutual(
            params.get("MutualAuthentication"), protocol=protocol, kept={}, backend=self.elbv2_backend
        )
        refuse_too_many_verifying(balancer, mutual)
        actions = self._asked_actions(balancer)
        backend: Any = self.elbv2_backend
        made = backend.create_listener(
            balancer.arn, protocol, port, policy, certificate, actions, params.get("AlpnPolicy"), params.get("Tags")
        )
        set_mutual_authentication(made, mutual)
        return ActionResult({"Listeners": [msgspec.json.decode(listener_view(made).told)]})

    @refusing
    def modify_listener(self) -> ActionResult:
        """What is not named stays; all of it is done or nothing."""
        listener = self.named_listener()
        params = self.parameters
        balancer = self.elbv2_backend.load_balancers[listener.load_balancer_arn]
        protocol = str(params.get("Protocol") or listener.protocol)
        if protocol not in _PROTOCOLS.get(balancer.type, {protocol}):
            raise ElbRefusal(ElbCode.UNSUPPORTED_PROTOCOL, f"The protocol '{protocol}' is not supported")
        port = params.get("Port") or listener.port
        self._refuse_taken(balancer, port, other_than=listener)
        certificate = self._needed_certificate(protocol, listener.certificate)
        policy = self._asked_policy(protocol) or listener.ssl_policy or DEFAULT_SSL_POLICY
        mutual = asked_mutual(
            params.get("MutualAuthentication"),
            protocol=protocol,
            kept=mutual_authentication(listener),
            backend=self.elbv2_backend,
        )
        refuse_too_many_verifying(balancer, mutual, other_than=listener)
        asked = self._asked_actions(balancer)
        listener.port, listener.protocol = port, protocol
        listener.ssl_policy = policy if protocol in SECURE else None
        listener.certificate = certificate
        listener.certificates = [] if certificate is None else [certificate, *listener.certificates[1:]]
        set_mutual_authentication(listener, mutual)
        if asked:
            listener.default_actions = [FakeAction(each) for each in asked]
            listener._default_rule[0].actions = listener.default_actions  # noqa: SLF001 - moto's own
        return ActionResult({"Listeners": [msgspec.json.decode(listener_view(listener).told)]})

    def _refuse_taken(self, balancer: Any, port: object, *, other_than: Any = None) -> None:  # noqa: ANN401 - moto's
        held = [each for each in balancer.listeners.values() if each is not other_than]
        if any(str(each.port) == str(port) for each in held):
            raise ElbRefusal(
                ElbCode.DUPLICATE_LISTENER, f"A listener already exists on this port for this load balancer '{port}'"
            )

    def _needed_certificate(self, protocol: str, held: str | None) -> str | None:
        """The default certificate of a listener after a request: what is asked, or else what there is."""
        certificate = self.asked_default(protocol)
        if protocol not in SECURE:
            return None
        if (certificate or held) is None:
            # As users published it.
            raise ElbRefusal(ElbCode.VALIDATION, f"A certificate must be specified for {protocol} listeners")
        return certificate or held

    def _asked_policy(self, protocol: str) -> str | None:
        asked = self.parameters.get("SslPolicy")
        if asked is None:
            return None
        if protocol not in SECURE:
            # A guess.
            raise ElbRefusal(ElbCode.VALIDATION, f"A security policy cannot be specified for {protocol} listeners")
        if asked not in SSL_POLICIES:
            raise ElbRefusal(ElbCode.NO_SSL_POLICY, f"SSL policy '{asked}' not found")
        return str(asked)

    def _asked_actions(self, balancer: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - moto's object
        asked: list[dict[str, Any]] = self.parameters.get("DefaultActions") or []
        self.elbv2_backend._validate_actions([FakeAction(each) for each in asked])  # noqa: SLF001 - as AWS does
        used = {each.arn: each.balancer_arns for each in self.now().target_groups}
        for action in asked:
            arns = [action.get("TargetGroupArn")]
            arns += [each.get("TargetGroupArn") for each in action.get("ForwardConfig", {}).get("TargetGroups", [])]
            if any(set(used.get(str(arn), ())) - {balancer.arn} for arn in arns):
                raise ElbRefusal(
                    ElbCode.BALANCERS_PER_TARGET_GROUP,
                    "A target group cannot be associated with more than one load balancer",
                )
        return asked

    # --- tags -----------------------------------------------------------------------------------------

    @refusing
    def describe_tags(self) -> ActionResult:
        """Refuse more than 20 and what does not exist; moto answers with empty tags."""
        arns = self.parameters.get("ResourceArns") or []
        if len(arns) > MOST_TAGGED:
            raise ElbRefusal(ElbCode.VALIDATION, f"At most {MOST_TAGGED} resources can be specified")
        for arn in arns:
            self.elbv2_backend._get_resource_by_arn(arn)  # noqa: SLF001 - it refuses as AWS does
        return super().describe_tags()


def _named(arns: Sequence[str], held: Sequence[ListenerView]) -> Sequence[ListenerView]:
    by_arn = {each.arn: each for each in held}
    for arn in arns:
        if arn not in by_arn:
            raise no_listener(arn)
    return [by_arn[arn] for arn in dict.fromkeys(arns)]
