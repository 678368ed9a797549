"""Rows of AWS's price list from JSON, as the API and the public files have them.

Lives here: decoding. Must not live here: asking (see `price_list`), or what a row means (see `cost.price_choice`).

Source of the shapes: AWS Billing user guide, "Reading the service price list file for the AWS Price List Bulk API", and
replies of GetProducts that users published.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from originlock.errors import RefusedError, Whose
from originlock.facts.price_list import Product, Rate, Term

_WORDS = 200

AGAIN = "nothing was changed; try again, and if it stays so, report it with what --debug prints"


class _Rate(msgspec.Struct, frozen=True, rename="camel"):
    unit: str = ""
    begin_range: str = ""
    end_range: str = ""
    price_per_unit: dict[str, str] = {}


class _Term(msgspec.Struct, frozen=True, rename="camel"):
    effective_date: str = ""
    price_dimensions: dict[str, _Rate] = {}


class _Product(msgspec.Struct, frozen=True, rename="camel"):
    sku: str = ""
    product_family: str = ""
    attributes: dict[str, str] = {}


class _RowTerms(msgspec.Struct, frozen=True):
    on_demand: dict[str, _Term] = msgspec.field(default_factory=dict, name="OnDemand")


class _Row(msgspec.Struct, frozen=True, rename="camel"):
    """One text of GetProducts' `PriceList`."""

    product: _Product
    terms: _RowTerms = _RowTerms()
    publication_date: str = ""


class _FileTerms(msgspec.Struct, frozen=True):
    on_demand: dict[str, dict[str, _Term]] = msgspec.field(default_factory=dict, name="OnDemand")


class _File(msgspec.Struct, frozen=True, rename="camel"):
    """An offer file."""

    offer_code: str
    publication_date: str
    products: dict[str, _Product]
    terms: _FileTerms


_ROWS = msgspec.json.Decoder(_Row)
_FILES = msgspec.json.Decoder(_File)


def row_of(text: str) -> tuple[Product, str]:
    """One text of GetProducts' answer: the product, and when the list was published.

    Raises:
        RefusedError: it is no row.
    """
    try:
        row = _ROWS.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"GetProducts gave a row that is none: {_said(error)}"
        raise RefusedError(message, AGAIN, whose=Whose.AWS) from error
    return _product(row.product, row.terms.on_demand.values()), row.publication_date


def file_of(data: bytes, offer: str, where: str) -> tuple[tuple[Product, ...], str]:
    """An offer file: its products, and when it was published.

    Args:
        data: all of it.
        offer: the service that it has to be of.
        where: its URL, for messages.

    Raises:
        RefusedError: it is no offer file, or another's.
    """
    if data.lstrip()[:1] == b"<":
        message = f"{where} is a web page, and no price list"
        raise RefusedError(message, AGAIN, whose=Whose.AWS)
    try:
        found = _FILES.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"{where} is no price list: {_said(error)}"
        raise RefusedError(message, AGAIN, whose=Whose.AWS) from error
    if found.offer_code != offer:
        message = f"{where} is the price list of {found.offer_code[:_WORDS]!a}, and not of {offer}"
        raise RefusedError(message, AGAIN, whose=Whose.AWS)
    terms = found.terms.on_demand
    products = tuple(_product(each, terms.get(sku, {}).values()) for sku, each in found.products.items())
    return products, found.publication_date


def _said(error: Exception) -> str:
    return ascii(str(error))[1:-1][:_WORDS]


def _product(product: _Product, terms: Iterable[_Term]) -> Product:
    return Product(
        product.sku,
        product.product_family,
        product.attributes,
        tuple(
            Term(
                term.effective_date,
                tuple(
                    Rate(each.unit, each.begin_range, each.end_range, each.price_per_unit)
                    for each in term.price_dimensions.values()
                ),
            )
            for term in terms
        ),
    )
