"""Connections as they come to be: short ways to say what was asked and what came of it."""

from __future__ import annotations

from originlock.edges import EDGES
from originlock.facts.probing import Ask, ClientCertificate, Evidence, Outcome, Probed

_SIGNS = EDGES["cloudflare"].description.signs
assert _SIGNS is not None
SIGNS = _SIGNS

FRONT, FRONT_IPV6 = "104.16.0.1", "2606:4700::1"
ORIGIN, ORIGIN_IPV6 = "198.51.100.10", "2001:db8:100::10"
HOST = "www.example.org"
MARK = (("server", "cloudflare"), ("cf-ray", "8f-AMS"))


def probed(
    outcome: Outcome,
    address: str = ORIGIN,
    port: int = 443,
    certificate: ClientCertificate = ClientCertificate.NONE,
    **evidence: object,
) -> Probed:
    """One connection."""
    ask = Ask(address, port, tls=port != 80, sni=HOST, host=HOST, certificate=certificate)
    return Probed(ask, outcome, Evidence(**evidence))  # type: ignore[arg-type]


def through(status: int = 200, cache: str | None = "DYNAMIC", *more: tuple[str, str], address: str = FRONT) -> Probed:
    """An answer through the edge."""
    headers = (*MARK, *((("cf-cache-status", cache),) if cache else ()), *more)
    outcome = Outcome.REDIRECT if 300 < status < 309 else Outcome.HTTP
    return probed(outcome, address, status=status, headers=headers)
