"""AWS's public price list: where the file of a service and a Region is, and what it holds. No credentials are needed.

Lives here: addresses and decoding. Must not live here: HTTP, which the caller brings; what a row means.
"""

from __future__ import annotations

from typing import Final

from originlock.aws.price_rows import file_of
from originlock.facts.price_list import Listing, PriceService

BASE: Final = "https://pricing.us-east-1.amazonaws.com"
"""AWS Billing user guide, "Getting price list files": the one host that has them all."""


def address(base: str, service: PriceService, region: str) -> str:
    """Where a file is.

    Args:
        base: without a slash at its end.
        service: whose prices.
        region: shaped as the name of a Region.
    """
    return f"{base}/offers/v1.0/aws/{service.value}/current/{region}/index.json"


def listing_of(data: bytes, service: PriceService, where: str) -> Listing:
    """What a file holds.

    Raises:
        RefusedError: it is no price list, or another service's.
    """
    products, published = file_of(data, service.value, where)
    return Listing(service, published, "the public file", products)
