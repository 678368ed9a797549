"""Reading metrics: exact, in few calls; a series that is not whole is unknown, and never less than it was."""

from __future__ import annotations

import datetime
import http.server
import threading
from fractions import Fraction

import msgspec
import pytest
from tests.cost.planted import HOUR, Shop, last_hour, plant

from originlock.aws.metrics import AwsMeter
from originlock.aws.session import Sessions
from originlock.errors import CloudError
from originlock.facts.metering import BY_HOUR, BY_MINUTE, Measured, Metric, Points, Span
from originlock.facts.origin import Missing
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world_balancers import Wish, served_load_balancer

pytestmark = pytest.mark.lab

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/{}/50dc6c495c0c9188"
SHOP = ARN.format("shop")
END = last_hour()
"""One moment for all of a module's tests: an hour may end meanwhile."""


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Three days, the first without data."""
    return Shop(END - 72 * HOUR, 3, reserved_days=range(1, 2))


@pytest.fixture
def meter(aws: LocalAws, sessions: Sessions, shop: Shop) -> AwsMeter:
    """A meter where the shop was measured."""
    plant(aws, shop, SHOP)
    return AwsMeter(sessions, Place())


def measured(meter: AwsMeter, span: Span, *arns: str, minutes: Span | None = None) -> Measured:
    """All metrics of a span, minutes too."""
    return meter.measured(arns or (SHOP,), span, minutes or span, lambda _made, _all: None)


def series(found: Measured, metric: Metric, arn: str = SHOP) -> Points:
    """A series that was read."""
    points = found.found[arn].hours[metric]
    assert not isinstance(points, Unknown), points
    return points


def unread(found: Measured, metric: Metric) -> str:
    """Why one was not."""
    points = found.found[SHOP].hours[metric]
    assert isinstance(points, Unknown)
    assert points.what.startswith(f"{metric.value} of app/shop/")
    return points.reason


def test_every_hour_and_minute_is_exact(meter: AwsMeter, shop: Shop) -> None:
    """Sums are those of what was reported, to the last digit; what was not reported is not there."""
    found = measured(meter, shop.span)
    assert found.calls == 1
    for metric in BY_HOUR:
        assert series(found, metric) == shop.hourly(metric)
    for each in BY_MINUTE:
        assert found.found[SHOP].minutes[each] == shop.minutely(each, shop.start)


def test_pages_are_followed_to_the_end(aws: LocalAws, meter: AwsMeter, shop: Shop) -> None:
    """Whatever the size of the pages, the sums are the same."""
    aws.settings(metric_points_a_page=997)
    found = measured(meter, shop.span)
    points = sum(len(shop.hourly(metric)) for metric in BY_HOUR)
    points += sum(len(shop.minutely(metric, shop.start)) for metric in BY_MINUTE)
    assert found.calls == -(-points // 997)
    for metric in BY_HOUR:
        assert series(found, metric) == shop.hourly(metric)


def test_many_load_balancers_share_calls(aws: LocalAws, meter: AwsMeter, shop: Shop) -> None:
    """Sixty of them are 600 series by the hour: two calls, and two for their minutes; each keeps its own."""
    other = Shop(END - 48 * HOUR, 2, strength=3)
    plant(aws, other, ARN.format("other"))
    arns = (SHOP, ARN.format("other"), *(ARN.format(f"idle-{number}") for number in range(58)))
    span, minutes = Span(END - 72 * HOUR, END), Span(END - 12 * HOUR, END)
    before = aws.state().calls
    found = measured(meter, span, *arns, minutes=minutes)
    assert aws.state().calls - before == found.calls == 3
    for arn, planted in ((SHOP, shop), (ARN.format("other"), other)):
        assert series(found, Metric.PROCESSED_BYTES, arn) == planted.hourly(Metric.PROCESSED_BYTES)
    assert series(found, Metric.PROCESSED_BYTES, arns[-1]) == {}


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_a_series_that_is_not_complete_is_unknown(aws: LocalAws, meter: AwsMeter, shop: Shop, status: str) -> None:
    """Half of its points would be half of the bill; the others are told all the same."""
    aws.settings(metric_statuses=[f"ProcessedBytes={status}"])
    found = measured(meter, shop.span)
    assert unread(found, Metric.PROCESSED_BYTES) == f"CloudWatch says {status}"
    assert series(found, Metric.REQUESTS) == shop.hourly(Metric.REQUESTS)


def test_a_message_of_the_whole_call_makes_all_unknown(aws: LocalAws, meter: AwsMeter, shop: Shop) -> None:
    """As much as possible was executed, says AWS: how much of which series, nobody knows."""
    aws.settings(metric_statuses=["ProcessedBytes=Messages"])
    found = measured(meter, shop.span)
    assert "Maximum number of allowed metrics exceeded" in unread(found, Metric.REQUESTS)


def test_a_page_that_comes_again_ends_it(aws: LocalAws, meter: AwsMeter, shop: Shop) -> None:
    """Otherwise it would be asked for for ever."""
    aws.settings(metric_points_a_page=100, metric_pages_repeat=True)
    found = measured(meter, shop.span)
    assert unread(found, Metric.REQUESTS) == "CloudWatch gave the same page again"
    assert found.calls == 2


def test_pages_without_an_end_are_bounded(aws: LocalAws, meter: AwsMeter, shop: Shop) -> None:
    """What CloudWatch can hold in one page it does not need a hundred for."""
    aws.settings(metric_points_a_page=10)
    found = measured(meter, shop.span)
    assert unread(found, Metric.REJECTED) == "CloudWatch had no end after 100 pages"
    assert found.calls == 100


@pytest.mark.parametrize("kind", ["throttle", "server-error", "access-denied", "drop-before"])
def test_a_call_that_fails_makes_its_series_unknown(aws: LocalAws, meter: AwsMeter, shop: Shop, kind: str) -> None:
    """With the reason, in words; and where IAM is the reason, with what to do about it."""
    aws.add_fault(kind, action="GetMetricData")
    reason = unread(measured(meter, shop.span), Metric.REQUESTS)
    assert reason
    assert ("iam-policy" in reason) == (kind == "access-denied")


def test_the_second_page_may_fail_as_well(aws: LocalAws, meter: AwsMeter, shop: Shop) -> None:
    """What came before it is not told as if it were all."""
    aws.settings(metric_points_a_page=200)
    aws.add_fault("server-error", action="GetMetricData", at=2)
    found = measured(meter, shop.span)
    assert "InternalFailure" in unread(found, Metric.REQUESTS) or "Internal" in unread(found, Metric.REQUESTS)


@pytest.mark.usefixtures("meter")
def test_a_throttled_call_is_tried_again(aws: LocalAws, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's other tools draw on the same quotas: that is no reason to know nothing."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
    aws.add_fault("throttle", action="GetMetricData", times=2)
    found = measured(AwsMeter(Sessions(), Place()), shop.span)
    assert series(found, Metric.REQUESTS) == shop.hourly(Metric.REQUESTS)


def test_without_credentials_there_is_no_answer(
    aws: LocalAws, shop: Shop, monkeypatch: pytest.MonkeyPatch, sessions: Sessions
) -> None:
    """No other call would do better: it ends at once, with what to do."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    assert aws.state().calls >= 0
    with pytest.raises(CloudError):
        measured(AwsMeter(sessions, Place()), shop.span)


def test_an_old_hour_has_no_minutes(aws: LocalAws, sessions: Sessions) -> None:
    """Hours of twenty days ago are there; their minutes CloudWatch does not keep."""
    old = Shop(END - 20 * 24 * HOUR, 2)
    plant(aws, old, SHOP)
    found = measured(AwsMeter(sessions, Place()), old.span, minutes=Span(old.span.end, old.span.end))
    assert series(found, Metric.REQUESTS) == old.hourly(Metric.REQUESTS)
    assert found.found[SHOP].minutes[Metric.PEAK] == {}


def test_a_load_balancer_by_name_and_by_arn(aws: LocalAws, ec2: AwsClient, sessions: Sessions) -> None:
    """One that is not there is missing, which is not unknown."""
    made = served_load_balancer(ec2, aws.client("elbv2"), Wish())
    meter = AwsMeter(sessions, Place())
    for named in ("shop", made.arn):
        found = meter.balancer(named)
        assert not isinstance(found, Missing | Unknown)
        assert (found.arn, found.name, found.kind) == (made.arn, "shop", "application")
        assert found.created is not None
        assert found.created.utcoffset() == datetime.timedelta(0)
    assert meter.balancer("other") == Missing("other")
    aws.add_fault("access-denied", action="DescribeLoadBalancers")
    assert isinstance(meter.balancer("shop"), Unknown)


def test_what_listeners_demand(aws: LocalAws, ec2: AwsClient, sessions: Sessions) -> None:
    """One call for all of them; what may not be read is unknown."""
    made = served_load_balancer(ec2, aws.client("elbv2"), Wish())
    meter = AwsMeter(sessions, Place())
    demands = meter.demands(made.arn)
    assert not isinstance(demands, Unknown)
    assert set(demands.modes) == {"off"}
    aws.add_fault("access-denied", action="DescribeListeners")
    assert isinstance(meter.demands(made.arn), Unknown)
    aws.client("elbv2").delete_load_balancer(LoadBalancerArn=made.arn)
    assert isinstance(meter.demands(made.arn), Unknown)


def test_values_are_read_as_they_are_written(aws: LocalAws, sessions: Sessions) -> None:
    """0.1 is a tenth, and ten of them are one: not a little more."""
    span = Span(END - HOUR, END)
    aws.plant_metric(
        "ConsumedLCUs", {"LoadBalancer": "app/shop/50dc6c495c0c9188"}, int(span.start.timestamp()), [0.1] * 10
    )
    found = measured(AwsMeter(sessions, Place()), span)
    assert series(found, Metric.CONSUMED) == {span.start: Fraction(1)}
    minutes = found.found[SHOP].minutes[Metric.CONSUMED]
    assert not isinstance(minutes, Unknown)
    assert set(minutes.values()) == {Fraction(1, 10)}


CLIPPED = b'{"MetricDataResults": [], "NextToken": "a"}'
"""A first page without results, and with a token."""


WHOLE = msgspec.json.encode(
    {
        "MetricDataResults": [
            {"Id": f"q{number}", "StatusCode": "Complete", "Timestamps": [], "Values": []} for number in range(12)
        ],
        "NextToken": "a",
    }
)
"""One whose series say that they are complete."""


@pytest.mark.parametrize(
    "bodies",
    [
        [b""],
        [b"<html>"],
        [b"{}"],
        [b"0"],
        [b"null"],
        [b"[]"],
        [b"[" * 100_000],
        [b'{"MetricDataResults": 7}'],
        [b'{"MetricDataResults": [7]}'],
        [b'{"MetricDataResults": [{"Id": "q0", "Timestamps": ["soon"], "Values": [1]}]}'],
        [b"\xa0"],
        [b"\xff" * 100],
        [CLIPPED, b"{}"],
        [WHOLE, b"{}"],
        [CLIPPED, b""],
    ],
)
def test_an_answer_that_is_none_is_unknown(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, bodies: list[bytes]
) -> None:
    """It would end in a traceback, or pass for a time in which nothing was used."""
    left = list(bodies)

    class Answers(http.server.BaseHTTPRequestHandler):
        """One body after the other, each with 200."""

        def do_POST(self) -> None:
            """Answer."""
            self.rfile.read(int(self.headers["Content-Length"]))
            body = left.pop(0)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as typed there
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", f"http://127.0.0.1:{server.server_port}")
        found = measured(AwsMeter(sessions, Place()), Span(END - HOUR, END))
        server.shutdown()
    assert not left
    for metric in BY_HOUR:
        assert unread(found, metric)
