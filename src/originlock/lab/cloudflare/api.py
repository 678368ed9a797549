"""The API over HTTP: a WSGI application that lets calls in, has them answered, and logs them.

Here lives what befalls a call, in order: a fault, the token, the rate limit, the permission, the handler, the log; and
the envelope. Here must not live: what is answered (see `endpoints`), sockets (see `lab.keepalive`).
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from originlock.lab.cloudflare.asking import Call, Outcome, Page, Raw, Result
from originlock.lab.cloudflare.calls import ApiLog, LoggedCall, redacted
from originlock.lab.cloudflare.endpoints import Endpoint, found
from originlock.lab.cloudflare.errors import (
    ApiError,
    ErrorItem,
    bad_json,
    invalid_token,
    malformed_credentials,
    missing_credentials,
    no_route,
    not_permitted,
    throttled,
    unknown_token,
    zone_not_permitted,
)
from originlock.lab.cloudflare.faults import Fault, FaultBox, FaultKind
from originlock.lab.cloudflare.limits import RateLimits, Standing
from originlock.lab.cloudflare.permissions import may
from originlock.lab.cloudflare.records import Token
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.faults import Gate
from originlock.lab.lists import ranges_document

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

BASE: Final = "/client/v4/"
IPS: Final = f"{BASE}ips"

#: More than any call of the API needs; the connection of one that is larger is ended.
MOST_BODY: Final = 1024 * 1024

_MOST_HANGING_SECONDS: Final = 120.0
_JSON: Final = ("Content-Type", "application/json")


class DropConnectionError(ConnectionAbortedError):
    """Close the connection without an answer; the server of `keepalive` knows it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (_JSON,)
    errors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    path: str
    query: str
    body: bytes
    authorization: str | None
    legacy: bool

    @property
    def parsed(self) -> Any:  # noqa: ANN401 - JSON
        """The body; an empty object where there is none."""
        if not self.body:
            return {}
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise bad_json() from error


@dataclass(slots=True)
class CloudflareApi:
    """The API of a state, and all that tests may ask of it."""

    state: CloudflareState
    log: ApiLog = field(default_factory=ApiLog)
    faults: FaultBox = field(default_factory=FaultBox)
    gate: Gate = field(default_factory=Gate)
    limits: RateLimits = field(init=False)

    def __post_init__(self) -> None:
        """Count by the state's settings."""
        self.limits = RateLimits(self.state.settings)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call, or none: raises DropConnectionError."""
        answered = self._befallen(_asked(environ))
        ray = ("CF-Ray", f"{secrets.token_hex(8)}-LAB")
        start_response(
            f"{answered.status} {_phrase(answered.status)}", [*answered.headers, ("Server", "cloudflare"), ray]
        )
        return [answered.body]

    def reset(self) -> None:
        """Forget everything."""
        self.gate.release()
        with self.state.lock:
            self.faults.clear()
            self.log.clear()
            self.limits.clear()
            self.state.reset()

    # --- faults ----------------------------------------------------------------------------------

    def _befallen(self, asked: _Asked) -> Answered:
        fault = self.faults.take(asked.method, asked.path)
        kind = None if fault is None else fault.kind
        if fault is not None and kind is FaultKind.SLOW:
            time.sleep(fault.seconds)
        with self.state.lock:
            logged = self._logged(asked, fault)
            if kind in {FaultKind.DROP_BEFORE, FaultKind.HANG_BEFORE}:
                answered = None
            else:
                answered = self._answered(asked, logged, fault)
        if kind in {FaultKind.HANG_BEFORE, FaultKind.HANG_AFTER}:
            self.gate.wait(_MOST_HANGING_SECONDS)
        if answered is None or kind is FaultKind.DROP_AFTER:
            raise DropConnectionError
        return answered

    def _logged(self, asked: _Asked, fault: Fault | None) -> LoggedCall:
        try:
            body = redacted(asked.parsed)
        except ApiError:
            # What cannot be read cannot be cleaned of secrets either.
            body = None
        number = len(self.log) + 1
        kind = None if fault is None else str(fault.kind)
        logged = LoggedCall(number, asked.method, asked.path, asked.query, body, fault=kind)
        self.log.add(logged)
        return logged

    def _answered(self, asked: _Asked, logged: LoggedCall, fault: Fault | None) -> Answered:
        token = self.state.held.tokens.get(_bearer(asked) or "")
        before = self.state.saved() if fault is not None and fault.kind is FaultKind.IGNORED else None
        try:
            if fault is not None:
                _strike(fault)
            answered = self._counted(asked, token)
        except ApiError as error:
            answered = failed(error)
            if error.status == HTTPStatus.TOO_MANY_REQUESTS and fault is not None:
                answered = replace(answered, headers=(*answered.headers, ("Retry-After", str(int(fault.seconds)))))
        if before is not None:
            self.state.restore(before)
        said = fault is None or fault.kind is not FaultKind.DROP_AFTER
        status = answered.status if said else None
        self.log.add(replace(logged, token=None if token is None else token.id, status=status, errors=answered.errors))
        return _spoilt(answered, fault)

    # --- letting in ------------------------------------------------------------------------------

    def _counted(self, asked: _Asked, token: Token | None) -> Answered:
        if asked.path == "ips" and asked.method == "GET":
            return self._ips(asked)
        if token is None:
            raise _refused(asked)
        standing = self.limits.count(token.user, self.state.now())
        headers = self._limit_headers(standing)
        if standing is not None and not standing.admitted:
            limit, window = self.state.settings.rate_limit or 0, int(self.state.settings.rate_window_seconds)
            answered = failed(throttled(limit, window))
            return replace(answered, headers=(*answered.headers, *headers, ("Retry-After", str(standing.seconds))))
        try:
            answered = self._dispatched(asked, token)
        except ApiError as error:
            answered = failed(error)
        return replace(answered, headers=(*answered.headers, *headers))

    def _limit_headers(self, standing: Standing | None) -> tuple[tuple[str, str], ...]:
        """'Rate limiting headers': on every answer."""
        if standing is None:
            return ()
        limit, window = self.state.settings.rate_limit, int(self.state.settings.rate_window_seconds)
        return (
            ("Ratelimit", f'"default";r={standing.left};t={standing.seconds}'),
            ("Ratelimit-Policy", f'"default";q={limit};w={window}'),
        )

    def _ips(self, asked: _Asked) -> Answered:
        more: dict[str, object] = {"jdcloud_cidrs": []} if ("networks", "jdcloud") in parse_qsl(asked.query) else {}
        document = ranges_document(self.state.held.ipv4, self.state.held.ipv6, **more)
        return Answered(200, json.dumps(document, separators=(",", ":")).encode())

    def _dispatched(self, asked: _Asked, token: Token) -> Answered:
        endpoint = found(asked.method, asked.path)
        if endpoint is None:
            raise no_route(asked.path)
        if token.status != "active" and asked.path != "user/tokens/verify":
            raise unknown_token()
        self._permit(*endpoint, token)
        query = dict(reversed(parse_qsl(asked.query, keep_blank_values=True)))
        call = Call(asked.method, asked.path, endpoint[1], query, asked.parsed, token)
        return succeeded(endpoint[0].handler(self.state, call), query)

    def _permit(self, endpoint: Endpoint, ids: Mapping[str, str], token: Token) -> None:
        zone = self.state.held.zones.get(ids["zone"]) if "zone" in ids else None
        refusal = zone_not_permitted if endpoint.template == "zones/{zone}" else not_permitted
        if "zone" in ids and (zone is None or zone.account_id not in token.accounts):
            raise refusal()
        if "account" in ids and ids["account"] not in token.accounts:
            raise refusal()
        if endpoint.permission is None:
            return
        if not may(token, endpoint.permission, write=endpoint.writes, zone=zone, account_id=ids.get("account")):
            raise refusal()


# --- requests ------------------------------------------------------------------------------------


def _asked(environ: WSGIEnvironment) -> _Asked:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > MOST_BODY:
        # What is not read cannot be stepped over either.
        raise DropConnectionError
    path = str(environ.get("PATH_INFO", ""))
    return _Asked(
        method=str(environ["REQUEST_METHOD"]),
        path=path.removeprefix(BASE) if path.startswith(BASE) else path.lstrip("/"),
        query=str(environ.get("QUERY_STRING", "")),
        body=environ["wsgi.input"].read(length) if length else b"",
        authorization=environ.get("HTTP_AUTHORIZATION"),
        legacy="HTTP_X_AUTH_KEY" in environ,
    )


def _bearer(asked: _Asked) -> str | None:
    kind, _, secret = (asked.authorization or "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" and secret.strip() else None


def _refused(asked: _Asked) -> ApiError:
    """What is wrong with a call that bears no token that exists."""
    if asked.authorization is None and asked.legacy:
        # The lab has no global keys. Seen by clients: 400, 9103.
        return ApiError(400, ErrorItem(9103, "Unknown X-Auth-Key or X-Auth-Email"))
    if asked.authorization is None:
        return missing_credentials()
    if _bearer(asked) is None:
        return malformed_credentials()
    return invalid_token() if asked.path == "user/tokens/verify" else unknown_token()


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"


# --- answers -------------------------------------------------------------------------------------


def failed(error: ApiError) -> Answered:
    """An error in the envelope."""
    document = {"success": False, "errors": [_item(each) for each in error.items], "messages": [], "result": None}
    return Answered(error.status, json.dumps(document).encode(), errors=tuple(each.code for each in error.items))


def _item(item: ErrorItem) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": item.code, "message": item.message}
    return {**shown, "error_chain": [_item(each) for each in item.chain]} if item.chain else shown


def succeeded(outcome: Outcome, query: Mapping[str, str]) -> Answered:
    """A result in the envelope; lists a page at a time."""
    match outcome:
        case Raw():
            return Answered(200, outcome.body, (("Content-Type", outcome.content_type),))
        case Result():
            messages = [{"code": 10000, "message": each} for each in outcome.messages]
            document = {"result": outcome.value, "success": True, "errors": [], "messages": messages}
            return Answered(200, json.dumps(document).encode())
        case Page():
            return Answered(200, json.dumps(_paged(outcome, query)).encode())


def _paged(outcome: Page, query: Mapping[str, str]) -> dict[str, Any]:
    total = len(outcome.items)
    page, size = 1, max(total, 1)
    if outcome.default is not None:
        page = max(_number(query.get("page"), 1), 1)
        size = min(max(_number(query.get("per_page"), outcome.default), outcome.least), outcome.most)
    shown = list(outcome.items[(page - 1) * size : page * size])
    info = {
        "page": page,
        "per_page": size,
        "count": len(shown),
        "total_count": total,
        "total_pages": -(-total // size),
    }
    return {"result": shown, "success": True, "errors": [], "messages": [], "result_info": info}


def _number(text: str | None, default: int) -> int:
    try:
        return int(float(text)) if text else default
    except (ValueError, OverflowError):
        return default


# --- doing faults --------------------------------------------------------------------------------


def _strike(fault: Fault) -> None:
    """Raise the error of a fault that is one."""
    match fault.kind:
        case FaultKind.STATUS:
            raise ApiError(fault.status, ErrorItem(10001, "Internal server error"))
        case FaultKind.DENIED:
            raise not_permitted()
        case FaultKind.THROTTLED:
            raise throttled(1200, 300)
        case _:
            return


def _spoilt(answered: Answered, fault: Fault | None) -> Answered:
    kind = None if fault is None else fault.kind
    if kind is FaultKind.GARBAGE:
        return Answered(200, b"<!DOCTYPE html><title>Just a moment...</title>", (("Content-Type", "text/html"),))
    if kind is FaultKind.CUT:
        return replace(answered, body=answered.body[: len(answered.body) // 2])
    return answered
