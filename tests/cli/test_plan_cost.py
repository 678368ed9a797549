"""The line of a plan on what its locks cost: quiet, never in the way, and gone where nobody wants it."""

from __future__ import annotations

import pytest
from tests.cli.balancers import shop
from tests.cli.groups import group
from tests.cli.product import Product

from originlock.lab.process import AwsClient

NAMED = ("--load-balancer", "shop")


def lines(text: str) -> list[str]:
    """Those that speak of money."""
    return [line for line in text.splitlines() if line.startswith("cost:")]


def test_a_plan_tells_what_its_locks_cost_in_one_line(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """A flood's price with the door open is why people lock it; more than a line would hide the plan."""
    shop(ec2, elbv2)
    (line,) = lines(product.run("plan", *NAMED).out)
    assert "10,000 connections/s round the edge" in line
    assert line.endswith("$0.00 after this (eu-west-1, prices of 2026-09-11)")
    told = product.run("plan", *NAMED, "-o", "json").json
    (region,) = told["cost"]
    assert region["region"] == "eu-west-1"
    assert region["flood"]["usd_locked"] == 0
    assert region["flood"]["usd"][0] > 20


def test_nobody_has_to_hear_of_it(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """A pipeline that compares plans would see prices change."""
    shop(ec2, elbv2)
    ended = product.run("plan", *NAMED, "--no-cost")
    assert lines(ended.out) == []
    assert "cost" not in product.run("plan", *NAMED, "--no-cost", "-o", "json").json


def test_the_digest_of_a_plan_does_not_depend_on_prices(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """A saved plan would be refused because a price has changed since."""
    shop(ec2, elbv2)
    with_it, without = (product.run("plan", *NAMED, *more, "-o", "json").json for more in ((), ("--no-cost",)))
    assert with_it["digest"] == without["digest"]


def test_bare_groups_have_no_price(product: Product, ec2: AwsClient) -> None:
    """LCUs would be told of something that has no load balancer."""
    ended = product.run("plan", "--security-group", group(ec2), "-o", "json")
    assert ended.json["cost"] == []


@pytest.mark.parametrize("damage", ["not json", "{}"])
def test_damaged_prices_stop_no_plan(product: Product, ec2: AwsClient, elbv2: AwsClient, damage: str) -> None:
    """A file that is about money alone would keep the door open."""
    shop(ec2, elbv2)
    product.write("prices-eu-west-1.json", damage)
    # The state directory is the product's own here, where the test can write.
    ended = product.with_variables(ORIGINLOCK_STATE_DIR=str(product.directory)).run("plan", *NAMED)
    assert ended.code == 3, ended.said
    (line,) = lines(ended.out)
    assert "not known" in line
