"""Room at a quota: every arrangement is played through, call by call."""

from __future__ import annotations

from hypothesis import given, strategies as st
from tests.properties.oracle import Oracle, points

from originlock.facts.networks import parse
from originlock.facts.origin import (
    CidrSource,
    GroupSource,
    PrefixList,
    PrefixListSource,
    Rule,
    RuleKey,
    RuleSpec,
    Source,
)
from originlock.facts.unknown import Unknown
from originlock.locks.network.room import (
    AddStep,
    Counts,
    MakeRoomStep,
    Site,
    arranged,
    counted,
    counts_as,
    ports_that_fit,
)

CIDRS = ["104.16.0.0/12", "104.16.0.0/13", "104.24.0.0/13", "104.16.0.0/14", "104.20.0.0/14", "198.51.100.0/24"]
CIDRS6 = ["2606:4700::/32", "2606:4700::/33", "2606:4700:8000::/33", "2a06:98c0::/29"]
LISTS: dict[str, PrefixList | Unknown] = {
    "pl-5": PrefixList("pl-5", "five", 4, 5, ()),
    "pl-6": PrefixList("pl-6", "six", 6, 6, ()),
    "pl-dark": Unknown("prefix list pl-dark", "not allowed"),
    "pl-weightless": PrefixList("pl-weightless", "", 4, Unknown("weight", "not told"), ()),
}
ORACLE = Oracle(points([*CIDRS, *CIDRS6], [443]), {})

keys = st.builds(
    lambda port, cidr: RuleKey("tcp", port, port, CidrSource(parse(cidr))),
    st.sampled_from([443, 80]),
    st.sampled_from(CIDRS + CIDRS6),
)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """A group near a small quota."""
    held_keys = draw(st.lists(keys, unique=True, max_size=8))
    held = tuple(Rule(f"sgr-{n}", key) for n, key in enumerate(held_keys))
    wanted = tuple(draw(st.lists(keys, unique=True, max_size=8)))
    missing = tuple(RuleSpec(key, "", ()) for key in wanted if key not in held_keys)
    removable = tuple(rule for rule in held if rule.key not in wanted and draw(st.booleans()))
    return Site(held, missing, removable, wanted, draw(st.integers(1, 9)), {})


@given(sites())
def test_an_arrangement_keeps_to_the_quota_and_never_leaves_a_gap(site: Site) -> None:
    """AWS refuses half-way, a wanted source is shut out while room is made, or a rule goes that must stay."""
    before = counted([rule.key for rule in site.held], {})
    arrangement = arranged(site)
    held = {rule.key: rule for rule in site.held}
    first = ORACLE.allowed({"g": tuple(held.values())})["g"]
    wanted = ORACLE.allowed({"g": tuple(Rule("", key) for key in site.wanted)})["g"]
    for step in arrangement.steps:
        match step:
            case AddStep(specs):
                assert specs, "an empty call"
                held |= {spec.key: Rule("new", spec.key) for spec in specs}
                now = counted(list(held), {})
                assert now.ipv4 <= max(site.limit, before.ipv4)
                assert now.ipv6 <= max(site.limit, before.ipv6)
            case MakeRoomStep(rules):
                assert rules, "an empty call"
                assert set(rules) <= set(site.removable)
                for rule in rules:
                    del held[rule.key]
        assert first & wanted <= ORACLE.allowed({"g": tuple(held.values())})["g"]
    if arrangement.shortfall == Counts():
        assert set(site.wanted) <= set(held), "all that is wanted is in"
        over = counted([*held], {})
        gone = len(site.held) + len(site.missing) - len(held)
        assert gone == 0 or site.limit in {over.ipv4, over.ipv6}, "no more room than is needed"
    else:
        assert arrangement.steps == ()


@given(sites())
def test_what_fits_goes_in_with_one_call(site: Site) -> None:
    """Two calls, or a rule taken out, where there was room for all."""
    keys_after = [rule.key for rule in site.held] + [spec.key for spec in site.missing]
    if site.missing and counted(keys_after, {}).within(site.limit):
        (step,) = arranged(site).steps
        assert isinstance(step, AddStep)
        assert set(step.rules) == set(site.missing)


def test_rules_are_counted_as_aws_counts_them() -> None:
    """A quota that is reckoned otherwise than AWS does: it would refuse in the middle of a change."""
    expected: dict[Source, Counts] = {
        CidrSource(parse("104.16.0.0/13")): Counts(1, 0),
        CidrSource(parse("2606:4700::/32")): Counts(0, 1),
        GroupSource("sg-1"): Counts(1, 1),
        PrefixListSource("pl-5"): Counts(5, 0),
        PrefixListSource("pl-6"): Counts(0, 6),
        PrefixListSource("pl-dark"): Counts(1, 1),
        PrefixListSource("pl-weightless"): Counts(1, 1),
        PrefixListSource("pl-never-read"): Counts(1, 1),
    }
    for source, counts in expected.items():
        assert counts_as(source, LISTS) == counts
    every = [RuleKey("tcp", 1, 1, source) for source in expected]
    assert counted(every, LISTS) == Counts(10, 11)


def test_a_split_range_is_let_in_before_the_whole_one_goes() -> None:
    """The /12 makes room for the two halves before they are there: an outage."""
    whole, low, high = (
        RuleKey("tcp", 443, 443, CidrSource(parse(c))) for c in ("104.16.0.0/12", "104.16.0.0/13", "104.24.0.0/13")
    )
    old = RuleKey("tcp", 443, 443, CidrSource(parse("198.51.100.0/24")))
    held = (Rule("whole", whole), Rule("old", old))
    missing = (RuleSpec(low, "", ()), RuleSpec(high, "", ()))
    steps = arranged(Site(held, missing, held, (low, high), 3, {})).steps
    assert steps == (AddStep(missing[:1]), MakeRoomStep((held[1],)), AddStep(missing[1:]))
    short = arranged(Site(held[:1], missing, held[:1], (low, high), 1, {}))
    assert (short.steps, short.shortfall) == ((), Counts(2, 0))


def test_how_many_ports_fit() -> None:
    """Advice that would not fit either."""
    assert ports_that_fit(60, Counts(10, 0), Counts(15, 7)) == 3
    assert ports_that_fit(60, Counts(0, 55), Counts(15, 7)) == 0
    assert ports_that_fit(60, Counts(70, 0), Counts(15, 7)) == 0
    assert ports_that_fit(60, Counts(), Counts(0, 7)) == 8
    assert ports_that_fit(60, Counts(), Counts()) == 0
