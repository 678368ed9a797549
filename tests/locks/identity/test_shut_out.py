"""Everybody who would be shut out when a listener begins to verify is told of, each with a word of their own."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import msgspec
import pytest
from tests.locks.identity.knowing import asked, read, said, with_listener, with_zone
from tests.properties.fake_trust import DNS_NAME, DOMAIN
from tests.properties.trust_worlds import OTHER, WWW, plain_world, records_of

from originlock.facts.networks import parse
from originlock.facts.snapshot import Snapshot
from originlock.facts.unknown import Unknown
from originlock.facts.zone import DnsRecord, Monitor
from originlock.intent.policy import Exemption, Policy
from originlock.plan.trust_acts import ReplaceBundle

UNREAD = Unknown("it", "not allowed")
ENDS = datetime.date(2026, 12, 31)
GONE = datetime.date(2026, 1, 1)
Changed = Callable[[Policy, Snapshot], tuple[Policy, Snapshot]]


def words(policy: Policy, snapshot: Snapshot) -> list[str]:
    """What a person would have to acknowledge."""
    objections = [each for each in said(policy, snapshot).objections if each.guard == "shut-out"]
    assert all(each.lock == "identity" and each.origin == "blog" for each in objections)
    return [each.remedy.split('"')[1] for each in objections]


def _except(policy: Policy, ends: datetime.date) -> Policy:
    return msgspec.structs.replace(policy, exceptions=(Exemption(parse("192.0.2.1/32"), "ops", "monitoring", ends),))


def _records(snapshot: Snapshot, *more: DnsRecord) -> Snapshot:
    return with_zone(snapshot, records=(*records_of((WWW,)), *more))


CASES: dict[str, Changed] = {
    "exception 192.0.2.1/32": lambda p, s: (_except(p, ENDS), s),
    "name shop.example.net": lambda p, s: (p, with_listener(s, names=(WWW, "shop.example.net"))),
    "name pay.example.net": lambda p, s: (p, with_listener(s, hosts=("pay.example.net",))),
    "unread certificate 443": lambda p, s: (p, with_listener(s, names=UNREAD)),
    "unread rules 443": lambda p, s: (p, with_listener(s, hosts=UNREAD)),
    "unread records": lambda p, s: (p, with_zone(s, records=UNREAD)),
    "unread monitors": lambda p, s: (p, with_zone(s, monitors=UNREAD)),
    "monitor m1": lambda p, s: (p, with_zone(s, monitors=(Monitor("m1", "uptime"),))),
    f"unproxied direct.{DOMAIN}": lambda p, s: (
        p,
        _records(s, DnsRecord("2", f"direct.{DOMAIN}", "CNAME", f"{DNS_NAME.upper()}.")),
    ),
    f"name also.{DOMAIN}": lambda p, s: (
        p,
        _records(s, DnsRecord("2", f"also.{DOMAIN}", "CNAME", DNS_NAME, proxied=True)),
    ),
    f"name dual.{DOMAIN}": lambda p, s: (
        p,
        _records(s, DnsRecord("2", f"dual.{DOMAIN}", "CNAME", f"dualstack.{DNS_NAME}", proxied=True)),
    ),
    f"origin {OTHER}": lambda p, s: (asked(p, scope="zone"), s),
}


@pytest.mark.parametrize("word", CASES)
def test_each_who_is_shut_out_has_a_word(word: str) -> None:
    """Somebody who is let in today is refused tomorrow, and nobody said so."""
    policy, snapshot = CASES[word](*read(plain_world()))
    assert words(policy, snapshot) == [word]
    assert not words(asked(policy, acknowledged=(word,)), snapshot)
    assert words(asked(policy, acknowledged=("another",)), snapshot) == [word]


@pytest.mark.parametrize(
    "harmless",
    [
        lambda p, s: (_except(p, GONE), s),
        lambda p, s: (p, with_listener(s, names=(f"*.{DOMAIN}",), hosts=(WWW,))),
        lambda p, s: (p, with_zone(s, monitors=(Monitor("m1", "uptime", DOMAIN),))),
        lambda p, s: (asked(p, mode="passthrough"), with_listener(s, names=("shop.example.net",))),
    ],
    ids=["an exception that has ended", "a wildcard", "a monitor of the zone", "nobody is refused yet"],
)
def test_nobody_is_told_of_who_is_not_shut_out(harmless: Changed) -> None:
    """So many words that nobody reads them."""
    assert not words(*harmless(*read(plain_world())))


@pytest.mark.parametrize("word", ["name shop.example.net", "unread rules 443", f"name also.{DOMAIN}"])
def test_who_comes_with_a_certificate_that_is_to_be_forgotten_is_told_of(word: str) -> None:
    """Listeners that trust the edge's shared certificate forget it, and names that still bring it are refused."""
    policy, snapshot = CASES[word](*read(plain_world(mode="verify", store=("shared",))))
    assert words(policy, snapshot) == [word]
    assert not words(asked(policy, acknowledged=(word,)), snapshot)


def test_who_is_refused_already_is_not_told_of_again() -> None:
    """An exception without a certificate, which a listener that verifies has never let in, holds up a rotation."""
    policy, snapshot = CASES["exception 192.0.2.1/32"](*read(plain_world(mode="verify", store=("shared",))))
    assert not words(*CASES["monitor m1"](policy, snapshot))


def test_following_our_own_authority_shuts_nobody_out() -> None:
    """A renewal in cron that stops for a name which was shut out long ago."""
    world = plain_world("edge-1", "edge-2", mode="verify", store=("ours-1",))
    policy, snapshot = CASES["name shop.example.net"](*read(world))
    assert not words(policy, snapshot)
    assert any(isinstance(draft.act, ReplaceBundle) for draft in said(policy, snapshot).drafts)
