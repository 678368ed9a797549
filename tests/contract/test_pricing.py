"""AWS's price list as we read it: which rows there are, what they say, and how they come.

Each of these is a trap that somebody fell into, or a shape that was put together from what others published: the real
list was not at hand.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.contract.places import Place, refused

REFERENCE = pytest.mark.source("AWS Price List API reference, GetProducts")
SEEN = pytest.mark.source("replies of GetProducts and offer files that users published, 2026-07 to 2026-10")

PREFIX = r"(EU-|[A-Z]+\d{1,2}-)?"

Row = dict[str, Any]


def asked(place: Place, service: str, **filters: str) -> list[Row]:
    """All rows that match, page by page."""
    given: dict[str, Any] = {
        "ServiceCode": service,
        "Filters": [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in filters.items()],
    }
    found: list[str] = []
    while True:
        page = place.client("pricing").get_products(**given)
        found += page["PriceList"]
        if "NextToken" not in page:
            return [json.loads(each) for each in found]
        given["NextToken"] = page["NextToken"]


def usage(row: Row) -> str:
    """A row's usage type."""
    return str(row["product"]["attributes"]["usagetype"])


def rates(row: Row) -> list[dict[str, Any]]:
    """A row's rates on demand."""
    (term,) = row["terms"]["OnDemand"].values()
    return list(term["priceDimensions"].values())


@REFERENCE
def test_rows_are_texts(place: Place) -> None:
    """A list of JSON texts, not of objects."""
    page = place.client("pricing").get_products(ServiceCode="AWSELB", MaxResults=1)
    assert page["FormatVersion"] == "aws_v1"
    assert [type(each) for each in page["PriceList"]] == [str]


@REFERENCE
def test_there_are_pages(place: Place) -> None:
    """With a token until the last."""
    client = place.client("pricing")
    first = client.get_products(ServiceCode="AWSELB", MaxResults=2)
    second = client.get_products(ServiceCode="AWSELB", MaxResults=2, NextToken=first["NextToken"])
    assert len(first["PriceList"]) == len(second["PriceList"]) == 2
    assert first["PriceList"] != second["PriceList"]


@REFERENCE
def test_a_token_of_nobodys_is_refused(place: Place) -> None:
    """By a code of its own."""
    with refused("InvalidNextTokenException"):
        place.client("pricing").get_products(ServiceCode="AWSELB", NextToken="nobody's")


@SEEN
@pytest.mark.parametrize("region", ["us-east-1", "us-west-2", "eu-west-1"])
def test_six_rows_of_an_application_load_balancer(place: Place, region: str) -> None:
    """Of which two end in `LoadBalancerUsage` beside the right one, and two hold `LCUUsage` beside it."""
    rows = asked(place, "AWSELB", regionCode=region, operation="LoadBalancing:Application")
    found = {re.sub(f"^{PREFIX}(?=[A-Z])", "", usage(row)): rates(row) for row in rows}
    assert {
        "LoadBalancerUsage",
        "LCUUsage",
        "ReservedLCUUsage",
        "TS-LoadBalancerUsage",
        "Outposts-LoadBalancerUsage",
        "Outposts-LCUUsage",
    } <= found.keys()
    units = {name: rate["unit"] for name, (rate,) in found.items()}
    assert units["LoadBalancerUsage"] == units["TS-LoadBalancerUsage"] == "Hrs"
    assert (units["LCUUsage"], units["ReservedLCUUsage"]) == ("LCU-Hrs", "ReservedLCU-Hr")
    assert float(found["Outposts-LCUUsage"][0]["pricePerUnit"]["USD"]) == 0


@SEEN
@pytest.mark.parametrize("kind", ["Application", "Network", "Gateway"])
def test_one_usage_type_is_that_of_several_kinds(place: Place, kind: str) -> None:
    """Which one a row is of only its operation says."""
    rows = asked(place, "AWSELB", regionCode="us-east-1", operation=f"LoadBalancing:{kind}")
    assert {"LoadBalancerUsage", "LCUUsage"} <= {usage(row) for row in rows}
    assert {row["product"]["attributes"]["servicecode"] for row in rows} == {"AWSELB"}


@SEEN
def test_us_east_1_has_no_prefix_but_for_addresses(place: Place) -> None:
    """So that it can be derived from nothing."""
    rows = asked(place, "AmazonVPC", regionCode="us-east-1", group="VPCPublicIPv4Address")
    assert {usage(row) for row in rows} == {"USE1-PublicIPv4:InUseAddress", "USE1-PublicIPv4:IdleAddress"}
    assert not any("productFamily" in row["product"] for row in rows)


@SEEN
def test_transfer_comes_in_tiers(place: Place) -> None:
    """In one row of a Region, without gap, the last without end."""
    filters = {"fromRegionCode": "eu-west-1", "transferType": "AWS Outbound", "toLocation": "External"}
    (row,) = asked(place, "AWSDataTransfer", **filters)
    assert usage(row) == "EU-DataTransfer-Out-Bytes"
    tiers = sorted(rates(row), key=lambda each: float(each["beginRange"]))
    assert [each["beginRange"] for each in tiers[1:]] == [each["endRange"] for each in tiers[:-1]]
    assert (tiers[0]["beginRange"], tiers[-1]["endRange"]) == ("0", "Inf")
    assert {each["unit"] for each in tiers} == {"GB"}
