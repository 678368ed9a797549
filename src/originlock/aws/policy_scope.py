"""What an origin is in AWS, as far as an IAM policy names it.

Lives here: scopes, their ARNs, and how they come from policies. Must not live here: what is allowed in them
(see `policy_statements`), where a Region comes from, botocore.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, assert_never

import msgspec

from originlock.intent.policy import (
    GroupsById,
    GroupsByTags,
    IdentityPolicy,
    ListsAlone,
    LoadBalancerNamed,
    Policy,
)

ANY: Final = "*"

_PARTITIONS: Final = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)
"""How Regions outside of the partition `aws` begin (botocore's partitions.json; a test holds them together)."""


class Trust(msgspec.Struct, frozen=True):
    """What the identity lock of an origin needs of AWS.

    Attributes:
        bucket: where bundles are put; empty where none are.
        create_bucket: whether it is made if it is not there.
        stores: whether trust stores are made and kept.
        leaving: whether the lock is switched off, so that its store goes.
        logs: whether connection logs are read.
        probe: whether a listener is made for a moment.
    """

    bucket: str = ""
    create_bucket: bool = False
    stores: bool = False
    leaving: bool = False
    logs: bool = False
    probe: bool = False


class Scope(msgspec.Struct, frozen=True):
    """What one origin is in AWS, as far as a policy names it.

    Attributes:
        mark: the tag of own rules, key and value.
        region, account: None where any will do.
        groups: ids of the groups to lock.
        tags: the tags by which the groups are found; empty if they are not found so.
        load_balancers: names or ARNs of load balancers, whose groups are locked.
        attached: ids of the groups that these have; empty where that is not known.
        own_groups: whether a group of originlock's own is made for them.
        lists: ids of the prefix lists whose entries are kept current.
        own_lists: whether prefix lists of originlock's own are made, and kept current.
        role: the ARN of the role by which its account is entered; what is done there that role must be allowed.
        trust: what its identity lock needs; None if it has none.
    """

    mark: tuple[str, str]
    region: str | None = None
    account: str | None = None
    groups: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    load_balancers: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    own_groups: bool = False
    lists: tuple[str, ...] = ()
    own_lists: bool = False
    role: str | None = None
    trust: Trust | None = None

    @property
    def of_groups(self) -> bool:
        """Whether it has groups at all, rather than prefix lists that others name."""
        return bool(self.groups or self.tags or self.load_balancers)

    @property
    def partition(self) -> str:
        """The partition of its Region."""
        return partition_of(self.region)

    def arn(self, service: str, resource: str, *, account: str | None = None) -> str:
        """The ARN of a resource in its Region and account, or in another account."""
        region = self.region or ANY
        return f"arn:{self.partition}:{service}:{region}:{account or self.account or ANY}:{resource}"


def partition_of(region: str | None) -> str:
    """The partition of a Region; without one, the usual."""
    return next((name for begin, name in _PARTITIONS if (region or "").startswith(begin)), "aws")


def scope_of(policy: Policy, mark: tuple[str, str], region: str | None, account: str | None) -> Scope:
    """What a policy's origin is in AWS."""
    network = policy.network
    named = network.prefix_list if network.via == "prefix-list" else ()
    own_lists = network.via == "prefix-list" and not named
    scope = Scope(mark, region, account, lists=named, own_lists=own_lists, role=policy.place.role)
    match policy.target:
        case GroupsById(ids):
            return msgspec.structs.replace(scope, groups=ids)
        case GroupsByTags(tags):
            return msgspec.structs.replace(scope, tags=tags)
        case ListsAlone():
            return scope
        case LoadBalancerNamed(name):
            return msgspec.structs.replace(
                scope,
                load_balancers=(name,),
                own_groups=network.security_group == "create",
                trust=None if policy.identity is None else _trust_of(policy.identity),
            )
        case _:
            assert_never(policy.target)


def _trust_of(identity: IdentityPolicy) -> Trust:
    return Trust(
        bucket=identity.bucket,
        create_bucket=identity.create_bucket,
        stores=identity.mode == "verify",
        leaving=identity.mode == "off",
        logs=identity.logs,
        probe=identity.probe_port > 0,
    )


def inside(role: str, scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """The origins that are entered by a role, as that role sees them: in its own account.

    Args:
        role: its ARN, as the configuration has it.
        scopes: of all origins.
    """
    account = role.split(":")[4]
    return tuple(msgspec.structs.replace(scope, role=None, account=account) for scope in scopes if scope.role == role)
