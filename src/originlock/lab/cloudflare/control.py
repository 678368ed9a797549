"""The control room of the lab's Cloudflare: JSON endpoints beside the API's, by which a test steers it.

Here lives the WSGI application that answers under `/originlock-lab/` and hands on all else. Here must not live: doing.

    GET    calls[?since=N]   the log after call N
    POST   faults            add a fault, or a list of them
    DELETE faults            forget all faults
    GET    settings          all settings
    POST   settings          change some settings
    GET    state             {"hanging": n, "calls": n, "faults": n}
    POST   release           let go what hangs
    POST   reset             forget everything
    POST   seed              {"account": NAME, "user": NAME, "grants": [[PERMISSION, RESOURCE]...]}: ids and a token
    POST   zone              {"name": ZONE, "delegated": BOOL, "challenge": BOOL, "access": TEAM, "worker": TEXT}
    POST   findable          {"name": ZONE, "records": [...]}: what a scan for records will find
    POST   ranges            {"ipv4": [...], "ipv6": [...]}: what is published
    GET    presented?host=H  what the edge presents to the origin of a host: {"kind": ..., "id": ...}
    GET    shared-ca         the stand-in for the authority of the shared certificate, as PEM
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec

from originlock.lab.cloudflare.api import CloudflareApi
from originlock.lab.cloudflare.faults import Fault
from originlock.lab.cloudflare.records import Grant, Switches
from originlock.lab.lists import IPV4_PATH, IPV6_PATH

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

PREFIX: Final = "/originlock-lab/"

#: Where Cloudflare publishes the authority of the shared certificate ('Authenticated Origin Pulls', global).
SHARED_PATH: Final = "/ssl/static/authenticated_origin_pull_ca.pem"

#: Every permission that the lab knows, for all that the user has.
EVERYTHING: Final = tuple(
    (f"{name} Write", "*")
    for name in (
        "Zone",
        "DNS",
        "Zone Settings",
        "SSL and Certificates",
        "Notifications",
        "Load Balancing: Monitors and Pools",
        "Account Settings",
        "Origin",
        "Config Settings",
        "Zone Transform Rules",
    )
)


@dataclass(frozen=True, slots=True)
class CloudflareRoom:
    """The API with its control endpoints, and what Cloudflare publishes as files: the lists, the shared authority."""

    api: CloudflareApi

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a control request, or hand on."""
        path = str(environ.get("PATH_INFO", ""))
        if path in {IPV4_PATH, IPV6_PATH}:
            start_response("200 OK", [("Content-Type", "text/plain;charset=UTF-8")])
            held = self.api.state.held
            return ["\n".join(held.ipv4 if path == IPV4_PATH else held.ipv6).encode()]
        if path == SHARED_PATH:
            start_response("200 OK", [("Content-Type", "application/x-x509-ca-cert")])
            return [self.api.state.shared_authority.pem.encode()]
        if not path.startswith(PREFIX):
            return self.api(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        asked = f"{environ['REQUEST_METHOD']} {path.removeprefix(PREFIX)}"
        query = dict(parse_qsl(str(environ.get("QUERY_STRING", ""))))
        try:
            answer = self._answer(asked, query, json.loads(body) if body else {})
            status = "200 OK"
        except LookupError as error:
            status, answer = "404 Not Found", {"error": f"there is no {error}"}
        except (ValueError, TypeError) as error:
            status, answer = "400 Bad Request", {"error": str(error)}
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def _answer(self, asked: str, query: Mapping[str, str], given: Any) -> object:  # noqa: ANN401 - JSON
        state = self.api.state
        match asked:
            case "GET calls":
                return [each.to_json() for each in self.api.log.since(int(query.get("since", "0")))]
            case "GET settings":
                return asdict(state.settings)
            case "GET presented":
                return self._presented(query["host"])
            case "GET shared-ca":
                return {"pem": state.shared_authority.pem}
            case "POST seed":
                return self._seeded(given)
            case _:
                self._change(asked, given)
        return {"hanging": self.api.gate.hanging, "calls": len(self.api.log), "faults": len(self.api.faults)}

    def _change(self, asked: str, given: Any) -> None:  # noqa: ANN401 - JSON
        state = self.api.state
        match asked:
            case "GET state":
                pass
            case "POST faults":
                for fault in [Fault.from_json(each) for each in (given if isinstance(given, list) else [given])]:
                    self.api.faults.add(fault)
            case "DELETE faults":
                self.api.faults.clear()
            case "POST settings":
                with state.lock:
                    state.settings.update(given)
                    self.api.limits.clear()
            case "POST release":
                self.api.gate.release()
            case "POST reset":
                self.api.reset()
            case "POST zone":
                self._set_zone(given)
            case "POST findable" | "POST ranges":
                self._publish(asked, given)
            case _:
                raise LookupError(asked)

    def _publish(self, asked: str, given: Mapping[str, Any]) -> None:
        held = self.api.state.held
        with self.api.state.lock:
            if asked == "POST findable":
                held.findable[str(given["name"])] = tuple(dict(each) for each in given["records"])
            else:
                held.ipv4 = tuple(str(each) for each in given["ipv4"])
                held.ipv6 = tuple(str(each) for each in given["ipv6"])

    def _seeded(self, given: Mapping[str, Any]) -> object:
        state = self.api.state
        with state.lock:
            named = (each for each in state.held.accounts.values() if each.name == given["account"])
            account = next(named, None) or state.add_account(str(given["account"]))
            grants = tuple(Grant(str(name), str(resource)) for name, resource in given.get("grants", EVERYTHING))
            token = state.add_token(account.id, grants, user=str(given.get("user", given["account"])))
        return {"account_id": account.id, "token_id": token.id, "token": token.secret}

    def _set_zone(self, given: Mapping[str, Any]) -> None:
        state = self.api.state
        with state.lock:
            zone = next((each for each in state.held.zones.values() if each.name == given["name"]), None)
            if zone is None:
                raise LookupError(given["name"])
            if "delegated" in given:
                changed = msgspec.structs.replace(zone, delegated=given["delegated"] is True)
                state.held.zones[zone.id] = changed
            wanted = {name: value for name, value in given.items() if name in {"challenge", "access", "worker"}}
            if wanted:
                old = state.held.switches.get(zone.id, Switches())
                state.held.switches[zone.id] = msgspec.structs.replace(old, **wanted)

    def _presented(self, host: str) -> object:
        with self.api.state.lock:
            zone = self.api.state.zone_of(host)
            if zone is None:
                raise LookupError(host)
            presented = self.api.state.presented(zone.id, host)
        return None if presented is None else {"kind": presented.kind, "id": presented.id}
