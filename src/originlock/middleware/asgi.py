"""The middleware for ASGI 3 applications: Starlette, FastAPI, Django, Quart.

Lives here: scopes and messages. Must not live here: anything about certificates.

Source: the ASGI specification, HTTP and WebSocket message format, and its extension 'WebSocket Denial Response'.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final, TypeAlias, cast

from originlock.middleware.answers import FORBIDDEN, NOT_ALLOWED, Answer, echoed
from originlock.middleware.guard import Guard, log_refusal
from originlock.middleware.header_names import RawHeader
from originlock.middleware.identity import ClientIdentity
from originlock.middleware.refusals import RefusedError

# As frameworks type them: mappings of anything.
Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Where the application finds who it is: ``scope["originlock.client"]``.
SCOPE_KEY: Final = "originlock.client"

#: The same in ``scope["state"]``, where there is one: Starlette's ``request.state.originlock_client``.
STATE_KEY: Final = "originlock_client"

#: RFC 6455, 7.4.1: policy violation. Before an `accept`, servers answer it with 403.
_POLICY_VIOLATION: Final = 1008

_DENIAL: Final = "websocket.http.response"


class AsgiMiddleware:
    """Refuses requests whose client cannot be told, and tells the application who the others are.

    It has to be the outermost: a middleware around it that rewrites ``scope["client"]`` by X-Forwarded-For would have
    it believe whom that header names.
    """

    def __init__(self, app: Application, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection.

        Raises:
            ValueError: a scope of a kind that this middleware knows nothing of, and so cannot guard.
        """
        kind = scope["type"]
        if kind == "lifespan":
            await self._app(scope, receive, send)
            return
        if kind not in {"http", "websocket"}:
            message = f"no guard for a scope of type {kind!r}"
            raise ValueError(message)
        try:
            decided = self._decided(scope)
        except RefusedError as error:
            log_refusal(error, _peer(scope), str(scope.get("path", "")))
            await (_answer(scope, send, FORBIDDEN) if kind == "http" else _deny(scope, receive, send))
            return
        if isinstance(decided, Answer):
            await _answer(scope, send, decided)
        else:
            await self._app(decided, receive, send)

    def _decided(self, scope: Scope) -> Scope | Answer:
        """The scope for the application, or an answer of our own. Raises `RefusedError`."""
        guard = self._guard
        guard.check_peer(_peer(scope))
        is_http = scope["type"] == "http"
        method, path = scope["method"] if is_http else "", scope["path"]
        headers = cast("Iterable[RawHeader]", scope["headers"])
        if guard.is_health_check(method, path):
            return _scope_for(scope, guard.names.without(headers), None)
        came, rest = guard.names.taken_from_asgi(headers)
        if is_http and path == guard.settings.echo_path:
            return echoed(guard.echo(came)) if method in {"GET", "HEAD"} else NOT_ALLOWED
        return _scope_for(scope, rest, guard.identity(came))


def _scope_for(scope: Scope, headers: list[RawHeader], identity: ClientIdentity | None) -> Scope:
    state = scope.get("state")
    if isinstance(state, MutableMapping):
        state[STATE_KEY] = identity
    return {**scope, "headers": headers, SCOPE_KEY: identity}


def _peer(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


async def _answer(scope: Scope, send: Send, answer: Answer, prefix: str = "http.response") -> None:
    headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in answer.headers]
    await send({"type": f"{prefix}.start", "status": int(answer.status), "headers": headers})
    await send({"type": f"{prefix}.body", "body": b"" if scope.get("method") == "HEAD" else answer.body})


async def _deny(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a WebSocket before it is one."""
    if (await receive())["type"] != "websocket.connect":
        return
    if _DENIAL in (scope.get("extensions") or {}):
        await _answer(scope, send, FORBIDDEN, _DENIAL)
    else:
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""})
