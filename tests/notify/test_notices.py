"""What people are told: each thing once, what changes, what is over, and nothing that was only not looked at."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, strategies as st
from tests.notify.runs import (
    BROKEN,
    HOLE,
    LOST,
    REFUSED,
    UNREAD,
    WEEK,
    ends,
    origin,
    ranges,
    run,
    texts,
    told_of,
)

from originlock.facts.runs import OriginRun, Point, Run
from originlock.notify.message import message
from originlock.notify.notices import DAYS, On, Told, Weight, notices

OPEN = origin(holes=(HOLE,), exit_code=3)
DEAF = origin(outcome="failed", exit_code=1, error=LOST)


def test_nothing_is_told_of_nothing() -> None:
    """People who hear from it four times a day read none of it."""
    assert texts(run(), run(hours=6)) == [[], []]


@pytest.mark.parametrize(
    "stands, on, text",
    [
        (OPEN, On.HOLE, "sg-1 lets in 0.0.0.0/0"),
        (origin(objections=(REFUSED,)), On.REFUSED, "list-shrunk: half of it is gone"),
        (origin(broken=(BROKEN,)), On.PROOF, "a promise is broken: a stranger was answered"),
        (origin(outcome="undone", exit_code=5), On.FAILED, "it stopped on the way"),
    ],
)
def test_what_stands_is_told_once_and_again_when_it_is_over(stands: OriginRun, on: On, text: str) -> None:
    """A hole would be told of every six hours, or never said to be closed."""
    first, second, third, fourth = told_of(run(stands), run(stands, hours=6), run(hours=12), run(hours=18))[0]
    assert [(each.on, each.weight, each.text) for each in first] == [(on, Weight.ALERT, text)]
    assert second == []
    assert [(each.on, each.weight, each.text) for each in third] == [(on, Weight.OVER, f"over: {text}")]
    assert fourth == []


def test_a_second_hole_is_told_beside_the_first() -> None:
    """Who knows of one hole would not hear of the next."""
    other = Point("sg-2 ::/0", "sg-2 lets in ::/0")
    assert texts(run(OPEN), run(origin(holes=(HOLE, other)), hours=6)) == [[HOLE.text], [other.text]]


def test_what_could_not_be_looked_at_is_not_over() -> None:
    """AWS is not reached for a moment, and a hole is called closed."""
    said = texts(run(OPEN), run(DEAF, hours=6), run(OPEN, hours=12), run(hours=18))
    assert said == [[HOLE.text], [], [], [f"over: {HOLE.text}"]]


def test_one_failure_alone_is_left_to_the_next_run() -> None:
    """Every hiccup of a cloud would wake somebody."""
    assert texts(run(DEAF), run(hours=6)) == [[], []]
    assert texts(run(DEAF), run(DEAF, hours=6), run(DEAF, hours=12), run(hours=18)) == [
        [],
        [LOST.text],
        [],
        [f"over: {LOST.text}"],
    ]


def test_what_could_not_be_told_says_why() -> None:
    """An unknown outcome would be told without what was not read."""
    blind = origin(outcome="unknown", exit_code=7, unknown=(UNREAD,))
    assert texts(run(blind), run(blind, hours=6)) == [[], [UNREAD.text]]


def test_an_undo_after_a_failure_is_told_at_once() -> None:
    """Two runs in a row fail, in different ways: the worse one would hide behind the other."""
    undone = origin(outcome="undone", exit_code=5)
    assert texts(run(DEAF), run(undone, hours=6)) == [[], ["it stopped on the way"]]


def test_a_hole_in_what_could_not_be_read_is_not_over() -> None:
    """One throttled call, and people hear that the door is closed, then that it is open again."""
    blind = origin(outcome="unknown", exit_code=7, unknown=(UNREAD,), unread=("sg-1",))
    elsewhere = origin(outcome="unknown", exit_code=7, unknown=(UNREAD,), unread=("sg-2",))
    hidden = origin(outcome="unknown", exit_code=7, unknown=(UNREAD,), unread=("",))
    assert texts(run(OPEN), run(blind, hours=6), run(OPEN, hours=12)) == [[HOLE.text], [], []]
    assert texts(run(OPEN), run(hidden, hours=6), run(OPEN, hours=12)) == [[HOLE.text], [], []]
    assert texts(run(OPEN), run(elsewhere, hours=6), run(OPEN, hours=12)) == [
        [HOLE.text],
        [f"over: {HOLE.text}"],
        [HOLE.text],
    ]


def test_a_promise_that_could_not_be_told_of_is_still_broken() -> None:
    """A probe without a network for a moment, and a broken promise is called mended, then broken again."""
    broken = origin(broken=(BROKEN, Point("everyone else", "a rule lets all in")))
    half = origin(broken=(BROKEN,), unproved=("everyone",))
    none = origin(unproved=("stranger", "everyone"))
    nobody = origin(unproved=("",))
    said = texts(*(run(each, hours=6 * n) for n, each in enumerate([broken, half, none, nobody, broken, origin()])))
    assert [len(found) for found in said] == [1, 0, 0, 0, 0, 1]
    assert said[-1][0].startswith("over: a promise is broken")


def test_an_end_that_could_not_be_seen_is_not_told_again() -> None:
    """A zone that could not be read once, and a certificate's fourteen days are told twice."""
    soon = origin(ends=(ends(13),))
    assert texts(run(soon), run(origin(unended=True), hours=6), run(soon, hours=12))[1:] == [[], []]


def test_an_old_list_stays_old_where_a_run_has_no_list() -> None:
    """`--origin` of one without an edge would call the list of another's new."""
    old = origin(ranges=ranges(current=False))
    said = texts(run(old, hours=24 * 8), run(origin("inside"), hours=24 * 9), run(old, hours=24 * 10))
    assert [len(found) for found in said] == [1, 0, 0]


def test_what_cannot_be_renewed_does_not_hide_what_is_seen() -> None:
    """A passphrase is lost, and for months no closed hole is over, and none that is opened again is told."""
    stuck = origin(outcome="failed", exit_code=1, error=Point("renewal", "no passphrase"))
    said = texts(run(OPEN), run(stuck, hours=6), run(msgspec.structs.replace(stuck, holes=(HOLE,)), hours=12))
    assert said == [[HOLE.text], [f"over: {HOLE.text}"], [HOLE.text, "no passphrase"]]
    assert msgspec.structs.replace(stuck, locks={"network": "locked"}).locked is None


def test_changes_are_told_each_time() -> None:
    """A door that is re-opened every day would be closed in silence."""
    done = origin(
        outcome="done", run="r1", done=("sg-1: remove tcp/443 from 0.0.0.0/0",), renewed=("certificate edge",)
    )
    told = told_of(run(done), run(done, hours=6))[0]
    assert [[each.text for each in found] for found in told] == 2 * [
        ["renewed: certificate edge", "changed: sg-1: remove tcp/443 from 0.0.0.0/0"]
    ]
    assert told[0][1].remedy == "to undo it: originlock rollback r1"


def test_many_changes_are_counted() -> None:
    """Two hundred accounts would fill a screen."""
    (found,), _ = told_of(run(origin(done=tuple(f"change {number}" for number in range(8)))))
    assert found[0].text == "changed: change 0; change 1; change 2; change 3; change 4; and 3 more"


def test_an_undone_change_weighs_more() -> None:
    """What was taken back would look like any other change."""
    (found,), _ = told_of(run(origin(outcome="undone", exit_code=5, undone=("it",))))
    assert [(each.on, each.weight) for each in found] == [(On.FAILED, Weight.ALERT), (On.CHANGE, Weight.WARNING)]


def test_a_run_that_was_killed_after_a_change_is_told_of() -> None:
    """What it changed was never said to anybody."""
    (found,), _ = told_of(run(recovered=("r0",)))
    assert [(each.on, each.origin) for each in found] == [(On.CHANGE, "")]
    assert "r0" in found[0].text


def test_an_end_is_told_at_each_step_and_once() -> None:
    """A certificate would be told of on the last day alone, or every six hours for a month."""
    every = [run(origin(ends=(ends(40),)), hours=6 * number) for number in range(4 * 41)]
    said = [(number // 4, found) for number, found in enumerate(texts(*every)) if found]
    assert [day for day, _ in said] == [40 - days for days in DAYS] + [40]
    assert [len(found) for _, found in said] == [1] * (len(DAYS) + 1)
    assert said[0][1] == ["client certificate edge ends in 30 days (2026-02-10 00:00 UTC)"]
    assert said[-1][1] == ["client certificate edge has ended (2026-02-10 00:00 UTC)"]


def test_what_was_renewed_is_silent() -> None:
    """A renewal would be told as an end that is over, beside the renewal itself."""
    assert texts(run(origin(ends=(ends(20),))), run(origin(ends=(ends(400),)), hours=6))[1] == []


def test_exceptions_are_a_kind_of_their_own() -> None:
    """A channel that wants exceptions alone would be told of certificates."""
    (found,), _ = told_of(run(origin(ends=(ends(2, "exception", "192.0.2.1/32"),))))
    assert [each.on for each in found] == [On.EXCEPTION]
    assert "ends in 2 days" in found[0].text


def test_hours_are_counted_at_the_end() -> None:
    """`ends in 1 day` of what ends in an hour."""
    (found,), _ = told_of(run(origin(ends=(ends(0.5),))))
    assert "ends in 12 hours" in found[0].text
    assert found[0].weight is Weight.WARNING


def test_a_list_is_told_of_when_it_changes() -> None:
    """The first list is no news, the same is none, one that stands in for another is none."""
    lists = (ranges("a"), ranges("a", hours=6), ranges("b", hours=12), ranges("b", hours=12, current=False))
    every = [run(origin(ranges=each), hours=6 * number) for number, each in enumerate(lists)]
    assert texts(*every) == [[], [], ["cloudflare publishes another list of ranges: 22 ranges now"], []]


def test_an_old_list_is_told_of_once_and_when_it_is_over() -> None:
    """A fetch that fails for a year would never be heard of."""
    old = [run(origin(ranges=ranges(current=False)), hours=24 * day) for day in range(10)]
    said = texts(*old, run(origin(ranges=ranges(hours=240)), hours=240))
    assert [number for number, found in enumerate(said) if found] == [8, 10]
    assert said[8][0].startswith("the list of cloudflare is 8 days old")


def test_one_list_of_several_origins_is_told_once() -> None:
    """Two hundred origins behind one edge would tell of one list two hundred times."""
    before = [run(*(origin(name, ranges=ranges("a")) for name in "abc"))]
    after = run(*(origin(name, ranges=ranges("b", hours=6)) for name in "abc"), hours=6)
    assert len(texts(*before, after)[1]) == 1


def test_origins_that_a_run_was_not_about_stay_as_they_were() -> None:
    """`--origin blog` would call the shop's hole closed."""
    shop = origin("shop", holes=(HOLE,))
    assert texts(run(origin(), shop), run(origin(), hours=6), run(origin(), shop, hours=12))[1:] == [[], []]


def test_dozens_of_broken_promises_are_one_notice_until_another_sort_breaks() -> None:
    """One open door is seen on twenty addresses; an edge that is refused too is news."""
    strangers = tuple(Point(f"stranger 192.0.2.{n}:443", f"a stranger was answered by 192.0.2.{n}") for n in range(20))
    edge = Point("edge https://blog", "the edge is refused")
    said = texts(
        run(origin(broken=strangers)),
        run(origin(broken=strangers[:3]), hours=6),
        run(origin(broken=(edge, *strangers)), hours=12),
    )
    assert [len(found) for found in said] == [1, 0, 1]
    assert said[0][0].endswith("(and 19 more)")


# --- of any runs at all -----------------------------------------------------------------------------------------------

points = st.sampled_from([HOLE, Point("b", "another"), Point("c", "a third")])
some = st.lists(points, unique_by=lambda each: each.name, max_size=3).map(tuple)
seen = st.builds(
    lambda name, holes, refused, broken, error, outcome: origin(
        name, holes=holes, objections=refused, broken=broken, error=error, outcome=outcome
    ),
    st.sampled_from(["a", "b"]),
    some,
    some,
    some,
    st.sampled_from([None, None, LOST]),
    st.sampled_from(["done", "failed", "undone", "unknown"]),
)
several = st.lists(
    st.lists(seen, unique_by=lambda each: each.origin, max_size=2).map(lambda every: run(*every) if every else run()),
    max_size=6,
)


@given(several)
def test_the_same_run_again_tells_nothing(every: list[Run]) -> None:
    """Whatever came before: people would be told twice of what has not changed."""
    _, told = told_of(*every)
    for last in every[-1:]:
        # Twice more: what is told the second time in a row alone has then been told.
        _, told = notices(last, told, WEEK)
        assert notices(last, told, WEEK)[0] == ()


@given(several)
def test_whatever_stands_was_told(every: list[Run]) -> None:
    """A hole, a refusal that nobody ever heard of."""
    said, _ = told_of(*every)
    told = {(each.on, each.origin, each.text) for found in said for each in found}
    for each in (one for made in every for one in made.origins):
        assert {(On.HOLE, each.origin, point.text) for point in each.holes} <= told
        assert {(On.REFUSED, each.origin, point.text) for point in each.objections} <= told


@given(several)
def test_nothing_is_over_that_did_not_begin(every: list[Run]) -> None:
    """`over:` of something that nobody was told of."""
    begun: set[tuple[On, str, str]] = set()
    for found in told_of(*every)[0]:
        for each in found:
            if each.weight is Weight.OVER:
                assert (each.on, each.origin, each.text.removeprefix("over: ")) in begun
            else:
                begun.add((each.on, each.origin, each.text))


@given(several)
def test_what_people_know_survives_the_disk(every: list[Run]) -> None:
    """After a restart everything would be told once more."""
    _, told = told_of(*every)
    assert msgspec.json.decode(msgspec.json.encode(told), type=Told) == told


def test_a_message_says_the_weightiest_first_and_what_to_do() -> None:
    """An alert at the end of a message is read last."""
    (found,), _ = told_of(run(origin(holes=(HOLE,), done=("a change",), ends=(ends(2),))))
    made = message(tuple(found))
    assert made is not None
    assert made.subject == "originlock: blog: sg-1 lets in 0.0.0.0/0 (and 2 more)"
    assert made.text.splitlines()[:2] == ["[ALERT] blog: sg-1 lets in 0.0.0.0/0", "    what to do: originlock apply"]
    assert made.weight is Weight.ALERT


def test_a_channel_is_told_of_what_it_asked_for_alone() -> None:
    """Who wants alerts would hear of every change, or be sent an empty message."""
    (found,), _ = told_of(run(origin(done=("a change",))))
    assert message(tuple(found), (On.HOLE,)) is None
    assert message(tuple(found), (On.CHANGE,)) is not None
