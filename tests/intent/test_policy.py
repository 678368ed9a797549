"""Policies as data: which exceptions hold on a day, and finding an origin by its name."""

from __future__ import annotations

import datetime

import pytest

from originlock.facts.networks import parse
from originlock.intent.policy import Configuration, Exemption, GroupsById, Policy

LAST = datetime.date(2027, 3, 31)


@pytest.mark.parametrize(
    "days_before_end,holds,soon", [(15, True, False), (14, True, True), (0, True, True), (-1, False, False)]
)
def test_an_exception_holds_to_the_end_of_its_last_day(*, days_before_end: int, holds: bool, soon: bool) -> None:
    """The last day counts; two weeks before it the end is near, and after it nothing is."""
    exemption = Exemption(parse("203.0.113.7/32"), "ops", "office", LAST)
    today = LAST - datetime.timedelta(days=days_before_end)
    assert (exemption.holds_on(today), exemption.ends_soon(today)) == (holds, soon)


def test_an_origin_is_found_by_its_name() -> None:
    """A name that is not there is told apart from one that is."""
    blog = Policy("blog", GroupsById(("sg-0123456789abcdef0",)))
    configuration = Configuration((blog,))
    assert configuration.origin("blog") == blog
    assert configuration.origin("shop") is None
    assert configuration.edge("cloudflare") is None
