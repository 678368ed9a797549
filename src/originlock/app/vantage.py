"""Where this machine stands, as the edge sees it: asked by connections, beside others.

Lives here: from the answers to a vantage. Must not live here: what a vantage may claim (see `originlock.verify`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from originlock.facts.probing import Probed
from originlock.ports.reading import Prober, Resolver, Whereabouts
from originlock.verify.vantage import SeenAs, Vantage

_PROXY_HEADER = "via"
"""RFC 9110, section 7.6.3: a proxy adds itself to the Via of every answer."""


@dataclasses.dataclass(frozen=True)
class Probing:
    """The ports that proofs by connection ask.

    Attributes:
        fresh: gives a text that was never used before.
    """

    prober: Prober
    resolver: Resolver
    whereabouts: Whereabouts
    fresh: Callable[[], str]


def vantage_of(whereabouts: Whereabouts, traced: tuple[Probed, ...]) -> Vantage:
    """This machine, by the edge's answers to its questions."""
    return Vantage(
        ipv4=_seen(whereabouts, traced, ipv6=False),
        ipv6=_seen(whereabouts, traced, ipv6=True),
        proxies=whereabouts.proxies(),
    )


def _seen(whereabouts: Whereabouts, traced: tuple[Probed, ...], *, ipv6: bool) -> SeenAs:
    answers = [probed for probed in traced if probed.ask.ipv6 is ipv6]
    told = [trace for probed in answers if (trace := whereabouts.trace(probed.evidence.body_start)) is not None]
    return SeenAs(
        source=whereabouts.source(ipv6=ipv6),
        addresses=tuple(trace.ip for trace in told),
        tunnelled=any(trace.tunnelled for trace in told),
        through_proxy=any(probed.evidence.header(_PROXY_HEADER) is not None for probed in answers),
    )
