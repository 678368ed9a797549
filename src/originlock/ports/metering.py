"""The questions that are asked of what was measured, and of what it costs.

Lives here: Protocols that read metrics and prices. Must not live here: anything that could change the outside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from originlock.facts.metering import Demands, Measured, MeteredBalancer, Span
from originlock.facts.origin import Missing
from originlock.facts.prices import RegionPrices
from originlock.facts.unknown import Unknown


class Meter(Protocol):
    """Reads what load balancers of one place (account and Region) were used for."""

    @property
    def region(self) -> str | None:
        """The Region by name, also where the place leaves it to the environment; None if that is not known."""

    def balancer(self, named: str) -> MeteredBalancer | Missing | Unknown:
        """A load balancer by its name or ARN.

        Raises:
            CloudError: AWS cannot be asked at all.
        """

    def demands(self, arn: str) -> Demands | Unknown:
        """What its listeners demand of clients now.

        Raises:
            CloudError: AWS cannot be asked at all.
        """

    def measured(self, arns: tuple[str, ...], hours: Span, minutes: Span, told: Callable[[int, int], None]) -> Measured:
        """Every metric of these load balancers, in as few calls as can be.

        Args:
            arns: of load balancers, each once.
            hours: whole hours, of which sums over hours are asked for.
            minutes: within them, what sums over minutes are asked for; may be empty.
            told: is told before each call how many were made, and how many there will be if none has a second page.

        Raises:
            CloudError: AWS cannot be asked at all.
        """


class PriceBook(Protocol):
    """Knows prices."""

    def __call__(self, region: str) -> RegionPrices:
        """The prices of a Region.

        Raises:
            UsageError: nothing is known of that Region.
        """
