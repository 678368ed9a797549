"""What a command was asked, as the texts that the calculator's fields begin with.

Lives here: which field says what, in which unit. Must not live here: how fields are read (see ``fields.js``).
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

from originlock.cost.estimate import Estimate, Figures
from originlock.cost.locks import FLOOD
from originlock.cost.storm import Flood, Storm
from originlock.facts.usage import Usage

GB: Final = 10**9
"""Bytes of the fields' GB: that of decimal units, whatever AWS's is."""

BYPASS: Final = ("new-connections", "active", "bytes", "requests")
"""What can be said of those who come round the edge; their rules are everybody's."""

DIGITS: Final = 18
"""Of a number that does not end (100 an hour is 1/36 a second): more than anybody's figures have."""


def asked_of_estimate(made: Estimate) -> dict[str, str]:
    """An estimate's figures; the flood is the example's."""
    free = made.prices.egress.free_gb if made.prices.egress is not None else Fraction(0)
    return _figures(made.prices.region, made.figures) | _flood(FLOOD, free)


def asked_of_storm(made: Storm) -> dict[str, str]:
    """A flood, with the normal load that it comes on top of."""
    normal = {"region": made.prices.region, "certificate-key": made.key.value} | asked_of_usage(made.normal)
    return normal | _flood(made.flood, made.already_gb)


def asked_of_nothing(region: str, flood: Flood) -> dict[str, str]:
    """No usage at all, and a flood."""
    return {"region": region} | _flood(flood, Fraction(100))


def text_of(number: Fraction) -> str:
    """A number in decimals, without an exponent: all of them if they end, else enough."""
    with localcontext() as context:
        context.prec = DIGITS
        text = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _figures(region: str, figures: Figures) -> dict[str, str]:
    owned = figures.owned
    return {
        "region": region,
        "kind": owned.kind.value,
        "zones": str(owned.zones),
        "ipv4": str(owned.ipv4),
        "certificate-key": figures.key.value,
        "mtls": "on" if figures.mutual else "",
        # What is taken where nothing was said is not said, so that it follows mutual TLS.
        "trust-stores": "" if owned.trust_stores == int(figures.mutual) else str(owned.trust_stores),
        **asked_of_usage(figures.usage),
        **{f"bypass-{field}": text for field, text in asked_of_usage(figures.bypass).items() if field in BYPASS},
    }


def asked_of_usage(usage: Usage) -> dict[str, str]:
    """An average hour."""
    return {
        "new-connections": text_of(usage.new_connections),
        "active": text_of(usage.active),
        "bytes": text_of(usage.bytes / GB),
        "lambda-bytes": text_of(usage.lambda_bytes / GB),
        "requests": text_of(usage.requests),
        "rules": text_of(usage.evaluations / usage.requests) if usage.requests else "0",
    }


def _flood(flood: Flood, already_gb: Fraction) -> dict[str, str]:
    return {
        "rate": text_of(flood.rate),
        "for": text_of(flood.hours),
        "requests-per-connection": text_of(flood.requests_per_connection),
        "request-bytes": text_of(flood.request_bytes),
        "response-bytes": text_of(flood.response_bytes),
        "open-seconds": text_of(flood.open_seconds),
        "flood-rules": text_of(flood.rules),
        "already-gb": text_of(already_gb),
    }
