"""Who reads metrics: AWS, made when it is needed.

Lives here: making the adapter. Must not live here: deciding anything with it.
"""

from __future__ import annotations

from typing import Final

from originlock.errors import UsageError
from originlock.intent.policy import Place
from originlock.ports.metering import Meter

_COLONS: Final = 5
"""Of an ARN: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE."""


def place_of(named: tuple[str, ...], region: str | None, profile: str | None, role: str | None) -> Place:
    """Where these load balancers are: an ARN tells its Region, where no other is given.

    Raises:
        UsageError: they are of several Regions.
    """
    regions = {each.split(":")[3] for each in named if each.startswith("arn:") and each.count(":") >= _COLONS}
    if region is not None:
        regions.add(region)
    if len(regions) > 1:
        message = f"several Regions are named: {', '.join(sorted(regions))}"
        raise UsageError(message, "observe the load balancers of one Region at a time")
    return Place(region=next(iter(regions), None), profile=profile, role=role)


def meter(place: Place) -> Meter:
    """The reader of a place's metrics."""
    from originlock.aws.metrics import AwsMeter  # noqa: PLC0415  botocore is loaded when it is needed
    from originlock.aws.session import Sessions  # noqa: PLC0415  ditto

    return AwsMeter(Sessions(), place)
