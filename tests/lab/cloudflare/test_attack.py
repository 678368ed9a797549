"""Another customer's zone reaches a victim's origin, unless the origin asks for a certificate of the victim's own."""

from __future__ import annotations

from tests.lab.cloudflare.stage import ADDRESS, Origin, Stage, server_context

from originlock.lab.authority import Leaf, root
from originlock.lab.world_cloudflare import account, attackers_zone, proxied_host, pull_for_host


def _victim(stage: Stage, *, clients: str | None) -> Origin:
    issued = stage.authority.issue(Leaf("www.victim.example", ("www.victim.example",), server=True))
    return stage.origin(context=server_context(issued, clients=clients, required=clients is not None))


def test_addresses_and_the_shared_certificate_do_not_tell_zones_apart(stage: Stage, stage_url: str) -> None:
    """The attacker gets in with the victim's Host and the shared certificate."""
    origin = _victim(stage, clients=stage.state.shared_authority.pem)
    ours = account(stage_url, "ours")
    victim = proxied_host(ours, "www.victim.example", ADDRESS, settings={"tls_client_auth": "on"})
    attackers_zone(stage_url, victim, ADDRESS)
    assert stage.get(host="www.victim.example").status == 200
    assert stage.get(host="www.attacker.example").status == 200
    mine, theirs = origin.told
    assert mine.headers["host"] == theirs.headers["host"] == "www.victim.example"
    assert mine.certificate == theirs.certificate
    assert mine.certificate is not None


def test_a_certificate_of_our_own_does(stage: Stage, stage_url: str) -> None:
    """The attacker's zone has no such certificate to present."""
    authority = root("the victim's")
    origin = _victim(stage, clients=authority.pem)
    ours = account(stage_url, "ours")
    victim = proxied_host(ours, "www.victim.example", ADDRESS)
    pull_for_host(ours, victim, authority.issue(Leaf("edge", client=True)))
    attackers_zone(stage_url, victim, ADDRESS)
    assert stage.get(host="www.victim.example").status == 200
    assert stage.get(host="www.attacker.example").status in {520, 525}
    assert len(origin.told) == 1


def test_rules_change_what_the_origin_gets(stage: Stage, stage_url: str) -> None:
    """Headers are set, added and removed; the SSL mode and the port of one host are other than the zone's."""
    origin = stage.origin(8080, tls=False)
    ours = account(stage_url, "ours")
    host = proxied_host(ours, "www.ruled.example", ADDRESS)
    base = f"zones/{host.zone_id}/rulesets/phases"
    headers = {
        "X-Origin-Auth": {"operation": "set", "value": "s3cr3t"},
        "X-Gone": {"operation": "remove"},
    }
    rewrite = {"action": "rewrite", "expression": "true", "action_parameters": {"headers": headers}}
    only = 'http.host eq "www.ruled.example" and starts_with(http.request.uri.path, "/a")'
    config = {"action": "set_config", "expression": only, "action_parameters": {"ssl": "flexible"}}
    route = {"action": "route", "expression": only, "action_parameters": {"origin": {"port": 8080}}}
    ours.call("PUT", f"{base}/http_request_late_transform/entrypoint", {"rules": [rewrite]})
    ours.call("PUT", f"{base}/http_config_settings/entrypoint", {"rules": [config]})
    ours.call("PUT", f"{base}/http_request_origin/entrypoint", {"rules": [route]})
    assert stage.get("/a", host=host.hostname, X_Gone="here", X_Origin_Auth="forged").status == 200
    (told,) = origin.told
    assert told.headers["x-origin-auth"] == "s3cr3t"
    assert "x-gone" not in told.headers
    assert stage.get("/b", host=host.hostname).status == 521
