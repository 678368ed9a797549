"""CIDR arithmetic, against the standard library's own and against sets of single addresses."""

from __future__ import annotations

import contextlib
import ipaddress

import pytest
from hypothesis import given, strategies as st

from originlock.facts.networks import (
    EVERYWHERE,
    NOT_GLOBAL,
    PRIVATE,
    AddressSet,
    Cidr,
    HostBitsError,
    NotACidrError,
    canonical,
    family,
    is_public,
    order,
    parse,
    prefix_length,
    sorted_unique,
)

# Small universes, so that sets of single addresses can be the oracle.
small4 = st.builds(lambda n, length: canonical(f"10.0.0.{n}/{length}"), st.integers(0, 255), st.integers(26, 32))
small6 = st.builds(lambda n, length: canonical(f"2001:db8::{n:x}/{length}"), st.integers(0, 255), st.integers(122, 128))
small = st.lists(st.one_of(small4, small6), max_size=6)


def members(cidrs: list[Cidr] | tuple[Cidr, ...]) -> set[str]:
    """Every single address."""
    return {str(address) for cidr in cidrs for address in ipaddress.ip_network(cidr)}


@given(small, small)
def test_sets_of_addresses_are_sets(these: list[Cidr], those: list[Cidr]) -> None:
    """Union, difference, intersection or inclusion that is off by one address at any border."""
    one, other = AddressSet.of(these), AddressSet.of(those)
    assert members((one | other).cidrs()) == members(these) | members(those)
    assert members((one - other).cidrs()) == members(these) - members(those)
    assert members((one & other).cidrs()) == members(these) & members(those)
    assert (one <= other) == (members(these) <= members(those))
    assert one.size() == len(members(these))
    assert bool(one) == bool(these)


@given(small, st.one_of(small4, small6))
def test_covers_is_inclusion(these: list[Cidr], one: Cidr) -> None:
    """A binary search that looks into the wrong interval."""
    held = AddressSet.of(these)
    assert held.covers(one) == (members([one]) <= members(these))
    for address in list(members([one]))[:4]:
        assert held.covers_address(address) == (address in members(these))


@given(small)
def test_equal_sets_are_equal_values_however_they_were_cut(these: list[Cidr]) -> None:
    """Neighbouring intervals that are not merged, so that the same addresses compare unequal."""
    held = AddressSet.of(these)
    assert AddressSet.of(held.cidrs()) == held
    assert AddressSet.of(canonical(f"{a}/{32 if '.' in a else 128}") for a in members(these)) == held


@given(small)
def test_families_are_kept_apart(these: list[Cidr]) -> None:
    """An IPv4 address that is found in an IPv6 range, or the other way round."""
    held = AddressSet.of(these)
    assert held.of_family(4).ipv6 == ()
    assert held.of_family(6).ipv4 == ()
    assert held.of_family(4) | held.of_family(6) == held


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_canonical_is_what_the_standard_library_says(address: ipaddress.IPv4Address, length: int) -> None:
    """Host bits that are cleared otherwise than AWS clears them."""
    expected = ipaddress.ip_network(f"{address}/{length}", strict=False)
    assert canonical(f"{address}/{length}") == str(expected)
    if expected.network_address == address:
        assert parse(f"{address}/{length}") == str(expected)
    else:
        with pytest.raises(HostBitsError, match="host bits"):
            parse(f"{address}/{length}")


@given(st.text(max_size=40))
def test_any_text_is_a_cidr_or_is_refused(text: str) -> None:
    """A text from outside that raises something else than the refusal."""
    with contextlib.suppress(NotACidrError):
        cidr = parse(text)
        assert parse(cidr) == cidr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/8",
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/ 8",
        "10.0.0.0/\u0668",
        "10.0.0/8",
        "010.0.0.0/8",
        "2001:db8::/129",
        "fe80::1%eth0/64",
        "::ffff:10.0.0.0",
        "<html>",
        "10.0.0.0/8/8",
        "1" * 10_000,
        "10.0.0.0/" + "9" * 10_000,
    ],
)
def test_what_is_no_cidr_is_refused(text: str) -> None:
    """A netmask, a scope, a missing or a monstrous prefix length that is taken for a CIDR."""
    with pytest.raises(NotACidrError, match="is not a CIDR"):
        parse(text)


def test_ipv6_has_one_spelling() -> None:
    """Two spellings of one range that compare unequal, which would be drift for ever."""
    assert parse("2606:4700:0000::/32") == parse("2606:4700::/32") == "2606:4700::/32"
    assert parse("2400:CB00::/32") == "2400:cb00::/32"


def test_the_order_is_by_family_address_and_width() -> None:
    """A plan that hangs on the order of its inputs."""
    texts = ["2606:4700::/32", "104.16.0.0/13", "9.0.0.0/8", "104.16.0.0/12", "9.0.0.0/8"]
    assert sorted_unique(parse(text) for text in texts) == (
        "9.0.0.0/8",
        "104.16.0.0/12",
        "104.16.0.0/13",
        "2606:4700::/32",
    )
    assert order(parse("9.0.0.0/8")) == (4, 9 << 24, 8)
    assert (family(parse("9.0.0.0/8")), family(parse("::/0"))) == (4, 6)
    assert prefix_length(parse("9.0.0.0/8")) == 8


@pytest.mark.parametrize(
    "cidr, public, global_",
    [
        ("10.0.0.0/8", False, False),
        ("10.255.255.255/32", False, False),
        ("11.0.0.0/8", True, True),
        ("10.0.0.0/7", True, False),
        ("100.64.0.0/10", False, False),
        ("100.128.0.0/9", True, True),
        ("172.16.0.0/12", False, False),
        ("172.32.0.0/11", True, True),
        ("192.168.0.0/16", False, False),
        ("127.0.0.1/32", False, False),
        ("169.254.0.0/16", False, False),
        ("203.0.113.0/24", True, True),
        ("198.51.100.0/24", True, True),
        ("2001:db8::/32", True, True),
        ("0.0.0.0/8", True, False),
        ("192.0.0.0/24", True, False),
        ("198.18.0.0/15", True, False),
        ("224.0.0.0/4", True, False),
        ("240.0.0.0/4", True, False),
        ("0.0.0.0/0", True, False),
        ("::/0", True, False),
        ("::1/128", False, False),
        ("fc00::/7", False, False),
        ("fe80::/10", False, False),
        ("ff00::/8", True, False),
        ("2001::/32", True, False),
        ("2002::/16", True, False),
        ("2606:4700::/32", True, True),
        ("3fff::/20", True, True),
        ("4000::/3", True, False),
    ],
)
def test_private_and_special_addresses(cidr: str, public: bool, global_: bool) -> None:  # noqa: FBT001  a table
    """A special block that an edge could be believed to connect from, or a public one taken for private."""
    assert is_public(parse(cidr)) is public
    assert (not AddressSet.of([parse(cidr)]) & NOT_GLOBAL) is global_


def test_private_is_never_global() -> None:
    """A private range in a published list."""
    assert PRIVATE <= NOT_GLOBAL <= EVERYWHERE


def test_mapped_addresses_count_as_ipv4() -> None:
    """A resolver that answers with IPv4-mapped addresses."""
    assert AddressSet.of([parse("104.16.0.0/13")]).covers_address("::ffff:104.16.0.1")
    with pytest.raises(ValueError, match="does not appear"):
        EVERYWHERE.covers_address("nonsense")
