"""Zones, their settings and records are taken and refused as the API's reference and its users say."""

from __future__ import annotations

import pytest
from tests.lab.cloudflare.conftest import Clock

from originlock.lab.world_cloudflare import CloudflareClient, CloudflareRefusalError, active_zone


def _codes(client: CloudflareClient, method: str, path: str, body: object = None) -> tuple[int, tuple[int, ...]]:
    with pytest.raises(CloudflareRefusalError) as refusal:
        client.call(method, path, body)
    return refusal.value.status, refusal.value.codes


def test_a_zone_is_pending_until_the_registrar_names_its_servers(ours: CloudflareClient, clock: Clock) -> None:
    """Checking changes nothing before that, and cannot be asked for again within the hour."""
    zone = ours.call("POST", "zones", {"name": "Example.ORG", "account": {"id": ours.account_id}})
    assert (zone["name"], zone["status"], zone["activated_on"]) == ("example.org", "pending", None)
    assert len(set(zone["name_servers"])) == 2
    path = f"zones/{zone['id']}"
    ours.call("PUT", f"{path}/activation_check")
    assert ours.call("GET", path)["status"] == "pending"
    ours.control("POST", "zone", {"name": "example.org", "delegated": True})
    assert _codes(ours, "PUT", f"{path}/activation_check")[0] == 429
    clock.pass_by(3600)
    ours.call("PUT", f"{path}/activation_check")
    assert ours.call("GET", path)["status"] == "active"
    assert _codes(ours, "POST", "zones", {"name": "example.org", "account": {"id": ours.account_id}}) == (400, (1061,))


@pytest.mark.parametrize(
    "name, values, wrong",
    [
        ("ssl", ["off", "flexible", "full", "strict", "origin_pull"], "on"),
        ("tls_client_auth", ["on", "off"], True),
        ("min_tls_version", ["1.0", "1.1", "1.2", "1.3"], 1.2),
        ("tls_1_3", ["on", "off", "zrt"], "1.3"),
        ("always_use_https", ["on", "off"], None),
        ("http2", ["on", "off"], "yes"),
        ("websockets", ["on", "off"], "yes"),
        ("ipv6", ["on", "off"], "both"),
        ("aegis", [{"enabled": True, "pool_id": "p"}, {"enabled": False}], "on"),
    ],
)
def test_settings_take_their_values_alone(
    ours: CloudflareClient, name: str, values: list[object], wrong: object
) -> None:
    """Each documented value is kept; another is refused and changes nothing."""
    path = f"zones/{active_zone(ours, 'example.org')}/settings/{name}"
    for value in values:
        assert ours.call("PATCH", path, {"value": value})["value"] == value
    assert _codes(ours, "PATCH", path, {"value": wrong}) == (400, (1007,))
    assert ours.call("GET", path)["value"] == values[-1]


def test_records_are_kept_whole(ours: CloudflareClient) -> None:
    """Names are completed, proxied records have an automatic TTL, PATCH keeps what PUT forgets."""
    path = f"zones/{active_zone(ours, 'example.org')}/dns_records"
    made = ours.call(
        "POST",
        path,
        {"type": "CNAME", "name": "www", "content": "LB.example.net.", "proxied": True, "ttl": 600, "comment": "ours"},
    )
    assert (made["name"], made["content"], made["ttl"], made["proxiable"]) == (
        "www.example.org",
        "lb.example.net",
        1,
        True,
    )
    one = f"{path}/{made['id']}"
    assert ours.call("PATCH", one, {"proxied": False, "ttl": 60})["comment"] == "ours"
    put = ours.call("PUT", one, {"type": "CNAME", "name": "www.example.org", "content": "lb.example.net"})
    assert (put["comment"], put["ttl"], put["proxied"]) == (None, 1, False)
    ours.call("POST", path, {"type": "TXT", "name": "@", "content": "v=spf1 -all"})
    assert [each["type"] for each in ours.call("GET", f"{path}?name=example.org")] == ["TXT"]
    assert len(ours.call("GET", f"{path}?proxied=false")) == 2
    ours.call("DELETE", one)
    assert _codes(ours, "GET", one) == (404, (81044,))


@pytest.mark.parametrize(
    "record",
    [
        {"type": "A", "name": "www", "content": "lb.example.net"},
        {"type": "A", "name": "www", "content": "2001:db8::1"},
        {"type": "AAAA", "name": "www", "content": "192.0.2.1"},
        {"type": "CNAME", "name": "www", "content": "192.0.2.1"},
        {"type": "CNAME", "name": "www", "content": "not a name"},
        {"type": "A", "name": "www", "content": "192.0.2.1", "ttl": 59},
        {"type": "TXT", "name": "www", "content": "x", "proxied": True},
        {"type": "A", "name": "a..b", "content": "192.0.2.1"},
        {"type": "WKS", "name": "www", "content": "x"},
        {},
    ],
)
def test_wrong_records_do_not_validate(ours: CloudflareClient, record: dict[str, object]) -> None:
    """All of them are 1004, with the reason in the chain."""
    path = f"zones/{active_zone(ours, 'example.org')}/dns_records"
    assert _codes(ours, "POST", path, record) == (400, (1004,))
    assert ours.call("GET", path) == []


def test_records_that_cannot_stand_together(ours: CloudflareClient) -> None:
    """The same one twice is 81058, a CNAME beside an address 81053."""
    path = f"zones/{active_zone(ours, 'example.org')}/dns_records"
    record = {"type": "A", "name": "www", "content": "192.0.2.1"}
    ours.call("POST", path, record)
    assert _codes(ours, "POST", path, record) == (400, (81058,))
    assert _codes(ours, "POST", path, {**record, "type": "CNAME", "content": "a.example"}) == (400, (81053,))
    ours.call("POST", path, {**record, "content": "192.0.2.2"})


def test_a_scan_finds_some_of_the_old_records(ours: CloudflareClient) -> None:
    """At once, or to be reviewed first: what is accepted is added, what is rejected is forgotten."""
    found = [
        {"type": "A", "name": "www", "content": "192.0.2.1"},
        {"type": "MX", "name": "@", "content": "mail.example.org", "priority": 10},
    ]
    for name in ("one.example", "two.example"):
        ours.control("POST", "findable", {"name": name, "records": found})
    one = f"zones/{active_zone(ours, 'one.example')}/dns_records"
    assert ours.call("POST", f"{one}/scan") == {"recs_added": 2, "total_records_parsed": 2}
    assert ours.call("POST", f"{one}/scan")["recs_added"] == 0
    assert len(ours.call("GET", one)) == 2
    two = f"zones/{active_zone(ours, 'two.example')}/dns_records"
    ours.call("POST", f"{two}/scan/trigger")
    assert ours.call("GET", two) == []
    exchange, address = sorted(ours.call("GET", f"{two}/scan/review"), key=lambda each: str(each["name"]))
    assert exchange["priority"] == 10
    review = {"accepts": [address], "rejects": [{"id": exchange["id"]}]}
    told = ours.call("POST", f"{two}/scan/review", review)
    assert [each["name"] for each in told["accepts"]] == ["www.two.example"]
    assert [each["type"] for each in ours.call("GET", two)] == ["A"]
    assert ours.call("GET", f"{two}/scan/review") == []
