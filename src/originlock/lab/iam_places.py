"""Where a call is made, and what IAM is told of a request beside its action and resource.

Here lives an account and Region with what is tagged there, and the condition keys of tags. Here must not live: which
resource an action is on (see `iam`, `iam_elb`), or the logic of policies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """An account and Region, with what is tagged there."""

    account: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource there."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def ec2(self) -> Any:  # noqa: ANN401 - moto's backend is a sum of 60 untyped mixins
        """What moto has of EC2 there."""
        from moto.ec2.models import ec2_backends  # noqa: PLC0415 - only after the corrections

        return ec2_backends[self.account][self.region]

    def tags_of(self, resource_id: str) -> Tags:
        """The tags of something of EC2."""
        return dict(self.ec2().tags.get(resource_id, {}))

    def tags_of_arn(self, arn: str) -> Tags:
        """The tags of something of load balancing."""
        from moto.elbv2.models import elbv2_backends  # noqa: PLC0415 - only after the corrections

        return dict(elbv2_backends[self.account][self.region].tagging_service.get_tag_dict_for_resource(arn))


def context(place: Place, tags: Tags | None = None) -> dict[str, tuple[str, ...]]:
    """The condition keys of every request, and of a resource with tags."""
    found: dict[str, tuple[str, ...]] = {"aws:RequestedRegion": (place.region,), "ec2:Region": (place.region,)}
    for key, value in (tags or {}).items():
        found |= {f"aws:ResourceTag/{key}": (value,), f"ec2:ResourceTag/{key}": (value,)}
    return found


def requested(tags: Tags, *, keys_only: bool = False) -> dict[str, tuple[str, ...]]:
    """The condition keys of tags that a request brings, or of keys alone that it names."""
    if not tags:
        return {}
    named = {} if keys_only else {f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}
    return {**named, "aws:TagKeys": tuple(tags)}


def tags_of_query(given: Mapping[str, str], prefix: str) -> Tags:
    """Tags of a query: PREFIX1.Key, PREFIX1.Value, PREFIX2.Key, ..."""
    numbers = {name.removeprefix(prefix).partition(".")[0] for name in given if name.startswith(prefix)}
    keyed = {number: given[f"{prefix}{number}.Key"] for number in numbers if f"{prefix}{number}.Key" in given}
    return {key: given.get(f"{prefix}{number}.Value", "") for number, key in sorted(keyed.items())}
