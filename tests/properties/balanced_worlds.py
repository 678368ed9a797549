"""Random worlds of load balancers and prefix lists: as people, other tools, and runs that died leave them."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st
from tests.properties.fake_region import EVERYTHING_OUT, EVERYTHING_OUT6, Balancer, Moment, Settings
from tests.properties.worlds import (
    EDGE_IPV4,
    EDGE_IPV6,
    OFFICES,
    PORTS,
    PREFIX_LISTS,
    QUICK,
    STRANGERS,
    exemptions,
    ranges,
    rules,
)

from originlock.facts.edge import Ranges
from originlock.facts.load_balancer import Listener
from originlock.facts.networks import Cidr, family, parse
from originlock.facts.origin import (
    CidrSource,
    GroupSource,
    PrefixList,
    PrefixListSource,
    Rule,
    RuleKey,
    SecurityGroup,
    Source,
    Tags,
)
from originlock.intent.policy import Limits, LoadBalancerNamed, NetworkPolicy, Overrides, Policy

VPC, ARN, NAME = "vpc-1", "arn:aws:elbv2:loadbalancer/app/web/1", "web"
OTHER_ARN = "arn:aws:elbv2:loadbalancer/app/shop/2"
ATTACHED = ("sg-a", "sg-b", "sg-c", "sg-d", "sg-e")
OWN, STRAY = "sg-own", "sg-own2"
TARGET_GROUPS = ("sg-t1", "sg-t2")
OURS: Tags = (("originlock:origin", "blog"),)
OUR_GROUP: Tags = (("originlock:load-balancer", NAME), ("originlock:origin", "blog"))
OUR_NAME = f"originlock-blog-{NAME}"
SHARED = {4: "pl-shared4", 6: "pl-shared6"}
OUR_LISTS = {4: "pl-own4", 6: "pl-own6"}
EDGE_SAYS = "originlock: edge: cloudflare"


@dataclasses.dataclass(frozen=True)
class BalancedWorld:
    """Everything that a run meets."""

    moment: Moment
    settings: Settings
    published: Ranges
    policy: Policy
    overrides: Overrides
    limits: Limits = QUICK

    @property
    def balancer(self) -> Balancer:
        """The target, before any run."""
        return self.moment.balancers[ARN]


_listeners = st.lists(
    st.sampled_from(
        [
            Listener("HTTPS", 443),
            Listener("HTTPS", 443),
            Listener("HTTP", 80),
            Listener("HTTPS", 8443),
            Listener("TCP_UDP", 443),
        ]
    ),
    unique_by=lambda listener: listener.port,
    max_size=3,
).map(tuple)

_opening = st.sampled_from(
    [
        RuleKey("tcp", 443, 443, CidrSource(parse("0.0.0.0/0"))),
        RuleKey("tcp", 443, 443, CidrSource(parse("::/0"))),
        RuleKey("tcp", 80, 443, CidrSource(parse("0.0.0.0/0"))),
        RuleKey("tcp", 80, 80, CidrSource(parse("0.0.0.0/0"))),
        RuleKey("-1", 0, 65535, CidrSource(parse("192.0.2.0/24"))),
    ]
)
"""Why people come to us."""


def _own_rules(draw: st.DrawFn, suffix: str, sources: list[Source]) -> list[Rule]:
    """What a run of ours, or half of one, left: for some of these sources, on some port."""
    port = draw(st.sampled_from([443, 443, 80]))
    kept = draw(st.lists(st.sampled_from(sources), unique=True, max_size=len(sources))) if sources else []
    if draw(st.booleans()):
        kept = sources
    return [
        Rule(f"sgr-0{suffix}{n:03x}", RuleKey("tcp", port, port, source), "x", OURS) for n, source in enumerate(kept)
    ]


def _unique(found: list[Rule]) -> tuple[Rule, ...]:
    return tuple({rule.key: rule for rule in reversed(found)}.values())


def _group(draw: st.DrawFn, name: str, sources: list[Source], *, own: bool) -> SecurityGroup:
    found = [Rule(f"{r.id}{name[3:]}", r.key, r.description, r.tags) for r in draw(rules(4))]
    if draw(st.booleans()):
        found.append(Rule(f"sgr-1{name[3:]}", draw(_opening)))
    if draw(st.integers(0, 3)) == 0:
        found.append(Rule(f"sgr-2{name[3:]}", RuleKey("-1", 0, 65535, GroupSource(name))))
    if draw(st.integers(0, 5)) == 0:
        # Private rules that nobody may touch, so many that there is little room.
        found += [
            Rule(f"sgr-7{name[3:]}{n}", RuleKey("tcp", 9999, 9999, CidrSource(parse(f"10.9.{n}.0/24"))))
            for n in range(draw(st.integers(35, 58)))
        ]
    if own or draw(st.integers(0, 2)) == 0:
        found += _own_rules(draw, name[3:], sources)
    out: tuple[Rule, ...] = (Rule(f"sgr-3{name[3:]}", draw(st.sampled_from([EVERYTHING_OUT, EVERYTHING_OUT6]))),)
    if draw(st.integers(0, 3)) == 0:
        out = tuple(
            Rule(f"sgr-4{name[3:]}{n}", RuleKey("tcp", 80, 80, GroupSource(target)))
            for n, target in enumerate(TARGET_GROUPS)
        )
    return SecurityGroup(name, name, VPC, _unique(found), (), out)


def _lists(draw: st.DrawFn, published: Ranges, kind: str) -> dict[str, PrefixList]:
    """Lists of the edge's ranges, as they were, and as others have changed them."""
    found = {}
    for version, name in (SHARED if kind == "shared" else OUR_LISTS).items():
        if kind == "own" and draw(st.booleans()):
            continue
        edge = [parse(text) for text in (EDGE_IPV4 if version == 4 else EDGE_IPV6)]
        current = list(published.ipv4 if version == 4 else published.ipv6)
        put_in: dict[Cidr, str] = {}
        chosen = current if draw(st.booleans()) else draw(st.lists(st.sampled_from([*current, *edge]), unique=True))
        for cidr in chosen:
            put_in[cidr] = draw(st.sampled_from([EDGE_SAYS, EDGE_SAYS, EDGE_SAYS, "by hand"]))
        others = [parse(text) for text in [*OFFICES, *STRANGERS] if family(parse(text)) == version]
        for cidr in draw(st.lists(st.sampled_from(others), unique=True, max_size=2)) if draw(st.booleans()) else []:
            put_in.setdefault(cidr, "by hand")
        size = len(put_in) + draw(st.sampled_from([0, 1, 5, 20]))
        label = f"originlock-blog-ipv{version}" if kind == "own" else name
        tags = OURS if kind == "own" else ()
        found[name] = PrefixList(
            name, label, version, max(1, size), tuple(put_in), 3, "modify-complete", "1", tags, tuple(put_in.values())
        )
    return found


def _targets(
    draw: st.DrawFn, attached: tuple[str, ...], own: list[str]
) -> tuple[list[SecurityGroup], list[tuple[str, str]]]:
    """Targets, and how their groups admit the load balancer, if they do."""
    groups, targets = [], []
    for name in TARGET_GROUPS:
        admitted = draw(st.lists(st.sampled_from([*attached, *own]), unique=True, max_size=2))
        found = [Rule(f"sgr-5{name[3:]}{n}", RuleKey("tcp", 80, 80, GroupSource(g))) for n, g in enumerate(admitted)]
        groups.append(SecurityGroup(name, name, VPC, tuple(found)))
        targets.append((f"{name[3:]}/i:80", name))
    return groups, targets


@st.composite
def networks(draw: st.DrawFn, lists: str, rule_ids: list[str]) -> NetworkPolicy:
    """What is asked for."""
    ports = draw(st.lists(st.sampled_from([443, 443, *PORTS]), min_size=1, max_size=2, unique=True))
    return NetworkPolicy(
        protocol=draw(st.sampled_from(["tcp", "tcp", "tcp", "udp"])),
        ports=tuple(sorted(ports)),
        foreign=draw(st.sampled_from(["report", "remove", "remove"])),
        foreign_rules=tuple(draw(st.lists(st.sampled_from(rule_ids), max_size=2))) if rule_ids else (),
        extra_ranges=tuple(parse(text) for text in draw(st.lists(st.sampled_from(["198.51.100.0/24"]), max_size=1))),
        security_group=draw(st.sampled_from(["existing", "create", "create"])),
        ipv6=draw(st.sampled_from([None, None, True, False])),
        managed=draw(st.sampled_from(["refuse", "allow", "allow"])),
        via="rules" if lists == "none" or draw(st.integers(0, 3)) == 0 else "prefix-list",
        prefix_list=tuple(SHARED.values()) if lists == "shared" else (),
    )


_DARK = ["listeners", "tags", "interfaces", "health", "tagged groups", "tagged lists"]
_DARK += [f"{what}:{name}" for what in ("references", "users", "group") for name in ATTACHED[:2]]
_DARK += [f"entries:{name}" for name in ("pl-shared4", "pl-own4", "pl-edge")]


@st.composite
def balanced_worlds(draw: st.DrawFn, *, dark: bool = False, adopt: bool = True) -> BalancedWorld:
    """A load balancer with its groups; the list is accepted by its digest, so that it may be any list."""
    published = draw(ranges)
    kind = draw(st.sampled_from(["none", "own", "own", "shared"]))
    lists = {**PREFIX_LISTS, **({} if kind == "none" else _lists(draw, published, kind))}
    attached = ATTACHED[: draw(st.sampled_from([1, 1, 2, 2, 3, 4, 5]))]
    sources: list[Source] = [CidrSource(cidr) for cidr in published.cidrs]
    if kind != "none" and draw(st.booleans()):
        sources = [PrefixListSource(name) for name in lists if name not in PREFIX_LISTS]
    groups = {name: _group(draw, name, sources, own=False) for name in attached}
    own = []
    for name in draw(st.sampled_from([[], [], [], [OWN], [OWN], [OWN, STRAY]])):
        made = _group(draw, name, sources, own=True)
        plain = tuple(rule for rule in made.rules if rule.tags == OURS) if draw(st.booleans()) else made.rules
        groups[name] = SecurityGroup(name, OUR_NAME if name == OWN else name, VPC, plain, OUR_GROUP, made.egress)
        own.append(name)
    if OWN not in own and draw(st.integers(0, 9)) == 0:
        groups["sg-name"] = SecurityGroup("sg-name", OUR_NAME, VPC, (Rule("sgr-6", draw(_opening)),))
    target_groups, targets = _targets(draw, attached, own)
    groups |= {group.id: group for group in target_groups}
    standing = (*attached, *(name for name in own if draw(st.booleans())))
    ids = sorted(rule.id for name in standing for rule in groups[name].rules)
    policy = Policy(
        "blog", LoadBalancerNamed(NAME), network=draw(networks(kind, ids)), exceptions=draw(exemptions), hostnames=()
    )
    marks: Tags = draw(st.sampled_from([(), (), (), (("elbv2.k8s.aws/cluster", "x"),)]))
    balancer = Balancer(
        ARN, NAME, standing, draw(_listeners), tuple(targets), draw(st.sampled_from(["dualstack", "ipv4"])), marks
    )
    balancers, others = _neighbours(draw, attached)
    settings = Settings(
        rules=draw(st.sampled_from([200, 60])),
        groups=draw(st.sampled_from([5, 5, 6])),
        slow=draw(st.sampled_from([0, 0, 1, 3])),
        dark=frozenset(draw(st.lists(st.sampled_from(_DARK), min_size=1, max_size=2))) if dark else frozenset(),
        ipv6=draw(st.booleans()),
    )
    overrides = Overrides(accept_list=published.digest, adopt=adopt and draw(st.booleans()))
    moment = Moment(groups, {ARN: balancer, **balancers}, lists, {}, others)
    return BalancedWorld(moment, settings, published, policy, overrides)


def _neighbours(draw: st.DrawFn, attached: tuple[str, ...]) -> tuple[dict[str, Balancer], dict[str, tuple[str, ...]]]:
    """Who else uses the groups of the load balancer: another one, and an instance."""
    balancers: dict[str, Balancer] = {}
    others: dict[str, tuple[str, ...]] = {}
    if draw(st.integers(0, 2)) == 0:
        balancers[OTHER_ARN] = Balancer(OTHER_ARN, "shop", (draw(st.sampled_from(attached)),))
    if draw(st.integers(0, 3)) == 0:
        others[draw(st.sampled_from(attached))] = ("eni-bastion",)
    return balancers, others
