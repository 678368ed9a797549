"""How Elastic Load Balancing refuses.

Here live its error codes and the refusal that carries one. Here must not live: moto, or when
something is refused.
"""

from __future__ import annotations

from enum import StrEnum


class ElbCode(StrEnum):
    """The error codes that the lab's load balancing refuses with.

    'Elastic Load Balancing API reference' (2015-12-01), the errors of each action; ValidationError
    is of its common errors.
    """

    VALIDATION = "ValidationError"
    NO_BALANCER = "LoadBalancerNotFound"
    NO_LISTENER = "ListenerNotFound"
    NO_TARGET_GROUP = "TargetGroupNotFound"
    NO_SUBNET = "SubnetNotFound"
    NO_GROUP = "InvalidSecurityGroup"
    INVALID_CONFIGURATION = "InvalidConfigurationRequest"
    TOO_MANY_BALANCERS = "TooManyLoadBalancers"
    DUPLICATE_NAME = "DuplicateLoadBalancerName"
    DUPLICATE_LISTENER = "DuplicateListener"
    BALANCERS_PER_TARGET_GROUP = "TargetGroupAssociationLimit"


class ElbRefusal(Exception):  # noqa: N818 - the service refuses; this is not an error of the lab
    """Load balancing refuses the request: an error code and a message, and nothing is changed."""

    def __init__(self, code: ElbCode, message: str) -> None:
        """Keep the code and the message that the answer will carry."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def no_balancer(arn_or_name: str) -> ElbRefusal:
    """Return the refusal of a load balancer that does not exist."""
    kind = "Load balancer" if arn_or_name.startswith("arn:") else "Load balancers"
    return ElbRefusal(ElbCode.NO_BALANCER, f"{kind} '[{arn_or_name}]' not found")
