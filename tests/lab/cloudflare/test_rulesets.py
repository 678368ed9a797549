"""Rules are taken one by one or all at once, and what the lab's edge could not do is refused."""

from __future__ import annotations

import pytest

from originlock.lab.cloudflare.expressions import ExpressionError, condition
from originlock.lab.world_cloudflare import CloudflareClient, CloudflareRefusalError, account, active_zone

REQUEST = {
    "http.host": "www.example.org",
    "http.request.uri": "/a/b?c=d",
    "http.request.uri.path": "/a/b",
    "http.request.method": "GET",
    "http.user_agent": 'curl/8 "x"',
    "ssl": "true",
}


@pytest.mark.parametrize(
    "expression, holds",
    [
        ("true", True),
        ("not true", False),
        ("ssl and !false", True),
        ('http.host eq "www.example.org"', True),
        ('http.host == "WWW.example.org"', False),
        ('lower(http.host) ne "www.example.org"', False),
        ('http.host in {"a" "www.example.org"}', True),
        ('(http.request.method eq "POST" or starts_with(http.request.uri.path, "/a")) and ssl', True),
        ('http.request.method eq "POST" and ssl or true', True),
        ('ends_with(http.request.uri, "d") && http.user_agent contains "\\"x\\""', True),
        ("false || (false)", False),
    ],
)
def test_expressions_are_asked_of_requests(expression: str, *, holds: bool) -> None:
    """`and` binds before `or`, `not` before both."""
    assert condition(expression)(REQUEST) is holds


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "(",
        "true)",
        "http.host",
        "http.host eq 1",
        "ip.src eq 1.1.1.1",
        "http.host eq",
        "true true",
        "(" * 99,
        "x" * 5000,
    ],
)
def test_what_is_not_understood_is_refused(expression: str) -> None:
    """No rule is taken that would then never apply."""
    with pytest.raises(ExpressionError):
        condition(expression)


def _rule(**more: object) -> dict[str, object]:
    return {"action": "route", "expression": "true", "action_parameters": {"host_header": "a.example"}, **more}


def test_single_rules_are_placed_edited_and_removed(ours: CloudflareClient) -> None:
    """Every change makes a new version; what a PATCH leaves out stays."""
    zone_id = active_zone(ours, "example.org")
    entry = f"zones/{zone_id}/rulesets/phases/http_request_origin/entrypoint"
    with pytest.raises(CloudflareRefusalError) as refusal:
        ours.call("GET", entry)
    assert (refusal.value.status, refusal.value.codes) == (404, (10003,))
    made = ours.call("PUT", entry, {"rules": [_rule(ref="first")]})
    rules = f"zones/{zone_id}/rulesets/{made['id']}/rules"
    second = ours.call("POST", rules, _rule(ref="second", position={"index": 1}))
    assert [each["ref"] for each in second["rules"]] == ["second", "first"]
    first_id = second["rules"][1]["id"]
    moved = ours.call("PATCH", f"{rules}/{first_id}", {"enabled": False, "position": {"before": ""}})
    assert [(each["ref"], each["enabled"]) for each in moved["rules"]] == [("first", False), ("second", True)]
    left = ours.call("DELETE", f"{rules}/{first_id}")
    assert [each["ref"] for each in left["rules"]] == ["second"]
    assert [each["version"] for each in (made, second, moved, left)] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "rule",
    [
        _rule(action="block"),
        _rule(expression="ip.src eq 1.1.1.1"),
        _rule(action_parameters={}),
        _rule(action_parameters={"host_header": "a\r\nb"}),
        _rule(action_parameters={"origin": {"port": 0}}),
        _rule(surprise=1),
        _rule(position={"index": 9}),
        [],
    ],
)
def test_wrong_rules_are_refused(ours: CloudflareClient, rule: object) -> None:
    """And nothing of the ruleset changes."""
    zone_id = active_zone(ours, "example.org")
    entry = f"zones/{zone_id}/rulesets/phases/http_request_origin/entrypoint"
    made = ours.call("PUT", entry, {"rules": [_rule()]})
    with pytest.raises(CloudflareRefusalError):
        ours.call("POST", f"zones/{zone_id}/rulesets/{made['id']}/rules", rule)
    assert ours.call("GET", entry) == made


def test_each_phase_needs_its_permission(ours: CloudflareClient) -> None:
    """Origin rules are not configuration rules."""
    zone_id = active_zone(ours, "example.org")
    some = account(ours.url, "ours", [("Origin Write", "*")])
    base = f"zones/{zone_id}/rulesets/phases"
    some.call("PUT", f"{base}/http_request_origin/entrypoint", {"rules": [_rule()]})
    with pytest.raises(CloudflareRefusalError) as refusal:
        some.call("PUT", f"{base}/http_config_settings/entrypoint", {"rules": []})
    assert refusal.value.codes == (10000,)


def test_notifications_are_kept(ours: CloudflareClient) -> None:
    """Both alerts for origin-pull certificates exist; a policy needs a known type and somewhere to go."""
    base = f"accounts/{ours.account_id}/alerting/v3"
    kinds = {each["type"] for each in ours.call("GET", f"{base}/available_alerts")["SSL/TLS"]}
    wanted = {"zone_aop_custom_certificate_expiration_type", "hostname_aop_custom_certificate_expiration_type"}
    assert wanted <= kinds
    policy = {
        "name": "origin pulls",
        "alert_type": "zone_aop_custom_certificate_expiration_type",
        "enabled": True,
        "mechanisms": {"email": [{"id": "a@example.org"}]},
    }
    made = ours.call("POST", f"{base}/policies", policy)["id"]
    ours.call("PUT", f"{base}/policies/{made}", {"enabled": False})
    (told,) = ours.call("GET", f"{base}/policies")
    assert (told["name"], told["enabled"]) == ("origin pulls", False)
    wrongs: tuple[dict[str, object], ...] = ({"alert_type": "nonsense"}, {"mechanisms": {}}, {"name": ""})
    for wrong in wrongs:
        with pytest.raises(CloudflareRefusalError):
            ours.call("POST", f"{base}/policies", {**policy, **wrong})
    ours.call("DELETE", f"{base}/policies/{made}")
    assert ours.call("GET", f"{base}/policies") == []
