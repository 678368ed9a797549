"""GetProducts over real HTTP: pages, refusals, and rows that are none."""

from __future__ import annotations

import gzip
import json

import pytest
from tests.edges.misbehaving import answer, says, serving

from originlock.aws.price_list import PriceListByApi, endpoint_for
from originlock.aws.price_rows import file_of
from originlock.aws.session import Sessions
from originlock.errors import CloudError, RefusedError, Whose
from originlock.facts.price_list import Listing, PriceService
from originlock.intent.policy import Place
from originlock.lab.process import LocalAws

ELB = PriceService.LOAD_BALANCING


@pytest.fixture
def lists(sessions: Sessions) -> PriceListByApi:
    """The price list by its API."""
    return PriceListByApi(sessions, Place())


def listed(listing: Listing) -> list[tuple[str, str]]:
    """Usage types and operations, in order."""
    return [(each.says("usagetype"), each.says("operation")) for each in listing.products]


def test_a_page(lists: PriceListByApi, aws: LocalAws) -> None:
    """Rows would be lost on the way, or not be those that were asked for."""
    found = lists.listing(ELB, "eu-west-1")
    assert len(found.products) == 12
    assert {each.says("regionCode") for each in found.products} == {"eu-west-1"}
    assert ("EU-TS-LoadBalancerUsage", "LoadBalancing:Application") in listed(found)
    assert found.published == "2026-09-11T12:45:44Z"
    assert found.how == "GetProducts in eu-central-1"
    (call,) = aws.calls()
    assert (call.service, call.action, call.parameters["MaxResults"]) == ("pricing", "GetProducts", "100")


def test_terms_and_rates_come_through(lists: PriceListByApi) -> None:
    """Tiers would lose their ends."""
    (row,) = lists.listing(PriceService.TRANSFER, "eu-west-1").products
    (term,) = row.terms
    assert term.effective == "2026-09-01T00:00:00Z"
    assert [(rate.begin, rate.end, rate.unit, rate.per_unit["USD"]) for rate in term.rates] == [
        ("0", "10240", "GB", "0.0900000000"),
        ("10240", "51200", "GB", "0.0850000000"),
        ("51200", "153600", "GB", "0.0700000000"),
        ("153600", "Inf", "GB", "0.0500000000"),
    ]


def test_addresses_have_no_family(lists: PriceListByApi) -> None:
    """AWS's rows of public addresses lack one, and would not be understood."""
    found = lists.listing(PriceService.VPC, "us-east-1")
    assert [each.says("usagetype") for each in found.products] == [
        "USE1-PublicIPv4:InUseAddress",
        "USE1-PublicIPv4:IdleAddress",
    ]
    assert {each.family for each in found.products} == {""}


def test_every_page_is_read(lists: PriceListByApi, aws: LocalAws) -> None:
    """What stands on the second page would be missing."""
    whole = listed(lists.listing(ELB, "eu-west-1"))
    aws.price_list(page=5)
    before = len(aws.calls())
    assert listed(lists.listing(ELB, "eu-west-1")) == whole
    assert len(aws.calls()) == before + 3


def test_pages_that_go_round_end(lists: PriceListByApi, aws: LocalAws) -> None:
    """A token that leads back would be followed for ever."""
    aws.price_list(page=5, loops=True)
    with pytest.raises(RefusedError, match="gives the same page again and again") as caught:
        lists.listing(ELB, "eu-west-1")
    assert caught.value.whose is Whose.AWS
    assert len(aws.calls()) == 2


def test_pages_without_end_end(lists: PriceListByApi, aws: LocalAws) -> None:
    """A list that always has one more page would be read for ever."""
    row = next(each for each in aws.price_rows() if each["serviceCode"] == "AWSELB" and each["file"] == "eu-west-1")
    aws.price_list(rows=[row] * 40, page=1)
    with pytest.raises(RefusedError, match="has no end after 20 pages"):
        lists.listing(ELB, "eu-west-1")
    assert len(aws.calls()) == 20


def test_a_region_that_nobody_lists(lists: PriceListByApi) -> None:
    """An empty answer is an answer; what it means is decided elsewhere."""
    assert lists.listing(ELB, "eu-north-9").products == ()


@pytest.mark.parametrize(
    "kind,said,remedy",
    [
        ("throttle", "GetProducts: ThrottlingException", "try again in a while"),
        ("server-error", "GetProducts: InternalServerException", "try again in a while"),
        ("access-denied", "GetProducts: AccessDeniedException", "allow what `originlock iam-policy cost` prints"),
        ("drop-before", "ConnectionClosedError", "check the network and AWS_ENDPOINT_URL_PRICING"),
        ("drop-after", "ConnectionClosedError", "check the network and AWS_ENDPOINT_URL_PRICING"),
    ],
)
def test_what_aws_refuses_is_said(lists: PriceListByApi, aws: LocalAws, kind: str, said: str, remedy: str) -> None:
    """A person would not learn whose fault it is, or that there is another way."""
    aws.add_fault(kind, action="GetProducts")
    with pytest.raises(CloudError, match=said) as caught:
        lists.listing(ELB, "eu-west-1")
    assert remedy in caught.value.remedy
    assert "--source file" in caught.value.remedy
    assert caught.value.whose is (Whose.YOURS if kind == "access-denied" else Whose.AWS)


def test_a_throttled_page_is_asked_for_again(
    lists: PriceListByApi, aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of three pages would be lost, or the whole list given up."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    aws.price_list(page=5)
    aws.add_fault("throttle", action="GetProducts", at=2)
    assert len(PriceListByApi(Sessions(), Place()).listing(ELB, "eu-west-1").products) == 12
    assert lists is not None


def test_credentials_that_are_none_end_it(monkeypatch: pytest.MonkeyPatch, aws: LocalAws) -> None:
    """The usual words for it would be missing."""
    for name, value in {**aws.environment, "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    sessions = Sessions()
    assert not sessions.has_credentials(Place())
    with pytest.raises(CloudError, match="Unable to locate credentials"):
        PriceListByApi(sessions, Place()).listing(ELB, "eu-west-1")


def test_there_are_credentials(sessions: Sessions) -> None:
    """The file would be read although the API can be asked."""
    assert sessions.has_credentials(Place())


# Rows that are none: what is put in place of the first row's part, and what is said.
ROWS: dict[str, tuple[object, str]] = {
    "a number for a price": ({"USD": 0.008}, r"Expected `str`, got `float`"),
    "no currencies": (None, r"Expected `object`, got `null`"),
    "a list for prices": ([], r"Expected `object`, got `array`"),
}


@pytest.mark.parametrize("how", ROWS)
def test_a_row_that_is_none_is_refused(lists: PriceListByApi, aws: LocalAws, how: str) -> None:
    """It would be passed over, and its price be missing; or end in a traceback."""
    wrong, said = ROWS[how]
    rows = [each for each in aws.price_rows() if each["serviceCode"] == "AWSELB" and each["file"] == "eu-west-1"]
    (term,) = rows[0]["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    dimension["pricePerUnit"] = wrong
    aws.price_list(rows=rows)
    with pytest.raises(RefusedError, match="GetProducts gave a row that is none: " + said):
        lists.listing(ELB, "eu-west-1")


LIST = json.dumps({"PriceList": [json.dumps({"product": {"sku": "A"}})] * 50}).encode()

ANSWERS = {
    "fewer bytes than it says": (answer(LIST)[:-300], "gave no list of prices"),
    "packed, which was not asked for": (
        answer(gzip.compress(LIST), "200 OK", "Content-Encoding: gzip"),
        "gave no list of prices",
    ),
    "a web page": (answer(b"<!doctype html><p>log in</p>"), "gave no list of prices"),
    "cut off": (answer(b'{"FormatVersion": "aws_v1", "PriceList": ["{'), "gave no list of prices"),
    "nothing": (answer(b""), "gave no list of prices"),
    "another kind of JSON": (answer(b"[]"), "gave no list of prices"),
    "a number": (answer(b"7"), "gave no list of prices"),
    "JSON without a bottom": (answer(b"[" * 100_000), "gave no list of prices"),
    "no list": (answer(b'{"FormatVersion": "aws_v1", "PriceList": null}'), "gave no list of prices"),
    "objects instead of texts": (answer(b'{"PriceList": [{"product": {}}]}'), "gave a row that is none"),
    "a row that is cut off": (answer(b'{"PriceList": ["{\\"product\\": {"]}'), "row that is none: .*truncated"),
}


@pytest.mark.parametrize("how", ANSWERS)
def test_an_answer_that_is_no_list_is_refused(monkeypatch: pytest.MonkeyPatch, lists: PriceListByApi, how: str) -> None:
    """It would be taken for an empty list: as if AWS had no such Region."""
    data, said = ANSWERS[how]
    with serving(says(data)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", server.url(""))
        with pytest.raises(RefusedError, match=said):
            lists.listing(ELB, "eu-west-1")


@pytest.mark.parametrize(
    "region,endpoint",
    [
        ("eu-west-1", "eu-central-1"),
        ("eu-south-2", "eu-central-1"),
        ("ap-northeast-1", "ap-south-1"),
        ("us-east-1", "us-east-1"),
        ("us-west-2", "us-east-1"),
        ("sa-east-1", "us-east-1"),
        ("il-central-1", "us-east-1"),
        ("us-gov-west-1", "us-east-1"),
    ],
)
def test_the_api_is_in_three_regions_alone(region: str, endpoint: str) -> None:
    """A host that does not exist would be asked."""
    assert endpoint_for(region) == endpoint


# ---------------------------------------------------------------- files

OFFER = {
    "formatVersion": "v1.0",
    "offerCode": "AWSELB",
    "publicationDate": "2026-09-11T12:45:44Z",
    "products": {"A": {"sku": "A", "attributes": {"usagetype": "EU-LCUUsage"}}},
    "terms": {"OnDemand": {"A": {"A.T": {"effectiveDate": "2026-09-01T00:00:00Z", "priceDimensions": {}}}}},
}

FILES = {
    "empty": (b"", "is no price list: Input data was truncated"),
    "a web page": (b"  <!doctype html><html></html>", "is a web page, and no price list"),
    "an error of S3's": (b'<?xml version="1.0"?><Error/>', "is a web page, and no price list"),
    "cut off": (json.dumps(OFFER).encode()[:-30], "is no price list: Input data was truncated"),
    "a list": (b"[]", r"is no price list: Expected `object`, got `array`"),
    "without products": (b'{"offerCode": "AWSELB", "publicationDate": ""}', "missing required field `products`"),
    "of another service": (
        json.dumps({**OFFER, "offerCode": "AmazonEC2"}).encode(),
        "is the price list of 'AmazonEC2', and not of AWSELB",
    ),
    "attributes as numbers": (
        json.dumps({**OFFER, "products": {"A": {"attributes": {"usagetype": 1}}}}).encode(),
        r"Expected `str`, got `int`",
    ),
    "no UTF-8": (b'{"offerCode": "\xff"}', "is no price list"),
    "nested without end": (b"[" * 100_000, "is no price list"),
}


@pytest.mark.parametrize("how", FILES)
def test_a_file_that_is_none_is_refused(how: str) -> None:
    """The same of files, where proxies have pages of their own."""
    data, said = FILES[how]
    with pytest.raises(RefusedError, match=said) as caught:
        file_of(data, "AWSELB", "https://example.org/index.json")
    assert len(caught.value.what) < 400


def test_a_file() -> None:
    """Terms stand apart from products there, and would be lost."""
    products, published = file_of(json.dumps(OFFER).encode(), "AWSELB", "https://example.org/index.json")
    assert [(each.sku, len(each.terms)) for each in products] == [("A", 1)]
    assert published == "2026-09-11T12:45:44Z"
