"""Data transfer out to the internet, in its tiers.

Lives here: what a number of GB costs after so many others. Must not live here: how many bytes something sends.
"""

from __future__ import annotations

from fractions import Fraction

from originlock.facts.prices import Egress
from originlock.facts.usage import ZERO


def transfer_usd(egress: Egress, gb: Fraction, already_gb: Fraction) -> Fraction:
    """Dollars for so many GB, where so many were sent before in this month.

    Args:
        egress: the Region's tiers.
        gb: GB more.
        already_gb: GB that went out before, the free ones among them.
    """
    return _up_to(egress, already_gb + gb) - _up_to(egress, already_gb)


def _up_to(egress: Egress, gb: Fraction) -> Fraction:
    """Dollars for a month's GB from the first on."""
    usd, start = ZERO, ZERO
    for tier in egress.tiers:
        end = gb if tier.up_to_gb is None else min(gb, tier.up_to_gb)
        # What is free lies at the start of the first tier.
        usd += max(ZERO, end - max(start, egress.free_gb)) * tier.usd_per_gb
        if tier.up_to_gb is None or gb <= tier.up_to_gb:
            break
        start = tier.up_to_gb
    return usd
