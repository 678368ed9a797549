"""The prices of a Region: from the state directory, the table that ships, and AWS's price list.

Lives here: from a name to prices, and which way AWS is asked. Must not live here: files (see `store.prices`), which row
is which price, what is reckoned with prices.
"""

from __future__ import annotations

import datetime
import os
from typing import TYPE_CHECKING, Final, Literal

from originlock.errors import CloudError
from originlock.facts.known_prices import KnownPrices
from originlock.facts.prices import RegionPrices
from originlock.facts.regions import dollar_region, unlisted, unpriced
from originlock.intent.policy import Place
from originlock.store.prices import PriceFiles
from originlock.wiring.settings import state_directory

if TYPE_CHECKING:
    from originlock.app.price_refresh import Refreshed
    from originlock.facts.price_list import Listing, PriceService
    from originlock.ports.price_lists import PriceLists

Source = Literal["api", "file"]

URL_VARIABLE: Final = "ORIGINLOCK_PRICES_URL"

_FILE_SECONDS: Final = 60.0
_FILE_BYTES: Final = 64 * 1024 * 1024
"""Our choices: the file of a Region has a few MB at most."""

_NO_SUCH_FILE: Final = frozenset({403, 404})
"""What a store of files says of a path that it does not have."""


def prices_of(region: str) -> RegionPrices:
    """What is known of a Region's prices. Asks nothing of AWS.

    Raises:
        UsageError: it is no Region, none that is billed in dollars, or none whose prices are known; the message says
            which Region may be meant, and how to ask AWS.
        StateError: the prices that AWS was asked for cannot be read; no other price is taken for them.
    """
    return known_prices(region).prices


def known_prices(region: str) -> KnownPrices:
    """The same, and which of them AWS was asked for; errors as `prices_of`."""
    files = PriceFiles(state_directory())
    known = files.known(dollar_region(region))
    if known is None:
        raise unpriced(region, files.regions())
    return known


def every_known_price() -> tuple[KnownPrices, ...]:
    """What is known of every Region of which something is, by name.

    Raises:
        StateError: as `prices_of`.
    """
    files = PriceFiles(state_directory())
    return tuple(known for region in files.regions() if (known := files.known(region)) is not None)


def price_lists(source: Source | None, place: Place) -> PriceLists:
    """AWS's price list, by its API or by its public files.

    Args:
        source: which; None for the API where there are credentials, and the files where there are none.
        place: whose credentials.

    Raises:
        UsageError, CloudError: the AWS configuration cannot be read.
    """
    if source == "file":
        return _Files()
    from originlock.aws.price_list import PriceListByApi  # noqa: PLC0415  botocore is loaded when it is needed
    from originlock.aws.session import Sessions  # noqa: PLC0415  ditto

    sessions = Sessions()
    return PriceListByApi(sessions, place) if source == "api" or sessions.has_credentials(place) else _Files()


def default_region(place: Place) -> str | None:
    """The Region that the AWS CLI would take; None if there is none.

    Raises:
        UsageError, CloudError: the AWS configuration cannot be read.
    """
    from originlock.aws.session import Sessions  # noqa: PLC0415  botocore is loaded when it is needed

    return Sessions().region(place)


def refresh(region: str, lists: PriceLists, *, jumps: bool = False) -> Refreshed:
    """Ask AWS for a Region's prices, and keep them.

    Raises:
        UsageError: AWS's list knows no such Region.
        CloudError: it cannot be read.
        RefusedError: it is not believed; nothing was changed.
        StateError: what is kept cannot be read, or written.
    """
    from originlock.app.price_refresh import refreshed  # noqa: PLC0415  only what asks loads what asks

    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    return refreshed(dollar_region(region), lists, PriceFiles(state_directory()), now, jumps=jumps)


class _Files:
    """The public files, over HTTP as every other document is read: verified, and bounded in size and time."""

    def listing(self, service: PriceService, region: str) -> Listing:
        """The rows of a service; errors as `ports.price_lists`."""
        from originlock.aws.offer_file import BASE, address, listing_of  # noqa: PLC0415  needed here alone
        from originlock.edges.adapter import NoDocument  # noqa: PLC0415  ditto
        from originlock.edges.fetch import Errand, read_over_http  # noqa: PLC0415  ditto
        from originlock.web.patience import Bounds  # noqa: PLC0415  ditto

        where = address((os.environ.get(URL_VARIABLE) or BASE).rstrip("/"), service, region)
        bounds = Bounds(deadline_seconds=_FILE_SECONDS, max_bytes=_FILE_BYTES)
        outcome = Errand(where, bounds, read_over_http).outcome()
        if not isinstance(outcome, NoDocument):
            return listing_of(outcome.body, service, where)
        if outcome.status in _NO_SUCH_FILE:
            raise unlisted(region, outcome.reason)
        remedy = f"check the network and the proxy, or {URL_VARIABLE}; with credentials, --source api asks the API"
        message = f"AWS's price list cannot be read: {outcome.reason}"
        raise CloudError(message, remedy)
