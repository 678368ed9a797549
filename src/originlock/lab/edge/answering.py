"""What the edge answers to one request of a visitor.

Here lives the order of things: the trace, redirects, switches, the cache, the origin. Here must not live: sockets.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field, replace
from typing import Final

from originlock.lab.cloudflare.routing import HTTPS_PORT, Asked, Route, routed
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.edge import pages
from originlock.lab.edge.cache import Cache, eligible, forbidden
from originlock.lab.edge.messages import Headers, Request, Response, end_to_end
from originlock.lab.edge.origins import OriginError, Origins

#: What the edge alone says of a visitor: taken from no visitor.
_OWN: Final = frozenset({"cf-connecting-ip", "cf-ray", "cf-visitor", "cf-ipcountry", "cdn-loop", "host", "expect"})

_TRACE: Final = "/cdn-cgi/trace"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and how.

    Attributes:
        tls: the version, such as ``TLSv1.3``; empty without TLS.
        port: of the edge.
    """

    address: str
    port: int
    tls: str = ""

    @property
    def scheme(self) -> str:
        """Of the URL."""
        return "https" if self.tls else "http"


@dataclass(slots=True)
class Answering:
    """The edge's mind."""

    state: CloudflareState
    origins: Origins
    cache: Cache = field(default_factory=Cache)

    async def answer(self, visitor: Visitor, request: Request) -> Response:
        """Answer; every answer is marked as the edge's."""
        ray = secrets.token_hex(8)
        host = _host(request)
        asked = Asked(
            host, request.method, request.target, bool(visitor.tls), visitor.port, request.header("user-agent")
        )
        route = routed(self.state, asked) if host else None
        if route is None:
            # 'Error 1001': the request is for a name that no zone here has.
            return pages.marked(pages.error_page(request, 409, 1001), ray)
        own = self._without_origin(visitor, request, route, host)
        if own is not None:
            return pages.marked(own, ray)
        try:
            response = await self._cached(visitor, request, route, ray)
        except OriginError as error:
            response = pages.error_page(request, error.code, error.sub)
            if self.state.settings.status_on_error_pages:
                response = _with_status(response, "MISS" if eligible(request, visitor.port) else "DYNAMIC")
        return pages.marked(response, ray)

    def _without_origin(self, visitor: Visitor, request: Request, route: Route, host: str) -> Response | None:
        """What needs no origin, in the order in which Cloudflare's products come ('Traffic sequence')."""
        if request.target.partition("?")[0] == _TRACE:
            facts = {"host": host, "ip": visitor.address, "scheme": visitor.scheme, "tls": visitor.tls or "off"}
            return pages.trace(request, facts)
        if route.ssl == "off" and visitor.tls:
            return pages.moved(f"http://{host}{request.target}")
        if route.always_use_https and not visitor.tls:
            return pages.moved(f"https://{host}{request.target}")
        if route.switches.challenge:
            return pages.challenge()
        if route.switches.access is not None:
            return pages.access(route.switches.access, host, request.target)
        if route.switches.worker is not None:
            return Response(200, (("content-type", "text/plain"),), route.switches.worker.encode())
        return None

    # --- cache -----------------------------------------------------------------------------------

    async def _cached(self, visitor: Visitor, request: Request, route: Route, ray: str) -> Response:
        upstream = _upstream(visitor, request, route, ray)
        if not eligible(request, visitor.port):
            return _with_status(await self.origins.fetch(route, upstream), "DYNAMIC")
        key = (visitor.scheme, _host(request), request.target)
        kept, fresh = self.cache.found(*key)
        if kept is not None and fresh:
            age = ("age", str(int(self.cache.clock() - kept.since)))
            body = b"" if request.method == "HEAD" else kept.response.body
            return _with_status(replace(kept.response, body=body, headers=(*kept.response.headers, age)), "HIT")
        response = await self.origins.fetch(route, upstream)
        if forbidden(response) or request.header("authorization"):
            return _with_status(response, "BYPASS")
        if request.method == "GET":
            self.cache.put(*key, response)
        return _with_status(response, "MISS" if kept is None else "EXPIRED")


def _host(request: Request) -> str:
    """The host that is asked for, without a port."""
    host = request.header("host").lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


def _upstream(visitor: Visitor, request: Request, route: Route, ray: str) -> Request:
    """The request as the origin gets it ('Cloudflare HTTP headers')."""
    headers = tuple(
        (name, value)
        for name, value in end_to_end(request.headers)
        if name not in _OWN and name not in {"x-forwarded-for", "x-forwarded-proto", "content-length"}
    )
    before = request.header("x-forwarded-for")
    port = "" if route.port in {80, HTTPS_PORT} else f":{route.port}"
    own = (
        ("host", f"{route.host}{port}"),
        ("cf-ray", f"{ray}-{pages.COLO}"),
        ("cf-connecting-ip", visitor.address),
        ("x-forwarded-for", f"{before},{visitor.address}" if before else visitor.address),
        ("x-forwarded-proto", visitor.scheme),
        ("cf-visitor", json.dumps({"scheme": visitor.scheme}, separators=(",", ":"))),
        ("cdn-loop", "cloudflare; loops=1"),
    )
    length = (("content-length", str(len(request.body))),) if request.body else ()
    return replace(request, headers=_changed((*own, *headers), route) + length)


def _changed(headers: Headers, route: Route) -> Headers:
    """With what transform rules make of it."""
    for change in route.headers:
        name = change.name.lower()
        if change.operation in {"set", "remove"}:
            headers = tuple(each for each in headers if each[0] != name)
        if change.operation in {"set", "add"}:
            headers = (*headers, (name, change.value))
    return headers


def _with_status(response: Response, status: str) -> Response:
    """With ``cf-cache-status``."""
    kept = tuple(each for each in response.headers if each[0] != "cf-cache-status")
    return replace(response, headers=(*kept, ("cf-cache-status", status)))
