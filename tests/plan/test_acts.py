"""Acts as data: what is left of each after an unclear answer, what leads back, and their names once things are made."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from tests.plan.driving import (
    EDGE,
    LB,
    LIST,
    LIST_NAME,
    NAME,
    NEW_GROUP,
    NEW_LIST,
    OLD,
    OTHER,
    OURS,
    TAGS,
    VPC,
    balancer,
    group,
    key,
    prefix_list,
    spec,
)

from originlock.facts.networks import parse
from originlock.facts.origin import Missing, Rule
from originlock.facts.snapshot import Held
from originlock.facts.unknown import Unknown
from originlock.plan.acts import (
    Act,
    AddEntries,
    AttachGroups,
    Authorize,
    AuthorizeEgress,
    CreateGroup,
    CreatePrefixList,
    DeleteGroup,
    DeletePrefixList,
    DetachGroups,
    DiscardGroup,
    DiscardPrefixList,
    Entry,
    Inverse,
    RemoveEntries,
    ResizePrefixList,
    Revoke,
    TagRules,
    UntagRules,
    Withdraw,
    WithdrawEgress,
    changed_under_us,
    in_the_way,
    inverse,
    remaining,
    renamed,
    settles,
)
from originlock.plan.trust_acts import TrustAct

MORE = parse("104.24.0.0/14")
RULE, OTHER_RULE = Rule("sgr-1", key(EDGE), tags=TAGS), Rule("sgr-2", key(OLD))
HELD = msgspec.structs.replace(group(OURS), rules=(RULE, OTHER_RULE), egress=(Rule("sgr-3", key(OLD)),))
SPEC, OLD_SPEC = spec(EDGE), spec(OLD)
ENTRY, OLD_ENTRY = Entry(EDGE, "edge"), Entry(OLD, "edge")
LISTED = prefix_list(OLD)

ACTS: dict[str, Act] = {
    "authorize": Authorize(OURS, (SPEC, OLD_SPEC)),
    "revoke": Revoke(OURS, (RULE, OTHER_RULE)),
    "tag": TagRules(OURS, ("sgr-1", "sgr-2"), TAGS),
    "untag": UntagRules(OURS, ("sgr-1", "sgr-2"), TAGS),
    "egress": AuthorizeEgress(OURS, (SPEC, OLD_SPEC)),
    "create": CreateGroup(VPC, NAME, "ours", TAGS),
    "delete": DeleteGroup(OURS),
    "attach": AttachGroups(LB, (OURS, OTHER)),
    "detach": DetachGroups(LB, (OTHER, "sg-third"), OURS),
    "create list": CreatePrefixList(LIST_NAME, 4, 10, (ENTRY,), TAGS),
    "delete list": DeletePrefixList(LIST),
    "resize": ResizePrefixList(LIST, 20, 10),
    "add": AddEntries(LIST, (ENTRY, OLD_ENTRY)),
    "remove": RemoveEntries(LIST, (ENTRY, OLD_ENTRY)),
}
"""One of every kind."""


def test_every_kind_is_here() -> None:
    """A kind of act without a test of what is left of it, or of what leads back."""
    assert {type(act) for act in ACTS.values()} == set(Act.__args__) - set(TrustAct.__args__)


@pytest.mark.parametrize(
    "name,held,left",
    [
        ("authorize", HELD, None),
        ("authorize", group(OURS, EDGE), Authorize(OURS, (OLD_SPEC,))),
        ("authorize", group(OURS), ACTS["authorize"]),
        ("revoke", HELD, ACTS["revoke"]),
        ("revoke", msgspec.structs.replace(HELD, rules=(RULE,)), Revoke(OURS, (RULE,))),
        ("revoke", group(OURS), None),
        # Another rule under the same id is not the one that is to go.
        ("revoke", msgspec.structs.replace(HELD, rules=(Rule("sgr-1", key(MORE)),)), None),
        ("tag", HELD, TagRules(OURS, ("sgr-2",), TAGS)),
        ("tag", msgspec.structs.replace(HELD, rules=(RULE,)), None),
        ("untag", HELD, UntagRules(OURS, ("sgr-1",), TAGS)),
        ("untag", msgspec.structs.replace(HELD, rules=(OTHER_RULE,)), None),
        ("egress", HELD, AuthorizeEgress(OURS, (SPEC,))),
        ("egress", msgspec.structs.replace(HELD, egress=HELD.rules), None),
        ("create", HELD, None),
        ("create", group(OURS, tags=(*TAGS, ("Name", "x"))), None),
        ("create", group(OURS, tags=()), ACTS["create"]),
        ("create", group(OURS, tags=(("originlock:origin", "shop"),)), ACTS["create"]),
        ("delete", HELD, ACTS["delete"]),
        ("attach", balancer(OURS, OTHER), None),
        ("attach", balancer(OTHER), AttachGroups(LB, (OURS,))),
        ("attach", balancer("sg-third"), ACTS["attach"]),
        ("detach", balancer(OURS, "sg-third"), DetachGroups(LB, ("sg-third",), OURS)),
        ("detach", balancer(OURS), None),
        # Without what is to be kept it is still to be done; whoever does it refuses it.
        ("detach", balancer(OTHER, "sg-third"), ACTS["detach"]),
        ("create list", LISTED, None),
        ("create list", prefix_list(tags=()), ACTS["create list"]),
        ("delete list", LISTED, ACTS["delete list"]),
        ("resize", LISTED, ACTS["resize"]),
        ("resize", prefix_list(size=20), None),
        ("add", LISTED, AddEntries(LIST, (ENTRY,))),
        ("add", prefix_list(OLD, EDGE), None),
        ("remove", LISTED, RemoveEntries(LIST, (OLD_ENTRY,))),
        ("remove", prefix_list(MORE), None),
    ],
)
def test_what_is_left_of_an_act(name: str, held: Held, left: Act | None) -> None:
    """Done twice, which AWS refuses as a whole; or left half-done."""
    assert remaining(ACTS[name], held) == left


@pytest.mark.parametrize("name", ACTS)
def test_of_what_is_not_there_everything_is_left_but_its_deletion(name: str) -> None:
    """A target that is gone counts as changed; or a deletion that was done is tried for ever."""
    left = remaining(ACTS[name], Missing("it"))
    assert left == (None if name.startswith("delete") else ACTS[name])


@pytest.mark.parametrize(
    "name,held", list(itertools.product(ACTS, [HELD, LISTED, balancer(OURS), prefix_list(EDGE), Missing("it")]))
)
def test_what_is_left_is_no_more_than_the_act_and_leaves_nothing_new(name: str, held: Held) -> None:
    """What is left grows, or changes from look to look at the same thing: an act that never ends."""
    act = ACTS[name]
    left = remaining(act, held)
    if left is not None:
        assert (type(left), left.target) == (type(act), act.target)
        assert remaining(left, held) == left


def test_entries_that_cannot_be_read_are_taken_for_none() -> None:
    """An unread list is none in which something is: nothing is taken out that may not be there."""
    dark = msgspec.structs.replace(LISTED, entries=Unknown("entries", "not allowed"))
    assert remaining(ACTS["add"], dark) == ACTS["add"]
    assert remaining(ACTS["remove"], dark) is None


def test_only_a_group_of_that_name_without_our_tags_is_in_the_way() -> None:
    """Ours is reported as a stranger's; or a list, whose name is not its own, as in the way."""
    theirs = group(OTHER, tags=(("originlock:origin", "shop"),))
    assert in_the_way(ACTS["create"], theirs) == theirs
    assert in_the_way(ACTS["create"], HELD) is None
    assert in_the_way(ACTS["create"], Missing(NEW_GROUP)) is None
    assert in_the_way(ACTS["create list"], prefix_list(tags=())) is None
    assert in_the_way(ACTS["authorize"], theirs) is None


@pytest.mark.parametrize(
    "name,back",
    [
        ("authorize", Withdraw(OURS, (SPEC, OLD_SPEC))),
        ("revoke", Authorize(OURS, (RULE.spec, OTHER_RULE.spec))),
        ("tag", UntagRules(OURS, ("sgr-1", "sgr-2"), TAGS)),
        ("untag", TagRules(OURS, ("sgr-1", "sgr-2"), TAGS)),
        ("egress", WithdrawEgress(OURS, (SPEC, OLD_SPEC))),
        ("create", DiscardGroup(VPC, NAME)),
        ("delete", None),
        ("attach", DetachGroups(LB, (OURS, OTHER), "")),
        ("detach", AttachGroups(LB, (OTHER, "sg-third"))),
        ("create list", DiscardPrefixList(LIST_NAME)),
        ("delete list", None),
        ("resize", ResizePrefixList(LIST, 10, 20)),
        ("add", RemoveEntries(LIST, (ENTRY, OLD_ENTRY))),
        ("remove", AddEntries(LIST, (ENTRY, OLD_ENTRY))),
    ],
)
def test_what_leads_back(name: str, back: Inverse | None) -> None:
    """An undo that is not the act's; or a deletion that a journal promises to undo."""
    assert inverse(ACTS[name]) == back
    assert back is None or back.target == ACTS[name].target


def test_tags_that_were_others_come_back_as_they_were() -> None:
    """The tag of the command line is taken off a rule instead of given back to it."""
    before = (("originlock:origin", "cli"),)
    assert inverse(TagRules(OURS, ("sgr-1",), TAGS, before)) == TagRules(OURS, ("sgr-1",), before, TAGS)


NAMES = {NEW_GROUP: OURS, NEW_LIST: LIST}


@pytest.mark.parametrize(
    "act,after",
    [
        (Authorize(NEW_GROUP, (spec(NEW_LIST), SPEC)), Authorize(OURS, (spec(LIST), SPEC))),
        (Authorize(OTHER, (spec(NEW_LIST),)), Authorize(OTHER, (spec(LIST),))),
        (AuthorizeEgress(NEW_GROUP, (SPEC,)), AuthorizeEgress(OURS, (SPEC,))),
        (Revoke(NEW_GROUP, (RULE,)), Revoke(OURS, (RULE,))),
        (TagRules(NEW_GROUP, ("sgr-1",), TAGS), TagRules(OURS, ("sgr-1",), TAGS)),
        (UntagRules(NEW_GROUP, ("sgr-1",), TAGS), UntagRules(OURS, ("sgr-1",), TAGS)),
        (DeleteGroup(NEW_GROUP), DeleteGroup(OURS)),
        (AttachGroups(LB, (OTHER, NEW_GROUP)), AttachGroups(LB, (OTHER, OURS))),
        (DetachGroups(LB, (NEW_GROUP, OTHER), NEW_GROUP), DetachGroups(LB, (OURS, OTHER), OURS)),
        (DeletePrefixList(NEW_LIST), DeletePrefixList(LIST)),
        (ResizePrefixList(NEW_LIST, 20, 10), ResizePrefixList(LIST, 20, 10)),
        (AddEntries(NEW_LIST, (ENTRY,)), AddEntries(LIST, (ENTRY,))),
        (RemoveEntries(NEW_LIST, (ENTRY,)), RemoveEntries(LIST, (ENTRY,))),
        (ACTS["create"], ACTS["create"]),
        (ACTS["create list"], ACTS["create list"]),
    ],
)
def test_an_act_gets_the_ids_of_what_was_made(act: Act, after: Act) -> None:
    """AWS is asked for a name that it does not know, in some part of some act."""
    assert renamed(act, NAMES) == after
    assert renamed(act, {}) == act


@pytest.mark.parametrize("name", ACTS)
def test_what_is_called_by_its_id_already_keeps_it(name: str) -> None:
    """Renaming changes more than names."""
    assert renamed(ACTS[name], NAMES) == ACTS[name]


def test_only_changes_of_lists_are_worked_at_after_the_answer() -> None:
    """A list is changed while AWS still works at it; or each rule costs one more look."""
    assert {name for name, act in ACTS.items() if settles(act)} == {"create list", "resize", "add", "remove"}


def test_only_a_rule_that_is_to_go_can_change_under_us() -> None:
    """A plan stops on the word of another kind of act, or does not where a rule became another."""
    changed = msgspec.structs.replace(HELD, rules=(Rule("sgr-1", key(MORE)), OTHER_RULE))
    assert changed_under_us(ACTS["revoke"], changed) == ("sgr-1",)
    assert changed_under_us(ACTS["revoke"], HELD) == ()
    assert changed_under_us(ACTS["authorize"], changed) == ()
    assert changed_under_us(ACTS["detach"], balancer(OURS)) == ()
