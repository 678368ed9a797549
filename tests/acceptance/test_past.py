"""Ranges of the past: what was published once, and of what it is no news that it is gone."""

from __future__ import annotations

from hypothesis import given, strategies as st

from originlock.acceptance.past import past_ranges
from originlock.edges import cloudflare
from originlock.facts.edge import AcceptedList, EdgeDescription, EdgeLimits, FormerRange, Ranges
from originlock.facts.networks import parse

CIDRS = [parse(f"104.{n}.0.0/16") for n in range(16, 22)] + [parse("2606:4700::/32"), parse("2400:cb00::/32")]
lists = st.lists(st.sampled_from(CIDRS), unique=True).map(Ranges.of)


def edge(former: Ranges, snapshot: Ranges) -> EdgeDescription:
    """An edge with a past."""
    told = tuple(FormerRange(cidr, "said") for cidr in former.cidrs)
    return EdgeDescription("edge", "Edge", EdgeLimits(8, 16), (), snapshot, "2026-10-02", told)


@given(lists, lists, lists, lists)
def test_the_past_is_what_was_and_is_not(former: Ranges, snapshot: Ranges, last: Ranges, now: Ranges) -> None:
    """A range of today would be past, or one that was just lost would count as long gone."""
    past = past_ranges(edge(former, snapshot), AcceptedList("edge", last, "json"), now)
    every, settled = set(past.every.cidrs), set(past.settled.cidrs)
    assert every == (set(former.cidrs) | set(snapshot.cidrs) | set(last.cidrs)) - set(now.cidrs)
    assert settled == every - set(last.cidrs)


def test_cloudflares_past_has_its_sources() -> None:
    """A range that was never Cloudflare's would be taken over, and then removed."""
    former = cloudflare.DESCRIPTION.former
    assert {each.cidr for each in former} == {"104.16.0.0/12", "199.27.128.0/21"}
    assert all("https://" in each.source and "20" in each.source for each in former)
    assert not {each.cidr for each in former} & set(cloudflare.DESCRIPTION.snapshot.cidrs)
