"""How many rules a security group may have, as EC2 counts them.

Here lives the counting. Here must not live: the quota in force (see `settings`), or moto.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_rules import Source, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: 'Amazon VPC quotas', security groups: inbound or outbound rules per security group.
DEFAULT_RULES_QUOTA: Final = 60

#: 'Amazon VPC user guide', AWS-managed prefix list weight. By the name without its Region.
MANAGED_WEIGHTS: Final[Mapping[str, int]] = {
    "cloudfront.origin-facing": 55,
    "groundstation": 5,
    "vpc-lattice": 10,
    "s3": 1,
    "dynamodb": 1,
}


@dataclass(frozen=True, slots=True)
class PrefixListWeight:
    """How many rules a reference to a prefix list counts as, and in which family."""

    family: SourceKind
    entries: int


def managed_weight(name: str) -> int:
    """Return the weight of an AWS-managed list by its name, as the VPC user guide lists it."""
    for suffix, weight in MANAGED_WEIGHTS.items():
        if name.endswith(f".{suffix}"):
            return weight
    return 1


def refuse_over_quota(sources: Iterable[Source], weights: Mapping[str, PrefixListWeight], quota: int) -> None:
    """Refuse rules of one group and direction that do not fit its quota.

    'Amazon VPC quotas': the quota holds for IPv4 and IPv6 separately; a rule that refers to a
    group counts one in each; one that refers to a prefix list counts by the list's maximum
    entries (customer-managed) or weight (AWS-managed).
    """
    ipv4 = ipv6 = 0
    for source in sources:
        if source.kind is SourceKind.PREFIX_LIST:
            weight = weights[source.value]
            ipv4 += weight.entries if weight.family is SourceKind.IPV4 else 0
            ipv6 += weight.entries if weight.family is SourceKind.IPV6 else 0
        else:
            ipv4 += source.kind is not SourceKind.IPV6
            ipv6 += source.kind is not SourceKind.IPV4
    if max(ipv4, ipv6) > quota:
        raise Refusal(
            Code.RULES_QUOTA,
            "The maximum number of rules per security group has been reached.",
        )
