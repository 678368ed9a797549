"""What an origin is made of: security groups with their rules, prefix lists, quotas.

Lives here: AWS's objects as frozen data in canonical form. Must not live here: how they are read, who owns a rule,
whether a rule is wanted.
"""

from __future__ import annotations

from typing import Final

import msgspec

from originlock.facts.networks import AddressSet, Cidr
from originlock.facts.unknown import Unknown

ALL_TRAFFIC = "-1"
"""The protocol of a rule for all traffic (EC2 API reference, IpPermission.IpProtocol)."""

ALL_PORTS = (0, 65_535)

Tags = tuple[tuple[str, str], ...]
"""Tags as sorted (key, value) pairs."""

OWNER_TAG: Final = "originlock:origin"
"""The tag whose value is the name of the origin that something belongs to: a rule, a group, a list, a trust store."""


class CidrSource(msgspec.Struct, frozen=True, tag="cidr"):
    """A rule's source that is an address range."""

    cidr: Cidr


class GroupSource(msgspec.Struct, frozen=True, tag="security-group"):
    """A rule's source that is a security group: the interfaces that are in it."""

    group: str


class PrefixListSource(msgspec.Struct, frozen=True, tag="prefix-list"):
    """A rule's source that is a managed prefix list."""

    prefix_list: str


class OpaqueSource(msgspec.Struct, frozen=True, tag="opaque"):
    """A rule's source that could not be understood: it may let in anybody."""

    text: str


Source = CidrSource | GroupSource | PrefixListSource | OpaqueSource


class RuleKey(msgspec.Struct, frozen=True):
    """What makes two rules the same rule for AWS: protocol, ports and source; not the description, not the tags.

    Attributes:
        protocol: ``tcp``, ``udp``, another name or number, or ``-1`` for all traffic.
        from_port, to_port: inclusive; 0 and 65535 where the protocol is all traffic.
        source: who is let in.
    """

    protocol: str
    from_port: int
    to_port: int
    source: Source

    def opens(self, protocol: str, port: int) -> bool:
        """Whether the rule is about this port of this protocol, in whatever shape."""
        return self.protocol == ALL_TRAFFIC or (self.protocol == protocol and self.from_port <= port <= self.to_port)


class RuleSpec(msgspec.Struct, frozen=True):
    """A rule as it is asked of AWS: what it is, what it says, whose it is."""

    key: RuleKey
    description: str
    tags: Tags


class Rule(msgspec.Struct, frozen=True):
    """An ingress rule as AWS holds it.

    Attributes:
        id: AWS's id, ``sgr-...``.
    """

    id: str
    key: RuleKey
    description: str = ""
    tags: Tags = ()

    @property
    def spec(self) -> RuleSpec:
        """What to ask of AWS to have this rule again."""
        return RuleSpec(self.key, self.description, self.tags)

    def tag(self, name: str) -> str | None:
        """The value of one tag."""
        return dict(self.tags).get(name)


class SecurityGroup(msgspec.Struct, frozen=True, tag="group"):
    """A security group with its ingress rules, sorted by id.

    Attributes:
        egress: its egress rules, sorted by id: whom its interfaces may reach, in the place of the source.
    """

    id: str
    name: str
    vpc: str
    rules: tuple[Rule, ...] = ()
    tags: Tags = ()
    egress: tuple[Rule, ...] = ()


class Missing(msgspec.Struct, frozen=True, tag="missing"):
    """Something that was looked for, and that AWS does not have."""

    id: str


_NEW_PREFIX_LIST = "prefix-list/"


def new_group(vpc: str, name: str) -> str:
    """How a group is called that may not be there yet: a group's name is its own within a VPC."""
    return f"{vpc}/{name}"


def parts_of_new_group(target: str) -> tuple[str, str] | None:
    """The VPC and the name, of what `new_group` made; None for anything else."""
    vpc, slash, name = target.partition("/")
    return (vpc, name) if slash and vpc.startswith("vpc-") else None


def new_prefix_list(name: str) -> str:
    """How a managed prefix list is called that may not be there yet."""
    return _NEW_PREFIX_LIST + name


def name_of_new_prefix_list(target: str) -> str | None:
    """The name, of what `new_prefix_list` made; None for anything else."""
    return target.removeprefix(_NEW_PREFIX_LIST) if target.startswith(_NEW_PREFIX_LIST) else None


class PrefixList(msgspec.Struct, frozen=True, tag="prefix-list"):
    """A managed prefix list.

    Attributes:
        weight: how many rules a reference to it counts as: its maximum number of entries, or AWS's own figure
            (Amazon VPC user guide, prefix lists: "counts as the maximum number of entries").
        entries: its CIDRs, if they were asked for.
        version: of its entries; 0 for AWS's own lists, which have none.
        state: as AWS says, such as ``modify-complete`` (EC2 API reference, ManagedPrefixList.State); may be empty.
        owner: the account that it belongs to, or ``AWS``.
        descriptions: of its entries, in their order.
        message: what AWS says of its state, such as which group has no room for a larger list; may be empty.
    """

    id: str
    name: str
    family: int
    weight: int | Unknown
    entries: tuple[Cidr, ...] | Unknown
    version: int = 0
    state: str = ""
    owner: str = ""
    tags: Tags = ()
    descriptions: tuple[str, ...] = ()
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether AWS gave up its last change."""
        return self.state.endswith("-failed")

    @property
    def settled(self) -> bool:
        """Whether no change of it is under way: one that is refuses every other."""
        return not self.state.endswith("-in-progress")

    @property
    def addresses(self) -> AddressSet | Unknown:
        """All the addresses that a reference lets in."""
        return self.entries if isinstance(self.entries, Unknown) else AddressSet.of(self.entries)


class RulesQuota(msgspec.Struct, frozen=True, tag="quota"):
    """Rules per security group and direction, IPv4 and IPv6 counted apart.

    Attributes:
        limit: the number for each family.
        observed: whether AWS was asked; otherwise it is the documented default.
    """

    limit: int
    observed: bool


DEFAULT_RULES_QUOTA = RulesQuota(60, observed=False)
"""Amazon VPC quotas: "Inbound or outbound rules per security group: 60", enforced separately for IPv4 and IPv6."""


def addresses_of(source: Source, prefix_lists: dict[str, PrefixList | Unknown]) -> AddressSet | Unknown | None:
    """Which addresses a source stands for.

    Returns:
        None for a security group: it names interfaces, not addresses of strangers.
        Unknown where a prefix list was not read or a source was not understood.
    """
    match source:
        case CidrSource(cidr):
            return AddressSet.of((cidr,))
        case GroupSource():
            return None
        case PrefixListSource(prefix_list):
            held = prefix_lists.get(prefix_list)
            if held is None:
                return Unknown(f"prefix list {prefix_list}", "it was not read")
            return held if isinstance(held, Unknown) else held.addresses
        case OpaqueSource(text):
            return Unknown(f"source {text}", "originlock does not understand it")
