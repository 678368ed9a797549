"""What a test may set of the local AWS: delays, quota, throttling, and their defaults.

Here lives the typed form of the settings that the control endpoint takes. Here must not live:
anything that acts on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, TypedDict

from originlock.lab.ec2_quota import DEFAULT_RULES_QUOTA
from originlock.lab.elb_groups import DEFAULT_GROUPS_QUOTA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Bucket:
    """One token bucket: how many calls at once, and how many more each second."""

    burst: float
    rate: float


#: 'EC2 developer guide, request throttling': mutating actions, and non-mutating ones.
MUTATING: Final = Bucket(burst=50, rate=5)
READS: Final = Bucket(burst=100, rate=20)


@dataclass(frozen=True, slots=True)
class Throttle:
    """The buckets that every EC2 action draws from, one of its kind for each action."""

    mutating: Bucket = MUTATING
    reads: Bucket = READS


class BucketJson(TypedDict, total=False):
    """A bucket as the control endpoint takes it."""

    burst: float
    rate: float


class ThrottleJson(TypedDict, total=False):
    """Throttling as the control endpoint takes it; what is left out is as AWS has it."""

    mutating: BucketJson
    reads: BucketJson


@dataclass(slots=True)
class Settings:
    """The settings now; the defaults are AWS's quotas and no delay, lag or throttling.

    `unhealthy_targets` names targets that answer health checks badly: ID, or ID:PORT. What AWS does not document is a
    switch here, with the less kind as its default.
    """

    latency_ms: float = 0
    consistency_ms: float = 0
    quota_rules: int = DEFAULT_RULES_QUOTA
    quota_groups: int = DEFAULT_GROUPS_QUOTA
    unhealthy_targets: tuple[str, ...] = ()
    throttle: Throttle | None = None
    #: Whether IAM's policies are enforced for all but the lab's own key (see `iam`).
    iam: bool = False
    #: How long after its answer a change reaches the data plane; with 0 it is there before the answer. AWS does not
    #: say how long it takes.
    propagation_ms: float = 0
    #: How long whoever follows may take for it.
    follower_seconds: float = 10
    #: 'Quotas for your Application Load Balancers': trust stores for each account and Region, and what one can hold.
    quota_trust_stores: int = 20
    quota_ca_certificates: int = 25
    quota_ca_subjects_bytes: int = 10_000
    quota_revocation_entries: int = 500_000
    quota_revocation_lists: int = 30
    #: How long a new trust store is CREATING; AWS does not say how long it takes.
    trust_store_creating_ms: float = 0
    #: 'Elastic Load Balancing API reference', GetTrustStoreCaCertificatesBundle: 10 minutes.
    presigned_seconds: float = 600
    #: Whether a revocation list that tells only what changed is taken.
    delta_revocation_lists_taken: bool = False
    #: Whether whoever makes a trust store must be allowed to read the bundle in S3 (with IAM enforced).
    trust_stores_read_as_caller: bool = True
    #: Whether a bucket for logs must have a policy that lets load balancers write to it.
    log_buckets_ask_policy: bool = True
    #: What CloudWatch says of metrics, as METRIC=STATUS: with less than there is (PartialData, InternalError,
    #: Forbidden), or with Messages of the whole request.
    metric_statuses: tuple[str, ...] = ()
    #: Points in a page, where that is less than was asked for: "paginates when the MaxDatapoints limit is reached".
    metric_points_a_page: int = 100_800
    #: Whether each page is given again and again.
    metric_pages_repeat: bool = False
    #: These two: see `blueprint.Behaviour`.
    ignoring_expiry_covers_authorities: bool = False
    stale_revocations_refuse: bool = True

    def update(self, given: Mapping[str, object]) -> None:
        """Take some settings from JSON; the others stay. Raises ValueError, changing nothing."""
        unknown = sorted(set(given) - {each.name for each in fields(self)})
        if unknown:
            message = f"unknown settings: {', '.join(unknown)}"
            raise ValueError(message)
        new = {name: _READERS[name](value, name) for name, value in given.items()}
        for name, value in new.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Go back to the defaults."""
        for each in fields(self):
            setattr(self, each.name, each.default)


@dataclass(slots=True)
class TokenBuckets:
    """Token buckets by action ('EC2 developer guide, request throttling')."""

    _held: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, action: str, bucket: Bucket, now: float) -> bool:
        """Take a token of an action's bucket; False if there is none."""
        tokens, since = self._held.get(action, (bucket.burst, now))
        tokens = min(bucket.burst, tokens + (now - since) * bucket.rate)
        taken = tokens >= 1
        self._held[action] = (tokens - 1 if taken else tokens, now)
        return taken

    def clear(self) -> None:
        """Fill all buckets again."""
        self._held.clear()


def _count(value: object, name: str) -> int:
    return int(_number(value, name))


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        message = f"{name} must be a number, not below zero: {value!r}"
        raise ValueError(message)
    return value


def _texts(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        message = f"{name} must be a list of texts: {value!r}"
        raise ValueError(message)
    return tuple(value)


def _switch(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        message = f"{name} must be true or false: {value!r}"
        raise ValueError(message)  # noqa: TRY004 - a fault of what was given, as all others here
    return value


def _throttle(value: object, name: str = "throttle") -> Throttle | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) - {"mutating", "reads"}:
        message = f"{name} must be null or have mutating and reads: {value!r}"
        raise ValueError(message)
    return Throttle(
        mutating=_bucket(value.get("mutating", {}), MUTATING),
        reads=_bucket(value.get("reads", {}), READS),
    )


def _bucket(value: object, default: Bucket) -> Bucket:
    if not isinstance(value, dict) or set(value) - {"burst", "rate"}:
        message = f"a bucket has burst and rate: {value!r}"
        raise ValueError(message)
    return Bucket(
        burst=_number(value.get("burst", default.burst), "burst"),
        rate=_number(value.get("rate", default.rate), "rate"),
    )


#: How each setting is read from JSON.
_READERS: Final[Mapping[str, Callable[[object, str], object]]] = {
    "latency_ms": _number,
    "consistency_ms": _number,
    "quota_rules": _count,
    "quota_groups": _count,
    "unhealthy_targets": _texts,
    "throttle": _throttle,
    "iam": _switch,
    "propagation_ms": _number,
    "follower_seconds": _number,
    "ignoring_expiry_covers_authorities": _switch,
    "stale_revocations_refuse": _switch,
    "quota_trust_stores": _count,
    "quota_ca_certificates": _count,
    "quota_ca_subjects_bytes": _count,
    "quota_revocation_entries": _count,
    "quota_revocation_lists": _count,
    "trust_store_creating_ms": _number,
    "presigned_seconds": _number,
    "delta_revocation_lists_taken": _switch,
    "trust_stores_read_as_caller": _switch,
    "log_buckets_ask_policy": _switch,
    "metric_statuses": _texts,
    "metric_points_a_page": _count,
    "metric_pages_repeat": _switch,
}
