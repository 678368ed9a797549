"""The network lock's word on one group that has everything: each rule, each message, as a person reads it."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from originlock.facts.edge import AcceptedList, Ranges
from originlock.facts.networks import parse
from originlock.facts.origin import (
    CidrSource,
    GroupSource,
    OpaqueSource,
    PrefixList,
    PrefixListSource,
    Rule,
    RuleKey,
    RulesQuota,
    SecurityGroup,
    Source,
    Tags,
)
from originlock.facts.snapshot import Resolution, Snapshot
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Exemption, GroupsById, NetworkPolicy, Overrides, Policy
from originlock.locks.network import rollback
from originlock.locks.network.lock import contribution, questions
from originlock.plan.acts import Authorize, Revoke, TagRules, Withdraw, inverse
from originlock.plan.change import Effect, Phase
from originlock.plan.questions import AskHostnames, AskPrefixLists, AskRulesQuota

GROUP = "sg-1"
EDGE = ("104.16.0.0/13", "198.41.128.0/17", "2606:4700::/32")
LIST = AcceptedList("cloudflare", Ranges.of([parse(cidr) for cidr in EDGE]), "json+text", agree=True)
SPLIT = msgspec.structs.replace(LIST, agree=False)
OURS: Tags = (("originlock:origin", "blog"),)
NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)


def rule(name: str, source: str | Source, ports: tuple[int, int] = (443, 443), **more: object) -> Rule:
    """A rule; tcp unless it says otherwise."""
    held = CidrSource(parse(source)) if isinstance(source, str) else source
    key = RuleKey(str(more.get("protocol", "tcp")), ports[0], ports[1], held)
    tags = more.get("tags", ())
    assert isinstance(tags, tuple)
    return Rule(name, key, str(more.get("description", "")), tags)


def snapshot(*rules: Rule, **more: object) -> Snapshot:
    """One group with these rules."""
    return msgspec.structs.replace(Snapshot(NOW, {GROUP: SecurityGroup(GROUP, "web", "vpc-1", rules)}), **more)


def policy(**network: object) -> Policy:
    """A policy for tcp/443."""
    return Policy("blog", GroupsById((GROUP,)), network=msgspec.structs.replace(NetworkPolicy(), **network))


FULL = [rule(f"sgr-{n}", cidr, tags=OURS) for n, cidr in enumerate(EDGE)]
WORLD = rule("sgr-world", "0.0.0.0/0")
OFFICE = rule("sgr-office", "203.0.113.7/32", description="office")
EVERYTHING = rule("sgr-all", "0.0.0.0/0", (0, 65535), protocol="-1")
LISTED = rule("sgr-listed", PrefixListSource("pl-1"))
PARTNER = PrefixList("pl-1", "partner", 4, 10, (parse("192.0.2.0/24"), parse("10.0.0.0/8"), parse("104.16.0.0/14")))


def test_a_hole_is_told_with_what_would_close_it() -> None:
    """A hole without its remedy, or with one that would not close it."""
    other = rule("sgr-other", "192.0.2.0/25", tags=(("originlock:origin", "shop"),))
    stale = rule("sgr-stale", "198.51.100.0/24", tags=OURS)
    seen = snapshot(*FULL, WORLD, OFFICE, EVERYTHING, LISTED, other, stale, prefix_lists={"pl-1": PARTNER})
    found = {hole.rule: hole for hole in contribution(policy(), LIST, seen, Overrides()).holes}
    named = '--foreign remove --foreign-rule {0} (or foreign = "remove", foreign_rules = ["{0}"])'
    remove = '--foreign remove (or foreign = "remove" in the configuration)'
    assert {name: (hole.lets_in, hole.close_with) for name, hole in found.items()} == {
        "sgr-world": ("0.0.0.0/0", remove),
        "sgr-office": ("203.0.113.7/32", f"{remove}; to keep it, write it down as an exception"),
        "sgr-all": ("0.0.0.0/0", "it opens more than the ports, so it must be named: " + named.format("sgr-all")),
        "sgr-listed": ("192.0.2.0/24", "it names a prefix list, so it must be named: " + named.format("sgr-listed")),
        "sgr-other": (
            "192.0.2.0/25",
            "it belongs to the origin shop: change it there, or name it: " + named.format("sgr-other"),
        ),
        "sgr-stale": ("198.51.100.0/24", "it goes with the next `originlock apply`"),
    }
    assert found["sgr-office"].what == 'sgr-office: tcp/443 from 203.0.113.7/32 "office"'
    assert found["sgr-all"].what == "sgr-all: all traffic from 0.0.0.0/0"
    assert [name for name, hole in found.items() if hole.closed_by_plan] == ["sgr-stale"]
    assert list(found)[:2] == ["sgr-all", "sgr-world"], "the widest come first"
    assert [name for name, hole in found.items() if hole.narrow] == ["sgr-office"], "whoever closes it may not mean to"


def test_what_is_no_hole_is_noted_and_left() -> None:
    """Crying wolf over SSH, a group, a private source, QUIC; or saying nothing of them."""
    harmless = [
        rule("sgr-ssh", "0.0.0.0/0", (22, 22)),
        rule("sgr-group", GroupSource("sg-9")),
        rule("sgr-private", "10.0.0.0/8"),
        rule("sgr-quic", "0.0.0.0/0", protocol="udp"),
        rule("sgr-inside", "104.16.0.0/14"),
    ]
    found = contribution(policy(foreign="remove"), LIST, snapshot(*FULL, *harmless), Overrides())
    assert (found.holes, found.drafts, found.objections, found.unknown) == ((), (), (), ())
    assert [note.what for note in found.notes] == [
        "foreign, left alone: sgr-group: tcp/443 from group sg-9",
        "foreign, left alone: sgr-inside: tcp/443 from 104.16.0.0/14",
        "foreign, left alone: sgr-private: tcp/443 from 10.0.0.0/8",
        "foreign, left alone: sgr-quic: udp/443 from 0.0.0.0/0",
        "foreign, left alone: sgr-ssh: tcp/22 from 0.0.0.0/0",
    ]


def test_what_goes_and_why() -> None:
    """A wider rule that goes unnamed, or a named one that stays."""
    rules = [*FULL, WORLD, EVERYTHING, LISTED, rule("sgr-old", "198.51.100.0/24", tags=OURS)]
    seen = snapshot(*rules, prefix_lists={"pl-1": PARTNER})
    by_kind = contribution(policy(foreign="remove"), LIST, seen, Overrides())
    (draft,) = by_kind.drafts
    assert isinstance(draft.act, Revoke)
    assert [held.id for held in draft.act.rules] == ["sgr-old", "sgr-world"]
    assert draft.reason == (
        "1 own rule no longer wanted; 1 foreign rule by which strangers come in, removed as the policy says"
    )
    named = policy(foreign="remove", foreign_rules=("sgr-all", "sgr-listed", "sgr-0", "sgr-gone"))
    by_name = contribution(named, LIST, seen, Overrides())
    (draft,) = by_name.drafts
    assert isinstance(draft.act, Revoke)
    assert {held.id for held in draft.act.rules} == {"sgr-all", "sgr-listed", "sgr-old", "sgr-world"}
    assert all(hole.closed_by_plan for hole in by_name.holes)
    assert [note.what for note in by_name.notes] == [
        "sgr-0 is named to be removed, but lets no stranger in on the policy's ports: tcp/443 from 104.16.0.0/13"
    ]


def test_while_the_forms_disagree_nothing_goes() -> None:
    """A removal on the strength of half a list."""
    seen = snapshot(*FULL[1:], WORLD, rule("sgr-old", "198.51.100.0/24", tags=OURS))
    found = contribution(policy(foreign="remove"), SPLIT, seen, Overrides())
    assert [(draft.phase, draft.effect) for draft in found.drafts] == [(Phase.WIDEN, Effect.WIDEN)]
    assert {hole.close_with for hole in found.holes} == {
        "nothing is removed while the published forms of the list disagree: apply again when they agree"
    }
    assert [n.what for n in found.notes] == ["the published forms of the list disagree: nothing is removed in this run"]


def test_what_is_missing_is_added_in_one_act_with_its_marks() -> None:
    """Rules without the tag would be foreign at the next run."""
    exemptions = tuple(
        Exemption(parse(source), "ops@example.org", "office", NOW.date() + datetime.timedelta(days))
        for source, days in (("203.0.113.7/32", 0), ("203.0.113.8/32", -1), ("203.0.113.9/32", 14))
    )
    asked = msgspec.structs.replace(policy(extra_ranges=(parse("192.0.2.0/24"),)), exceptions=exemptions)
    found = contribution(asked, LIST, snapshot(FULL[0]), Overrides())
    (draft,) = found.drafts
    assert isinstance(draft.act, Authorize)
    assert draft.reason == "5 wanted sources not let in yet"
    assert {spec.tags for spec in draft.act.rules} == {OURS}
    says = {
        spec.key.source.cidr: spec.description for spec in draft.act.rules if isinstance(spec.key.source, CidrSource)
    }
    assert says == {
        "192.0.2.0/24": "originlock blog: extra: cloudflare",
        "198.41.128.0/17": "originlock blog: edge: cloudflare",
        "2606:4700::/32": "originlock blog: edge: cloudflare",
        "203.0.113.7/32": "originlock blog: exception: office, ops@example.org, until 2026-11-22",
        "203.0.113.9/32": "originlock blog: exception: office, ops@example.org, until 2026-12-06",
    }
    assert [note.what for note in found.notes] == [
        "the exception 203.0.113.7/32 (office, ops@example.org) ends on 2026-11-22",
        "the exception 203.0.113.8/32 (office) ended on 2026-11-21: it is no longer let in",
        "the exception 203.0.113.9/32 (office, ops@example.org) ends on 2026-12-06",
    ]


def test_rules_of_others_for_wanted_ranges() -> None:
    """Taken over unasked; not taken over though asked; or taken from another origin."""
    theirs = [rule("sgr-a", EDGE[0]), rule("sgr-b", EDGE[1], tags=(("originlock:origin", "shop"),)), FULL[2]]
    plain = contribution(policy(), LIST, snapshot(*theirs), Overrides())
    assert plain.drafts == ()
    assert [note.what for note in plain.notes] == [
        "1 rule for wanted sources made by somebody else: present, and left theirs (--adopt takes them over)",
        "1 rule for wanted sources of another origin: present, and left",
    ]
    adopting = contribution(policy(), LIST, snapshot(*theirs), Overrides(adopt=True))
    (draft,) = adopting.drafts
    assert draft.act == TagRules(GROUP, ("sgr-a",), OURS)
    assert (draft.phase, draft.effect) == (Phase.PREPARE, Effect.NEUTRAL)
    assert draft.reason == "take over 1 rule for wanted sources that somebody else made"
    assert len(adopting.notes) == 1


def test_adopt_takes_over_what_options_alone_have_made() -> None:
    """The way from options to a configuration is a dead end: the rules stay the command line's for ever."""
    cli: Tags = (("originlock:origin", "cli"),)
    seen = snapshot(rule("sgr-a", EDGE[0], tags=cli), *FULL[1:])
    (draft,) = contribution(policy(), LIST, seen, Overrides(adopt=True)).drafts
    assert draft.act == TagRules(GROUP, ("sgr-a",), OURS, cli)
    assert inverse(draft.act) == TagRules(GROUP, ("sgr-a",), cli, OURS)


def test_options_do_not_unsay_what_other_options_said() -> None:
    """`--port 8443` in one line of cron that shuts the edge out of the 443 of another line."""
    cli: Tags = (("originlock:origin", "cli"),)
    held = [rule(f"sgr-{n}", cidr, tags=cli) for n, cidr in enumerate(EDGE)]
    options = msgspec.structs.replace(policy(ports=(8443,)), origin="cli")
    found = contribution(options, LIST, snapshot(*held), Overrides())
    assert [type(draft.act) for draft in found.drafts] == [Authorize]
    assert found.notes[0].what == (
        "3 own rules on ports that are not named now: left alone; name every port, to keep them current"
    )
    configured = contribution(policy(ports=(8443,)), LIST, snapshot(*FULL), Overrides())
    assert [type(draft.act) for draft in configured.drafts] == [Authorize, Revoke]


def test_what_could_not_be_read_is_unknown() -> None:
    """I10: a prefix list, a source or a group that is not known counts as harmless."""
    dark = rule("sgr-dark", PrefixListSource("pl-2"))
    odd = rule("sgr-odd", OpaqueSource("???"))
    seen = snapshot(
        *FULL,
        dark,
        odd,
        prefix_lists={"pl-2": Unknown("prefix list pl-2", "not allowed")},
        unknown=(Unknown("the search", "denied"),),
    )
    found = contribution(policy(foreign="remove"), LIST, seen, Overrides())
    assert found.drafts == ()
    assert [(u.target, u.what, u.reason) for u in found.unknown] == [
        ("", "the search", "denied"),
        (GROUP, "whom sgr-dark: tcp/443 from prefix list pl-2 lets in", "prefix list pl-2: not allowed"),
        (
            GROUP,
            "whom sgr-odd: tcp/443 from something not understood (???) lets in",
            "source ???: originlock does not understand it",
        ),
    ]
    lost = msgspec.structs.replace(seen, groups={GROUP: Unknown("security group sg-1", "denied")}, unknown=())
    gone = contribution(policy(), LIST, lost, Overrides())
    assert [(u.target, u.what, u.reason) for u in gone.unknown] == [(GROUP, "security group sg-1", "denied")]
    assert (gone.drafts, gone.expectations) == ((), ())


def crowd(number: int, tags: Tags = ()) -> list[Rule]:
    """So many private rules."""
    return [rule(f"sgr-c{n:03}", f"10.0.{n}.0/24", (9, 9), tags=tags) for n in range(number)]


def test_the_quota_is_asked_only_where_the_default_would_not_do() -> None:
    """A call more on every run, or none where it matters."""
    assert questions(policy(), LIST, snapshot(*crowd(58)), Overrides()) == ()
    assert questions(policy(), LIST, snapshot(*crowd(59)), Overrides()) == (AskRulesQuota(),)
    told = snapshot(*crowd(59), quota=RulesQuota(100, observed=True))
    assert questions(policy(), LIST, told, Overrides()) == ()
    assert questions(policy(), LIST, snapshot(*FULL, *crowd(70)), Overrides()) == (), "nothing is to be added"
    assert questions(policy(), LIST, snapshot(*crowd(59), LISTED), Overrides()) == (AskPrefixLists(("pl-1",)),)


@pytest.mark.parametrize(
    "quota,source",
    [
        (RulesQuota(60, observed=True), "AWS says"),
        (Unknown("the quota", "denied"), "AWS's default; it could not be asked for yours"),
    ],
)
def test_a_full_group_is_refused_with_what_would_fit(quota: RulesQuota | Unknown, source: str) -> None:
    """An objection that leaves a person to reckon."""
    (objection,) = contribution(
        policy(ports=(443, 8443)), LIST, snapshot(*crowd(57), quota=quota), Overrides()
    ).objections
    assert (objection.guard, objection.origin) == ("rules-quota", "blog")
    assert objection.message == (
        f"sg-1 can hold 60 rules of each family ({source}): 1 IPv4 rules too many; 1 of 2 ports would fit "
        "(2 IPv4 and 1 IPv6 rules each)"
    )
    assert objection.remedy == (
        "raise the quota L-0EA8095F to at least 61, lock fewer ports, or take out rules that are not needed"
    )


def test_own_rules_make_room_with_their_reason() -> None:
    """Room that is made without a word, or by others' rules."""
    seen = snapshot(*crowd(30), *(rule(f"sgr-d{n:03}", f"10.1.{n}.0/24", (9, 9), tags=OURS) for n in range(29)))
    found = contribution(
        policy(),
        LIST,
        msgspec.structs.replace(seen, quota=RulesQuota(60, observed=True)),
        Overrides(accept_list=LIST.ranges.digest),
    )
    assert found.objections == ()
    assert [(d.phase, d.effect, d.reason) for d in found.drafts] == [
        (Phase.WIDEN, Effect.WIDEN, "2 wanted sources not let in yet"),
        (Phase.WIDEN, Effect.NARROW, "1 own rule no longer wanted, to make room at the quota"),
        (Phase.WIDEN, Effect.WIDEN, "1 wanted source not let in yet"),
        (Phase.NARROW, Effect.NARROW, "28 own rules no longer wanted"),
    ]
    room = found.drafts[1].act
    assert isinstance(room, Revoke)
    assert all(held.tags == OURS for held in room.rules)


NAMED = msgspec.structs.replace(policy(foreign="remove"), hostnames=("www.example.org", "example.org"))


def test_names_are_asked_before_a_public_rule_goes() -> None:
    """The direct visitors of a name that the edge does not serve are shut out."""
    seen = snapshot(*FULL, WORLD)
    assert questions(NAMED, LIST, seen, Overrides()) == (AskHostnames(NAMED.hostnames),)
    assert questions(NAMED, LIST, seen, Overrides(no_prove=True)) == ()
    assert questions(NAMED, SPLIT, seen, Overrides()) == ()
    assert questions(NAMED, LIST, snapshot(*FULL), Overrides()) == ()
    stale = rule("sgr-old", "198.51.100.0/24", tags=OURS)
    assert questions(NAMED, LIST, snapshot(*FULL, stale), Overrides()) == (), "no visitor comes by a stale range"
    wide = rule("sgr-wide", "0.0.0.0/0", tags=OURS)
    assert questions(NAMED, LIST, snapshot(*FULL, wide), Overrides()) == (AskHostnames(NAMED.hostnames),)


@pytest.mark.parametrize(
    "answer,message",
    [
        (Resolution("example.org", ("104.16.0.1", "2606:4700::1")), None),
        (
            Resolution("example.org", ("104.16.0.1", "192.0.2.9")),
            "example.org is not behind cloudflare: it resolves to 192.0.2.9",
        ),
        (Resolution("example.org", ()), "example.org is not behind cloudflare: it resolves to no address"),
        (Unknown("example.org", "no answer"), "whether example.org is behind cloudflare cannot be told: no answer"),
    ],
)
def test_each_name_must_be_behind_the_edge(answer: Resolution | Unknown, message: str | None) -> None:
    """One good name vouches for another, or an unknown one counts as good."""
    good = Resolution("www.example.org", ("104.16.0.1",))
    seen = snapshot(*FULL, WORLD, resolutions={"www.example.org": good, "example.org": answer})
    found = contribution(NAMED, LIST, seen, Overrides()).objections
    assert contribution(NAMED, LIST, seen, Overrides(no_prove=True)).objections == ()
    if message is None:
        assert found == ()
    else:
        (objection,) = found
        assert objection.guard == "hostname-not-behind-edge"
        assert objection.message == f"a rule that lets the public in is to go, and {message}"
        # Where the name could not be looked up, nobody is told to go on without a proof.
        spelt = "see that example.org is spelt right, and that this machine can look names up; then try again"
        proxied = "let cloudflare proxy example.org first, or say --no-prove if you know better"
        assert objection.remedy == (spelt if isinstance(answer, Unknown) else proxied)


def test_a_list_that_shrank_against_own_rules_is_refused() -> None:
    """State that was lost: the shipped snapshot is older than what AWS holds."""
    own = [rule(f"sgr-o{n}", f"198.51.{n}.0/24", tags=OURS) for n in range(4)]
    (objection,) = contribution(policy(), LIST, snapshot(*own), Overrides()).objections
    assert (objection.guard, objection.digest) == ("shrunken-against-own-rules", LIST.ranges.digest)
    exceptions = [
        rule(f"sgr-e{n}", f"198.51.{n}.0/24", tags=OURS, description="originlock blog: exception: x") for n in range(4)
    ]
    assert contribution(policy(), LIST, snapshot(*exceptions), Overrides()).objections == ()
    accepted = Overrides(accept_list=LIST.ranges.digest)
    assert contribution(policy(), LIST, snapshot(*own), accepted).objections == ()


def test_the_way_back_in_words() -> None:
    """A rollback that does not say what stays, what comes and what it would open."""
    old = rule("sgr-old", "198.51.100.0/24", tags=OURS)
    extra = rule("sgr-extra", "192.0.2.0/24", tags=OURS)
    inverses = (
        Authorize(GROUP, (old.spec, WORLD.spec)),
        Withdraw(GROUP, (FULL[0].spec, extra.spec)),
        TagRules(GROUP, ("sgr-0", "sgr-not-there"), (("a", "b"),)),
    )
    seen = snapshot(*FULL, extra)
    refused = rollback.rollback_contribution(policy(), LIST, seen, Overrides(), inverses)
    (objection,) = refused.objections
    assert objection.message == (
        "the rollback would open sg-1 beyond what is wanted: tcp/443 from 198.51.100.0/24, tcp/443 from 0.0.0.0/0"
    )
    assert (objection.guard, objection.remedy) == ("reopen", "say --reopen if that is what you mean")
    found = rollback.rollback_contribution(policy(), LIST, seen, Overrides(reopen=True), inverses)
    assert found.objections == ()
    assert [note.what for note in found.notes] == [
        "1 rule that came with the run, wanted now or not known to be unwanted: left there"
    ]
    assert [(d.phase, d.act, d.reason) for d in found.drafts] == [
        (Phase.PREPARE, TagRules(GROUP, ("sgr-0",), (("a", "b"),)), "the tags were otherwise before the run"),
        (Phase.WIDEN, Authorize(GROUP, (WORLD.spec,)), "1 rule from before the run"),
        (Phase.WIDEN, Authorize(GROUP, (old.spec,)), "1 rule from before the run"),
        (Phase.NARROW, Revoke(GROUP, (extra,)), "1 rule that came with the run, and not wanted"),
    ]
    assert [hole.closed_by_plan for hole in found.holes] == [True]
    listed = rule("sgr-listed", PrefixListSource("pl-1")).spec
    back = (Authorize(GROUP, (listed,)),)
    assert rollback.questions(policy(), LIST, seen, back) == (AskPrefixLists(("pl-1",)),)
    known = snapshot(*crowd(55), prefix_lists={"pl-1": PARTNER})
    assert rollback.questions(policy(), LIST, known, back) == (AskRulesQuota(),)
    full = msgspec.structs.replace(known, quota=RulesQuota(60, observed=True))
    (objection,) = rollback.rollback_contribution(policy(), LIST, full, Overrides(reopen=True), back).objections
    assert objection.message == "sg-1 has no room for the 1 rules that would come back"
