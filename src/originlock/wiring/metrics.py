"""Who reads metrics: AWS, made when it is needed.

Lives here: making the adapter. Must not live here: deciding anything with it.
"""

from __future__ import annotations

import re
from typing import Final

from originlock.errors import UsageError
from originlock.intent.policy import Place
from originlock.ports.metering import Meter

_ARN: Final = re.compile(r"arn:[a-z-]+:elasticloadbalancing:(?P<region>[a-z0-9-]+):[0-9]+:loadbalancer/.+")
"""Elastic Load Balancing user guide, resources in IAM policies."""

_LONGEST: Final = 100


def place_of(named: tuple[str, ...], region: str | None, profile: str | None, role: str | None) -> Place:
    """Where these load balancers are: an ARN tells its Region, where no other is given.

    Raises:
        UsageError: they are of several Regions, or one is no load balancer's name or ARN.
    """
    regions = set() if region is None else {region}
    for each in named:
        found = _ARN.fullmatch(each)
        if found is not None:
            regions.add(found["region"])
        elif not each.strip() or ":" in each:
            message = f"{each[:_LONGEST]!r} is no load balancer's name or ARN"
            raise UsageError(message, "give one such as shop, or arn:aws:elasticloadbalancing:...:loadbalancer/app/...")
    if len(regions) > 1:
        message = f"several Regions are named: {', '.join(sorted(regions))}"
        raise UsageError(message, "observe the load balancers of one Region at a time")
    return Place(region=next(iter(regions), None), profile=profile, role=role)


def meter(place: Place) -> Meter:
    """The reader of a place's metrics."""
    from originlock.aws.metrics import AwsMeter  # noqa: PLC0415  botocore is loaded when it is needed
    from originlock.aws.session import Sessions  # noqa: PLC0415  ditto

    return AwsMeter(Sessions(), place)
