"""Random worlds: groups as people leave them, lists as an edge may publish them, policies as people write them."""

from __future__ import annotations

import dataclasses
import datetime

from hypothesis import strategies as st
from tests.properties.fake_cloud import GROUP

from originlock.facts.edge import Ranges
from originlock.facts.networks import Cidr, parse
from originlock.facts.origin import (
    CidrSource,
    GroupSource,
    PrefixList,
    PrefixListSource,
    Rule,
    RuleKey,
    Source,
    Tags,
)
from originlock.intent.policy import (
    Exemption,
    GroupsById,
    Limits,
    NetworkPolicy,
    Overrides,
    Policy,
)

OTHER_GROUP = "sg-00000000000000002"
TODAY = datetime.date(2026, 11, 22)

EDGE_IPV4 = [
    *("173.245.48.0/20", "103.21.244.0/22", "141.101.64.0/18", "104.16.0.0/12", "104.16.0.0/13", "104.24.0.0/14"),
    *("104.28.0.0/14", "104.16.0.0/14", "104.20.0.0/14", "131.0.72.0/22", "198.51.100.0/24"),
]
EDGE_IPV6 = ["2606:4700::/32", "2606:4700::/33", "2606:4700:8000::/33", "2a06:98c0::/29", "2400:cb00::/32"]
OFFICES = ["203.0.113.7/32", "203.0.113.0/24", "2001:db8:1::/48", "10.1.0.0/16", "104.20.1.0/24"]
STRANGERS = [
    *("0.0.0.0/0", "::/0", "203.0.113.7/32", "192.0.2.0/24", "10.0.0.0/8", "10.0.0.0/7", "104.0.0.0/8", "fd00::/8"),
    *("2001:db8::/32", "104.16.0.0/16"),
]
PORTS = [80, 443, 8443]
EVERY_CIDR = sorted({*EDGE_IPV4, *EDGE_IPV6, *OFFICES, *STRANGERS})

PREFIX_LISTS = {
    "pl-edge": PrefixList("pl-edge", "edge", 4, 5, (parse("104.16.0.0/13"), parse("173.245.48.0/20"))),
    "pl-world": PrefixList("pl-world", "world", 4, 2, (parse("0.0.0.0/0"),)),
}


def cidrs(texts: list[str]) -> st.SearchStrategy[Cidr]:
    """One of them."""
    return st.sampled_from([parse(text) for text in texts])


ranges = st.builds(
    lambda ipv4, ipv6: Ranges.of([*ipv4, *ipv6]),
    st.lists(cidrs(EDGE_IPV4), min_size=1, unique=True),
    st.lists(cidrs(EDGE_IPV6), min_size=1, unique=True),
)

_spans = st.sampled_from(
    [
        *(("tcp", port, port) for port in PORTS),
        ("tcp", 443, 443),
        ("tcp", 0, 65535),
        ("tcp", 80, 443),
        ("tcp", 22, 22),
        ("udp", 443, 443),
        ("-1", 0, 65535),
    ]
)


def _sources() -> st.SearchStrategy[Source]:
    any_cidr = cidrs(EVERY_CIDR).map(CidrSource)
    groups = st.just(GroupSource("sg-00000000000000009"))
    lists = st.sampled_from(sorted(PREFIX_LISTS)).map(PrefixListSource)
    return st.one_of(any_cidr, any_cidr, any_cidr, groups, lists)


_tags: st.SearchStrategy[Tags] = st.sampled_from(
    [
        (),
        (),
        (("Name", "made by hand"),),
        (("originlock:origin", "blog"),),
        (("originlock:origin", "blog"),),
        (("originlock:origin", "other"),),
    ]
)


@st.composite
def rules(draw: st.DrawFn, most: int = 14) -> tuple[Rule, ...]:
    """The rules of a group: no two alike, as AWS has it."""
    keys = draw(
        st.lists(
            st.builds(lambda span, source: RuleKey(span[0], span[1], span[2], source), _spans, _sources()),
            unique=True,
            max_size=most,
        )
    )
    return tuple(
        Rule(f"sgr-{index:08x}", key, draw(st.sampled_from(["", "office", "x"])), draw(_tags))
        for index, key in enumerate(keys)
    )


exemptions = st.lists(
    st.builds(
        Exemption,
        source=cidrs(OFFICES),
        owner=st.just("ops@example.org"),
        reason=st.just("office"),
        expires=st.sampled_from([TODAY - datetime.timedelta(1), TODAY, TODAY + datetime.timedelta(30)]),
    ),
    max_size=3,
    unique_by=lambda exemption: exemption.source,
).map(tuple)

networks = st.builds(
    NetworkPolicy,
    protocol=st.sampled_from(["tcp", "tcp", "udp"]),
    ports=st.lists(st.sampled_from(PORTS), min_size=1, unique=True).map(lambda ports: tuple(sorted(ports))),
    foreign=st.sampled_from(["report", "remove"]),
    foreign_rules=st.lists(st.integers(0, 13).map(lambda n: f"sgr-{n:08x}"), max_size=3).map(tuple),
)


QUICK = Limits(0, 2.0)
"""No pacing, little patience."""


@dataclasses.dataclass(frozen=True)
class World:
    """Everything that a run meets."""

    groups: dict[str, tuple[Rule, ...]]
    published: Ranges
    policy: Policy
    overrides: Overrides
    limits: Limits = QUICK


@st.composite
def worlds(draw: st.DrawFn, *, adopt: bool = True) -> World:
    """A world; the list is accepted by its digest, so that it may be any list."""
    published = draw(ranges)
    names = (GROUP, OTHER_GROUP) if draw(st.booleans()) else (GROUP,)
    policy = Policy("blog", GroupsById(names), network=draw(networks), exceptions=draw(exemptions), hostnames=())
    overrides = Overrides(accept_list=published.digest, adopt=adopt and draw(st.booleans()))
    groups = {}
    for index, name in enumerate(names):
        made = draw(rules())
        groups[name] = tuple(Rule(f"{rule.id}{index}", rule.key, rule.description, rule.tags) for rule in made)
    if policy.network.foreign_rules:
        named = tuple(f"{rule}0" for rule in policy.network.foreign_rules)
        policy = Policy(
            "blog",
            policy.target,
            network=NetworkPolicy(policy.network.protocol, policy.network.ports, policy.network.foreign, named),
            exceptions=policy.exceptions,
        )
    return World(groups, published, policy, overrides)
