"""The lab's price list, met by an unmodified client: as strict as its reference says."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from originlock.lab.process import AwsClient, LocalAws


@pytest.fixture
def pricing(aws: LocalAws) -> AwsClient:
    """A client of the price list."""
    return aws.client("pricing", region="us-east-1", attempts=1)


def rows(answer: Any) -> list[dict[str, Any]]:  # noqa: ANN401  a client's answer
    """The rows of a page; each is a text."""
    assert all(isinstance(each, str) for each in answer["PriceList"])
    return [json.loads(each) for each in answer["PriceList"]]


def match(field: str, value: str, kind: str = "TERM_MATCH") -> dict[str, str]:
    """One filter."""
    return {"Type": kind, "Field": field, "Value": value}


def test_six_rows_of_an_application_load_balancer(pricing: AwsClient) -> None:
    """The traps of AWS's list would not be in the lab's."""
    found = rows(
        pricing.get_products(
            ServiceCode="AWSELB",
            Filters=[match("regionCode", "eu-west-1"), match("operation", "LoadBalancing:Application")],
        )
    )
    assert sorted(each["product"]["attributes"]["usagetype"] for each in found) == [
        "EU-LCUUsage",
        "EU-LoadBalancerUsage",
        "EU-Outposts-LCUUsage",
        "EU-Outposts-LoadBalancerUsage",
        "EU-ReservedLCUUsage",
        "EU-TS-LoadBalancerUsage",
    ]
    assert {each["publicationDate"] for each in found} == {"2026-09-11T12:45:44Z"}


@pytest.mark.parametrize(
    "kind,value,number",
    [
        ("TERM_MATCH", "EU-LCUUsage", 3),
        ("EQUALS", "EU-LCUUsage", 3),
        ("CONTAINS", "EU-LCU", 3),
        ("ANY_OF", "EU-LCUUsage,EU-TS-LoadBalancerUsage", 4),
        ("NONE_OF", "EU-LCUUsage", 9),
    ],
)
def test_filters(pricing: AwsClient, kind: str, value: str, number: int) -> None:
    """A filter of another type would let everything through."""
    asked = [match("regionCode", "eu-west-1"), match("usagetype", value, kind)]
    assert len(rows(pricing.get_products(ServiceCode="AWSELB", Filters=asked))) == number


def test_pages(pricing: AwsClient) -> None:
    """A client that reads one page would not be found out."""
    asked = {"ServiceCode": "AWSELB", "Filters": [match("regionCode", "eu-west-1")], "MaxResults": 5}
    first = pricing.get_products(**asked)
    second = pricing.get_products(**asked, NextToken=first["NextToken"])
    third = pricing.get_products(**asked, NextToken=second["NextToken"])
    assert [len(each["PriceList"]) for each in (first, second, third)] == [5, 5, 2]
    assert "NextToken" not in third


@pytest.mark.parametrize(
    "asked,code",
    [
        ({"ServiceCode": "AWSMoon"}, "NotFoundException"),
        ({"ServiceCode": "AWSELB", "MaxResults": 101}, "InvalidParameterException"),
        ({"ServiceCode": "AWSELB", "FormatVersion": "aws_v2"}, "InvalidParameterException"),
        ({"ServiceCode": "AWSELB", "NextToken": "made-up"}, "InvalidNextTokenException"),
        ({"ServiceCode": "AWSELB", "Filters": [match("moon", "x")]}, "InvalidParameterException"),
    ],
)
def test_what_is_refused(pricing: AwsClient, asked: dict[str, Any], code: str) -> None:
    """The lab would be kinder than AWS."""
    with pytest.raises(ClientError) as caught:
        pricing.get_products(**asked)
    assert caught.value.response["Error"]["Code"] == code


def test_there_is_no_endpoint_elsewhere(aws: LocalAws) -> None:
    """A client that asks in the load balancer's own Region would not be found out."""
    with pytest.raises(ClientError, match="no endpoint of the price list in eu-west-1"):
        aws.client("pricing", region="eu-west-1", attempts=1).get_products(ServiceCode="AWSELB")


def _file(aws: LocalAws, path: str) -> dict[str, Any]:
    # Plain http, of this machine.
    with urllib.request.urlopen(f"{aws.url}/offers/v1.0/aws/{path}", timeout=10) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
        return found


def test_the_files_have_the_same_rows(aws: LocalAws, pricing: AwsClient) -> None:
    """The two ways would be two worlds."""
    offer = _file(aws, "AWSELB/current/eu-west-1/index.json")
    listed = rows(pricing.get_products(ServiceCode="AWSELB", Filters=[match("regionCode", "eu-west-1")]))
    assert offer["offerCode"] == "AWSELB"
    assert offer["products"] == {each["product"]["sku"]: each["product"] for each in listed}
    assert offer["terms"]["OnDemand"] == {each["product"]["sku"]: each["terms"]["OnDemand"] for each in listed}


@pytest.mark.parametrize("path", ["AWSELB/current/eu-moon-1/index.json", "AWSMoon/current/eu-west-1/index.json", "x"])
def test_a_file_that_is_not_there(aws: LocalAws, path: str) -> None:
    """A Region that does not exist would have prices."""
    with pytest.raises(urllib.error.HTTPError, match="404"):
        _file(aws, path)


def test_other_rows_until_it_is_reset(aws: LocalAws) -> None:
    """One test's rows would be the next one's."""
    aws.price_list(rows=aws.price_rows()[:1])
    assert len(aws.price_rows()) == 1
    aws.reset()
    assert len(aws.price_rows()) > 50
