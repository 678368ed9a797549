"""Adoption: exactly the rules for the edge's ranges that nobody owns, and nothing but their tags."""

from __future__ import annotations

import datetime
from typing import Literal

import msgspec
from hypothesis import given, settings, strategies as st

from originlock.facts.edge import AcceptedList, PastRanges, Ranges
from originlock.facts.load_balancer import LoadBalancer
from originlock.facts.networks import parse
from originlock.facts.origin import (
    CidrSource,
    GroupSource,
    PrefixListSource,
    Rule,
    RuleKey,
    SecurityGroup,
    Tags,
)
from originlock.facts.snapshot import Names, Snapshot
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Exemption, GroupsById, LoadBalancerNamed, NetworkPolicy, Overrides, Policy
from originlock.locks.network.adoption import adoption_contribution, to_adopt
from originlock.locks.network.lock import contribution
from originlock.locks.network.network_lock import NetworkLock
from originlock.locks.network.rollback import rollback_contribution
from originlock.locks.network.standing import group_tags
from originlock.plan.acts import Revoke, TagRules, UntagRules, inverse
from originlock.plan.change import Contribution, Effect, Phase

GROUP = "sg-1"
NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
TODAY = ("104.16.0.0/13", "104.24.0.0/14", "198.41.128.0/17", "2606:4700::/32")
LOST = "131.0.72.0/22"
FORMER = ("104.16.0.0/12", "199.27.128.0/21")
OFFICE = "203.0.113.7/32"
EXTRA = "198.51.100.0/24"


def ranges(*cidrs: str) -> Ranges:
    """A list."""
    return Ranges.of([parse(cidr) for cidr in cidrs])


PAST = PastRanges(ranges(LOST, *FORMER), ranges(*FORMER))
LIST = AcceptedList("cloudflare", ranges(*TODAY), "json+text", agree=True, past=PAST)
BLOG = Policy(
    "blog",
    GroupsById((GROUP,)),
    network=NetworkPolicy(ports=(443, 8443), extra_ranges=(parse(EXTRA),)),
    exceptions=(Exemption(parse(OFFICE), "ops", "office", datetime.date(2027, 1, 1)),),
)
OURS: Tags = (("originlock:origin", "blog"),)


def rule(number: int, source: str, first: int = 443, last: int | None = None, **more: object) -> Rule:
    """A rule as somebody made it."""
    tags = more.get("tags", ())
    assert isinstance(tags, tuple)
    key = RuleKey(str(more.get("protocol", "tcp")), first, first if last is None else last, CidrSource(parse(source)))
    return Rule(f"sgr-{number:03}", key, str(more.get("description", "")), tags)


def seen(*rules: Rule) -> Snapshot:
    """One group."""
    return Snapshot(NOW, {GROUP: SecurityGroup(GROUP, "web", "vpc-1", rules)})


def tagged(found: Contribution) -> list[str]:
    """The rules that are taken over; nothing else is done."""
    names: list[str] = []
    for draft in found.drafts:
        assert isinstance(draft.act, TagRules)
        assert (draft.phase, draft.effect) == (Phase.PREPARE, Effect.NEUTRAL)
        assert (draft.act.tags, draft.act.before, draft.act.group) == (OURS, (), GROUP)
        names += draft.act.rules
    return names


def test_what_a_script_left_is_taken_over() -> None:
    """A rule for a range of today or of the past would stay foreign; an office would become a range."""
    left = [rule(n, cidr) for n, cidr in enumerate((*TODAY, LOST, *FORMER))]
    other = rule(50, TODAY[0], 8443, description="by hand", tags=(("team", "web"),))
    office = rule(51, OFFICE, description="office")
    found = adoption_contribution(BLOG, LIST, seen(*left, other, office))
    assert tagged(found) == [each.id for each in left] + [other.id]
    (draft,) = found.drafts
    assert draft.reason == (
        "for cloudflare's ranges, made by nobody of us; their descriptions stay as they are; "
        "3 of them for ranges of the past, which the next `originlock apply` takes out"
    )
    (note,) = found.notes
    assert note.what == f"3 ranges of the past: {LOST}, {FORMER[0]}, {FORMER[1]}"
    assert {hole.rule for hole in found.holes} == {"sgr-004", "sgr-005", "sgr-006"}
    assert not any(hole.closed_by_plan for hole in found.holes)
    (expected,) = found.expectations
    assert set(expected.present) == {each.key for each in (*left[:4], other, office)}, "no more than what is there"


def test_what_only_looks_like_it_is_left() -> None:
    """A rule of another origin, for more ports, for another protocol or for a part of a range would be taken."""
    left = (
        rule(0, TODAY[0], tags=OURS),
        rule(1, TODAY[1], tags=(("originlock:origin", "shop"),)),
        rule(2, TODAY[1], 8443, tags=(("originlock:origin", "cli"),)),
        rule(3, TODAY[2], 80, 443),
        rule(4, TODAY[2], 22),
        rule(5, TODAY[2], protocol="udp"),
        rule(6, TODAY[2], 0, 65535, protocol="-1"),
        rule(7, "104.16.0.0/14"),
        rule(8, "104.0.0.0/8"),
        rule(9, OFFICE),
        rule(10, EXTRA),
        Rule("sgr-011", RuleKey("tcp", 443, 443, GroupSource("sg-2"))),
        Rule("sgr-012", RuleKey("tcp", 443, 443, PrefixListSource("pl-1"))),
    )
    assert tagged(adoption_contribution(BLOG, LIST, seen(*left))) == []


def test_an_exception_for_a_range_stays_an_exception() -> None:
    """Somebody's exception would be taken for the edge's range, and go with it."""
    kept = Exemption(parse(FORMER[1]), "ops", "a partner", datetime.date(2027, 1, 1))
    policy = msgspec.structs.replace(BLOG, exceptions=(kept,))
    assert tagged(adoption_contribution(policy, LIST, seen(rule(0, FORMER[1]), rule(1, FORMER[0])))) == ["sgr-001"]


def test_a_group_that_could_not_be_read_is_told_of() -> None:
    """It would look as if there were nothing to take over."""
    snapshot = Snapshot(NOW, {GROUP: Unknown(f"security group {GROUP}", "denied")})
    found = NetworkLock().adoption(BLOG, LIST, snapshot)
    assert found.drafts == ()
    assert [unread.reason for unread in found.unknown] == ["denied"]


UNASKED = Unknown("it", "it was not asked")
GROUPS = (GROUP, "sg-2")
BALANCER = LoadBalancer("arn/web", "web", "vpc-1", "application", "ipv4", GROUPS, UNASKED, (), UNASKED, ())


def balanced(security_group: Literal["existing", "create"]) -> tuple[Policy, Snapshot]:
    """A load balancer with two groups that a script filled alike, and who else uses the second."""
    network = msgspec.structs.replace(BLOG.network, security_group=security_group, foreign="remove")
    policy = msgspec.structs.replace(BLOG, target=LoadBalancerNamed("web"), network=network)
    groups: dict[str, SecurityGroup | Unknown] = {
        name: SecurityGroup(name, "web", "vpc-1", (msgspec.structs.replace(rule(0, FORMER[1]), id=f"sgr-{name}"),))
        for name in (GROUP, "sg-2")
    }
    users: dict[str, Names | Unknown] = {"sg-2": Unknown("who uses sg-2", "denied")}
    tagged: dict[Tags, Names | Unknown] = {group_tags(policy, BALANCER): Names()}
    return policy, Snapshot(NOW, groups, load_balancer=BALANCER, users=users, tagged_groups=tagged)


def test_a_group_that_others_may_use_too_is_left() -> None:
    """The next apply would take a rule out of a group that somebody else relies on."""
    policy, snapshot = balanced("existing")
    targets = [draft.act.target for draft in adoption_contribution(policy, LIST, snapshot).drafts]
    assert targets == [GROUP]


def test_beside_a_group_of_our_own_nothing_is_taken_over() -> None:
    """Rules in groups that are to leave would become ours, and go from whoever has the group besides."""
    policy, snapshot = balanced("create")
    assert adoption_contribution(policy, LIST, snapshot).drafts == ()


def adopted(group: SecurityGroup) -> SecurityGroup:
    """The group as it is afterwards."""
    taken = {each.id for each in to_adopt(BLOG, LIST, group)}
    rules = tuple(msgspec.structs.replace(r, tags=r.tags + OURS) if r.id in taken else r for r in group.rules)
    return msgspec.structs.replace(group, rules=rules)


def after(*rules: Rule) -> Snapshot:
    """What there is after the adoption."""
    group = seen(*rules).groups[GROUP]
    assert isinstance(group, SecurityGroup)
    return Snapshot(NOW, {GROUP: adopted(group)})


def test_the_next_apply_takes_out_the_past_and_keeps_the_present() -> None:
    """An adopted rule for a former range would stay for ever, or one of today's would be made anew."""
    rules = [rule(n, cidr, port) for port in (443, 8443) for n, cidr in enumerate((*TODAY, *FORMER), start=port)]
    found = contribution(BLOG, LIST, after(*rules), Overrides())
    assert found.objections == ()
    (gone,) = (draft.act for draft in found.drafts if isinstance(draft.act, Revoke))
    held = {each.id: each for each in rules}
    sources = [held[each.id].key.source for each in gone.rules]
    assert {source.cidr for source in sources if isinstance(source, CidrSource)} == set(FORMER)
    assert len(gone.rules) == 4


def test_adopted_rules_of_a_past_that_is_settled_are_no_measure_of_a_list() -> None:
    """After an adoption every apply would be refused: own rules for former ranges look like a list that shrank."""
    rules = [rule(n, cidr) for n, cidr in enumerate((TODAY[0], TODAY[3], *FORMER))]
    assert contribution(BLOG, LIST, after(*rules), Overrides()).objections == ()
    unsettled = msgspec.structs.replace(LIST, past=PastRanges(PAST.every, Ranges()))
    (objection,) = contribution(BLOG, unsettled, after(*rules), Overrides()).objections
    assert objection.guard == "shrunken-against-own-rules", "what the list has just lost is still held against it"


def test_a_rollback_gives_them_back() -> None:
    """A rule that was taken over by mistake would be ours for ever."""
    snapshot = after(rule(0, TODAY[0]), rule(1, FORMER[0]))
    act = TagRules(GROUP, ("sgr-000", "sgr-001"), OURS)
    assert inverse(act) == UntagRules(GROUP, act.rules, OURS)
    found = rollback_contribution(BLOG, LIST, snapshot, Overrides(), (UntagRules(GROUP, act.rules, OURS),))
    assert [draft.act for draft in found.drafts] == [UntagRules(GROUP, ("sgr-000", "sgr-001"), OURS)]
    assert found.objections == ()


sources = st.sampled_from([*TODAY, LOST, *FORMER, OFFICE, EXTRA, "104.16.0.0/14", "0.0.0.0/0", "::/0"])
spans = st.sampled_from([(443, 443), (8443, 8443), (22, 22), (443, 444), (80, 8443), (0, 65535)])
owners: st.SearchStrategy[Tags] = st.sampled_from(
    [(), OURS, (("originlock:origin", "shop"),), (("originlock:origin", ""),), (("Name", "x"),)]
)
rule_sets = st.lists(
    st.tuples(sources, spans, st.sampled_from(["tcp", "udp", "-1"]), owners), unique_by=lambda t: t[:3], max_size=25
)


@settings(max_examples=300)
@given(rule_sets)
def test_nothing_but_exactly_such_rules_is_ever_tagged(
    made: list[tuple[str, tuple[int, int], str, Tags]],
) -> None:
    """I3: a foreign rule would become ours, and the next apply would remove it."""
    rules = [
        rule(number, source, *span, protocol=protocol, tags=tags)
        for number, (source, span, protocol, tags) in enumerate(made)
    ]
    names = set(tagged(adoption_contribution(BLOG, LIST, seen(*rules))))
    for number, (source, span, protocol, tags) in enumerate(made):
        such = (
            source in {*TODAY, LOST, *FORMER}
            and span in {(443, 443), (8443, 8443)}
            and protocol == "tcp"
            and "originlock:origin" not in dict(tags)
        )
        assert (f"sgr-{number:03}" in names) == such
    again = adoption_contribution(BLOG, LIST, after(*rules))
    assert tagged(again) == [], "I8: what is taken over is not taken over again"
