"""How the forms are weighed together, the thresholds, and what a person can override."""

from __future__ import annotations

import pytest
from tests.acceptance.lists import AT, V4, V6, baseline, form, judged, ranges, unreadable

from originlock.acceptance.judge import Accepted, RefusedList, own_rules_guard
from originlock.facts.edge import AcceptedList, FormReading
from originlock.facts.networks import parse

NEW = "198.51.100.0/24"


def accepted(*readings: FormReading, before: AcceptedList | None = None, accept: str | None = None) -> Accepted:
    """Judge, and insist on a yes."""
    outcome = judged(*readings, before=before, accept=accept)
    assert isinstance(outcome, Accepted), outcome
    return outcome


def refused(*readings: FormReading, before: AcceptedList | None = None, accept: str | None = None) -> RefusedList:
    """Judge, and insist on a no."""
    outcome = judged(*readings, before=before, accept=accept)
    assert isinstance(outcome, RefusedList), outcome
    assert outcome.refusals
    return outcome


def guards(outcome: RefusedList) -> set[str]:
    """The names of the guards that objected."""
    return {refusal.guard for refusal in outcome.refusals}


def test_equal_forms_are_accepted() -> None:
    """Both forms as recorded."""
    outcome = accepted(form("text"), form("json"))
    expected = AcceptedList("cloudflare", ranges(), "json+text", "mark", agree=True, accepted_by="guards", at=AT)
    assert outcome == Accepted(expected, ())


def test_only_form_of_an_edge() -> None:
    """An edge that publishes one form is judged by it; there is nothing to agree with."""
    assert accepted(form("json", (*V4, NEW))).list.agree is None


def test_differing_forms_make_a_union_that_removes_nothing() -> None:
    """Nothing is lost, nothing is removed, and a person is told what differs."""
    outcome = accepted(form("json", (*V4, NEW)), form("text", V4[1:]))
    assert outcome.list.ranges == ranges((*V4, NEW))
    assert outcome.list.agree is False
    assert not outcome.list.may_remove
    (remark,) = outcome.remarks
    assert remark == f"the forms differ, so nothing will be removed: only json names {V4[0]}, {NEW}"


def test_both_sides_of_a_difference_are_named() -> None:
    """Each form's own entries."""
    (remark,) = accepted(form("json", (*V4, NEW)), form("text", (*V4, "203.0.113.0/24"))).remarks
    assert remark.endswith(f"only json names {NEW}; only text names 203.0.113.0/24")


def test_one_form_left_that_says_nothing_new() -> None:
    """What is left equals the baseline: accepted, with the reason of the other's absence."""
    outcome = accepted(form("json"), unreadable())
    assert outcome.list == AcceptedList("cloudflare", ranges(), "json", "mark", agree=None, at=AT)
    assert outcome.remarks == ("text was left out: text: a web page came",)


def test_one_form_left_that_is_new_is_refused() -> None:
    """A person can accept it; then it is the list."""
    readings = (form("json", (*V4, NEW)), unreadable())
    outcome = refused(*readings)
    assert guards(outcome) == {"html", "one-form-left"}
    assert outcome.digest == ranges((*V4, NEW)).digest
    assert all(f"--accept-list {outcome.digest}" in refusal.remedy for refusal in outcome.refusals)
    assert f"json alone is left, and differs from the list last accepted in {NEW}" in {
        refusal.message for refusal in outcome.refusals
    }
    by_person = accepted(*readings, accept=outcome.digest).list
    assert (by_person.accepted_by, by_person.agree, by_person.source) == ("person", None, "json")


def test_no_form_left() -> None:
    """Nothing can be accepted by anybody."""
    outcome = refused(unreadable("json", "timeout", "late"), unreadable())
    assert outcome.digest is None
    assert [refusal.guard for refusal in outcome.refusals] == ["timeout", "html"]
    assert all("try later" in refusal.remedy for refusal in outcome.refusals)
    assert refused().refusals[0].guard == "nothing-read"


def test_digest_with_and_without_prefix() -> None:
    """A person may copy either."""
    readings = (form("json", V4[:8]), form("text", V4[:8]))
    digest = refused(*readings).digest
    assert digest is not None
    for said in (digest, digest.removeprefix("sha256:"), f" {digest.upper()} "):
        outcome = accepted(*readings, accept=said)
        assert (outcome.list.accepted_by, outcome.list.agree) == ("person", True)
        assert any(
            remark.startswith("accepted by a person in spite of this: json, IPv4: ") for remark in outcome.remarks
        )


def test_another_digest_helps_nothing() -> None:
    """It is said, in a refusal of its own."""
    outcome = refused(form("json", V4[:8]), form("text", V4[:8]), accept="sha256:" + "0" * 64)
    assert "other-list" in guards(outcome)
    outcome = refused(unreadable("json"), unreadable(), accept="0" * 64)
    assert "no list published now can be accepted" in outcome.refusals[-1].message


def test_digest_that_was_not_needed() -> None:
    """The list passes by itself: a digest of another list is only remarked on, its own not even that."""
    assert "it was not needed" in accepted(form("json"), form("text"), accept="0" * 64).remarks[0]
    outcome = accepted(form("json"), form("text"), accept=ranges().digest)
    assert outcome.remarks == ()
    assert outcome.list.accepted_by == "guards"


def test_override_of_differing_forms_removes_nothing() -> None:
    """The person accepts the union, which is still in dispute."""
    readings = (form("json", V4[:8]), form("text", V4[:9]))
    outcome = accepted(*readings, accept=ranges(V4[:9]).digest)
    assert outcome.list.agree is False
    assert outcome.list.ranges == ranges(V4[:9])


def test_unclean_form_never_gets_in() -> None:
    """A form with a private range is left out of what a person can accept."""
    outcome = refused(form("json", (*V4, NEW)), form("text", (*V4, "10.0.0.0/8")))
    assert outcome.digest == ranges((*V4, NEW)).digest
    assert refused(form("json", (*V4, "10.0.0.0/8")), unreadable()).digest is None


def numbered(count: int) -> tuple[str, ...]:
    """So many disjoint IPv4 ranges of one size."""
    return tuple(f"8.{number}.0.0/16" for number in range(count))


@pytest.mark.parametrize("kept,fine", [(9, True), (8, False)])
def test_exactly_a_quarter_may_go(kept: int, fine: bool) -> None:  # noqa: FBT001
    """Of twelve entries three may go, not four."""
    before = baseline(numbered(12))
    outcome = judged(form("json", numbered(kept)), form("text", numbered(kept)), before=before)
    assert isinstance(outcome, Accepted) is fine
    if isinstance(outcome, RefusedList):
        assert guards(outcome) == {"shrunken"}
        assert "4 of the 12 entries" in outcome.refusals[0].message


@pytest.mark.parametrize("more,fine", [((), True), (("9.0.0.0/32",), False)])
def test_exactly_half_may_be_new(more: tuple[str, ...], fine: bool) -> None:  # noqa: FBT001
    """Of twelve equal ranges' addresses, six ranges' may be added, and not one address more."""
    new = numbered(18) + more
    outcome = judged(form("json", new), form("text", new), before=baseline(numbered(12)))
    assert isinstance(outcome, Accepted) is fine
    if isinstance(outcome, RefusedList):
        assert guards(outcome) == {"grown"}
        assert "IPv4: 393,217 addresses are new, against 786,432" in outcome.refusals[0].message


def test_thresholds_of_ipv6() -> None:
    """Each family by itself: one of seven may go, not two, whatever IPv4 says."""
    accepted(form("json", V4, V6[1:]), form("text", V4, V6[1:]))
    outcome = refused(form("json", V4, V6[2:]), form("text", V4, V6[2:]))
    assert all("IPv6" in refusal.message for refusal in outcome.refusals)


def test_recut_entries_are_not_gone() -> None:
    """The same addresses in other CIDRs: nothing is gone, nothing is new."""
    halves = ("104.16.0.0/14", "104.20.0.0/14", *(entry for entry in V4 if entry != "104.16.0.0/13"))
    assert accepted(form("json", halves), form("text", halves)).list.agree is True


def test_partly_covered_entries_are_gone() -> None:
    """An entry is gone when any of its addresses is."""
    outcome = refused(*(form(name, tuple(f"8.{n}.0.0/17" for n in range(12))) for name in ("json", "text")),
                      before=baseline(numbered(12)))  # fmt: skip
    assert "12 of the 12" in outcome.refusals[0].message


def test_forms_that_grow_together() -> None:
    """Each within the limit, the union beyond it."""
    json, text = numbered(18), numbered(12) + tuple(f"9.{n}.0.0/16" for n in range(6))
    outcome = refused(form("json", json), form("text", text), before=baseline(numbered(12)))
    assert guards(outcome) == {"grown"}
    assert "json+text, IPv4" in outcome.refusals[0].message
    by_person = accepted(form("json", json), form("text", text), before=baseline(numbered(12)), accept=outcome.digest)
    assert by_person.list.agree is False


def test_family_that_was_never_there() -> None:
    """The first IPv6 ranges of an edge are more than half of none."""
    assert guards(refused(form("json"), form("text"), before=baseline(V4, ()))) == {"grown"}


def test_cut_text_against_the_other_form() -> None:
    """A text list without a length that lacks what JSON has: JSON says nothing new, so JSON it is."""
    outcome = accepted(form("json"), form("text", V4[:-1], declared=False))
    assert (outcome.list.source, outcome.list.agree) == ("json", None)
    assert "it may have been cut on the way" in outcome.remarks[0]
    assert V4[-1] in outcome.remarks[0]


def test_a_text_that_lags_behind_is_no_cut_one() -> None:
    """Forms that disagree are refused for want of a length: plain servers send none."""
    readings = (form("json", (*V4, NEW)), form("text", V4, declared=False))
    outcome = accepted(*readings)
    assert outcome.list.agree is False
    assert parse(NEW) in outcome.list.ranges.ipv4


def test_json_without_a_length_is_whole_if_it_is_json() -> None:
    """A JSON form that lags behind is called cut."""
    outcome = accepted(form("json", V4[1:], declared=False), form("text", V4))
    assert outcome.list.agree is False


def test_cut_text_against_the_baseline() -> None:
    """Without another good form, what was last accepted is the measure."""
    outcome = refused(unreadable("json"), form("text", V4, V6[:-1], declared=False))
    assert guards(outcome) == {"html", "cut-short"}


def test_length_declared_is_no_cut() -> None:
    """With a length, a shorter list is a shorter list."""
    assert accepted(form("json"), form("text", V4[:-1])).list.agree is False
    assert accepted(form("json"), form("text", declared=False)).list.agree is True


def test_doubles_and_overlaps_are_remarks() -> None:
    """Harmless, and said."""
    odd = (*V4, V4[0], "104.16.1.0/24")
    outcome = accepted(form("json", odd), form("text", odd))
    assert outcome.remarks == (
        f"json, IPv4: listed more than once: {V4[0]}",
        "json, IPv4: ranges within others: 104.16.1.0/24 in 104.16.0.0/13",
        f"text, IPv4: listed more than once: {V4[0]}",
        "text, IPv4: ranges within others: 104.16.1.0/24 in 104.16.0.0/13",
    )


def test_no_minimum_size() -> None:
    """One entry of each family is a list like any other."""
    few = (("8.0.0.0/16",), ("2a00::/32",))
    assert accepted(form("json", *few), form("text", *few), before=baseline(*few)).list.agree is True


@pytest.mark.parametrize("gone,fine", [(0, True), (3, True), (4, False), (12, False)])
def test_own_rules(gone: int, fine: bool) -> None:  # noqa: FBT001
    """Of twelve distinct own ranges three may be uncovered; doubles do not count."""
    own = [parse(text) for text in numbered(12)]
    candidate = ranges(numbered(12)[gone:])
    refusal = own_rules_guard(own + own[:6], candidate, None)
    assert (refusal is None) is fine
    if refusal is not None:
        assert refusal.guard == "shrunken-against-own-rules"
        assert f"IPv4: {gone} of the 12" in refusal.message
        assert f"--accept-list {candidate.digest}" in refusal.remedy
        assert own_rules_guard(own, candidate, candidate.digest) is None
        assert own_rules_guard(own, candidate, "0" * 64) is not None


def test_own_rules_never_object_to_growth() -> None:
    """No own rules, few own rules, and both families at once."""
    assert own_rules_guard([], ranges(), None) is None
    assert own_rules_guard([parse(V4[0])], ranges(), None) is None
    both = own_rules_guard([parse("8.0.0.0/16"), parse("2a00::/32")], ranges(("9.0.0.0/16",), ("2a10::/32",)), None)
    assert both is not None
    assert "IPv4: 1 of the 1" in both.message
    assert "IPv6: 1 of the 1" in both.message


def test_few_own_rules_are_no_measure() -> None:
    """A group where others made most of the rules: one own rule for a range that went is no shrunken list."""
    assert own_rules_guard([parse("8.0.0.0/16"), parse("2a00::/32")], ranges(), None) is None
    assert own_rules_guard([parse(text) for text in numbered(4)], ranges(), None) is not None


def test_exactly_as_wide_as_the_limit() -> None:
    """The limit itself is believed."""
    widest = (("8.0.0.0/12",), ("2a10::/28",))
    assert accepted(form("json", *widest), form("text", *widest), before=baseline(*widest)).remarks == ()


def test_slip_is_said_once() -> None:
    """A list with an entry that cannot be read is not said to have shrunk as well."""
    assert guards(refused(form("json", (*V4[:3], "error")), form("text", (*V4[:3], "error")))) == {"unparsable"}


def test_cut_is_not_measured_against_a_bad_form() -> None:
    """JSON that is refused is no measure of the text; the baseline is, and the text equals it."""
    outcome = accepted(form("json", (*V4, "8.0.0.0/11")), form("text", declared=False))
    assert (outcome.list.source, outcome.list.ranges) == ("text", ranges())


def test_every_form_left_must_say_what_was() -> None:
    """Of three forms one is missing, and one of the others is new."""
    outcome = refused(form("a"), form("b", (*V4, NEW)), unreadable("c"))
    assert guards(outcome) == {"html", "one-form-left"}
