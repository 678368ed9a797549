"""What the middleware costs a request, against what a backend's author would write by hand.

Lives here: requests in one process, in alternation. Must not live here: what is refused (the tests hold that).
"""

from __future__ import annotations

import asyncio
import datetime
import gc
import os
import statistics
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store
from table import FIGURES, Comparison, Figure, Section, Table, versus

from originlock.lab import authority
from originlock.lab.plane.client_certificate import ClientChain, passed_headers, verified_headers
from originlock.middleware import (
    AsgiMiddleware,
    Guard,
    Passthrough,
    Settings,
    Trust,
    Verify,
    WsgiMiddleware,
    identity_of,
)

ROUNDS: Final = 60

#: Each round measures so many requests of a kind: long enough for the clock, short enough to alternate.
REQUESTS: Final = 100

#: Microseconds for each request, in the best round: what else a machine does only adds to it. The ratios are held by
#: the median of the pairs, as everywhere.
LIMITS: Final = {"verify, seen before": 20.0, "passthrough, seen before": 50.0, "passthrough, new": 1000.0}

PEER: Final = "10.0.1.5"
_NAMES: Final = ("edge.example.org",)
_OTHER_HEADERS: Final = tuple(
    (name.encode(), b"x" * 40)
    for name in (
        *("host", "user-agent", "accept", "accept-encoding", "accept-language", "cookie", "cache-control"),
        *("x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id", "cf-ray", "cf-connecting-ip"),
    )
)

Headers = list[tuple[bytes, bytes]]


class Client:
    """An authority with one below it, and a client's headers in both modes."""

    def __init__(self, kind: str) -> None:
        root = authority.root("client root", key=kind)
        first = root.below("first", key=kind)
        held = first.issue(authority.Leaf("edge", _NAMES, client=True, key=kind))
        chain = ClientChain((held.certificate, *held.chain))
        self.root = root
        self.lists = (root.revocation_list_pem() + first.revocation_list_pem()).encode()
        self.passed = _with_others(passed_headers(chain))
        self.verified = _with_others(verified_headers(held.certificate))


def _with_others(headers: tuple[tuple[str, str], ...]) -> Headers:
    return [*_OTHER_HEADERS, *((name.lower().encode(), value.encode()) for name, value in headers)]


def guard_of(mode: Passthrough | Verify, entries: int) -> Guard:
    """A guard that remembers so many chains."""
    return Guard(Settings(peers=["10.0.0.0/16", "2001:db8::/56"], mode=mode, cache_entries=entries))


def by_hand(root: x509.Certificate, headers: Headers) -> str:
    """What is written at first: take the header, read the chain, verify it; each time, and without revocation."""
    found = dict(headers)[b"x-amzn-mtls-clientcert"]
    leaf, *others = x509.load_pem_x509_certificates(unquote(found.decode()).encode())
    now = datetime.datetime.now(datetime.UTC)
    PolicyBuilder().store(Store([root])).time(now).build_client_verifier().verify(leaf, others)
    return leaf.subject.rfc4514_string()


def measured() -> list[Table]:
    """Measure, in alternation, so that a busy moment of the machine hits all."""
    client = Client(authority.P256)
    trust = Passthrough(Trust(client.root.pem.encode(), revocations=client.lists))
    kept, verifying = guard_of(trust, 1024), guard_of(Verify(), 1024)
    anew, verifying_anew = guard_of(trust, 0), guard_of(Verify(), 0)
    root = client.root.certificate
    asgi, wsgi = _asgi(kept, client.passed), _wsgi(kept, client.passed)
    found = _rounds(
        {
            "verify, seen before": lambda: identity_of(verifying, PEER, client.verified),
            "verify, new": lambda: identity_of(verifying_anew, PEER, client.verified),
            "passthrough, seen before": lambda: identity_of(kept, PEER, client.passed),
            "passthrough, new": lambda: identity_of(anew, PEER, client.passed),
            "passthrough, seen before, all of the ASGI middleware": asgi,
            "passthrough, seen before, all of the WSGI middleware": wsgi,
            "by hand": lambda: by_hand(root, client.passed),
        }
    )
    theirs = found.pop("by hand")
    figures = [_figure(name, times) for name, times in found.items()]
    comparisons = [
        Comparison("passthrough, seen before", "us", found["passthrough, seen before"], theirs, "at most", 0.5, 1),
        Comparison(
            "passthrough, new, with revocation lists", "us", found["passthrough, new"], theirs, "at most", 2.5, 1
        ),
        Comparison("verify, seen before", "us", found["verify, seen before"], theirs, decimals=1),
    ]
    return [Table(FIGURES, figures), Table(versus("by hand"), comparisons)]


def _figure(name: str, times: tuple[float, ...]) -> Figure:
    best, middle = min(times), statistics.median(times)
    limit = LIMITS.get(name)
    told = f"{best:.1f}, {middle:.1f} us"
    return Figure(name, told) if limit is None else Figure(name, told, f"at most {limit:g} us", best <= limit)


def _rounds(ways: dict[str, Callable[[], object]]) -> dict[str, tuple[float, ...]]:
    """Microseconds for each request, by way, a figure for each round."""
    for way in ways.values():
        assert way() is not None
    found: dict[str, list[float]] = {name: [] for name in ways}
    gc.collect()
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.perf_counter()
            for _ in range(REQUESTS):
                way()
            found[name].append((time.perf_counter() - began) / REQUESTS * 1e6)
    return {name: tuple(times) for name, times in found.items()}


def _asgi(guard: Guard, headers: Headers) -> Callable[[], object]:
    async def app(_scope: object, _receive: object, _send: object) -> None:
        pass

    async def nothing(*_: object) -> Any:  # noqa: ANN401 - ASGI
        raise AssertionError

    middleware = AsgiMiddleware(app, guard)
    scope = {"type": "http", "method": "GET", "path": "/", "client": (PEER, 1), "headers": headers}
    loop = asyncio.new_event_loop()

    def once() -> bool:
        """Without an event loop's own cost: nothing in it waits."""
        try:
            middleware(scope, nothing, nothing).__await__().send(None)
        except StopIteration:
            return True
        raise AssertionError

    loop.close()
    return once


def _wsgi(guard: Guard, headers: Headers) -> Callable[[], object]:
    middleware = WsgiMiddleware(lambda _environ, _start: [], guard)
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "REMOTE_ADDR": PEER}
    environ |= {f"HTTP_{name.decode().upper().replace('-', '_')}": value.decode() for name, value in headers}

    def nothing(*_: object) -> Any:  # noqa: ANN401 - WSGI
        raise AssertionError

    return lambda: middleware(dict(environ), nothing)


SECTION: Final = Section(
    name="middleware",
    title="The middleware, for each request",
    minutes=0.2,
    method=lambda: (
        f"Microseconds in one process: the best of {ROUNDS} rounds of {REQUESTS} requests, and the median, all ways in "
        "alternation; the best is held to the limit. A request has 13 other headers; the client shows a leaf and an "
        "authority, P-256. *New* is a chain that was not seen before, with a revocation list for each authority. "
        "*By hand* is `load_pem_x509_certificates` and `cryptography`'s verifier for each request, without revocation, "
        "peers, or a look for a second header. "
        f"Load average of the last minute: {os.getloadavg()[0]:.1f}."
    ),
    measured=measured,
)
