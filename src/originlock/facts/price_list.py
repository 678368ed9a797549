"""A price list as AWS gives it: products with their terms, every number still a text.

Lives here: its shape, the same from the API and from a file. Must not live here: JSON (see `aws.price_rows`), which row
is which price (see `cost.price_choice`).
"""

from __future__ import annotations

import enum

import msgspec


class PriceService(enum.Enum):
    """A service by the code that the price list knows it by."""

    LOAD_BALANCING = "AWSELB"
    VPC = "AmazonVPC"
    TRANSFER = "AWSDataTransfer"


class Rate(msgspec.Struct, frozen=True):
    """What one unit costs between two amounts.

    Attributes:
        unit: such as ``LCU-Hrs``.
        begin: the amount from which on.
        end: the amount up to which; ``Inf`` for the last rate.
        per_unit: the price by currency, such as ``{"USD": "0.0080000000"}``.
    """

    unit: str
    begin: str
    end: str
    per_unit: dict[str, str]


class Term(msgspec.Struct, frozen=True):
    """On-demand rates from a date on.

    Attributes:
        effective: such as ``2026-09-01T00:00:00Z``.
    """

    effective: str
    rates: tuple[Rate, ...]


class Product(msgspec.Struct, frozen=True):
    """One row of the list.

    Attributes:
        attributes: as they are listed, such as ``usagetype``, ``operation``, ``regionCode``.
        terms: on demand.
    """

    sku: str
    family: str
    attributes: dict[str, str]
    terms: tuple[Term, ...]

    def says(self, attribute: str) -> str:
        """An attribute; empty where the row lacks it."""
        return self.attributes.get(attribute, "")


class Listing(msgspec.Struct, frozen=True):
    """The rows of one service.

    Attributes:
        published: when AWS published the list, as it says.
        how: where it was read, in words, such as ``GetProducts``.
    """

    service: PriceService
    published: str
    how: str
    products: tuple[Product, ...]
