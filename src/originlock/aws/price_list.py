"""AWS's price list by its API: GetProducts, page by page.

Lives here: the calls. Must not live here: JSON of rows (see `price_rows`), what a row means (see `cost.price_choice`).
"""

from __future__ import annotations

from typing import Any, Final, assert_never

import botocore.exceptions

from originlock.aws.answers import DENIED, UNPARSED, CallError, end_of_reading
from originlock.aws.price_rows import AGAIN, row_of
from originlock.aws.session import Sessions
from originlock.aws.wording import code_of, in_words
from originlock.errors import CloudError, OriginlockError, RefusedError, Whose
from originlock.facts.price_list import Listing, PriceService, Product
from originlock.intent.policy import Place

_PAGE: Final = 100
"""GetProducts, MaxResults: at most 100."""

_MOST_PAGES: Final = 20
"""Our choice: a Region has about twenty rows of load balancing, two of addresses and one of transfer."""

_ELSEWHERE: Final = (("eu-", "eu-central-1"), ("ap-", "ap-south-1"))
"""GetProducts has endpoints in us-east-1, eu-central-1 and ap-south-1 alone (botocore's endpoints)."""


def endpoint_for(region: str) -> str:
    """The Region whose endpoint is asked about a Region's prices; each of the three knows all prices."""
    return next((endpoint for begin, endpoint in _ELSEWHERE if region.startswith(begin)), "us-east-1")


class PriceListByApi:
    """The price list, asked with somebody's credentials."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        """Prepare; nothing is asked.

        Args:
            sessions: make the clients.
            place: whose credentials; its Region does not count.
        """
        self._sessions = sessions
        self._place = place

    def listing(self, service: PriceService, region: str) -> Listing:
        """The rows of a service that concern a Region.

        Raises:
            CloudError: the API cannot be asked, or does not answer.
            RefusedError: what it answers is no price list, or has no end.
        """
        place = Place(region=endpoint_for(region), profile=self._place.profile, role=self._place.role)
        client = self._sessions.pricing(place)
        found: list[Product] = []
        published = ""
        token: str | None = None
        seen: set[str] = set()
        for _ in range(_MOST_PAGES):
            more: dict[str, Any] = {} if token is None else {"NextToken": token}
            try:
                page = client.get_products(
                    ServiceCode=service.value,
                    Filters=[
                        {"Type": "TERM_MATCH", "Field": field, "Value": value}
                        for field, value in _filters(service, region)
                    ],
                    FormatVersion="aws_v1",
                    MaxResults=_PAGE,
                    **more,
                )
            except CallError as error:
                raise _unanswered(error) from error
            except UNPARSED as error:
                raise _no_list(service) from error
            if "PriceList" not in page:
                # botocore takes an answer that is no JSON, or not all of it, for one that says nothing.
                raise _no_list(service)
            for text in page["PriceList"]:
                product, of = row_of(str(text))
                found.append(product)
                published = max(published, of)
            token = page.get("NextToken")
            if not token:
                return Listing(service, published, f"GetProducts in {place.region}", tuple(found))
            if token in seen:
                message = f"GetProducts of {service.value} gives the same page again and again"
                raise RefusedError(message, AGAIN, whose=Whose.AWS)
            seen.add(token)
        message = f"GetProducts of {service.value} has no end after {_MOST_PAGES} pages"
        raise RefusedError(message, AGAIN, whose=Whose.AWS)


def _filters(service: PriceService, region: str) -> tuple[tuple[str, str], ...]:
    """What is asked for; which row is which is decided with all attributes in view."""
    match service:
        case PriceService.LOAD_BALANCING:
            return (("regionCode", region),)
        case PriceService.VPC:
            return (("regionCode", region), ("group", "VPCPublicIPv4Address"))
        case PriceService.TRANSFER:
            return (("fromRegionCode", region), ("transferType", "AWS Outbound"), ("toLocation", "External"))
        case _:
            assert_never(service)


def _no_list(service: PriceService) -> RefusedError:
    message = f"GetProducts of {service.value} gave no list of prices"
    return RefusedError(message, AGAIN, whose=Whose.AWS)


def _unanswered(error: BaseException) -> OriginlockError:
    end = end_of_reading(error)
    if end is not None:
        return end
    if code_of(error) in DENIED:
        remedy = "allow what `originlock iam-policy cost` prints, or say --source file, which needs no permission"
        return CloudError(f"AWS's price list: {in_words(error)}", remedy, whose=Whose.YOURS)
    if isinstance(error, botocore.exceptions.ClientError):
        remedy = "try again in a while, or say --source file"
    else:
        remedy = "check the network and AWS_ENDPOINT_URL_PRICING, or say --source file"
    return CloudError(f"AWS's price list: {in_words(error)}", remedy)
