"""Where load balancers are that are to be observed: their ARNs say it, and what is no name of one is refused."""

from __future__ import annotations

import pytest

from originlock.errors import UsageError
from originlock.wiring.metrics import place_of

ARN = "arn:aws:elasticloadbalancing:{}:123456789012:loadbalancer/app/shop/50dc6c495c0c9188"


def test_an_arn_tells_its_region() -> None:
    """A load balancer would be looked for in another Region than its own."""
    assert place_of((ARN.format("eu-west-1"), "api"), None, None, None).region == "eu-west-1"
    assert place_of(("shop",), "us-east-1", None, None).region == "us-east-1"
    assert place_of(("shop",), None, None, None).region is None


def test_load_balancers_of_several_regions_are_refused() -> None:
    """Those of one Region would be priced by the other's."""
    for given in (("us-east-1", ARN.format("eu-west-1")), (None, ARN.format("eu-west-1"), ARN.format("us-east-1"))):
        with pytest.raises(UsageError, match="several Regions are named: eu-west-1, us-east-1"):
            place_of(given[1:], given[0], None, None)


@pytest.mark.parametrize(
    "named",
    [
        "",
        " ",
        "arn:aws:s3:::bucket",
        "arn:aws:elasticloadbalancing:eu-west-1",
        "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/50dc6c495c0c9188",
        "arn:aws:elasticloadbalancing::123456789012:loadbalancer/app/shop/50dc6c495c0c9188",
        "https://shop.example.com",
        "arn:" + "x" * 10_000,
    ],
)
def test_what_is_no_load_balancer_is_refused_by_its_name(named: str) -> None:
    """AWS would be asked for nothing in particular, or a person told of Regions without a name."""
    with pytest.raises(UsageError, match="is no load balancer's name or ARN") as refused:
        place_of((named,), "eu-west-1", None, None)
    assert len(refused.value.what) < 200
