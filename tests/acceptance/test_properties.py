"""What holds for every list that anybody could publish."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings, strategies as st
from tests.acceptance.lists import LIMITS, V4, V6, baseline, form, judged, ranges

from originlock.acceptance.judge import Accepted, RefusedList, own_rules_guard
from originlock.facts.edge import AcceptedList, FormReading, PublishedForm, UnreadableForm
from originlock.facts.networks import NOT_GLOBAL, AddressSet, parse, prefix_length

NEW_V4 = ("8.8.8.0/24", "8.0.0.0/12", "8.0.0.0/11", "198.51.100.0/24")
NEW_V6 = ("2a10::/32", "2a10::/28", "2a10::/27")
BAD = ("10.0.0.0/8", "0.0.0.0/0", "8.8.8.8/24", "error", "", "::/0", "fd00::/32", "8.0.0.0/7", "2a00::/15")


def entries(real: tuple[str, ...], others: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Mostly the real list, with something missing or something more, in any order."""
    without = st.sets(st.sampled_from(real), max_size=len(real))
    more = st.lists(st.sampled_from(others), max_size=2)
    few: st.SearchStrategy[set[str]] = without | st.just(set()) | st.sets(st.sampled_from(real), max_size=2)
    listed = st.builds(lambda less, extra: [e for e in real if e not in less] + extra, few, more | st.just([]))
    return listed.flatmap(st.permutations).map(tuple)


V4_ENTRIES = entries(V4, NEW_V4 + BAD) | entries(V4, NEW_V4)
V6_ENTRIES = entries(V6, NEW_V6 + BAD) | entries(V6, NEW_V6)
UNREADABLE = st.builds(UnreadableForm, st.just("text"), st.just(("u",)), st.just("fetch"), st.just("gone"))
JSON = st.builds(form, st.just("json"), V4_ENTRIES, V6_ENTRIES)
TEXT = st.builds(form, st.just("text"), V4_ENTRIES, V6_ENTRIES, declared=st.booleans()) | UNREADABLE
REAL = st.just(form("text")) | st.just(form("text", declared=False))
DIGESTS = st.none() | st.just("0" * 64)


def shuffled(reading: FormReading, data: st.DataObject) -> FormReading:
    """The same reading, its entries in another order."""
    if isinstance(reading, UnreadableForm):
        return reading
    v4 = data.draw(st.permutations(reading.ipv4))
    v6 = data.draw(st.permutations(reading.ipv6))
    return msgspec.structs.replace(reading, ipv4=tuple(v4), ipv6=tuple(v6))


@settings(max_examples=150, deadline=None)
@given(JSON, TEXT | REAL, st.data())
def test_order_does_not_matter(json: PublishedForm, text: FormReading, data: st.DataObject) -> None:
    """Neither that of the entries nor that of the readings, down to the words."""
    expected = judged(json, text)
    assert judged(text, json) == expected
    assert judged(shuffled(text, data), shuffled(json, data)) == expected


@settings(max_examples=300, deadline=None)
@given(JSON, TEXT | REAL, DIGESTS)
def test_guards_accept_nothing_bad(json: PublishedForm, text: FormReading, digest: str | None) -> None:
    """Without a person: nothing special, nothing too wide, neither much less nor much more than before."""
    outcome = judged(json, text, accept=digest)
    if isinstance(outcome, RefusedList):
        assert outcome.refusals
        return
    accepted = outcome.list
    assert accepted.accepted_by == "guards"
    assert not accepted.ranges.addresses & NOT_GLOBAL
    assert all(prefix_length(cidr) >= LIMITS.widest_ipv4 for cidr in accepted.ranges.ipv4)
    assert all(prefix_length(cidr) >= LIMITS.widest_ipv6 for cidr in accepted.ranges.ipv6)
    for family in (4, 6):
        before = baseline().ranges.of_family(family)
        now = AddressSet.of(accepted.ranges.of_family(family))
        assert sum(not now.covers(cidr) for cidr in before) * 4 <= len(before)
        assert (now - AddressSet.of(before)).size() * 2 <= AddressSet.of(before).size()


@settings(max_examples=300, deadline=None)
@given(JSON, TEXT | REAL)
def test_person_accepts_exactly_what_was_offered(json: PublishedForm, text: FormReading) -> None:
    """The digest of a refusal is that of the list which it brings; nothing special is ever in it."""
    outcome = judged(json, text)
    if isinstance(outcome, Accepted) or outcome.digest is None:
        return
    by_person = judged(json, text, accept=outcome.digest)
    assert isinstance(by_person, Accepted)
    assert by_person.list.accepted_by == "person"
    assert by_person.list.ranges.digest == outcome.digest
    assert not by_person.list.ranges.addresses & NOT_GLOBAL
    assert all(prefix_length(cidr) >= 8 for cidr in by_person.list.ranges.ipv4)
    assert all(any(refusal.message in remark for remark in by_person.remarks) for refusal in outcome.refusals)


@settings(max_examples=150, deadline=None)
@given(JSON, TEXT | REAL)
def test_forms_that_differ_remove_nothing(json: PublishedForm, text: FormReading) -> None:
    """Whenever both forms count and differ, whoever accepted them."""
    first = judged(json, text)
    outcome = judged(json, text, accept=first.digest) if isinstance(first, RefusedList) else first
    if isinstance(outcome, Accepted) and outcome.list.source == "json+text":
        assert isinstance(text, PublishedForm)
        same = {parse(e) for e in json.ipv4 + json.ipv6} == {parse(e) for e in text.ipv4 + text.ipv6}
        assert outcome.list.may_remove is same


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 230), st.integers(0, 104))
def test_text_cut_at_any_byte_takes_nothing_away(at4: int, at6: int) -> None:
    """However the text lists are cut on the way, JSON as it was is all that is accepted, or both together."""
    v4, v6 = "\n".join(V4)[:at4], "\n".join(V6)[:at6]
    cut = form("text", tuple(v4.split("\n")) if v4 else (), tuple(v6.split("\n")) if v6 else (), declared=False)
    beside = judged(form("json"), cut)
    assert isinstance(beside, Accepted)
    assert beside.list.ranges == ranges()
    alone = judged(cut)
    if isinstance(alone, Accepted):
        assert alone.list.ranges == ranges()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(V4 + V6)), st.sets(st.sampled_from(V4 + V6)), st.data())
def test_own_rules_do_not_depend_on_order(own: list[str], kept: set[str], data: st.DataObject) -> None:
    """Nor on doubles."""
    candidate = ranges(tuple(kept), ())
    cidrs = [parse(text) for text in own]
    again = data.draw(st.permutations(cidrs + cidrs[:2]))
    assert own_rules_guard(cidrs, candidate, None) == own_rules_guard(again, candidate, None)


def test_snapshot_baseline_is_an_accepted_list() -> None:
    """The baseline of these tests is what the judgement is documented to take."""
    assert isinstance(baseline(), AcceptedList)
