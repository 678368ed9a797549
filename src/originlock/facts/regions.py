"""Names of AWS Regions: what is one, what only looks like one, and which are near to what was said.

Lives here: names and their shapes. Must not live here: what is in a Region, or what it costs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

from originlock.errors import UsageError

COMMERCIAL: Final = (
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
"""The Regions of the partition `aws` with Elastic Load Balancing (botocore 1.44.5, endpoints). Only for hints: there
will be others, and what is not here may be asked for all the same."""

_SHAPE: Final = re.compile(r"[a-z]{2,4}(-[a-z]{2,10}){1,3}-[0-9]{1,2}")
_ZONE: Final = re.compile(r"(?P<region>[a-z]{2,4}(-[a-z]{2,10}){1,3}-[0-9]{1,2})[a-z]")
_PLACE_IN_TOWN: Final = re.compile(r"(?P<region>[a-z]{2,4}(-[a-z]{2,10}){1,3}-[0-9]{1,2})-[a-z0-9-]+")
_OUTPOST: Final = re.compile(r"op-[0-9a-f]+|arn:[^:]*:outposts:.*|.*outpost.*", re.IGNORECASE)
_SHOWN: Final = 60
_NEAR: Final = 3


def is_shaped(name: str) -> bool:
    """Whether it is shaped as the name of a Region, such as ``eu-west-1``."""
    return _SHAPE.fullmatch(name) is not None


def dollar_region(name: str) -> str:
    """The name of a Region that is billed in dollars, as far as its shape tells.

    Raises:
        UsageError: it is none; each sort of mistake has its own message.
    """
    if _OUTPOST.fullmatch(name):
        message = f"{name[:_SHOWN]!r} is an Outpost: what runs there is not priced by the hour as in a Region"
        raise UsageError(message, "name the Region whose prices count; an Outpost's own capacity is on AWS's quote")
    if name.startswith("cn-"):
        message = f"{name[:_SHOWN]!r} is billed in yuan (CNY) by AWS's partners in China; dollars are reckoned here"
        raise UsageError(message, "name a Region outside China, or take the prices from amazonaws.cn")
    if _SHAPE.fullmatch(name):
        return name
    if found := _ZONE.fullmatch(name):
        message = f"{name!r} is an Availability Zone, and prices are a Region's"
        raise UsageError(message, f"say {found['region']}")
    if found := _PLACE_IN_TOWN.fullmatch(name[:_SHOWN]):
        message = f"{name[:_SHOWN]!r} is a Local Zone or a Wavelength Zone, which has prices of its own"
        raise UsageError(message, f"name a Region; {found['region']} is this one's parent, with other prices")
    message = f"{name[:_SHOWN]!r} is no name of an AWS Region{_hint(name, COMMERCIAL)}"
    raise UsageError(message, "give one such as eu-west-1")


def unpriced(region: str, known: Iterable[str]) -> UsageError:
    """That no price of a Region is known: names that may be meant, and how to get its prices.

    Args:
        region: its name, shaped as one.
        known: the Regions with prices.
    """
    listed = sorted(known)
    hint = "" if region in COMMERCIAL else _hint(region, {*COMMERCIAL, *listed})
    message = f"no price of the Region {region} is known here{hint} (known: {', '.join(listed) or 'none'})"
    return UsageError(message, f"ask AWS for them: originlock cost prices --refresh --region {region}")


def unlisted(region: str, seen: str = "") -> UsageError:
    """That AWS's own price list has nothing of a Region.

    Args:
        region: its name, shaped as one.
        seen: by what this shows.
    """
    hint = "" if region in COMMERCIAL else _hint(region, COMMERCIAL)
    shows = f" ({seen})" if seen else ""
    message = f"AWS's price list has nothing of a Region {region}{hint}{shows}"
    return UsageError(message, "check the name of the Region")


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name[:_SHOWN].lower(), sorted(known), n=_NEAR)
    return f"; did you mean {', or '.join(near)}?" if near else ""
