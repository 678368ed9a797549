"""The one table of keys: what a configuration may hold, what each key means, and its default.

Lives here: names, kinds, descriptions and defaults; decoding and the schema both walk this table.
Must not live here: how a key is looked up (see `reading`), how a value is judged (see `values`).
"""

from __future__ import annotations

from collections.abc import Sequence

from originlock.facts.edge import EdgeDescription
from originlock.facts.networks import Cidr
from originlock.intent import addresses, identity_keys, values
from originlock.intent.entries import Entry, Key, Named, Pairs, Section, Several
from originlock.intent.notify_keys import NOTIFY, RUN
from originlock.intent.policy import NO_EDGE, Limits, NetworkPolicy, ProofPolicy

__all__ = ["Entry", "Key", "Named", "Pairs", "Section", "Several"]

DEFAULT_EDGE = "cloudflare"


REGION: Key[str | None] = Key(
    "region", values.REGION, "The AWS region; without it, what boto3 finds (AWS_REGION, the profile).", None
)
PROFILE: Key[str | None] = Key(
    "profile", values.PROFILE, "The profile of the AWS configuration; without it, what boto3 finds.", None
)
ROLE: Key[str | None] = Key(
    "role",
    values.ROLE,
    "The ARN of a role to assume, such as one in another account; without it, as who the profile is.",
    None,
)
EXTERNAL_ID: Key[str | None] = Key(
    "external_id",
    values.EXTERNAL_ID,
    "What the role's trust policy asks for as sts:ExternalId. It is no secret: saved plans and the journal hold it.",
    None,
)
SECURITY_GROUPS: Key[tuple[str, ...] | None] = Key(
    "security_groups",
    values.SECURITY_GROUPS,
    "The ids of the security groups to lock; give these, tags, or a load balancer.",
    None,
)
LOAD_BALANCER: Key[str | None] = Key(
    "load_balancer",
    values.LOAD_BALANCER,
    "The load balancer to lock, by name or ARN: its groups, on the ports that it listens on.",
    None,
)
TAGS = Pairs(
    "tags",
    "Lock every security group that carries all of these tags; give these, ids, or a load balancer.",
    values.TAG_KEY,
    values.TAG_VALUE,
)
HOSTNAMES: Key[tuple[str, ...]] = Key(
    "hostnames",
    addresses.HOSTNAMES,
    "What the edge serves from this origin; used to prove that it still does.",
    (),
)

_USUAL = NetworkPolicy()

PROTOCOL = Key("protocol", values.PROTOCOL, "The protocol that the edge speaks.", _USUAL.protocol)
PORTS = Key("ports", values.PORTS, "The ports that only the edge may reach.", _USUAL.ports)
FOREIGN = Key(
    "foreign",
    values.FOREIGN,
    "What to do with rules that originlock did not make and that open these ports: report or remove them.",
    _USUAL.foreign,
)
FOREIGN_RULES = Key(
    "foreign_rules",
    values.RULES,
    'Ids of further foreign rules to remove, such as a wider rule; only with foreign = "remove".',
    _USUAL.foreign_rules,
)


def extra_ranges(edge: EdgeDescription | None) -> Key[tuple[Cidr, ...]]:
    """The key of further ranges; their width is judged by the limits of the edge, where it is known."""
    description = "Further ranges of the edge, such as dedicated egress addresses."
    return Key("extra_ranges", addresses.extra_ranges(edge), description, _USUAL.extra_ranges)


SECURITY_GROUP = Key(
    "security_group",
    values.SECURITY_GROUP,
    "Of a load balancer: change the groups that it has, or create one of our own and attach it beside them.",
    _USUAL.security_group,
)
IPV6: Key[bool | None] = Key(
    "ipv6",
    values.IPV6,
    "Whether IPv6 ranges are let in; without it, unless the load balancer has no IPv6 addresses.",
    _USUAL.ipv6,
)
MANAGED = Key(
    "managed",
    values.MANAGED,
    "What to do about a load balancer that another tool manages, by its tags: refuse it, or allow it all the same.",
    _USUAL.managed,
)
VIA = Key(
    "via",
    values.VIA,
    "How the groups hold the edge's ranges: as rules, or by naming prefix lists that hold them.",
    _USUAL.via,
)
PREFIX_LIST: Key[tuple[str, ...]] = Key(
    "prefix_list",
    values.PREFIX_LISTS,
    'The id of the prefix list to name, or of one for each family; only with via = "prefix-list". '
    "Several origins may name the same; without it, the origin has lists of its own. "
    "An origin that names nothing else keeps just these lists current, whoever names them.",
    _USUAL.prefix_list,
)

NETWORK = Section(
    "network",
    "The network lock: who may connect.",
    (
        *(PROTOCOL, PORTS, FOREIGN, FOREIGN_RULES, extra_ranges(None)),
        *(SECURITY_GROUP, MANAGED, IPV6, VIA, PREFIX_LIST),
    ),
    rules={
        "if": {"properties": {FOREIGN_RULES.name: {"minItems": 1}}, "required": [FOREIGN_RULES.name]},
        "then": {"properties": {FOREIGN.name: {"const": "remove"}}, "required": [FOREIGN.name]},
        "dependentSchemas": {
            PREFIX_LIST.name: {"properties": {VIA.name: {"const": "prefix-list"}}, "required": [VIA.name]},
        },
    },
)

SOURCE: Key[Cidr | None] = Key(
    "source",
    addresses.EXCEPTION_SOURCE,
    "The range to let in, no wider than /16 (IPv4) or /48 (IPv6).",
    None,
    required=True,
)
OWNER: Key[str | None] = Key("owner", values.OWNER, "Who answers for the exception.", None, required=True)
REASON: Key[str | None] = Key("reason", values.REASON, "Why the exception is there.", None, required=True)
EXPIRES = Key("expires", values.DATE, "The last day of the exception, to its end in UTC.", None, required=True)

EXCEPTIONS = Several(
    "exceptions",
    Section(
        "exceptions",
        "A further source that is let in on purpose, until a day.",
        (SOURCE, OWNER, REASON, EXPIRES),
    ),
)

PROOF_PATH = Key(
    "path",
    values.PATH,
    "What is asked for through the edge; the edge must pass it on to the origin, with any query.",
    ProofPolicy().path,
)
PROOF_ADDRESSES = Key(
    "addresses",
    addresses.ORIGIN_ADDRESSES,
    "Names or addresses of the origin to be tried straight; without them, those of the load balancer.",
    ProofPolicy().addresses,
)
PROOF = Section("proof", "How connections prove it.", (PROOF_PATH, PROOF_ADDRESSES))

CHANGES_PER_SECOND = Key(
    "changes_per_second",
    values.CHANGES_PER_SECOND,
    "How many changes a second are asked of each API; 0 is no limit.",
    Limits().changes_per_second,
)
SETTLE_SECONDS = Key(
    "settle_seconds",
    values.SETTLE_SECONDS,
    "How many seconds to wait until AWS shows what was changed.",
    Limits().settle_seconds,
)
DNS_SECONDS = Key(
    "dns_seconds",
    values.DNS_SECONDS,
    "How many seconds to go on asking for the addresses of a name until there are some.",
    Limits().dns_seconds,
)
POOLED_SECONDS = Key(
    "pooled_seconds",
    values.POOLED_SECONDS,
    "How many seconds after a narrowing to try connections once more, when those that the edge kept have ended.",
    Limits().pooled_seconds,
)
DEPLOY_SECONDS = Key(
    "deploy_seconds",
    values.DEPLOY_SECONDS,
    "How many seconds to wait until a trust store is active, or a certificate is deployed at the edge.",
    Limits().deploy_seconds,
)
LIMITS = Section(
    "limits",
    "How fast, and how patient.",
    (CHANGES_PER_SECOND, SETTLE_SECONDS, DNS_SECONDS, POOLED_SECONDS, DEPLOY_SECONDS),
)


def edge_key(edges: Sequence[EdgeDescription]) -> Key[str | None]:
    """The key that names an origin's edge; it has a default if the default edge is known."""
    names = tuple(edge.name for edge in edges)
    default = DEFAULT_EDGE if DEFAULT_EDGE in names else None
    description = "The edge in front of the origin."
    return Key("edge", values.edge_name((*names, NO_EDGE)), description, default, required=default is None)


def url_keys(edge: EdgeDescription) -> tuple[Key[str], ...]:
    """One key for each URL that an edge is read from."""
    return tuple(
        Key(name, addresses.URL, f"Where {edge.title} is asked ({name}).", default) for name, default in edge.settings
    )


def edge_section(edge: EdgeDescription) -> Section:
    """The settings of one edge."""
    return Section(edge.name, f"How {edge.title} is reached.", (*url_keys(edge), identity_keys.PINS))


def origins(edges: Sequence[EdgeDescription]) -> Named:
    """The origins, by name."""
    ways = tuple(each.name for each in (SECURITY_GROUPS, TAGS, LOAD_BALANCER))
    lists_alone = {
        "required": [NETWORK.name],
        "properties": {NETWORK.name: {"required": [PREFIX_LIST.name]}, EXCEPTIONS.name: {"maxItems": 0}},
        "not": {"anyOf": [{"required": [name]} for name in ways]},
    }
    origin = Section(
        "origin",
        "What one origin should be.",
        (
            *(edge_key(edges), REGION, PROFILE, ROLE, EXTERNAL_ID, SECURITY_GROUPS, TAGS, LOAD_BALANCER, HOSTNAMES),
            *(NETWORK, identity_keys.IDENTITY, identity_keys.EDGE_ACCOUNT, EXCEPTIONS, PROOF),
        ),
        rules={
            "oneOf": [*({"required": [name]} for name in ways), lists_alone],
            "dependentRequired": {EXTERNAL_ID.name: [ROLE.name]},
        },
    )
    return Named("origins", "What is locked, by a name of your choice.", values.ORIGIN_NAME, origin)


def edges_section(edges: Sequence[EdgeDescription]) -> Section:
    """The settings of all the edges."""
    return Section("edges", "How the edges are reached.", tuple(edge_section(edge) for edge in edges))


def document(edges: Sequence[EdgeDescription]) -> Section:
    """The whole configuration."""
    entries = (origins(edges), edges_section(edges), LIMITS, NOTIFY, RUN)
    return Section("", "The configuration of originlock.", entries)
