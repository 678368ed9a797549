"""A zone held against a policy: what would leave the origin unreached, or reached round the edge."""

from __future__ import annotations

import msgspec
import pytest

from originlock.facts.unknown import Unknown
from originlock.facts.zone import DnsRecord, DnsRecords, Zone
from originlock.intent.policy import LoadBalancerNamed, Policy
from originlock.locks.identity.zone_findings import records_for, wanted_records, zone_findings
from originlock.plan.trust_acts import AddressRecord, SetRecords, remaining

HOST = "www.example.org"
BALANCER = "blog-1.eu-west-1.elb.amazonaws.com"
POLICY = Policy("blog", LoadBalancerNamed("blog"), hostnames=(HOST,))


def _record(content: str = BALANCER, kind: str = "CNAME", name: str = HOST, *, proxied: bool = True) -> DnsRecord:
    return DnsRecord(f"{name}{content}", name, kind, content, proxied)


GOOD = Zone("z", "example.org", "active", ("ada.ns", "bob.ns"), ssl="strict", records=(_record(),))


def _kinds(zone: Zone, dns_name: str = BALANCER) -> dict[str, bool]:
    return {each.kind: each.refuses for each in zone_findings(POLICY, zone, dns_name)}


def _with(**parts: object) -> Zone:
    return msgspec.structs.replace(GOOD, **parts)


def test_a_good_zone_has_nothing_to_say() -> None:
    """People would learn to read over what is said."""
    assert not zone_findings(POLICY, GOOD, BALANCER)
    assert not wanted_records(POLICY, GOOD, BALANCER)
    assert not wanted_records(POLICY, _with(records=(_record(BALANCER.upper() + "."),)), BALANCER)
    dual = _with(records=(_record(f"dualstack.{BALANCER}"),))
    assert not zone_findings(POLICY, dual, BALANCER)
    assert not wanted_records(POLICY, dual, BALANCER)


@pytest.mark.parametrize("status", ["pending", "initializing", "moved"])
def test_a_zone_that_is_not_served_names_its_servers(status: str) -> None:
    """The lock would be closed for an edge that nobody comes through."""
    (found,) = zone_findings(POLICY, _with(status=status), BALANCER)
    assert found.refuses
    assert "ada.ns, bob.ns" in found.remedy


@pytest.mark.parametrize(
    "records, kinds",
    [
        ((), {"record-missing": True}),
        ((_record(proxied=False),), {"record-not-proxied": False}),
        ((_record("other.example"),), {"record-elsewhere": False}),
        ((_record("192.0.2.1", "A"),), {"record-address": False}),
        ((_record("192.0.2.1", "A"), _record("192.0.2.2", "A")), {"record-address": False, "records-several": False}),
        ((_record(name="*.example.org"),), {}),
        ((_record("other.example", name="*.example.org"),), {"record-elsewhere": False}),
        ((_record(name="*.example.org"), _record("192.0.2.1", "A")), {"record-address": False}),
        ((_record(name="x.example.org"),), {"record-missing": True}),
        (Unknown("records", "denied"), {"records-unread": False}),
    ],
)
def test_records(records: object, kinds: dict[str, bool]) -> None:
    """A hostname that goes elsewhere, nowhere, or round the edge would be taken for served."""
    assert _kinds(_with(records=records)) == kinds


def test_without_a_load_balancer_it_is_not_judged_where_records_point() -> None:
    """Groups alone have no name; every record would point elsewhere."""
    assert not _kinds(_with(records=(_record("192.0.2.1", "A"),)), "")
    assert wanted_records(POLICY, _with(records=()), "") == ()


@pytest.mark.parametrize("mode", ["off", "flexible", "odd\x1b"])
def test_modes_without_tls_are_refused(mode: str) -> None:
    """The edge would present nothing, and every visitor be refused."""
    assert _kinds(_with(ssl=mode)) == {"ssl-without-certificate": True}
    (found,) = zone_findings(POLICY, _with(ssl_by_host=(("http.host eq x", mode),)), BALANCER)
    assert found.refuses
    assert "http.host eq x" in found.message
    assert found.message.isprintable()


def test_other_modes() -> None:
    """Full is enough for a certificate, but anybody on the way can be the origin."""
    assert _kinds(_with(ssl="full")) == {"ssl-not-verified": False}
    assert not _kinds(_with(ssl="origin_pull"))
    assert _kinds(_with(ssl=Unknown("ssl", "denied"))) == {"ssl-unread": True}
    assert _kinds(_with(ssl_by_host=Unknown("rules", "denied"))) == {"ssl-unread": False}


@pytest.mark.parametrize(
    "name, wildcards, answers",
    [
        ("a.b.example.org", ("*.example.org",), "*.example.org"),
        ("a.b.example.org", ("*.example.org", "*.b.example.org"), "*.b.example.org"),
        ("a.b.example.org", ("*.example.org", "b.example.org"), ""),
        ("a.b.example.org", ("*.example.org", "x.b.example.org"), ""),
        ("example.org", ("*.example.org",), ""),
    ],
)
def test_wildcards_answer_as_the_dns_has_it(name: str, wildcards: tuple[str, ...], answers: str) -> None:
    """A name would be taken for served by a wildcard that the DNS does not ask (RFC 4592)."""
    found = records_for(name, tuple(_record(name=each) for each in wildcards))
    assert {each.name for each in found} == ({answers} if answers else set())


def test_wanted_records_lead_there_and_back() -> None:
    """What stood there before would be lost, or what is right be written again."""
    held = (_record("192.0.2.1", "A"), _record("2001:db8::1", "AAAA", proxied=False))
    (act,) = wanted_records(POLICY, _with(records=held), BALANCER + ".")
    before = (AddressRecord("A", "192.0.2.1", proxied=True), AddressRecord("AAAA", "2001:db8::1", proxied=False))
    assert act == SetRecords("z", HOST, (AddressRecord("CNAME", BALANCER, proxied=True),), before)
    assert remaining(act, DnsRecords(HOST, held)) == act
    assert remaining(act, DnsRecords(HOST, (_record(),))) is None
    assert wanted_records(POLICY, _with(records=Unknown("records", "denied")), BALANCER) == ()
    # A wildcard of another target is left to the other names.
    (own,) = wanted_records(POLICY, _with(records=(_record("192.0.2.1", "A", "*.example.org"),)), BALANCER)
    assert own.before == ()
