"""What we believe of Cloudflare's API, one statement a test, each with its source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from tests.contract.cloudflare.conftest import MARK, Subject

from originlock.lab.authority import Authority, Issued, Leaf, root
from originlock.lab.world_cloudflare import CloudflareClient, upload_for_zone


@pytest.fixture(scope="module")
def authority() -> Authority:
    """A customer's own."""
    return root(MARK)


@pytest.fixture
def issued(authority: Authority) -> Issued:
    """A certificate for origin pulls."""
    return authority.issue(Leaf(MARK, (f"{MARK}.example",), client=True, key="rsa2048"))


@pytest.fixture
def pulls(cloudflare: Subject) -> Iterator[str]:
    """Where origin pulls are; what a statement left there is deleted."""
    base = f"zones/{cloudflare.zone_id}/origin_tls_client_auth"
    lists = (base, f"{base}/hostnames/certificates")
    before = {each["id"] for path in lists for each in cloudflare.client.call("GET", path) or []}
    yield base
    for path in lists:
        for each in cloudflare.client.call("GET", path) or []:
            if each["id"] not in before:
                cloudflare.removed(f"{path}/{each['id']}")


@pytest.fixture
def records(cloudflare: Subject) -> Iterator[str]:
    """Where DNS records are; what a statement left there is deleted."""
    path = f"zones/{cloudflare.zone_id}/dns_records"
    yield path
    for each in cloudflare.client.call("GET", f"{path}?name={MARK}.{cloudflare.zone}"):
        cloudflare.client.call("DELETE", f"{path}/{each['id']}")


# --- who may ask --------------------------------------------------------------------------------


def test_the_ranges_need_no_token(cloudflare: Subject) -> None:
    """API reference, 'Cloudflare IPs': public, with an etag of 32 hexadecimal digits as seen on 2026-10-02."""
    status, _, body = cloudflare.got("/client/v4/ips")
    result = json.loads(body)["result"]
    assert status == 200
    assert re.fullmatch("[0-9a-f]{32}", result["etag"])
    assert result["ipv4_cidrs"]
    assert result["ipv6_cidrs"]


def test_a_good_token_is_active(cloudflare: Subject) -> None:
    """API reference, 'Verify Token'."""
    assert cloudflare.client.call("GET", "user/tokens/verify")["status"] == "active"


def test_a_wrong_token_is_not_verified(cloudflare: Subject) -> None:
    """Seen by public clients: 401 with 1000, 'Invalid API Token'."""
    wrong = Subject(CloudflareClient(cloudflare.client.url, "x" * 40), "", "", is_real=cloudflare.is_real)
    refusal = wrong.refusal("GET", "user/tokens/verify")
    assert (refusal.status, refusal.codes) == (401, (1000,))


def test_no_credentials_are_9106(cloudflare: Subject) -> None:
    """'Workers REST API', authentication errors: missing headers are 9106."""
    status, _, body = cloudflare.got("/client/v4/zones")
    assert (status, json.loads(body)["errors"][0]["code"]) == (400, 9106)


def test_another_zone_is_not_there_for_a_token(cloudflare: Subject) -> None:
    """octodns-cloudflare #60: 403 with 9109, 'Unauthorized to access requested resource'."""
    refusal = cloudflare.refusal("GET", "zones/" + "0" * 32)
    assert (refusal.status, refusal.codes) == (403, (9109,))


def test_an_id_that_is_none_cannot_be_routed(cloudflare: Subject) -> None:
    """'Workers REST API', no route: 7003 with 7000."""
    assert cloudflare.refusal("GET", "zones/notazone").codes == (7003, 7000)


def test_every_answer_tells_what_is_left(cloudflare: Subject) -> None:
    """'Rate limits', headers (changelog of 2025-09-03): Ratelimit and Ratelimit-Policy are always returned."""
    headers = {"Authorization": f"Bearer {cloudflare.client.token}"}
    _, answered, _ = cloudflare.got("/client/v4/user/tokens/verify", **headers)
    assert re.fullmatch(r'"[^"]+";r=\d+;t=\d+', answered["ratelimit"])
    assert re.fullmatch(r'"[^"]+";q=\d+;w=\d+', answered["ratelimit-policy"])


# --- envelope, zones, settings -------------------------------------------------------------------


def test_answers_come_in_an_envelope(cloudflare: Subject) -> None:
    """API reference: success, errors, messages, result, and result_info of lists."""
    document = cloudflare.client.document("GET", f"zones?name={cloudflare.zone}")
    assert (document["success"], document["errors"]) == (True, [])
    assert document["result"][0]["id"] == cloudflare.zone_id
    assert {"page", "per_page", "count", "total_count"} <= set(document["result_info"])


def test_a_zone_has_its_name_servers(cloudflare: Subject) -> None:
    """API reference, 'Zone Details': an active zone and at least two name servers."""
    zone = cloudflare.client.call("GET", f"zones/{cloudflare.zone_id}")
    assert zone["status"] == "active"
    assert len(zone["name_servers"]) >= 2


@pytest.mark.parametrize(
    "name, values",
    [
        ("tls_client_auth", {"on", "off"}),
        ("ssl", {"off", "flexible", "full", "strict", "origin_pull"}),
        ("always_use_https", {"on", "off"}),
        ("min_tls_version", {"1.0", "1.1", "1.2", "1.3"}),
    ],
)
def test_settings_are_among_the_documented_values(cloudflare: Subject, name: str, values: set[str]) -> None:
    """API reference, 'Zone Settings'."""
    assert cloudflare.client.call("GET", f"zones/{cloudflare.zone_id}/settings/{name}")["value"] in values


def test_a_wrong_value_of_a_setting_is_refused(cloudflare: Subject) -> None:
    """Seen by public clients: 400 with 1007, 'Invalid value for zone setting'."""
    path = f"zones/{cloudflare.zone_id}/settings/tls_client_auth"
    refusal = cloudflare.refusal("PATCH", path, {"value": "sideways"})
    assert (refusal.status, refusal.codes) == (400, (1007,))


# --- records -------------------------------------------------------------------------------------


def test_a_proxied_record_has_an_automatic_ttl(cloudflare: Subject, records: str) -> None:
    """'Proxied records': the TTL of proxied records is automatic, which the API tells as 1."""
    record = {"type": "A", "name": f"{MARK}.{cloudflare.zone}", "content": "192.0.2.1", "proxied": True, "ttl": 600}
    assert cloudflare.client.call("POST", records, record)["ttl"] == 1


def test_the_same_record_twice_is_81058(cloudflare: Subject, records: str) -> None:
    """Public threads (ddns-go #1378): an identical record already exists."""
    record = {"type": "A", "name": f"{MARK}.{cloudflare.zone}", "content": "192.0.2.1"}
    cloudflare.client.call("POST", records, record)
    assert cloudflare.refusal("POST", records, record).codes == (81058,)


def test_a_name_has_an_address_or_an_alias(cloudflare: Subject, records: str) -> None:
    """Public threads: 81053, a record with that host already exists."""
    record = {"type": "A", "name": f"{MARK}.{cloudflare.zone}", "content": "192.0.2.1"}
    cloudflare.client.call("POST", records, record)
    alias = {**record, "type": "CNAME", "content": "example.net"}
    assert 81053 in cloudflare.refusal("POST", records, alias).codes


def test_an_address_becomes_an_alias_in_place(cloudflare: Subject, records: str) -> None:
    """A guess: the type of a record can be changed, so that a name never vanishes on the way."""
    name = f"{MARK}.{cloudflare.zone}"
    made = cloudflare.client.call("POST", records, {"type": "A", "name": name, "content": "192.0.2.1", "ttl": 60})
    changed = {"type": "CNAME", "name": name, "content": "origin.example", "proxied": False}
    cloudflare.client.call("PATCH", f"{records}/{made['id']}", changed)
    (found,) = cloudflare.client.call("GET", f"{records}?name.exact={name}")
    assert (found["id"], found["type"], found["content"]) == (made["id"], "CNAME", "origin.example")


def test_records_are_found_by_their_exact_name(cloudflare: Subject, records: str) -> None:
    """API reference, 'List DNS Records': name.exact."""
    name = f"{MARK}.{cloudflare.zone}"
    cloudflare.client.call("POST", records, {"type": "A", "name": name, "content": "192.0.2.1", "ttl": 60})
    assert {each["name"] for each in cloudflare.client.call("GET", f"{records}?name.exact={name}")} == {name}


def test_a_record_that_is_not_there_is_81044(cloudflare: Subject, records: str) -> None:
    """Public threads (cloudflare-api-v4-ddns #5): the record does not exist."""
    refusal = cloudflare.refusal("GET", f"{records}/{'0' * 32}")
    assert (refusal.status, refusal.codes) == (404, (81044,))


def test_a_wrong_record_does_not_validate(cloudflare: Subject, records: str) -> None:
    """Public threads (pulumi-cloudflare #292): 1004, 'DNS Validation Error'."""
    record = {"type": "A", "name": f"{MARK}.{cloudflare.zone}", "content": "no address"}
    assert 1004 in cloudflare.refusal("POST", records, record).codes


# --- origin pulls ----------------------------------------------------------------------------------


def test_zone_level_pulls_have_a_switch_of_their_own(cloudflare: Subject, pulls: str) -> None:
    """'Authenticated Origin Pulls' (2026-04-16): the three kinds are independent; this one is off by default."""
    assert cloudflare.client.call("GET", f"{pulls}/settings") in ({"enabled": False}, {"enabled": True})


def test_a_certificate_is_deployed_after_a_while(cloudflare: Subject, pulls: str, issued: Issued) -> None:
    """The SDK's statuses, and users' reports: uploaded, pending_deployment, then active; deleted likewise."""
    cert_id = upload_for_zone(cloudflare.client, cloudflare.zone_id, issued)
    path = f"{pulls}/{cert_id}"
    cloudflare.eventually(lambda: cloudflare.client.call("GET", path)["status"] == "active")
    assert cert_id in {each["id"] for each in cloudflare.client.call("GET", pulls)}


def test_the_same_certificate_is_not_taken_twice(cloudflare: Subject, pulls: str, issued: Issued) -> None:
    """Seen by the public clients of alchemy: 1406, until the first one is deleted."""
    upload_for_zone(cloudflare.client, cloudflare.zone_id, issued)
    body = {"certificate": issued.chain_pem, "private_key": issued.key_pem}
    assert cloudflare.refusal("POST", pulls, body).codes == (1406,)


def test_what_cannot_be_parsed_is_1408(cloudflare: Subject, pulls: str, issued: Issued) -> None:
    """Seen by the public clients of distilled: 'Unable to parse certificate'."""
    assert cloudflare.refusal("POST", pulls, {"certificate": "x", "private_key": issued.key_pem}).codes == (1408,)


def test_a_certificate_in_use_is_not_deleted(cloudflare: Subject, pulls: str, issued: Issued) -> None:
    """Seen by the public clients of alchemy: 1433 while a hostname is associated with it."""
    body = {"certificate": issued.chain_pem, "private_key": issued.key_pem}
    cert_id = cloudflare.client.call("POST", f"{pulls}/hostnames/certificates", body)["id"]
    path = f"{pulls}/hostnames/certificates/{cert_id}"
    cloudflare.eventually(lambda: cloudflare.client.call("GET", path)["status"] == "active")
    config = {"hostname": f"{MARK}.{cloudflare.zone}", "cert_id": cert_id}
    cloudflare.client.call("PUT", f"{pulls}/hostnames", {"config": [{**config, "enabled": True}]})
    assert cloudflare.refusal("DELETE", path).codes == (1433,)
    cloudflare.client.call("PUT", f"{pulls}/hostnames", {"config": [{**config, "enabled": None}]})


def test_a_hostname_without_an_association_is_1553(cloudflare: Subject, pulls: str) -> None:
    """Seen by the public clients of distilled: 404, 'setting for this hostname not found'."""
    refusal = cloudflare.refusal("GET", f"{pulls}/hostnames/{MARK}-none.{cloudflare.zone}")
    assert (refusal.status, refusal.codes) == (404, (1553,))


def test_a_key_never_comes_back(cloudflare: Subject, pulls: str, issued: Issued) -> None:
    """The SDK's types: answers have the certificate and no private key."""
    body = {"certificate": issued.chain_pem, "private_key": issued.key_pem}
    assert "PRIVATE KEY" not in json.dumps(cloudflare.client.call("POST", pulls, body))


def test_an_authority_is_no_leaf(cloudflare: Subject, pulls: str, authority: Authority, issued: Issued) -> None:
    """Users' reports: a root is refused with 'missing leaf certificate'."""
    body = {"certificate": authority.pem, "private_key": issued.key_pem}
    assert "missing leaf certificate" in str(cloudflare.refusal("POST", pulls, body))


def test_a_zones_certificate_is_none_for_a_hostname(cloudflare: Subject, pulls: str, issued: Issued) -> None:
    """terraform-provider-cloudflare #5531: 1415."""
    cert_id = upload_for_zone(cloudflare.client, cloudflare.zone_id, issued)
    config = [{"hostname": f"{MARK}.{cloudflare.zone}", "cert_id": cert_id, "enabled": True}]
    assert 1415 in cloudflare.refusal("PUT", f"{pulls}/hostnames", {"config": config}).codes


def test_a_hostname_is_associated_disabled_and_voided(cloudflare: Subject, pulls: str, issued: Issued) -> None:
    """API reference, 'Enable or Disable a Hostname': true, false, and null, which voids the association."""
    body = {"certificate": issued.chain_pem, "private_key": issued.key_pem}
    cert_id = cloudflare.client.call("POST", f"{pulls}/hostnames/certificates", body)["id"]
    name = f"{MARK}.{cloudflare.zone}"
    path = f"{pulls}/hostnames/certificates/{cert_id}"
    cloudflare.eventually(lambda: cloudflare.client.call("GET", path)["status"] == "active")
    for enabled in (True, False, None):
        config = [{"hostname": name, "cert_id": cert_id, "enabled": enabled}]
        (told,) = cloudflare.client.call("PUT", f"{pulls}/hostnames", {"config": config})
        assert told["enabled"] is enabled


# --- rules, notifications ----------------------------------------------------------------------------


def test_an_entry_point_that_nobody_made_is_404(cloudflare: Subject) -> None:
    """Seen by public clients: 404 with 10003; a zone with rules answers them."""
    path = f"zones/{cloudflare.zone_id}/rulesets/phases/http_config_settings/entrypoint"
    rulesets = cloudflare.client.call("GET", f"zones/{cloudflare.zone_id}/rulesets")
    if any(each["phase"] == "http_config_settings" for each in rulesets):
        assert cloudflare.client.call("GET", path)["phase"] == "http_config_settings"
    else:
        refusal = cloudflare.refusal("GET", path)
        assert (refusal.status, refusal.codes) == (404, (10003,))


def test_both_alerts_for_origin_pull_certificates_exist(cloudflare: Subject) -> None:
    """'Available Notifications', and the SDK's alert types."""
    path = f"accounts/{cloudflare.client.account_id}/alerting/v3/available_alerts"
    kinds = {each["type"] for group in cloudflare.client.call("GET", path).values() for each in group}
    assert {
        "zone_aop_custom_certificate_expiration_type",
        "hostname_aop_custom_certificate_expiration_type",
    } <= kinds
