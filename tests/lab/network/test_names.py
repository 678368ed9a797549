"""The lab's name server: what it answers, and that no message makes it fail."""

from __future__ import annotations

from typing import Final

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given, strategies as st

from originlock.lab.addresses import FRONT_IPV4, FRONT_IPV6
from originlock.lab.cloudflare.names import look_up
from originlock.lab.cloudflare.records import Held, Record, Zone
from originlock.lab.cloudflare.state import CloudflareState, new_id
from originlock.lab.name_server import addresses, answered

NAMES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "alb.elb.amazonaws.com": {"A": ("198.51.100.7", "198.51.100.8")},
    "www.example.org": {"CNAME": ("ALB.elb.amazonaws.com.",)},
    "round.example.org": {"CNAME": ("round.example.org",)},
    "away.example.org": {"CNAME": ("nobody.example.com",)},
    "big.example.org": {"A": tuple(f"198.51.100.{last}" for last in range(200))},
}


def known(name: str, kind: str) -> tuple[tuple[str, str], ...] | None:
    """What `NAMES` has."""
    found = NAMES.get(name)
    if found is None:
        return None
    return tuple((which, each) for which in (kind, "CNAME") for each in found.get(which, ()))


def asked(name: str, kind: str = "A", *, most: int | None = None) -> dns.message.Message:
    """Ask, and read the answer."""
    answer = answered(dns.message.make_query(name, kind).to_wire(), [known], most=most)
    assert answer is not None
    return dns.message.from_wire(answer)


def values(answer: dns.message.Message, kind: str = "A") -> list[str]:
    """The answer's records of a type, sorted: they come in any order."""
    wanted = dns.rdatatype.from_text(kind)
    return sorted(str(each) for found in answer.answer for each in found if found.rdtype == wanted)


def test_a_name_and_its_alias() -> None:
    """An alias leads to its addresses in one answer, as clients expect of a server that they ask for everything."""
    assert values(asked("alb.elb.amazonaws.com")) == ["198.51.100.7", "198.51.100.8"]
    aliased = asked("WWW.example.org")
    assert values(aliased) == ["198.51.100.7", "198.51.100.8"]
    assert [each.lower() for each in values(aliased, "CNAME")] == ["alb.elb.amazonaws.com."]
    assert addresses("www.example.org.", [known]) == ("198.51.100.7", "198.51.100.8")


def test_a_name_without_that_type_is_there() -> None:
    """A name that has no IPv6 is not a name that is not: clients stop at the latter."""
    answer = asked("alb.elb.amazonaws.com", "AAAA")
    assert (answer.rcode(), answer.answer) == (dns.rcode.NOERROR, [])


@pytest.mark.parametrize(
    "name, code", [("nobody.example.org", dns.rcode.NXDOMAIN), ("away.example.org", dns.rcode.NXDOMAIN)]
)
def test_names_that_are_not(name: str, code: dns.rcode.Rcode) -> None:
    """Nothing else has an answer, and nobody outside is asked."""
    assert asked(name).rcode() == code
    assert addresses(name, [known]) == ()


def test_an_alias_of_itself_ends() -> None:
    """A round of aliases must not hold up the lab."""
    assert asked("round.example.org").rcode() == dns.rcode.SERVFAIL
    assert addresses("round.example.org", [known]) == ()


def test_an_answer_that_is_too_large_says_so() -> None:
    """The client then asks over TCP, where it gets it all."""
    short = asked("big.example.org", most=1232)
    assert short.flags & dns.flags.TC
    assert not short.answer
    assert len(values(asked("big.example.org"))) == 200


@given(st.binary(max_size=64))
def test_no_message_makes_it_fail(message: bytes) -> None:
    """Whatever comes in, the answer is one that can be read, or none."""
    answer = answered(message, [known], most=1232)
    assert answer is None or dns.message.from_wire(answer).flags & dns.flags.QR


def test_an_answer_is_not_answered() -> None:
    """Two servers would answer each other for ever."""
    answer = answered(dns.message.make_query("alb.elb.amazonaws.com", "A").to_wire(), [known])
    assert answer is not None
    assert answered(answer, [known]) is None


# --- Cloudflare's zones -----------------------------------------------------------------------------------------


@pytest.fixture
def zone() -> tuple[CloudflareState, Zone]:
    """An active zone without records."""
    state = CloudflareState()
    now = state.now()
    made = Zone(new_id(), "example.org", "account", (), (), now, now, status="active")
    state.held.zones[made.id] = made
    return state, made


def put(state: CloudflareState, zone: Zone, kind: str, name: str, content: str, *, proxied: bool) -> None:
    """A record more."""
    now = state.now()
    made = Record(new_id(), zone.id, kind, name, content, proxied, 1, now, now)
    state.held.records[made.id] = made


def test_a_proxied_name_leads_to_the_edge_and_another_to_its_records(zone: tuple[CloudflareState, Zone]) -> None:
    """A record that is not proxied leaks the origin: that must be seen."""
    state, example = zone
    put(state, example, "CNAME", "www.example.org", "alb.elb.amazonaws.com", proxied=True)
    put(state, example, "A", "direct.example.org", "198.51.100.7", proxied=False)
    put(state, example, "CNAME", "alias.example.org", "alb.elb.amazonaws.com", proxied=False)
    put(state, example, "TXT", "example.org", 'v="1"', proxied=False)
    assert look_up(state, "www.example.org", "A") == tuple(("A", each) for each in FRONT_IPV4)
    assert look_up(state, "www.example.org", "AAAA") == tuple(("AAAA", each) for each in FRONT_IPV6)
    assert look_up(state, "direct.example.org", "A") == (("A", "198.51.100.7"),)
    assert look_up(state, "direct.example.org", "AAAA") == ()
    assert look_up(state, "alias.example.org", "AAAA") == (("CNAME", "alb.elb.amazonaws.com"),)
    assert look_up(state, "example.org", "A") == ()
    assert look_up(state, "nobody.example.org", "A") is None
    assert look_up(state, "example.com", "A") is None
    query = dns.message.make_query("example.org", "TXT").to_wire()
    answer = answered(query, [lambda name, kind: look_up(state, name, kind)])
    assert answer is not None
    assert dns.message.from_wire(answer).rcode() == dns.rcode.NOERROR


def test_the_zones_settings_count(zone: tuple[CloudflareState, Zone]) -> None:
    """Without IPv6 at the edge there is none; a zone that is pending is not asked at all."""
    state, example = zone
    put(state, example, "A", "www.example.org", "198.51.100.7", proxied=True)
    state.held.settings[example.id, "ipv6"] = Held("off")
    assert look_up(state, "www.example.org", "AAAA") == ()
    state.held.zones[example.id] = Zone(
        example.id, "example.org", "account", (), (), example.created_on, example.modified_on
    )
    assert look_up(state, "www.example.org", "A") is None
