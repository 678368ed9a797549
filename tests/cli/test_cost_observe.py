"""`cost observe` as its users meet it: ninety days, several load balancers, and all that may go wrong on the way."""

from __future__ import annotations

import datetime
import html.parser
from fractions import Fraction
from typing import Any

import pytest
from tests.cli.product import Ended, Product
from tests.cost.planted import HOUR, Shop, last_hour, plant

from originlock.app.observe_cost import LAG
from originlock.facts.metering import BY_HOUR, Metric, Span
from originlock.lab.calls import Call
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world_balancers import Network, Wish, network, served_load_balancer
from originlock.report.observed import NAMES

QUARTER = 90


@pytest.fixture
def within(ec2: AwsClient) -> Network:
    """Where load balancers are."""
    return network(ec2)


def balancer(aws: LocalAws, ec2: AwsClient, within: Network, name: str = "shop") -> str:
    """An Application Load Balancer's ARN."""
    return served_load_balancer(ec2, aws.client("elbv2"), Wish(name=name), within=within).arn


def observed(product: Product, *arguments: str, code: int = 0, last: str = "3d") -> dict[str, Any]:
    """What is told as JSON."""
    ended = product.run("cost", "observe", "--last", last, "-o", "json", *arguments)
    assert ended.code == code, ended.said
    return ended.json


def metric_calls(aws: LocalAws) -> list[Call]:
    """The calls of GetMetricData."""
    return [call for call in aws.calls() if call.action == "GetMetricData"]


def told_span(told: dict[str, Any]) -> Span:
    """The span that was told of."""
    return Span(*(datetime.datetime.fromisoformat(told[each]) for each in ("from", "to")))


# --- ninety days ------------------------------------------------------------------------------------------


def test_ninety_days_to_the_last_unit(product: Product, aws: LocalAws, ec2: AwsClient, within: Network) -> None:
    """Gaps, floods, a reservation: every sum is what the minutes were, in two calls; the difference is explained."""
    arn = balancer(aws, ec2, within)
    end = last_hour()
    shop = Shop(end - QUARTER * 24 * HOUR, QUARTER, reserved_days=range(70, 75))
    plant(aws, shop, arn)
    before = aws.state().calls
    told = observed(product, "--load-balancer", "shop", last="90d")
    assert told["calls"] == len(metric_calls(aws)) == 2
    # Who it is, and what its listeners demand: two calls more.
    assert aws.state().calls - before == 4
    (found,) = told["load_balancers"]
    assert (told["unknown"], found["unknown"], found["arn"]) == ([], [], arn)
    span = told_span(found)
    assert span.end == (last_hour() if datetime.datetime.now(datetime.UTC) - last_hour() >= LAG else end - HOUR)
    assert span.end - span.start == QUARTER * 24 * HOUR
    _sums_are_exact(found, shop, span)
    _hours_are_exact(found, shop)
    gaps = sum(1 for number in range(QUARTER * 24) if shop.gap(number) and shop.start + number * HOUR < span.end)
    assert sum(_hours_of(each) for each in found["gaps"]) == gaps + (span.start < shop.start)
    difference = found["difference"]
    assert abs(difference["fitted"]["lcu_hours"]) < 0.1
    assert (difference["fitted"]["gigabyte"], difference["unexplained_lcu_hours"]) == (10**9, 0)
    reservation = found["reservation"]
    minutes = datetime.datetime.fromisoformat(reservation["minutes"]["from"])
    peaks = shop.minutely(Metric.PEAK, minutes)
    assert reservation["peak"] == float(max(each for at, each in peaks.items() if at < span.end))
    assert reservation["minimum"] == 100


def _sums_are_exact(found: dict[str, Any], shop: Shop, span: Span) -> None:
    totals = found["totals"]
    for metric in BY_HOUR:
        assert totals["sums"][NAMES[metric]] == float(shop.total(metric, span)), metric
    assert totals["consumed_lcu_hours"] == float(shop.total(Metric.CONSUMED, span))
    assert totals["reserved_lcu_hours"] == float(shop.total(Metric.RESERVED, span))
    assert totals["consumed_usd"] == float(shop.total(Metric.CONSUMED, span) * Fraction(8, 1000))
    assert found["refused"]["handshakes"] == float(shop.total(Metric.REFUSED, span))
    assert sum(totals["decided_hours"].values()) == totals["hours_with_data"]


def _hours_are_exact(found: dict[str, Any], shop: Shop) -> None:
    """Each hour's bytes, and its units under the dearer reading, reckoned from the minutes apart."""
    by_hour = shop.hourly(Metric.PROCESSED_BYTES)
    for hour in found["hours"]:
        at = datetime.datetime.fromisoformat(hour["at"])
        if at not in by_hour:
            assert (hour["lcu"], hour["sums"], hour["consumed"]) == (None, {}, None)
            continue
        assert hour["sums"]["processed_bytes"] == float(by_hour[at])
        assert hour["processed_bytes"] == [float(by_hour[at] / 2**30), float(by_hour[at] / 10**9)]


def _hours_of(gap: dict[str, Any]) -> int:
    return told_span(gap).steps(HOUR)


def test_several_load_balancers(product: Product, aws: LocalAws, ec2: AwsClient, within: Network) -> None:
    """Each has its own sums, all are read together, and one that is named twice is told once."""
    end = last_hour()
    arns = {name: balancer(aws, ec2, within, name) for name in ("shop", "api", "idle")}
    shops = {name: Shop(end - 72 * HOUR, 3, strength=strength) for name, strength in (("shop", 1), ("api", 5))}
    for name, shop in shops.items():
        plant(aws, shop, arns[name])
    options = [each for name in ("shop", arns["api"], "idle", arns["shop"]) for each in ("--load-balancer", name)]
    told = observed(product, *options)
    assert told["calls"] == len(metric_calls(aws)) == 1
    assert [each["name"] for each in told["load_balancers"]] == ["shop", "api", "idle"]
    for found in told["load_balancers"]:
        expected = shops[found["name"]].total(Metric.CONSUMED, told_span(found)) if found["name"] in shops else 0
        assert found["totals"]["consumed_lcu_hours"] == float(expected)
    idle = told["load_balancers"][2]
    assert idle["totals"]["hours_with_data"] == 0
    assert idle["totals"]["lcu_hours"] == 0
    assert sum(_hours_of(each) for each in idle["gaps"]) == 72


# --- what may not be read -------------------------------------------------------------------------------


def test_partial_data_is_unknown_and_says_so(product: Product, aws: LocalAws, ec2: AwsClient, within: Network) -> None:
    """Exit code 7, no sum that is too low, and all the rest told."""
    plant(aws, Shop(last_hour() - 72 * HOUR, 3), balancer(aws, ec2, within))
    aws.settings(metric_statuses=["ProcessedBytes=PartialData"])
    (found,) = observed(product, "--load-balancer", "shop", code=7)["load_balancers"]
    assert found["unknown"] == [
        {"what": found["unknown"][0]["what"], "reason": "CloudWatch says PartialData"},
    ]
    assert found["unknown"][0]["what"].startswith("ProcessedBytes of app/shop/")
    assert (found["totals"]["lcu_hours"], found["totals"]["usd"], found["difference"]) == (None, None, None)
    assert found["totals"]["consumed_lcu_hours"] > 0
    assert "processed_bytes" not in found["totals"]["sums"]
    text = product.run("cost", "observe", "--load-balancer", "shop", "--last", "3d")
    assert text.code == 7
    assert "CloudWatch says PartialData" in text.out


def test_throttling_is_waited_for(product: Product, aws: LocalAws, ec2: AwsClient, within: Network) -> None:
    """Three refusals in a row are no reason to know nothing."""
    plant(aws, Shop(last_hour() - 72 * HOUR, 3), balancer(aws, ec2, within))
    aws.add_fault("throttle", action="GetMetricData", times=3)
    (found,) = observed(product, "--load-balancer", "shop")["load_balancers"]
    assert found["totals"]["consumed_lcu_hours"] > 0


def test_what_iam_does_not_allow_is_told(product: Product, aws: LocalAws, ec2: AwsClient, within: Network) -> None:
    """With what to do about it."""
    balancer(aws, ec2, within)
    aws.add_fault("access-denied", action="GetMetricData", times=9)
    ended = product.run("cost", "observe", "--load-balancer", "shop", "--last", "3d")
    assert ended.code == 7
    assert "iam-policy" in ended.out
    assert "what was consumed and what was used could not be read" in ended.out


def test_listeners_that_may_not_be_read(product: Product, aws: LocalAws, ec2: AwsClient, within: Network) -> None:
    """Then it is reckoned with mutual TLS and without, and said so."""
    plant(aws, Shop(last_hour() - 72 * HOUR, 3), balancer(aws, ec2, within))
    aws.add_fault("access-denied", action="DescribeListeners", times=2)
    told = observed(product, "--load-balancer", "shop", code=7)
    (found,) = told["load_balancers"]
    assert found["mutual_tls"] is None
    hour = next(each for each in found["hours"] if each["lcu"] is not None)
    low, high = hour["active_connections"]
    assert high == 2 * low


def test_a_load_balancer_that_is_not_there(product: Product, aws: LocalAws, ec2: AwsClient, within: Network) -> None:
    """Alone it is an error; beside others it is unknown, and they are told."""
    balancer(aws, ec2, within)
    alone = product.run("cost", "observe", "--load-balancer", "shpo")
    assert (alone.code, alone.out) == (1, "")
    assert "there is none of that name here" in alone.err
    told = observed(product, "--load-balancer", "shpo", "--load-balancer", "shop", code=7)
    assert [each["name"] for each in told["load_balancers"]] == ["shop"]
    assert told["unknown"][0]["what"] == "load balancer shpo"
    text = product.run("cost", "observe", "--load-balancer", "shpo", "--load-balancer", "shop")
    assert "load balancer shpo: there is none" in text.out


def test_one_that_was_deleted_is_found_by_its_arn(
    product: Product, aws: LocalAws, ec2: AwsClient, within: Network
) -> None:
    """CloudWatch keeps its metrics for 455 days; of its listeners nobody knows any more."""
    arn = balancer(aws, ec2, within)
    shop = Shop(last_hour() - 72 * HOUR, 3)
    plant(aws, shop, arn)
    aws.client("elbv2").delete_load_balancer(LoadBalancerArn=arn)
    (found,) = observed(product, "--load-balancer", arn, code=7)["load_balancers"]
    assert found["totals"]["consumed_lcu_hours"] == float(shop.total(Metric.CONSUMED, told_span(found)))
    assert (found["name"], found["created"], found["mutual_tls"]) == ("shop", None, None)
    assert "not there any more" in found["unknown"][0]["reason"]


def test_one_that_is_deleted_in_between(product: Product, aws: LocalAws, ec2: AwsClient, within: Network) -> None:
    """It was there when it was looked for, and its listeners are gone when they are."""
    arn = balancer(aws, ec2, within)
    plant(aws, Shop(last_hour() - 72 * HOUR, 3), arn)
    aws.add_fault("not-found", action="DescribeListeners")
    (found,) = observed(product, "--load-balancer", "shop", code=7)["load_balancers"]
    assert found["totals"]["consumed_lcu_hours"] > 0
    assert "LoadBalancerNotFound" in found["unknown"][0]["reason"]


# --- wrong usage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", ["", "30", "0d", "-1d", "1.5d", "30 days", "456d", "99999w", "30m", "٣d"])
def test_a_time_that_is_none(product: Product, last: str) -> None:
    """It is refused with what to say instead, before anything is asked."""
    ended = product.run("cost", "observe", "--load-balancer", "shop", "--last", last)
    assert (ended.code, ended.out) == (2, "")
    assert "is no time" in ended.err or "is too long" in ended.err


def test_other_sorts_are_refused(product: Product, aws: LocalAws, ec2: AwsClient, within: Network) -> None:
    """A network load balancer has other metrics, and other units."""
    aws.client("elbv2").create_load_balancer(Name="net", Type="network", Subnets=list(within.subnet_ids))
    ended = product.run("cost", "observe", "--load-balancer", "net")
    assert (ended.code, ended.out) == (2, "")
    assert "only Application Load Balancers are observed" in ended.err
    assert ec2 is not None


def test_several_regions_are_refused(product: Product) -> None:
    """An ARN tells its Region; two of them are two runs."""
    arn = "arn:aws:elasticloadbalancing:{}:123456789012:loadbalancer/app/shop/50dc6c495c0c9188"
    named = [each for region in ("eu-west-1", "us-east-1") for each in ("--load-balancer", arn.format(region))]
    ended = product.run("cost", "observe", *named)
    assert ended.code == 2
    assert "several Regions are named: eu-west-1, us-east-1" in ended.err


def test_a_region_without_prices_is_refused_first(product: Product, aws: LocalAws) -> None:
    """Before anything is asked of AWS, and never with another Region's prices."""
    ended = product.run("cost", "observe", "--load-balancer", "shop", "--region", "af-south-1")
    assert (ended.code, ended.out) == (2, "")
    assert "cost prices --refresh --region af-south-1" in ended.err
    assert aws.state().calls == 0


def test_no_load_balancer_is_refused(product: Product) -> None:
    """Nobody means all of them."""
    assert product.run("cost", "observe").code == 2


# --- forms ----------------------------------------------------------------------------------------------


@pytest.fixture
def planted(aws: LocalAws, ec2: AwsClient, within: Network) -> Shop:
    """Three days of the shop."""
    shop = Shop(last_hour() - 72 * HOUR, 3, reserved_days=range(1, 2))
    plant(aws, shop, balancer(aws, ec2, within))
    return shop


def told(product: Product, form: str) -> Ended:
    """In one form."""
    ended = product.run("cost", "observe", "--load-balancer", "shop", "--last", "3d", "-o", form)
    assert ended.code == 0, ended.said
    return ended


@pytest.mark.usefixtures("planted")
def test_the_text_is_a_short_screen(product: Product) -> None:
    """What decided and when, the difference, the refused, a reservation; progress goes to stderr."""
    ended = told(product, "text")
    for words in ("AWS consumed", "What decided", "By hour of the day", "a GB is 1,000,000,000 bytes", "A reservation"):
        assert words in ended.out
    assert len(ended.out.splitlines()) < 60
    assert "call 1 of 1" in ended.err
    assert "call 1 of 1" not in ended.out


@pytest.mark.usefixtures("planted")
def test_the_markdown_has_tables(product: Product) -> None:
    """For a pull request or a page of a wiki."""
    out = told(product, "markdown").out
    assert out.startswith("### shop in eu-west-1")
    assert "| processed bytes |" in out


@pytest.mark.usefixtures("planted")
def test_the_page_is_one_file(product: Product) -> None:
    """With the numbers in it, and nothing that is fetched from anywhere."""
    out = told(product, "html").out

    class Loads(html.parser.HTMLParser):
        found: list[str] = []  # noqa: RUF012  one parser alone

        def handle_starttag(self, _tag: str, attributes: list[tuple[str, str | None]]) -> None:
            self.found += [value or "" for name, value in attributes if name in {"src", "href"}]

    parser = Loads()
    parser.feed(out)
    assert not [each for each in parser.found if "//" in each]
    assert "shop" in out
