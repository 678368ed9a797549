"""Things in the lab's Cloudflare that a test or the demo begins with, made through its API alone.

Here lives the seeding of accounts, zones, proxied hosts, and of another customer who means ill. Here must not live:
reaching into the state, or what originlock itself would do.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from originlock.lab.authority import Issued

#: A call of a server on the same machine takes milliseconds.
_SECONDS: Final = 30.0


class CloudflareRefusalError(RuntimeError):
    """The API answered with an error; `status` and the codes are what it said."""

    def __init__(self, status: int, codes: tuple[int, ...], message: str) -> None:
        super().__init__(f"HTTP {status} {codes}: {message}")
        self.status = status
        self.codes = codes


@dataclass(frozen=True, slots=True)
class CloudflareClient:
    """An account of the lab's Cloudflare, from the outside.

    Attributes:
        url: where the API is, without ``/client/v4``.
        token: a bearer token.
    """

    url: str
    token: str = field(repr=False)
    account_id: str = ""

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Make a call; return its ``result``.

        Raises:
            CloudflareRefusalError: the answer was an error.
        """
        return self.document(method, path, body)["result"]

    def document(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Make a call; return the whole answer.

        Raises:
            CloudflareRefusalError: the answer was an error.
        """
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            return _asked(f"{self.url}/client/v4/{path}", method, body, headers)
        except urllib.error.HTTPError as error:
            said = json.loads(error.read() or b"{}")
            errors = said.get("errors") or []
            codes = tuple(int(each["code"]) for each in errors)
            message = "; ".join(str(each["message"]) for each in errors)
            raise CloudflareRefusalError(error.code, codes, message) from error

    def control(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Ask the lab's control room."""
        return _asked(f"{self.url}/originlock-lab/{path}", method, body, {})


def account(url: str, name: str, grants: Sequence[tuple[str, str]] | None = None) -> CloudflareClient:
    """Open an account, or find it, and make a token for it: one that may do everything, if no grants are given."""
    asked: dict[str, object] = {"account": name}
    if grants is not None:
        asked["grants"] = [list(each) for each in grants]
    made = CloudflareClient(url, "").control("POST", "seed", asked)
    return CloudflareClient(url, made["token"], made["account_id"])


@dataclass(frozen=True, slots=True)
class ProxiedHost:
    """A host name behind the edge."""

    zone_id: str
    zone: str
    hostname: str
    record_id: str


def active_zone(client: CloudflareClient, name: str) -> str:
    """Make a zone, name Cloudflare's servers at the registrar, and have that checked; return its id."""
    zone = client.call("POST", "zones", {"name": name, "account": {"id": client.account_id}, "type": "full"})
    client.control("POST", "zone", {"name": name, "delegated": True})
    client.call("PUT", f"zones/{zone['id']}/activation_check")
    return str(zone["id"])


def proxied_host(
    client: CloudflareClient,
    hostname: str,
    target: str,
    *,
    zone: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> ProxiedHost:
    """Put a host behind the edge: an active zone, and a proxied record to a load balancer's name or address.

    `zone` is the two last labels of the host name if it is not given; it is made if the account has none of its name.
    """
    name = zone or ".".join(hostname.split(".")[-2:])
    found = client.call("GET", f"zones?name={name}")
    zone_id = found[0]["id"] if found else active_zone(client, name)
    kind = "CNAME" if not _is_address(target) else ("AAAA" if ":" in target else "A")
    record = client.call(
        "POST",
        f"zones/{zone_id}/dns_records",
        {"type": kind, "name": hostname, "content": target, "proxied": True, "ttl": 1},
    )
    for setting, value in (settings or {}).items():
        client.call("PATCH", f"zones/{zone_id}/settings/{setting}", {"value": value})
    return ProxiedHost(zone_id, name, hostname, record["id"])


def attackers_zone(url: str, victim: ProxiedHost, origin: str, *, zone: str = "attacker.example") -> ProxiedHost:
    """Put a zone of another customer in front of a victim's origin.

    Its host is proxied to the origin's address or name, the shared certificate is presented, and a rule gives the
    origin the victim's Host and server name: only a certificate of the victim's own tells the two apart.
    """
    client = account(url, "attacker")
    made = proxied_host(client, f"www.{zone}", origin, zone=zone, settings={"ssl": "full", "tls_client_auth": "on"})
    rule = {
        "action": "route",
        "expression": "true",
        "action_parameters": {"host_header": victim.hostname, "sni": {"value": victim.hostname}},
    }
    phase = f"zones/{made.zone_id}/rulesets/phases/http_request_origin/entrypoint"
    client.call("PUT", phase, {"rules": [rule]})
    return made


def upload_for_zone(client: CloudflareClient, zone_id: str, issued: Issued) -> str:
    """Upload a certificate for zone-level pulls; return its id."""
    body = {"certificate": issued.chain_pem, "private_key": issued.key_pem}
    return str(client.call("POST", f"zones/{zone_id}/origin_tls_client_auth", body)["id"])


def pull_for_host(client: CloudflareClient, host: ProxiedHost, issued: Issued) -> str:
    """Upload a certificate for a host and have it presented to its origin; return its id."""
    base = f"zones/{host.zone_id}/origin_tls_client_auth/hostnames"
    body = {"certificate": issued.chain_pem, "private_key": issued.key_pem}
    cert_id = str(client.call("POST", f"{base}/certificates", body)["id"])
    client.call("PUT", base, {"config": [{"hostname": host.hostname, "cert_id": cert_id, "enabled": True}]})
    return cert_id


def _is_address(text: str) -> bool:
    return ":" in text or text.replace(".", "").isdigit()


def _asked(url: str, method: str, body: object, headers: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, dict(headers), method=method)  # noqa: S310 - of the lab itself
    # Never through a proxy of the environment.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_SECONDS) as answer:
        return json.load(answer)
