"""A network in memory: what connections to an edge and to an origin come to, by rules that a test gives."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from originlock.app.vantage import Probing
from originlock.facts.probing import Ask, Evidence, Outcome, Probed, Trace
from originlock.ports.reading import Resolver

TRACE = "/cdn-cgi/trace"

Answer = tuple[Outcome, Evidence]


class FakeProber:
    """Answers each ask by a function, and remembers them all."""

    def __init__(self, answer: Callable[[Ask], Answer]) -> None:
        self._answer = answer
        self.asked: list[Ask] = []

    def probe(self, asks: tuple[Ask, ...]) -> tuple[Probed, ...]:
        """One after the other."""
        self.asked += asks
        return tuple(Probed(ask, *self._answer(ask)) for ask in asks)


class FakeWhereabouts:
    """A machine with an address of each family, unless it is told otherwise."""

    def __init__(self, ipv4: str | None = "192.0.2.66", ipv6: str | None = "2001:db8::66", *proxies: str) -> None:
        self.ipv4, self.ipv6, self._proxies = ipv4, ipv6, proxies

    def proxies(self) -> tuple[str, ...]:
        """As told."""
        return self._proxies

    def source(self, *, ipv6: bool) -> str | None:
        """As told."""
        return self.ipv6 if ipv6 else self.ipv4

    def trace(self, body: str) -> Trace | None:
        """The body is the address."""
        return Trace(body, "example.org") if body else None


def probing(answer: Callable[[Ask], Answer], resolver: Resolver, whereabouts: FakeWhereabouts | None = None) -> Probing:
    """The ports of proofs by connection."""
    count = itertools.count()
    return Probing(FakeProber(answer), resolver, whereabouts or FakeWhereabouts(), lambda: f"fresh{next(count)}")


def unasked(resolver: Resolver) -> Probing:
    """For runs without hostnames, in which nobody may be asked."""

    def answer(ask: Ask) -> Answer:
        message = f"a connection was made: {ask}"
        raise AssertionError(message)

    return probing(answer, resolver)


def from_origin(status: int = 200) -> Answer:
    """The edge passes the origin's answer on."""
    headers = (("server", "cloudflare"), ("cf-ray", "8f-AMS"), ("cf-cache-status", "DYNAMIC"))
    return Outcome.HTTP, Evidence(status=status, headers=headers)


def from_edge(status: int) -> Answer:
    """The edge's own error page."""
    return Outcome.HTTP, Evidence(status=status, headers=(("server", "cloudflare"), ("cf-ray", "8f-AMS")))


def seen_from(address: str) -> Answer:
    """The edge's page about a visitor."""
    outcome, evidence = from_edge(200)
    return outcome, Evidence(status=200, headers=evidence.headers, body_start=address)
