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
    TOO_MANY_LISTENERS = "TooManyListeners"
    TOO_MANY_CERTIFICATES = "TooManyCertificates"
    TOO_MANY_RULES = "TooManyRules"
    TOO_MANY_ACTIONS = "TooManyActions"
    NO_RULE = "RuleNotFound"
    NOT_PERMITTED = "OperationNotPermitted"
    PRIORITY_IN_USE = "PriorityInUse"
    NO_CERTIFICATE = "CertificateNotFound"
    NO_SSL_POLICY = "SSLPolicyNotFound"
    UNSUPPORTED_PROTOCOL = "UnsupportedProtocol"
    BAD_ACTION = "InvalidLoadBalancerAction"
    NO_RESOURCE = "ResourceNotFound"
    TOO_MANY_TAGS = "TooManyTags"
    DUPLICATE_TAGS = "DuplicateTagKeys"
    NO_TRUST_STORE = "TrustStoreNotFound"
    TRUST_STORE_NOT_READY = "TrustStoreNotReady"
    TRUST_STORE_IN_USE = "TrustStoreInUse"
    DUPLICATE_TRUST_STORE = "DuplicateTrustStoreName"
    TOO_MANY_TRUST_STORES = "TooManyTrustStores"
    NO_BUNDLE = "CaCertificatesBundleNotFound"
    BAD_BUNDLE = "InvalidCaCertificatesBundle"
    NO_REVOCATIONS = "RevocationContentNotFound"
    BAD_REVOCATIONS = "InvalidRevocationContent"
    TOO_MANY_REVOCATIONS = "TooManyTrustStoreRevocationEntries"
    NO_REVOCATION_ID = "RevocationIdNotFound"
    NO_ASSOCIATION = "AssociationNotFound"
    SAME_ACCOUNT = "DeleteAssociationSameAccount"
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


def no_trust_store(arn_or_name: str) -> ElbRefusal:
    """Return the refusal of a trust store that does not exist; the text is a guess."""
    return ElbRefusal(ElbCode.NO_TRUST_STORE, f"Trust store '{arn_or_name}' not found")


def no_listener(arn: str) -> ElbRefusal:
    """Return the refusal of a listener that does not exist."""
    return ElbRefusal(ElbCode.NO_LISTENER, f"One or more listeners not found: '[{arn}]'")
