"""`cost prices`: what is known, with source and age; asking AWS; and what is refused changes nothing."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from tests.cli.product import Ended, Product

from originlock.lab.process import LocalAws

Rows = list[dict[str, Any]]


@pytest.fixture
def priced(product: Product, aws: LocalAws) -> Product:
    """The product, with the public files at the local AWS, too."""
    return product.with_variables(ORIGINLOCK_PRICES_URL=aws.url)


def region_of(ended: Ended, name: str = "eu-west-1") -> dict[str, Any]:
    """What is said of a Region."""
    assert ended.code == 0, ended.said
    (found,) = [each for each in ended.json["regions"] if each["region"] == name]
    return dict(found)


def usd(region: dict[str, Any]) -> dict[str, float]:
    """Dollars by item."""
    return {each["item"]: each["usd"] for each in region["prices"]}


def kept(product: Product) -> dict[str, bytes]:
    """The files with prices that AWS was asked for."""
    return {path.name: path.read_bytes() for path in sorted(product.state.glob("prices-*.json"))}


def row_of(rows: Rows, usage: str, operation: str = "LoadBalancing:Application") -> dict[str, Any]:
    """One row of the price list."""
    (found,) = [
        each
        for each in rows
        if (each["product"]["attributes"]["usagetype"], each["product"]["attributes"]["operation"])
        == (usage, operation)
    ]
    return found


def put_price(row: dict[str, Any], price: str) -> None:
    """Another price in dollars."""
    (term,) = row["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    dimension["pricePerUnit"] = {"USD": price}


# ---------------------------------------------------------------- without asking


def test_what_is_known_is_listed_and_nobody_is_asked(offline: Product) -> None:
    """To look would cost a call, or need a network."""
    found = region_of(offline.run("cost", "prices", "-o", "json"))
    assert usd(found)["alb-lcu"] == 0.008
    assert found["asked_at"] is None
    assert found["prices_as_of"] == "2026-07-24"
    assert all(each["source"] and each["as_of"] and not each["asked"] for each in found["prices"])
    (hour,) = [each for each in found["prices"] if each["item"] == "alb-hour"]
    days = (datetime.datetime.now(datetime.UTC).date() - datetime.date(2026, 9, 11)).days
    assert abs(hour["age_days"] - days) <= 1
    assert found["egress"]["tiers"][0] == {"up_to_gb": 10240.0, "usd_per_gb": 0.09}
    assert "nlb-lcu" in found["unknown"]
    assert not offline.state.exists()


def test_for_people_and_to_paste(offline: Product) -> None:
    """A source, an age or a gap would be left out of what is read most."""
    text = offline.run("cost", "prices", "--region", "us-west-1")
    assert text.code == 0
    assert "an Application Load Balancer's hour  $0.0252  2023-08-01 (" in text.out
    assert "not known: an Application Load Balancer's LCU-hour" in text.out
    assert "[1] AWS price list, AmazonEC2, a row effective from 2023-08-01" in text.out
    markdown = offline.run("cost", "prices", "--region", "us-west-1", "-o", "markdown")
    assert "| an Application Load Balancer's hour | $0.0252 | 2023-08-01 (" in markdown.out
    assert markdown.out.startswith("## us-west-1\n\n| price of | dollars | as of | source |\n|---|---|---|---|\n")


@pytest.mark.parametrize(
    "options,said",
    [
        (("--region", "eu-wset-1"), "did you mean eu-west-1"),
        (("--region", "eu-central-1"), "originlock cost prices --refresh --region eu-central-1"),
        (("--region", "cn-north-1", "--refresh"), "billed in yuan"),
        (("--region", "us-east-1a", "--refresh"), "is an Availability Zone"),
        (("--source", "file"), "--source does nothing without --refresh"),
        (("--accept-jumps",), "--accept-jumps does nothing without --refresh"),
        (("--profile", "x"), "--profile does nothing without --refresh"),
        (("--assume-role", "x"), "--assume-role does nothing without --refresh"),
        (("--source", "web"), "'web' is not one of"),
        (("--refresh", "--assume-role", "admin"), "is not the ARN of a role"),
        (("--refresh", "--profile", "nobody", "--region", "eu-west-1"), "profile (nobody) could not be found"),
    ],
)
def test_wrong_usage(offline: Product, options: tuple[str, ...], said: str) -> None:
    """It would be guessed what was meant, or an option would quietly do nothing."""
    ended = offline.run("cost", "prices", *options)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


# ---------------------------------------------------------------- asking


@pytest.mark.parametrize("source", ["api", "file"])
def test_asking_and_then_knowing(priced: Product, aws: LocalAws, source: str) -> None:
    """What AWS says would be shown and forgotten; or the next look would ask again."""
    asked = region_of(
        priced.run("cost", "prices", "--refresh", "--source", source, "--region", "eu-central-1", "-o", "json"),
        "eu-central-1",
    )
    assert usd(asked) == {
        "alb-hour": 0.027,
        "alb-lcu": 0.008,
        "alb-reserved-lcu": 0.008,
        "trust-store-hour": 0.006,
        "nlb-hour": 0.027,
        "nlb-lcu": 0.006,
        "gwlb-hour": 0.015,
        "gwlb-lcu": 0.004,
        "public-ipv4-hour": 0.005,
    }
    assert (asked["unknown"], asked["absent"]) == ([], [])
    assert all(each["asked"] and "published 2026-" in each["source"] for each in asked["prices"])
    assert {call.service for call in aws.calls()} == ({"pricing"} if source == "api" else {""})
    calls = len(aws.calls())
    known = region_of(priced.run("cost", "prices", "--region", "eu-central-1", "-o", "json"), "eu-central-1")
    assert usd(known) == usd(asked)
    assert known["asked_at"] == asked["asked_at"]
    assert len(aws.calls()) == calls


def test_the_region_of_the_environment_is_asked_for(priced: Product) -> None:
    """Without --region all of them would be asked for, or none."""
    ended = priced.run("cost", "prices", "--refresh", "-o", "json")
    assert [each["region"] for each in ended.json["regions"]] == ["eu-west-1"]
    nowhere = priced.with_variables(AWS_REGION=None, AWS_DEFAULT_REGION=None).run("cost", "prices", "--refresh")
    assert nowhere.code == 2
    assert "say --region REGION" in nowhere.err


def test_several_regions_and_one_that_is_not_there(priced: Product) -> None:
    """One that fails would stop the others, or be passed over."""
    ended = priced.run(
        "cost", "prices", "--refresh", "--region", "eu-west-1", "--region", "eu-north-1", "--region", "us-west-2"
    )
    assert ended.code == 2
    assert "eu-north-1: AWS's price list has nothing of a Region eu-north-1" in ended.out
    assert sorted(kept(priced)) == ["prices-eu-west-1.json", "prices-us-west-2.json"]


# What is done to the price list, and what is said of it: the whole is refused.
REFUSED = {
    "an LCU is free": ("EU-LCUUsage", "0.0000000000", "the list says that it costs nothing [free]"),
    "a slip of the point": ("EU-LCUUsage", "0.8000000000", "$0.8 is more than 4 times away from the one known before"),
    "no number": ("EU-TS-LoadBalancerUsage", "ask sales", "'ask sales' is no number [not-a-number]"),
}


@pytest.mark.parametrize("how", REFUSED)
@pytest.mark.parametrize("source", ["api", "file"])
def test_a_list_that_is_not_believed_changes_nothing(priced: Product, aws: LocalAws, source: str, how: str) -> None:
    """Half a list would be kept, or what was known be lost."""
    usage, price, said = REFUSED[how]
    asking = ("cost", "prices", "--refresh", "--source", source, "--region", "eu-west-1")
    assert priced.run(*asking).code == 0
    before = kept(priced)
    rows = aws.price_rows()
    put_price(row_of(rows, usage), price)
    put_price(row_of(rows, "EU-LoadBalancerUsage"), "0.0260000000")
    aws.price_list(rows=rows)
    ended = priced.run(*asking)
    assert ended.code == 4
    assert said in ended.err
    assert "nothing was changed" in ended.err
    assert kept(priced) == before
    listed = region_of(priced.run("cost", "prices", "--region", "eu-west-1", "-o", "json"))
    assert usd(listed)["alb-hour"] == 0.0252


def test_a_jump_is_believed_if_a_person_says_so(priced: Product, aws: LocalAws) -> None:
    """AWS could never move a price far; or it would happen unseen."""
    rows = aws.price_rows()
    put_price(row_of(rows, "EU-LCUUsage"), "0.0400000000")
    aws.price_list(rows=rows)
    asking = ("cost", "prices", "--refresh", "--region", "eu-west-1", "-o", "json")
    refused = priced.run(*asking)
    assert refused.code == 4
    assert "--accept-jumps" in refused.json["error"]["remedy"]
    assert usd(region_of(priced.run(*asking, "--accept-jumps")))["alb-lcu"] == 0.04


def test_what_cannot_be_asked_changes_nothing(priced: Product, aws: LocalAws) -> None:
    """A call that fails half-way would leave the prices of one service only."""
    asking = ("cost", "prices", "--refresh", "--region", "eu-west-1")
    assert priced.run(*asking).code == 0
    before = kept(priced)
    aws.add_fault("access-denied", action="GetProducts", at=2, times=10)
    ended = priced.run(*asking)
    assert ended.code == 1
    assert "AccessDeniedException" in ended.err
    assert "originlock iam-policy cost" in ended.err
    assert kept(priced) == before


def test_a_damaged_file_is_said_and_not_written_over(priced: Product) -> None:
    """What AWS said before would be lost without a word."""
    asking = ("cost", "prices", "--refresh", "--region", "eu-west-1")
    assert priced.run(*asking).code == 0
    path = priced.state / "prices-eu-west-1.json"
    path.write_bytes(path.read_bytes()[:-40])
    for arguments in (asking, ("cost", "prices"), ("cost", "prices", "--region", "eu-west-1")):
        ended = priced.run(*arguments)
        assert ended.code == 1
        assert f"remove {path}" in ended.err
    assert priced.run("cost", "prices", "--region", "us-east-1").code == 0


def test_an_estimate_uses_what_aws_said(priced: Product, aws: LocalAws) -> None:
    """Prices would be asked for in vain."""
    rows = aws.price_rows()
    put_price(row_of(rows, "EU-LCUUsage"), "0.0090000000")
    aws.price_list(rows=rows)
    estimate = ("cost", "estimate", "--region", "eu-west-1", "--new-connections", "25/s", "-o", "json")
    before = priced.run(*estimate)
    assert before.json["usd_per_hour"]["lcu"] == 0.008, before.said
    assert priced.run("cost", "prices", "--refresh", "--region", "eu-west-1").code == 0
    assert priced.run(*estimate).json["usd_per_hour"]["lcu"] == 0.009


def test_the_state_directory_is_readable_data(priced: Product) -> None:
    """What is kept could not be looked at, or would be open to others."""
    assert priced.run("cost", "prices", "--refresh", "--region", "eu-west-1").code == 0
    held = json.loads(kept(priced)["prices-eu-west-1.json"])
    assert held["region"] == "eu-west-1"
    assert {"item": "alb-lcu", "usd": "0.008"}.items() <= held["prices"][1].items()
