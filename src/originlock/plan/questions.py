"""What a lock still needs to know before it can decide: the closed union of further questions.

Lives here: questions as data; the app has them answered into the snapshot, until none is left.
Must not live here: how they are answered.
"""

from __future__ import annotations

import msgspec

from originlock.facts.origin import Tags


class AskPrefixLists(msgspec.Struct, frozen=True, tag="prefix-lists"):
    """What is in these managed prefix lists, and what do they count as?"""

    ids: tuple[str, ...]


class AskRulesQuota(msgspec.Struct, frozen=True, tag="rules-quota"):
    """How many rules may a group hold? Asked only where the documented default would not do."""


class AskInterfaceQuota(msgspec.Struct, frozen=True, tag="interface-quota"):
    """How many groups may an interface have? Asked only where the documented default would not do."""


class AskTaggedGroups(msgspec.Struct, frozen=True, tag="tagged-groups"):
    """Which groups of a VPC carry these tags, and what is in them?"""

    vpc: str
    tags: Tags


class AskGroups(msgspec.Struct, frozen=True, tag="groups"):
    """What is in these groups?"""

    ids: tuple[str, ...]


class AskReferences(msgspec.Struct, frozen=True, tag="references"):
    """Which groups have a rule that names one of these?"""

    groups: tuple[str, ...]


class AskUsers(msgspec.Struct, frozen=True, tag="users"):
    """Which interfaces have these groups?"""

    groups: tuple[str, ...]


class AskTaggedPrefixLists(msgspec.Struct, frozen=True, tag="tagged-prefix-lists"):
    """Which managed prefix lists carry these tags, and what is in them?"""

    tags: Tags


class AskHostnames(msgspec.Struct, frozen=True, tag="hostnames"):
    """What do these names resolve to?"""

    hostnames: tuple[str, ...]


class AskListeners(msgspec.Struct, frozen=True, tag="listeners"):
    """What do the listeners of this load balancer (its ARN) demand of their clients?"""

    load_balancer: str


class AskTrustStores(msgspec.Struct, frozen=True, tag="trust-stores"):
    """What is in these trust stores, by ARN or by what `facts.trust.new_trust_store` calls the one of a name?"""

    targets: tuple[str, ...]


class AskBucket(msgspec.Struct, frozen=True, tag="bucket"):
    """Is this bucket there, and private?"""

    bucket: str


class AskAuthority(msgspec.Struct, frozen=True, tag="authority"):
    """What has our own certificate authority of this name issued?"""

    name: str


class AskSharedAuthority(msgspec.Struct, frozen=True, tag="shared-authority"):
    """Which certificate does the edge publish as its shared authority, and is it the one that we know?"""

    edge: str


class AskZone(msgspec.Struct, frozen=True, tag="zone"):
    """What does the edge present to the origin of these hostnames?

    Attributes:
        others: other origins' hostnames, to be looked at too where they are in the same zone.
    """

    hostnames: tuple[str, ...]
    others: tuple[str, ...] = ()


TrustQuestion = AskListeners | AskTrustStores | AskBucket | AskAuthority | AskSharedAuthority | AskZone
"""What only the identity lock asks."""

Question = (
    AskPrefixLists
    | AskRulesQuota
    | AskInterfaceQuota
    | AskTaggedGroups
    | AskGroups
    | AskReferences
    | AskUsers
    | AskTaggedPrefixLists
    | AskHostnames
    | TrustQuestion
)
