"""Reading a zone from the lab's Cloudflare over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.edges.conftest import HOST, ZONE, Flare, fingerprint

from originlock.edges.cloudflare_calls import READING, ApiCall, permissions_for
from originlock.facts.origin import Missing
from originlock.facts.unknown import Unknown
from originlock.facts.zone import (
    Association,
    DnsRecord,
    DnsRecords,
    Monitor,
    Switch,
    Zone,
    record_target,
    switch_target,
)
from originlock.lab.world_cloudflare import account, active_zone, proxied_host, pull_for_host, upload_for_zone

BALANCER = "blog-1.eu-west-1.elb.amazonaws.com"
ALL = permissions_for(READING)


def _zone(flare: Flare, *hostnames: str, **more: Any) -> Zone:  # noqa: ANN401  as `Flare.account` has them
    found = flare.account(**more).zone(hostnames or (HOST,))
    assert isinstance(found, Zone), found
    return found


def test_every_part_of_a_zone_is_read(flare: Flare) -> None:
    """A part that is never filled would always look as if all were well."""
    client = flare.client
    host = proxied_host(
        client,
        HOST,
        BALANCER,
        settings={"ssl": "strict", "tls_client_auth": "on", "always_use_https": "on"},
    )
    client.call("PUT", f"zones/{flare.zone}/origin_tls_client_auth/settings", {"enabled": True})
    whole, own = flare.issued(), flare.issued()
    upload_for_zone(client, flare.zone, whole)
    own_id = pull_for_host(client, host, own)
    rule = {
        "action": "set_config",
        "expression": 'http.host eq "old.example.org"',
        "action_parameters": {"ssl": "flexible"},
        "description": "for the old shop",
    }
    off = {**rule, "enabled": False, "description": "off"}
    client.call("PUT", f"zones/{flare.zone}/rulesets/phases/http_config_settings/entrypoint", {"rules": [rule, off]})
    monitors = f"accounts/{client.account_id}/load_balancers/monitors"
    made = client.call("POST", monitors, {"description": "up?", "probe_zone": ZONE})
    active_zone(client, "other.example")
    client.call(
        "POST", f"zones/{flare.zone}/dns_records", {"type": "TXT", "name": ZONE, "content": "no address", "ttl": 1}
    )

    zone = _zone(flare, HOST, "bare.example.org")

    assert (zone.id, zone.name, zone.status) == (flare.zone, ZONE, "active")
    before = ("ns1.registrar.example", "ns2.registrar.example")
    assert (len(zone.name_servers), zone.original_name_servers) == (2, before)
    assert (zone.ssl, zone.global_pulls, zone.zone_pulls, zone.always_https) == ("strict", True, True, True)
    assert zone.ssl_by_host == (('for the old shop (http.host eq "old.example.org")', "flexible"),)
    assert not isinstance(zone.certificates, Unknown)
    by_scope = {each.scope: each for each in zone.certificates}
    assert by_scope["zone"].sha256 == fingerprint(whole.chain_pem)
    assert (by_scope["hostname"].id, by_scope["hostname"].sha256) == (own_id, fingerprint(own.chain_pem))
    assert by_scope["hostname"].serial == str(own.certificate.serial_number)
    assert all(each.status == "active" and each.expires and each.uploaded for each in zone.certificates)
    assert zone.associations == {
        HOST: Association(HOST, own_id, fingerprint(own.chain_pem), enabled=True, status="active"),
        "bare.example.org": Association("bare.example.org"),
    }
    assert zone.records == (DnsRecord(host.record_id, HOST, "CNAME", BALANCER, proxied=True),)
    assert zone.monitors == (Monitor(made["id"], "up?", ZONE),)
    assert (zone.dedicated, zone.others) == ((), ("other.example",))


def test_a_zone_with_nothing_in_it_is_read(flare: Flare) -> None:
    """Lists that are null, and settings that nobody has set, would be errors."""
    zone = _zone(flare)
    assert (zone.certificates, zone.records, zone.monitors, zone.ssl_by_host, zone.others) == ((), (), (), (), ())
    assert (zone.ssl, zone.global_pulls, zone.zone_pulls) == ("full", False, False)


def test_dedicated_addresses_that_cannot_be_read_are_unknown(flare: Flare) -> None:
    """A zone with addresses of its own would be locked to ranges that it does not come from."""
    setting = f"zones/{flare.zone}/settings/aegis"
    flare.client.call("PATCH", setting, {"value": {"enabled": True, "pool_id": "p"}})
    found = _zone(flare).dedicated
    assert isinstance(found, Unknown)
    assert "extra_ranges" in found.reason


@pytest.mark.parametrize(
    "hostname",
    [HOST, ZONE, "a.b.c.example.org", "*.example.org", "WWW.Example.org."],
)
def test_the_zone_is_found_from_a_hostname(flare: Flare, hostname: str) -> None:
    """A name below, at the top, with a star or in capitals would be in no zone."""
    assert _zone(flare, hostname).name == ZONE


def test_the_nearest_zone_wins(flare: Flare) -> None:
    """A subdomain that is a zone of its own would be looked for in its parent."""
    active_zone(flare.client, "shop.example.org")
    assert _zone(flare, "www.shop.example.org").name == "shop.example.org"
    mixed = flare.account().zone((HOST, "www.shop.example.org"))
    assert isinstance(mixed, Unknown)
    assert "different zones" in mixed.reason


def test_hostnames_without_a_zone(flare: Flare) -> None:
    """What is not there would be unknown, or what is half there would be missing."""
    assert isinstance(flare.account().zone(("www.other.example",)), Missing)
    some = flare.account().zone((HOST, "www.other.example"))
    assert isinstance(some, Unknown)
    assert "www.other.example" in some.reason
    assert isinstance(flare.account().zone(()), Unknown)


def test_a_zone_that_is_named_is_the_one(flare: Flare) -> None:
    """The policy's word would count for nothing."""
    active_zone(flare.client, "shop.example.org")
    assert _zone(flare, "www.shop.example.org", zone=ZONE).name == ZONE
    assert _zone(flare, HOST, zone="Example.ORG").name == ZONE
    outside = flare.account(zone=ZONE).zone(("www.other.example",))
    assert isinstance(outside, Unknown)
    assert isinstance(flare.account(zone="no.example").zone(()), Missing)


def test_one_name_in_several_accounts_is_unknown(flare: Flare, monkeypatch: pytest.MonkeyPatch) -> None:
    """Originlock would change the zone of whichever account is named first."""
    ours = flare.account()
    monkeypatch.setattr(
        ours.calls,
        "listed",
        lambda *_, **__: tuple(
            {"id": number, "name": ZONE, "status": "active", "account": {"id": number, "name": f"account {number}"}}
            for number in ("1", "2")
        ),
    )
    found = ours.zone((HOST,))
    assert isinstance(found, Unknown)
    assert "account 1 (1), account 2 (2)" in found.reason


PARTS = {
    "Zone Settings Read": ("ssl", "global_pulls", "always_https", "dedicated"),
    "SSL and Certificates Read": ("zone_pulls", "certificates"),
    "DNS Read": ("records",),
    "Config Settings Read": ("ssl_by_host",),
    "Load Balancing: Monitors and Pools Read": ("monitors",),
}


@pytest.mark.parametrize("lacking", PARTS)
def test_a_part_that_is_denied_names_the_permission(flare: Flare, lacking: str) -> None:
    """A person would have to guess which of fifty permissions is missing, and other parts would be lost with it."""
    zone = _zone_with(flare, *(each for each in ALL if each != lacking))
    for part in msgspec.structs.fields(zone):
        value = getattr(zone, part.name)
        if part.name in PARTS[lacking]:
            assert isinstance(value, Unknown), part.name
            assert f'lacks the permission "{lacking}"' in value.reason
        else:
            assert not isinstance(value, Unknown), part.name
    if lacking.startswith("SSL"):
        assert isinstance(zone.associations[HOST], Unknown)


def _zone_with(flare: Flare, *grants: str) -> Zone:
    found = flare.account(*grants).zone((HOST,))
    assert isinstance(found, Zone), found
    return found


def test_without_the_permission_for_zones_nothing_is_missing(flare: Flare) -> None:
    """A zone that the token may not see would be taken for one that is not there, and made a second time."""
    found = flare.account("DNS Read").zone((HOST,))
    assert isinstance(found, Unknown)
    assert '"Zone Read"' in found.reason


@pytest.mark.parametrize("token", ["no-such-token", "x" * 40])
def test_a_token_that_is_not_known_is_told_as_such(flare: Flare, token: str) -> None:
    """9109 stands for two things; a person would look for a permission instead of a token."""
    found = flare.account(token=token).zone((HOST,))
    assert isinstance(found, Unknown)
    assert "does not know this API token" in found.reason
    assert token not in str(found)


def test_many_records_are_read_page_by_page(flare: Flare) -> None:
    """Only the first hundred records would be seen, and a hostname beyond them would be called missing."""
    for number in range(130):
        body = {"type": "A", "name": f"h{number}.{ZONE}", "content": "192.0.2.1", "ttl": 1}
        flare.client.call("POST", f"zones/{flare.zone}/dns_records", body)
    records = _zone(flare).records
    assert not isinstance(records, Unknown)
    assert len({each.name for each in records}) == 130


def test_many_zones_are_read_page_by_page(flare: Flare) -> None:
    """Other zones than the first fifty would not be told of."""
    for number in range(55):
        flare.client.call("POST", "zones", {"name": f"z{number}.example", "account": {"id": flare.client.account_id}})
    assert len(_zone(flare).others) == 55  # type: ignore[arg-type]


def test_targets_are_looked_at_in_few_calls(flare: Flare) -> None:
    """A list would be read once for each of its certificates."""
    acts = [flare.upload() for _ in range(3)]
    ours = flare.account()
    for act in acts:
        ours.performed(act)
    before = len(flare.asked())
    targets = (
        *(act.target for act in acts),
        switch_target(flare.zone, "zone"),
        switch_target(flare.zone, "global"),
        record_target(flare.zone, HOST),
        f"zone/{flare.zone}/nonsense",
    )
    held = ours.look(targets)
    assert tuple(held) == targets
    assert held[targets[3]] == Switch(targets[3], on=False)
    assert held[targets[5]] == DnsRecords(HOST, ())
    assert isinstance(held[targets[6]], Unknown)
    assert len(flare.asked(before)) == 4


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "status", "garbage", "cut", "throttled"])
def test_reading_is_tried_again(flare: Flare, kind: str) -> None:
    """One lost packet would make the whole plan unknown."""
    flare.fault(kind, method="GET", times=2, path="zones/*/settings/ssl")
    assert _zone(flare).ssl == "full"
    assert len(flare.paused) == 2


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "status", "garbage", "cut", "throttled", "denied"])
def test_a_part_that_cannot_be_read_is_unknown(flare: Flare, kind: str) -> None:
    """What could not be read would be taken for good, or raise."""
    for path in ("zones/*/*", "accounts/*"):
        flare.fault(kind, method="GET", times=100, path=path)
    zone = _zone(flare)
    for name in ("ssl", "global_pulls", "zone_pulls", "certificates", "records", "monitors", "ssl_by_host"):
        assert isinstance(getattr(zone, name), Unknown), name
    assert isinstance(zone.associations[HOST], Unknown)
    targets = (switch_target(flare.zone, "zone"), record_target(flare.zone, HOST))
    assert all(isinstance(each, Unknown) for each in flare.account().look(targets).values())


def test_another_customers_zone_is_not_seen(flare: Flare) -> None:
    """A zone of somebody else would be taken for ours."""
    other = account(flare.client.url, "somebody else")
    active_zone(other, "else.example")
    assert isinstance(flare.account().zone(("www.else.example",)), Missing)


def test_names_in_paths_lead_nowhere_else() -> None:
    """A hostname with a slash in it would reach another endpoint."""
    call = ApiCall("GET", "zones/{zone}/x/{hostname}", READING[0].permission, "")
    assert call.at(zone="../..", hostname="a/../b?c") == "zones/..%2F../x/a%2F..%2Fb%3Fc"
