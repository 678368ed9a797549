"""Certificates for origin pulls: states over time, limits, what is refused, and what the edge goes by meanwhile."""

from __future__ import annotations

import pytest
from tests.lab.cloudflare.conftest import Clock

from originlock.lab.authority import Authority, Leaf, root
from originlock.lab.world_cloudflare import (
    CloudflareClient,
    CloudflareRefusalError,
    ProxiedHost,
    active_zone,
    proxied_host,
    pull_for_host,
    upload_for_zone,
)


@pytest.fixture
def authority() -> Authority:
    """The customer's."""
    return root("ours")


@pytest.fixture
def host(ours: CloudflareClient) -> ProxiedHost:
    """A host behind the edge."""
    return proxied_host(ours, "www.example.org", "192.0.2.1")


LEAF = Leaf("edge", ("edge.example.org",), client=True)


def _body(authority: Authority) -> dict[str, str]:
    issued = authority.issue(LEAF)
    return {"certificate": issued.chain_pem, "private_key": issued.key_pem}


def _codes(client: CloudflareClient, method: str, path: str, body: object = None) -> tuple[int, str]:
    with pytest.raises(CloudflareRefusalError) as refusal:
        client.call(method, path, body)
    return refusal.value.status, str(refusal.value)


def _presented(client: CloudflareClient, host: ProxiedHost) -> object:
    told = client.control("GET", f"presented?host={host.hostname}")
    return None if told is None else told["id"]


def test_a_certificate_passes_through_its_states(
    ours: CloudflareClient, clock: Clock, host: ProxiedHost, authority: Authority
) -> None:
    """Initializing, pending, active; pending deletion, deleted; only active is presented."""
    ours.control("POST", "settings", {"initializing_seconds": 10, "pending_seconds": 60, "deleting_seconds": 30})
    base = f"zones/{host.zone_id}/origin_tls_client_auth"
    ours.call("PUT", f"{base}/settings", {"enabled": True})
    cert_id = upload_for_zone(ours, host.zone_id, authority.issue(LEAF))
    seen = []
    for seconds in (0, 10, 59, 1):
        clock.pass_by(seconds)
        seen.append((ours.call("GET", f"{base}/{cert_id}")["status"], _presented(ours, host)))
    ours.call("DELETE", f"{base}/{cert_id}")
    seen.append((ours.call("GET", f"{base}/{cert_id}")["status"], _presented(ours, host)))
    clock.pass_by(30)
    seen.append((ours.call("GET", f"{base}/{cert_id}")["status"], _presented(ours, host)))
    assert seen == [
        ("initializing", None),
        ("pending_deployment", None),
        ("pending_deployment", None),
        ("active", cert_id),
        ("pending_deletion", None),
        ("deleted", None),
    ]
    assert ours.call("GET", base) is None
    ours.control("POST", "settings", {"empty_list_is_null": False})
    assert ours.call("GET", base) == []


def test_a_deployment_can_time_out(
    ours: CloudflareClient, clock: Clock, host: ProxiedHost, authority: Authority
) -> None:
    """It is pending first, then timed out for good."""
    ours.control("POST", "settings", {"pending_seconds": 60, "deployment_fails": True})
    cert_id = upload_for_zone(ours, host.zone_id, authority.issue(LEAF))
    path = f"zones/{host.zone_id}/origin_tls_client_auth/{cert_id}"
    assert ours.call("GET", path)["status"] == "pending_deployment"
    clock.pass_by(60)
    ours.control("POST", "settings", {"deployment_fails": False})
    assert ours.call("GET", path)["status"] == "deployment_timed_out"


def test_of_two_active_certificates_the_newer_is_presented(
    ours: CloudflareClient, clock: Clock, host: ProxiedHost, authority: Authority
) -> None:
    """Uploading is itself the switch where zone-level pulls are on; the old one comes back if the new one goes."""
    base = f"zones/{host.zone_id}/origin_tls_client_auth"
    ours.call("PUT", f"{base}/settings", {"enabled": True})
    old = upload_for_zone(ours, host.zone_id, authority.issue(LEAF))
    ours.control("POST", "settings", {"pending_seconds": 60})
    clock.pass_by(60)
    new = upload_for_zone(ours, host.zone_id, authority.issue(LEAF))
    assert _presented(ours, host) == old
    clock.pass_by(60)
    assert _presented(ours, host) == new
    ours.call("DELETE", f"{base}/{new}")
    assert _presented(ours, host) == old


def test_an_expired_certificate_is_still_presented(
    ours: CloudflareClient, host: ProxiedHost, authority: Authority
) -> None:
    """Cloudflare removes none at its expiry: the origin will refuse it."""
    ours.call("PUT", f"zones/{host.zone_id}/origin_tls_client_auth/settings", {"enabled": True})
    expired = authority.issue(Leaf("edge", client=True, days=-1))
    assert upload_for_zone(ours, host.zone_id, expired) == _presented(ours, host)


def test_what_is_no_leaf_with_its_key_is_refused(
    ours: CloudflareClient, host: ProxiedHost, authority: Authority
) -> None:
    """An authority's certificate, another's key, garbage, and nothing."""
    base = f"zones/{host.zone_id}/origin_tls_client_auth"
    good, other = authority.issue(LEAF), authority.issue(LEAF)
    wrong = [
        {"certificate": authority.pem, "private_key": good.key_pem},
        {"certificate": good.chain_pem, "private_key": other.key_pem},
        {"certificate": "nonsense", "private_key": good.key_pem},
        {"certificate": good.chain_pem, "private_key": "nonsense"},
        {"certificate": good.chain_pem},
        [],
    ]
    for each in wrong:
        for path in (base, f"{base}/hostnames/certificates"):
            assert _codes(ours, "POST", path, each)[0] == 400
    assert "missing leaf certificate" in _codes(ours, "POST", base, wrong[0])[1]
    assert ours.call("GET", base) is None


def test_the_eleventh_hostname_certificate_is_refused(
    ours: CloudflareClient, host: ProxiedHost, authority: Authority
) -> None:
    """Ten in a zone; a deleted one makes room."""
    path = f"zones/{host.zone_id}/origin_tls_client_auth/hostnames/certificates"
    ids = [ours.call("POST", path, _body(authority))["id"] for _ in range(10)]
    assert _codes(ours, "POST", path, _body(authority))[0] == 400
    ours.call("DELETE", f"{path}/{ids[0]}")
    ours.call("POST", path, _body(authority))
    assert len(ours.call("GET", path)) == 10


def test_a_hostname_takes_a_certificate_for_hostnames_alone(
    ours: CloudflareClient, host: ProxiedHost, authority: Authority
) -> None:
    """The zone's, another zone's, a deleted one and none are 1415; a foreign or missing name is refused too."""
    base = f"zones/{host.zone_id}/origin_tls_client_auth/hostnames"
    issued = authority.issue(LEAF)
    mine = ours.call("POST", f"{base}/certificates", _body(authority))["id"]
    deleted = ours.call("POST", f"{base}/certificates", _body(authority))["id"]
    ours.call("DELETE", f"{base}/certificates/{deleted}")
    of_zone = upload_for_zone(ours, host.zone_id, issued)
    elsewhere = active_zone(ours, "elsewhere.example")
    foreign = ours.call("POST", f"zones/{elsewhere}/origin_tls_client_auth/hostnames/certificates", _body(authority))[
        "id"
    ]
    for cert_id in (of_zone, deleted, foreign, "nonsense"):
        config = [{"hostname": host.hostname, "cert_id": cert_id, "enabled": True}]
        assert "1415" in _codes(ours, "PUT", base, {"config": config})[1]
    config = [{"hostname": host.hostname, "enabled": True}]
    assert "1404" in _codes(ours, "PUT", base, {"config": config})[1]
    for hostname in ("", None, "www.example.net"):
        config = [{"hostname": hostname, "cert_id": mine, "enabled": True}]
        assert _codes(ours, "PUT", base, {"config": config})[0] == 400
    assert "1553" in _codes(ours, "GET", f"{base}/{host.hostname}")[1]


def test_an_associated_certificate_is_deleted_after_the_association(
    ours: CloudflareClient, host: ProxiedHost, authority: Authority
) -> None:
    """Not while it is on, nor, by default, while it is disabled; voided it goes."""
    cert_id = pull_for_host(ours, host, authority.issue(LEAF))
    base = f"zones/{host.zone_id}/origin_tls_client_auth/hostnames"
    one = f"{base}/certificates/{cert_id}"

    def put(enabled: object) -> None:
        ours.call("PUT", base, {"config": [{"hostname": host.hostname, "enabled": enabled, "cert_id": cert_id}]})

    assert _presented(ours, host) == cert_id
    assert _codes(ours, "DELETE", one)[0] == 400
    put(enabled=False)
    assert ours.call("GET", f"{base}/{host.hostname}")["enabled"] is False
    assert "1433" in _codes(ours, "DELETE", one)[1]
    put(enabled=None)
    ours.call("DELETE", one)
    put_again = {"config": [{"hostname": host.hostname, "enabled": False, "cert_id": cert_id}]}
    assert _codes(ours, "PUT", base, put_again)[0] == 400


def test_by_the_switch_a_disabled_association_does_not_hold_its_certificate(
    ours: CloudflareClient, host: ProxiedHost, authority: Authority
) -> None:
    """As the documentation's roll-back page does it."""
    ours.control("POST", "settings", {"deletes_disabled": True})
    cert_id = pull_for_host(ours, host, authority.issue(LEAF))
    base = f"zones/{host.zone_id}/origin_tls_client_auth/hostnames"
    config = [{"hostname": host.hostname, "enabled": False, "cert_id": cert_id}]
    ours.call("PUT", base, {"config": config})
    ours.call("DELETE", f"{base}/certificates/{cert_id}")


def test_until_an_association_is_deployed_the_old_one_is_in_force(
    ours: CloudflareClient, clock: Clock, host: ProxiedHost, authority: Authority
) -> None:
    """The edge goes on with what it had; the status says pending."""
    old = pull_for_host(ours, host, authority.issue(LEAF))
    ours.control("POST", "settings", {"association_seconds": 60})
    clock.pass_by(60)
    new = pull_for_host(ours, host, authority.issue(LEAF))
    path = f"zones/{host.zone_id}/origin_tls_client_auth/hostnames/{host.hostname}"
    assert ours.call("GET", path)["status"] == "pending_deployment"
    assert _presented(ours, host) == old
    clock.pass_by(60)
    assert ours.call("GET", path)["status"] == "active"
    assert _presented(ours, host) == new


@pytest.mark.parametrize("fallback", ["none", "global"])
def test_zone_level_pulls_without_a_certificate(ours: CloudflareClient, host: ProxiedHost, fallback: str) -> None:
    """What is presented then is a switch, since no source says it."""
    ours.control("POST", "settings", {"zone_level_without_certificate": fallback})
    ours.call("PATCH", f"zones/{host.zone_id}/settings/tls_client_auth", {"value": "on"})
    assert _presented(ours, host) == "shared"
    ours.call("PUT", f"zones/{host.zone_id}/origin_tls_client_auth/settings", {"enabled": True})
    assert _presented(ours, host) == (None if fallback == "none" else "shared")


def test_the_edge_follows_a_setting_after_a_while(ours: CloudflareClient, clock: Clock, host: ProxiedHost) -> None:
    """The API shows the new value at once."""
    ours.control("POST", "settings", {"setting_seconds": 30})
    path = f"zones/{host.zone_id}/settings/tls_client_auth"
    ours.call("PATCH", path, {"value": "on"})
    assert ours.call("GET", path)["value"] == "on"
    assert _presented(ours, host) is None
    clock.pass_by(30)
    assert _presented(ours, host) == "shared"


@pytest.mark.parametrize("level", ["", "/hostnames/certificates"])
def test_the_same_certificate_twice_is_refused_and_a_deleted_one_comes_back(
    ours: CloudflareClient, clock: Clock, host: ProxiedHost, authority: Authority, level: str
) -> None:
    """1406 while it lives, and while it is being deleted; then it has its old id again."""
    ours.control("POST", "settings", {"deleting_seconds": 10})
    path = f"zones/{host.zone_id}/origin_tls_client_auth{level}"
    body = _body(authority)
    cert_id = ours.call("POST", path, body)["id"]
    assert "1406" in _codes(ours, "POST", path, body)[1]
    ours.call("DELETE", f"{path}/{cert_id}")
    assert "1406" in _codes(ours, "POST", path, body)[1]
    clock.pass_by(10)
    assert ours.call("POST", path, body)["id"] == cert_id
    assert ours.call("GET", f"{path}/{cert_id}")["status"] == "active"


@pytest.mark.parametrize(
    "level, again, gone", [("", "already deleted", "already deleted"), ("/hostnames/certificates", "1414", "1551")]
)
def test_a_certificate_is_not_deleted_while_it_is_deployed_nor_twice(
    ours: CloudflareClient, clock: Clock, host: ProxiedHost, authority: Authority, level: str, again: str, gone: str
) -> None:
    """1434 at first; the second time is told apart from the first."""
    ours.control("POST", "settings", {"pending_seconds": 60, "deleting_seconds": 10})
    path = f"zones/{host.zone_id}/origin_tls_client_auth{level}"
    one = f"{path}/{ours.call('POST', path, _body(authority))['id']}"
    assert "1434" in _codes(ours, "DELETE", one)[1]
    clock.pass_by(60)
    assert ours.call("DELETE", one)["status"] == "pending_deletion"
    assert again in _codes(ours, "DELETE", one)[1]
    clock.pass_by(10)
    assert gone in _codes(ours, "DELETE", one)[1]
    assert _codes(ours, "GET", f"{path}/nonsense")[0] == 404
