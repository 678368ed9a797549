"""Every kind of bad list: refused by its own guard, in its own words, and nothing is accepted."""

from __future__ import annotations

import pytest
from tests.acceptance.lists import V4, V6, form, judged, unreadable

from originlock.acceptance.judge import RefusedList

HALVED = tuple(entry.replace("/20", "/21").replace("/22", "/23") for entry in V4)
HARD = {"empty", "unparsable", "host-bits", "not-global"}

KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str, str]] = {
    # kind: IPv4 entries, IPv6 entries, guard, words
    "no IPv4": ((), V6, "empty", "IPv4: the list is empty"),
    "no IPv6": (V4, (), "empty", "IPv6: the list is empty"),
    "nothing": ((), (), "empty", "IPv6: the list is empty"),
    "empty entry": ((*V4, ""), V6, "unparsable", "IPv4: '' is not a CIDR"),
    "blank entry": ((*V4, "  "), V6, "unparsable", "'  ' is not a CIDR"),
    "a word": ((*V4, "error"), V6, "unparsable", "'error' is not a CIDR"),
    "an error page's line": ((*V4, "error code: 1015"), V6, "unparsable", "'error code: 1015' is not"),
    "an address without a length": ((*V4, "8.8.8.8"), V6, "unparsable", "'8.8.8.8' is not"),
    "a cut entry": ((*V4[:-1], "131.0.72."), V6, "unparsable", "'131.0.72.' is not"),
    "a cut length": ((*V4[:-1], "131.0.72.0/"), V6, "unparsable", "'131.0.72.0/' is not"),
    "a netmask": ((*V4, "8.8.8.0/255.255.255.0"), V6, "unparsable", "'8.8.8.0/255.255.255.0' is not"),
    "a range": ((*V4, "8.8.8.0-8.8.8.255"), V6, "unparsable", "'8.8.8.0-8.8.8.255' is not"),
    "a length of 33": ((*V4, "8.8.8.0/33"), V6, "unparsable", "'8.8.8.0/33' is not"),
    "a length of 129": (V4, (*V6, "2a00::/129"), "unparsable", "IPv6: '2a00::/129' is not"),
    "a negative length": ((*V4, "8.8.8.0/-8"), V6, "unparsable", "'8.8.8.0/-8' is not"),
    "an octet of 256": ((*V4, "8.8.256.0/24"), V6, "unparsable", "'8.8.256.0/24' is not"),
    "a leading zero": ((*V4, "8.08.8.0/24"), V6, "unparsable", "'8.08.8.0/24' is not"),
    "foreign digits": ((*V4, "8.8.8.0/\uff12\uff14"), V6, "unparsable", "is not a CIDR"),
    "a scope": (V4, (*V6, "2a00::%eth0/32"), "unparsable", "'2a00::%eth0/32' is not"),
    "two colons twice": (V4, (*V6, "2a00::1::/32"), "unparsable", "'2a00::1::/32' is not"),
    "a hostname": ((*V4, "edge.example/24"), V6, "unparsable", "'edge.example/24' is not"),
    "two in one": ((*V4, "8.8.8.0/24,8.8.4.0/24"), V6, "unparsable", "'8.8.8.0/24,8.8.4.0/24' is not"),
    "IPv6 in IPv4": ((*V4, "2a00::/32"), V6, "unparsable", "2a00::/32 is IPv6, in the IPv4 part"),
    "IPv4 in IPv6": (V4, (*V6, "8.8.8.0/24"), "unparsable", "8.8.8.0/24 is IPv4, in the IPv6 part"),
    "families exchanged": (V6, V4, "unparsable", "is IPv4, in the IPv6 part"),
    "IPv4 host bits": ((*V4, "8.8.8.8/24"), V6, "host-bits", "'8.8.8.8/24' has host bits set (the range is"),
    "IPv6 host bits": (V4, (*V6, "2a00::1/32"), "host-bits", "'2a00::1/32' has host bits set"),
    "a cut wide length": ((*V4[1:], "173.245.48.0/2"), V6, "host-bits", "'173.245.48.0/2' has host bits set"),
    "RFC 1918 ten": ((*V4, "10.0.0.0/16"), V6, "not-global", "10.0.0.0/16: private or special"),
    "RFC 1918 172": ((*V4, "172.16.0.0/16"), V6, "not-global", "172.16.0.0/16: private"),
    "RFC 1918 192": ((*V4, "192.168.0.0/24"), V6, "not-global", "192.168.0.0/24: private"),
    "shared space": ((*V4, "100.64.0.0/16"), V6, "not-global", "100.64.0.0/16: private"),
    "loopback": ((*V4, "127.0.0.1/32"), V6, "not-global", "127.0.0.1/32: private"),
    "link-local": ((*V4, "169.254.0.0/16"), V6, "not-global", "169.254.0.0/16: private"),
    "multicast": ((*V4, "224.0.0.0/24"), V6, "not-global", "224.0.0.0/24: private"),
    "reserved": ((*V4, "255.255.255.255/32"), V6, "not-global", "255.255.255.255/32: private"),
    "this network": ((*V4, "0.0.0.0/32"), V6, "not-global", "0.0.0.0/32: private"),
    "around a private range": ((*V4, "172.0.0.0/11"), V6, "not-global", "172.0.0.0/11: private"),
    "everywhere": ((*V4, "0.0.0.0/0"), V6, "not-global", "0.0.0.0/0: private"),
    "IPv6 everywhere": (V4, (*V6, "::/0"), "not-global", "::/0: private"),
    "ULA": (V4, (*V6, "fd00::/32"), "not-global", "fd00::/32: private"),
    "IPv6 link-local": (V4, (*V6, "fe80::/64"), "not-global", "fe80::/64: private"),
    "IPv6 loopback": (V4, (*V6, "::1/128"), "not-global", "::1/128: private"),
    "mapped IPv4": (V4, (*V6, "::ffff:0:0/96"), "not-global", "/96: private"),
    "6to4": (V4, (*V6, "2002::/32"), "not-global", "2002::/32: private"),
    "too wide": ((*V4, "8.0.0.0/11"), V6, "too-wide", "IPv4: 8.0.0.0/11: wider than /12"),
    "too wide in IPv6": (V4, (*V6, "2a10::/27"), "too-wide", "IPv6: 2a10::/27: wider than /28"),
    "as wide as the wall": ((*V4, "8.0.0.0/8"), V6, "too-wide", "8.0.0.0/8: wider than /12"),
    "beyond the wall": ((*V4, "8.0.0.0/7"), V6, "too-wide", "8.0.0.0/7: wider than /8, which nobody"),
    "beyond the wall in IPv6": (V4, (*V6, "2a00::/15"), "too-wide", "2a00::/15: wider than /16, which no"),
    "a third": (V4[:5], V6, "shrunken", "10 of the 15 entries last accepted are gone"),
    "one entry": (V4[:1], V6, "shrunken", "14 of the 15 entries"),
    "half of IPv6": (V4, V6[:3], "shrunken", "IPv6: 4 of the 7 entries"),
    "halved ranges": (HALVED, V6, "shrunken", "8 of the 15 entries"),
    "another edge's": (("8.8.8.0/24",), V6, "shrunken", "15 of the 15 entries"),
    "a new /12": ((*V4, "8.0.0.0/12"), V6, "grown", "1,048,576 addresses are new"),
    "much more IPv6": (V4, (*V6, "2a10::/28"), "grown", "IPv6: "),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_bad_list_is_refused(kind: str) -> None:
    """In both forms alike, by its guard, in its words; a person can override the soft guards only."""
    v4, v6, guard, words = KINDS[kind]
    outcome = judged(form("json", v4, v6), form("text", v4, v6))
    assert isinstance(outcome, RefusedList)
    found = [refusal for refusal in outcome.refusals if refusal.guard == guard and words in refusal.message]
    assert [refusal.message.partition(",")[0] for refusal in found] == ["json", "text"]
    hard = guard in HARD or kind.startswith("beyond the wall")
    assert (outcome.digest is None) is hard
    for refusal in outcome.refusals:
        assert ("--accept-list sha256:" in refusal.remedy) is not hard


@pytest.mark.parametrize("kind", KINDS)
def test_bad_form_beside_a_good_one(kind: str) -> None:
    """The good one equals what was last accepted: it stands alone, and the bad one's words are a remark."""
    v4, v6, _, words = KINDS[kind]
    outcome = judged(form("text", v4, v6), form("json"))
    assert not isinstance(outcome, RefusedList)
    assert outcome.list.ranges.digest == judged_digest()
    assert (outcome.list.source, outcome.list.agree) == ("json", None)
    assert any(words in remark for remark in outcome.remarks)


def judged_digest() -> str:
    """The digest of the recorded list, accepted."""
    outcome = judged(form("json"), form("text"))
    assert not isinstance(outcome, RefusedList)
    return outcome.list.ranges.digest


@pytest.mark.parametrize("guard", ["fetch", "html", "unparsable", "cut-short", "too-large", "timeout"])
def test_form_that_could_not_be_had(guard: str) -> None:
    """Its guard and its reason are passed on, and no digest is offered."""
    outcome = judged(unreadable("json", guard, "so it was"), unreadable("text", guard, "so it was"))
    assert isinstance(outcome, RefusedList)
    assert {refusal.guard for refusal in outcome.refusals} == {guard}
    assert outcome.refusals[0].message == "json: so it was"
    assert outcome.digest is None


def test_kinds_have_their_own_messages() -> None:
    """At least forty kinds, and no two messages alike."""
    messages = set()
    for v4, v6, guard, _ in KINDS.values():
        outcome = judged(form("json", v4, v6))
        assert isinstance(outcome, RefusedList)
        messages.add(tuple(refusal.message for refusal in outcome.refusals if refusal.guard == guard))
    assert len(messages) == len(KINDS) >= 40
