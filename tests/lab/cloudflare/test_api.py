"""The API lets calls in, answers in its envelope, limits, fails on demand, and logs nothing secret."""

from __future__ import annotations

import http.client
import json
import urllib.error
from collections.abc import Mapping

import pytest

from originlock.lab.authority import Leaf, root
from originlock.lab.lists import IPV4, IPV6
from originlock.lab.world_cloudflare import (
    CloudflareClient,
    CloudflareRefusalError,
    account,
    active_zone,
    proxied_host,
    upload_for_zone,
)


def _refused(client: CloudflareClient, method: str, path: str, body: object = None) -> tuple[int, tuple[int, ...]]:
    with pytest.raises(CloudflareRefusalError) as refusal:
        client.call(method, path, body)
    return refusal.value.status, refusal.value.codes


def _got(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    address, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("GET", f"/{path}", headers=dict(headers or {}))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


# --- tokens -----------------------------------------------------------------------------------


def test_a_token_is_verified(ours: CloudflareClient) -> None:
    """One that exists is active; one that does not is 401 and 1000 there, 403 and 9109 elsewhere."""
    assert ours.call("GET", "user/tokens/verify")["status"] == "active"
    wrong = CloudflareClient(ours.url, "wrong")
    assert _refused(wrong, "GET", "user/tokens/verify") == (401, (1000,))
    assert _refused(wrong, "GET", "zones") == (403, (9109,))


@pytest.mark.parametrize("header, code", [(None, 9106), ("Bearer", 6003), ("Basic dTpw", 6003)])
def test_credentials_that_are_none(url: str, header: str | None, code: int) -> None:
    """No header and malformed ones are 400, each with its code."""
    status, body = _got(f"{url}/client/v4/zones", {"Authorization": header} if header else {})
    assert status == 400
    assert json.loads(body)["errors"][0]["code"] == code


def test_permissions_are_asked_for_by_zone_and_by_account(ours: CloudflareClient) -> None:
    """Reading is not writing, one zone is not another, another's zone is nobody's."""
    one, two = active_zone(ours, "one.example"), active_zone(ours, "two.example")
    reader = account(ours.url, "ours", [("Zone Read", "*"), ("DNS Write", one)])
    assert [each["name"] for each in reader.call("GET", "zones")] == ["one.example", "two.example"]
    record = {"type": "A", "name": "www", "content": "192.0.2.1"}
    assert reader.call("POST", f"zones/{one}/dns_records", record)["name"] == "www.one.example"
    assert _refused(reader, "POST", f"zones/{two}/dns_records", record) == (403, (10000,))
    assert _refused(reader, "PATCH", f"zones/{one}/settings/ssl", {"value": "full"}) == (403, (10000,))
    assert _refused(reader, "GET", f"zones/{one}/origin_tls_client_auth") == (403, (10000,))
    only = account(ours.url, "ours", [("Zone Read", one)])
    assert [each["name"] for each in only.call("GET", "zones")] == ["one.example"]
    assert _refused(only, "GET", f"zones/{two}") == (403, (9109,))
    other = account(ours.url, "theirs")
    assert other.call("GET", "zones") == []
    assert _refused(other, "GET", f"zones/{one}") == (403, (9109,))
    assert _refused(account(ours.url, "ours", [("DNS Read", "*")]), "GET", "zones") == (403, (9109,))


def test_what_is_no_endpoint_is_7003(ours: CloudflareClient) -> None:
    """An id that cannot be one, and a path that is none."""
    assert _refused(ours, "GET", "zones/nonsense") == (404, (7003, 7000))
    assert _refused(ours, "GET", "zones/../accounts/x") == (404, (7003, 7000))


# --- envelope, pages, ranges -------------------------------------------------------------------


def test_lists_come_a_page_at_a_time(ours: CloudflareClient) -> None:
    """Twenty zones by default, at most fifty, and the numbers of all."""
    for number in range(22):
        active_zone(ours, f"zone-{number:02}.example")
    first = ours.document("GET", "zones")
    assert len(first["result"]) == 20
    assert first["result_info"] == {"page": 1, "per_page": 20, "count": 20, "total_count": 22, "total_pages": 2}
    assert [each["name"] for each in ours.call("GET", "zones?page=2")] == ["zone-20.example", "zone-21.example"]
    assert ours.document("GET", "zones?per_page=1000")["result_info"]["per_page"] == 50


def test_the_ranges_are_public(url: str) -> None:
    """Without a token, with an etag, in both forms; the China network only when asked for."""
    result = json.loads(_got(f"{url}/client/v4/ips")[1])["result"]
    assert result["ipv4_cidrs"] == list(IPV4)
    assert result["ipv6_cidrs"] == list(IPV6)
    assert len(result["etag"]) == 32
    assert "jdcloud_cidrs" not in result
    assert _got(f"{url}/ips-v4")[1].decode().split("\n") == list(IPV4)


# --- limits, faults, log -----------------------------------------------------------------------


def test_too_many_requests_are_refused_for_a_whole_window(ours: CloudflareClient) -> None:
    """All of a user's tokens count together, and the block lasts; then it ends."""
    ours.control("POST", "settings", {"rate_limit": 3})
    for _ in range(3):
        ours.call("GET", "user/tokens/verify")
    assert _refused(account(ours.url, "ours"), "GET", "zones") == (429, (971,))
    connection = http.client.HTTPConnection(ours.url.removeprefix("http://"))
    connection.request("GET", "/client/v4/zones", headers={"Authorization": f"Bearer {ours.token}"})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Retry-After")) == (429, "300")
    assert answer.getheader("Ratelimit-Policy") == '"default";q=3;w=300'
    connection.close()
    assert account(ours.url, "another").call("GET", "zones") == []
    ours.control("POST", "settings", {"clock_offset_seconds": 301})
    assert ours.call("GET", "zones") == []


def test_an_upload_can_be_answered_and_not_take(ours: CloudflareClient) -> None:
    """The answer looks right; nothing is there when it is read back."""
    zone_id = active_zone(ours, "example.org")
    ours.control("POST", "faults", {"kind": "ignored", "method": "POST", "path": "*/origin_tls_client_auth"})
    issued = root("ours").issue(Leaf("leaf", client=True))
    assert upload_for_zone(ours, zone_id, issued)
    assert ours.call("GET", f"zones/{zone_id}/origin_tls_client_auth") is None
    assert ours.control("GET", "calls")[-2]["fault"] == "ignored"


def test_faults_befall_the_calls_that_they_are_for(ours: CloudflareClient) -> None:
    """A status, a garbled body, half a body, and no answer before or after the act."""
    ours.control(
        "POST",
        "faults",
        [
            {"kind": "status", "status": 503, "path": "zones"},
            {"kind": "garbage", "path": "accounts"},
            {"kind": "cut", "path": "accounts", "at": 2},
            {"kind": "drop-after", "method": "POST", "path": "zones"},
            {"kind": "denied", "path": "user/*"},
        ],
    )
    assert _refused(ours, "GET", "zones") == (503, (10001,))
    for _ in range(2):
        with pytest.raises(ValueError, match=r"Expecting|Unterminated|Invalid"):
            ours.call("GET", "accounts")
    with pytest.raises((OSError, http.client.HTTPException)):
        ours.call("POST", "zones", {"name": "example.org"})
    assert [each["name"] for each in ours.call("GET", "zones")] == ["example.org"]
    assert _refused(ours, "GET", "user/tokens/verify") == (403, (10000,))
    assert ours.control("GET", "state")["faults"] == 0


def test_the_log_has_no_secrets(ours: CloudflareClient) -> None:
    """Neither tokens nor private keys nor the values that header rules set; the calls stand in it with their codes."""
    host = proxied_host(ours, "www.example.org", "192.0.2.1")
    issued = root("ours").issue(Leaf("leaf", client=True))
    upload_for_zone(ours, host.zone_id, issued)
    headers = {"X-Auth": {"operation": "set", "value": "hush-hush"}}
    rule = {"action": "rewrite", "expression": "true", "action_parameters": {"headers": headers}}
    path = f"zones/{host.zone_id}/rulesets/phases/http_request_late_transform/entrypoint"
    ours.call("PUT", path, {"rules": [rule]})
    _refused(ours, "GET", "zones/nonsense")
    calls = ours.control("GET", "calls")
    text = json.dumps(calls)
    assert "PRIVATE" not in text
    assert "hush-hush" not in text
    assert ours.token not in text
    assert issued.chain_pem.splitlines()[1] in text
    assert (calls[-1]["status"], calls[-1]["errors"]) == (404, [7003, 7000])
    assert [each["number"] for each in calls] == list(range(1, len(calls) + 1))


def test_settings_of_the_lab_are_checked(ours: CloudflareClient) -> None:
    """A wrong name or value changes nothing."""
    for wrong in ({"nonsense": 1}, {"pending_seconds": "1"}, {"edge": "sideways"}, {"rate_limit": -1}):
        with pytest.raises(urllib.error.HTTPError):
            ours.control("POST", "settings", {"pending_seconds": 9, **wrong})
    assert ours.control("GET", "settings")["pending_seconds"] == 0
