"""The rest of the API: what is changed, removed and asked for one by one, faults that hang, old keys."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.error

import pytest

from originlock.lab.cloudflare.faults import Fault, FaultBox, FaultKind
from originlock.lab.world_cloudflare import (
    CloudflareClient,
    CloudflareRefusalError,
    account,
    active_zone,
    proxied_host,
)


def _codes(client: CloudflareClient, method: str, path: str, body: object = None) -> tuple[int, tuple[int, ...]]:
    with pytest.raises(CloudflareRefusalError) as refusal:
        client.call(method, path, body)
    return refusal.value.status, refusal.value.codes


def test_a_zone_is_paused_and_deleted_with_all_that_is_in_it(ours: CloudflareClient) -> None:
    """Nothing of it is left for a zone of the same name."""
    host = proxied_host(ours, "www.example.org", "192.0.2.1", settings={"ssl": "strict"})
    path = f"zones/{host.zone_id}"
    assert ours.call("PATCH", path, {"paused": True})["paused"] is True
    assert _codes(ours, "PATCH", path, {"plan": "pro"})[0] == 400
    assert ours.call("DELETE", path) == {"id": host.zone_id}
    assert _codes(ours, "GET", path) == (403, (9109,))
    again = active_zone(ours, "example.org")
    assert ours.call("GET", f"zones/{again}/dns_records") == []
    settings = {each["id"]: each["value"] for each in ours.call("GET", f"zones/{again}/settings")}
    assert settings["ssl"] == "full"


def test_zones_are_made_by_those_who_may(ours: CloudflareClient) -> None:
    """Not by a reader, not for another's account, not with a name that is none."""
    reader = account(ours.url, "ours", [("Zone Read", "*")])
    assert _codes(reader, "POST", "zones", {"name": "example.org"})[0] == 403
    other = account(ours.url, "theirs")
    assert _codes(ours, "POST", "zones", {"name": "example.org", "account": {"id": other.account_id}})[0] == 403
    for name in ("example", "exa mple.org", "-.org", "x" * 64 + ".org"):
        assert _codes(ours, "POST", "zones", {"name": name})[0] == 400
    assert ours.call("POST", "zones", {"name": "example.org"})["account"]["id"] == ours.account_id


def test_what_belongs_to_another_account_is_not_there(ours: CloudflareClient) -> None:
    """Accounts and their notifications."""
    other = account(ours.url, "theirs")
    assert ours.call("GET", f"accounts/{ours.account_id}")["name"] == "ours"
    assert [each["name"] for each in ours.call("GET", "accounts")] == ["ours"]
    assert _codes(ours, "GET", f"accounts/{other.account_id}") == (403, (10000,))
    assert _codes(ours, "GET", f"accounts/{other.account_id}/alerting/v3/policies") == (403, (10000,))
    assert _codes(ours, "GET", f"accounts/{ours.account_id}/alerting/v3/policies/none")[0] == 404


def test_a_setting_that_is_none(ours: CloudflareClient) -> None:
    """Reading and writing it are refused."""
    path = f"zones/{active_zone(ours, 'example.org')}/settings/nonsense"
    assert _codes(ours, "GET", path)[0] == 400
    assert _codes(ours, "PATCH", path, {"value": "on"})[0] == 400


@pytest.mark.parametrize("body", [b"nonsense", b"[1]", b'"x"'])
def test_a_body_that_is_no_object(ours: CloudflareClient, body: bytes) -> None:
    """400, whatever it is."""
    connection = http.client.HTTPConnection(ours.url.removeprefix("http://"), timeout=30)
    connection.request("POST", "/client/v4/zones", body, {"Authorization": f"Bearer {ours.token}"})
    assert connection.getresponse().status == 400
    connection.close()


def test_a_body_that_is_too_large_ends_the_connection(ours: CloudflareClient) -> None:
    """Without an answer, and without an act."""
    with pytest.raises((OSError, http.client.HTTPException)):
        ours.call("POST", "zones", {"name": "example.org", "jump_start": "x" * 1024 * 1024})
    assert ours.call("GET", "zones") == []


def test_records_are_exported(ours: CloudflareClient) -> None:
    """As a zone file, each with whether it is proxied."""
    host = proxied_host(ours, "www.example.org", "lb.example.net")
    path = f"/client/v4/zones/{host.zone_id}/dns_records"
    ours.call(
        "POST", f"zones/{host.zone_id}/dns_records", {"type": "MX", "name": "@", "content": "mx.example", "priority": 5}
    )
    connection = http.client.HTTPConnection(ours.url.removeprefix("http://"), timeout=30)
    connection.request("GET", f"{path}/export", headers={"Authorization": f"Bearer {ours.token}"})
    text = connection.getresponse().read().decode()
    connection.close()
    assert "www.example.org.\t1\tIN\tCNAME\tlb.example.net. ; cf_tags=cf-proxied:true" in text
    assert "example.org.\t1\tIN\tMX\t5 mx.example. ; cf_tags=cf-proxied:false" in text


def test_a_global_key_is_unknown(ours: CloudflareClient) -> None:
    """The lab has tokens alone."""
    connection = http.client.HTTPConnection(ours.url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/client/v4/zones", headers={"X-Auth-Key": "k", "X-Auth-Email": "e"})
    assert json.load(connection.getresponse())["errors"][0]["code"] == 9103
    connection.close()


@pytest.mark.parametrize("kind, is_made", [("hang-before", False), ("hang-after", True)])
def test_a_call_hangs_until_it_is_released(ours: CloudflareClient, kind: str, *, is_made: bool) -> None:
    """Before the act, or after it; then the connection ends, or the answer comes."""
    ours.control("POST", "faults", {"kind": kind, "method": "POST", "path": "zones"})
    ended: list[BaseException | None] = []

    def call() -> None:
        try:
            ours.call("POST", "zones", {"name": "example.org"})
        except (OSError, http.client.HTTPException) as error:
            ended.append(error)
        else:
            ended.append(None)

    thread = threading.Thread(target=call)
    thread.start()
    while ours.control("GET", "state")["hanging"] == 0:
        pass
    assert [each["name"] for each in ours.call("GET", "zones")] == (["example.org"] if is_made else [])
    ours.control("POST", "release")
    thread.join(30)
    assert (ended[0] is None) is is_made


def test_faults_of_time_and_of_limits(ours: CloudflareClient) -> None:
    """Slow calls are answered; a throttled one says when to come back."""
    ours.control("POST", "faults", [{"kind": "slow", "seconds": 0.01}, {"kind": "throttled", "seconds": 7, "at": 2}])
    assert ours.call("GET", "zones") == []
    assert _codes(ours, "GET", "zones") == (429, (971,))
    ours.control("POST", "faults", {"kind": "drop-before", "at": 3})
    ours.control("DELETE", "faults")
    for _ in range(3):
        assert ours.call("GET", "zones") == []


@pytest.mark.parametrize(
    "wrong",
    [{}, {"kind": "x"}, {"kind": "slow", "at": 0}, {"kind": "slow", "seconds": -1}, {"kind": "slow", "surprise": 1}],
)
def test_what_is_no_fault(ours: CloudflareClient, wrong: dict[str, object]) -> None:
    """Nothing waits then."""
    with pytest.raises(urllib.error.HTTPError):
        ours.control("POST", "faults", wrong)
    assert ours.control("GET", "state")["faults"] == 0


def test_a_fault_is_for_the_calls_that_fit() -> None:
    """By method and path, from a number on, so many times."""
    box = FaultBox()
    box.add(Fault(FaultKind.STATUS, at=2, times=2, method="GET", path="zones/*/settings/*"))
    asked = [("GET", "zones"), *[("GET", "zones/a/settings/ssl")] * 4, ("PATCH", "zones/a/settings/ssl")]
    assert [box.take(*each) is not None for each in asked] == [False, False, True, True, False, False]
    assert len(box) == 0


def test_the_control_room_refuses_what_it_does_not_know(ours: CloudflareClient) -> None:
    """404 for what is not there, and everything can be forgotten."""
    for method, path, body in (("GET", "nonsense", None), ("POST", "zone", {"name": "none.example"})):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            ours.control(method, path, body)
        assert refusal.value.code == 404
    assert "BEGIN CERTIFICATE" in ours.control("GET", "shared-ca")["pem"]
    ours.control("POST", "ranges", {"ipv4": ["192.0.2.0/24"], "ipv6": []})
    assert ours.call("GET", "ips")["ipv4_cidrs"] == ["192.0.2.0/24"]
    ours.control("POST", "reset")
    assert ours.call("GET", "ips")["ipv4_cidrs"] != ["192.0.2.0/24"]
    assert _codes(ours, "GET", "zones") == (403, (9109,))


def test_the_window_of_the_limit_begins_anew(ours: CloudflareClient) -> None:
    """Whoever stays below it is never refused; without a limit nothing is counted."""
    ours.control("POST", "settings", {"rate_limit": 2})
    ours.call("GET", "zones")
    ours.control("POST", "settings", {"clock_offset_seconds": 300, "rate_limit": 2})
    for _ in range(2):
        ours.call("GET", "zones")
    ours.control("POST", "settings", {"rate_limit": None})
    for _ in range(9):
        ours.call("GET", "zones")


def test_rulesets_are_listed_for_those_who_may_read_them(ours: CloudflareClient) -> None:
    """Without their rules; one by its id with them."""
    zone_id = active_zone(ours, "example.org")
    base = f"zones/{zone_id}/rulesets"
    rule = {"action": "set_config", "expression": "true", "action_parameters": {"ssl": "strict"}}
    made = ours.call("PUT", f"{base}/phases/http_config_settings/entrypoint", {"rules": [rule], "description": "ours"})
    (listed,) = ours.call("GET", base)
    assert "rules" not in listed
    assert ours.call("GET", f"{base}/{made['id']}") == made
    kept = ours.call("PUT", f"{base}/phases/http_config_settings/entrypoint", {"rules": made["rules"][:1]})
    assert kept["rules"][0]["id"] == made["rules"][0]["id"]
    assert account(ours.url, "ours", [("Zone Read", "*")]).call("GET", base) == []
    for path in (f"{base}/none", f"{base}/{made['id']}/rules/none"):
        assert _codes(ours, "GET" if path.endswith("s/none") else "DELETE", path)[0] == 404
    wrongs: tuple[dict[str, object], ...] = ({"rules": {}}, {"rules": [1]}, {"kind": "zone", "rules": []})
    for wrong in wrongs:
        assert _codes(ours, "PUT", f"{base}/phases/http_config_settings/entrypoint", wrong)[0] == 400
    assert _codes(ours, "GET", f"{base}/phases/ddos_l7/entrypoint")[0] == 400
    bad = {**rule, "action_parameters": {"ssl": "sideways"}}
    assert _codes(ours, "POST", f"{base}/{made['id']}/rules", bad)[0] == 400


def test_monitors_and_pools_are_kept(ours: CloudflareClient) -> None:
    """With whether a monitor goes by a zone's settings; nothing that the lab does not know is taken."""
    base = f"accounts/{ours.account_id}/load_balancers"
    monitor = ours.call("POST", f"{base}/monitors", {"type": "https", "path": "/health"})
    assert (monitor["probe_zone"], monitor["expected_codes"]) == ("", "200")
    path = f"{base}/monitors/{monitor['id']}"
    assert ours.call("PATCH", path, {"probe_zone": "example.org"})["path"] == "/health"
    assert ours.call("GET", path)["probe_zone"] == "example.org"
    origins = [{"name": "one", "address": "192.0.2.1", "enabled": True}]
    pool = ours.call("POST", f"{base}/pools", {"name": "p", "origins": origins, "monitor": monitor["id"]})
    assert [each["id"] for each in ours.call("GET", f"{base}/pools")] == [pool["id"]]
    assert _codes(ours, "GET", f"{base}/pools/{monitor['id']}")[0] == 404
    assert _codes(ours, "POST", f"{base}/pools", {"name": "q"})[0] == 400
    assert _codes(ours, "POST", f"{base}/monitors", {"surprise": 1})[0] == 400
    assert _codes(account(ours.url, "ours", [("Zone Read", "*")]), "GET", f"{base}/monitors") == (403, (10000,))
    ours.call("DELETE", path)
    assert ours.call("GET", f"{base}/monitors") == []
