"""Vantages that cannot tell are called so, each for its own reason."""

from __future__ import annotations

import pytest

from originlock.facts.networks import AddressSet, parse
from originlock.verify.vantage import LetIn, SeenAs, Vantage, no_stranger, proxied, rightful

EDGE = AddressSet.of([parse("104.16.0.0/13"), parse("2606:4700::/32")])
LET_IN = LetIn(EDGE, ((parse("203.0.113.7/32"), "office"),))
ME = "192.0.2.66"


def v4(*addresses: str, source: str | None = ME, **more: bool) -> Vantage:
    """A vantage that the edge sees so, over IPv4."""
    return Vantage(SeenAs(source, addresses, **more))


CANNOT_TELL = {
    "no route": (v4(ME, ME, source=None), "no route"),
    "the edge was not reached": (v4(), "did not say"),
    "the edge answered once": (v4(ME), "did not say twice"),
    "two ways out": (v4(ME, "192.0.2.67"), "several addresses"),
    "an exception": (v4("203.0.113.7", "203.0.113.7"), "office"),
    "one of the edge's addresses": (v4("104.16.0.9", "104.16.0.9"), "edge's own ranges"),
    "the edge's tunnel": (v4(ME, ME, tunnelled=True), "WARP"),
    "a private address": (v4("10.1.2.3", "10.1.2.3"), "not public"),
    "a shared address": (v4("100.64.0.9", "100.64.0.9"), "not public"),
    "this machine": (v4("127.0.0.1", "127.0.0.1"), "not public"),
    "no address": (v4("nonsense", "nonsense"), "no address"),
    "an exception's own interface": (v4(ME, ME, source="203.0.113.7"), "office"),
}


@pytest.mark.parametrize("vantage, why", CANNOT_TELL.values(), ids=CANNOT_TELL.keys())
def test_a_vantage_that_cannot_speak_as_a_stranger(vantage: Vantage, why: str) -> None:
    """What an insider, or nobody, could reach would be taken for a proof."""
    assert why in no_stranger(vantage, LET_IN, ipv6=False)


PROXIES = {
    "set here": Vantage(SeenAs(ME, (ME, ME)), proxies=("HTTPS_PROXY",)),
    "in between": v4(ME, ME, through_proxy=True),
}


@pytest.mark.parametrize("vantage", PROXIES.values(), ids=PROXIES.keys())
def test_a_proxy_answers_for_others(vantage: Vantage) -> None:
    """What a proxy says would be taken for the origin's word."""
    assert "proxy" in proxied(vantage, ipv6=False)


def test_a_stranger() -> None:
    """Nobody could tell anything."""
    vantage = v4(ME, ME)
    assert not no_stranger(vantage, LET_IN, ipv6=False)
    assert not rightful(vantage, LET_IN, ipv6=False)
    assert not proxied(vantage, ipv6=False)


def test_each_family_stands_for_itself() -> None:
    """An IPv4 address would vouch for IPv6."""
    vantage = v4(ME, ME)
    assert "IPv6" in no_stranger(vantage, LET_IN, ipv6=True)


def test_an_answer_may_be_rightful_where_exceptions_are_and_the_address_is_not_known() -> None:
    """An exception's own machine would raise an alarm; and without exceptions nobody would."""
    assert rightful(v4(), LET_IN, ipv6=False)
    assert not rightful(v4(), LetIn(EDGE), ipv6=False)


def test_an_answer_may_be_rightful_where_a_way_out_may_be_an_exception() -> None:
    """An office with two ways out would be told that its door is open to strangers."""
    assert rightful(v4(ME, "192.0.2.67"), LET_IN, ipv6=False)
    assert not rightful(v4(ME, "192.0.2.67"), LetIn(EDGE), ipv6=False)
