"""Cost, observed: a load balancer's history from CloudWatch, priced.

Lives here: what is read for it, in which order, and what is left out. Must not live here: what it comes to.
"""

from __future__ import annotations

import datetime
from typing import Final

import msgspec

from originlock.cost.history import History, history
from originlock.errors import TargetError, UsageError
from originlock.facts.metering import HOUR, MeteredBalancer, Span
from originlock.facts.origin import Missing
from originlock.facts.unknown import Unknown
from originlock.ports.metering import Meter, PriceBook
from originlock.ports.reading import Clock, Talk

LAG: Final = datetime.timedelta(minutes=5)
"""How long after its end an hour is left out, as its last minutes may not be there yet. AWS sends the metrics "in
60-second intervals" and does not say when they can be read: a guess."""

MINUTES_KEPT: Final = datetime.timedelta(days=15)
HOURS_KEPT: Final = datetime.timedelta(days=455)
"""CloudWatch API reference, GetMetricData: how long points of a minute and of an hour are kept."""

_APPLICATION: Final = "application"
_ARN: Final = "arn:"


class Account(msgspec.Struct, frozen=True):
    """What was told of all load balancers.

    Attributes:
        histories: one for each that is there, or was.
        unknown: why the list may not be complete.
        calls: how many calls of GetMetricData it took.
    """

    histories: tuple[History, ...]
    unknown: tuple[Unknown, ...]
    calls: int


def observe_cost(
    named: tuple[str, ...], last: datetime.timedelta, meter: Meter, prices: PriceBook, clock: Clock, talk: Talk
) -> Account:
    """Read and price the history of these load balancers.

    Args:
        named: names and ARNs.
        last: how far back; whole hours, at least one.
        meter: who reads metrics.
        prices: who knows prices.
        clock: what time it is.
        talk: where progress is told.

    Raises:
        UsageError: one is no Application Load Balancer, or there is no Region, or no price is known there.
        TargetError: none of them is there.
        CloudError: AWS cannot be asked at all.
    """
    region = meter.region
    if region is None:
        message = "there is no Region"
        raise UsageError(message, "give --region, or set AWS_DEFAULT_REGION")
    # Before anything is asked: without them all the rest would be in vain.
    known = prices(region)
    hours, minutes = spans_of(clock.now(), last)
    found, unknown = _balancers(tuple(dict.fromkeys(named)), meter)
    demands = {each.arn: meter.demands(each.arn) for each in found if each.kind}
    talk.say(_reading(found, hours))
    measured = meter.measured(
        tuple(each.arn for each in found),
        hours,
        minutes,
        lambda made, all_: talk.say(f"CloudWatch: call {made + 1} of {all_}"),
    )
    histories = tuple(
        history(each, (hours, minutes), measured.found[each.arn], demands.get(each.arn, _gone(each)), known)
        for each in found
    )
    return Account(histories, unknown, measured.calls)


def spans_of(now: datetime.datetime, last: datetime.timedelta) -> tuple[Span, Span]:
    """The hours to read, without the one that is not over, and of those as many as there are minutes of."""
    end = _hour(now - LAG)
    hours = Span(max(end - last, _hour(now - HOURS_KEPT) + HOUR), end)
    # The hour in which minutes begin to be kept has not all of them any more; and while we ask, time goes on.
    minutes = Span(min(end, max(hours.start, _hour(now - MINUTES_KEPT + LAG) + HOUR)), end)
    return hours, minutes


def _hour(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(datetime.UTC).replace(minute=0, second=0, microsecond=0)


def _balancers(named: tuple[str, ...], meter: Meter) -> tuple[tuple[MeteredBalancer, ...], tuple[Unknown, ...]]:
    found: dict[str, MeteredBalancer] = {}
    unknown: list[Unknown] = []
    for name in named:
        answer = meter.balancer(name)
        if isinstance(answer, Missing):
            answer = _after_its_end(name)
        if isinstance(answer, Unknown):
            unknown.append(answer)
            continue
        if answer.kind not in {"", _APPLICATION}:
            message = f"{answer.name} is a {answer.kind} load balancer: only Application Load Balancers are observed"
            raise UsageError(message, "name one of those; `originlock cost estimate --kind` reckons others by figures")
        found.setdefault(answer.arn, answer)
    if not found:
        said = "; ".join(f"{each.what}: {each.reason}" for each in unknown)
        raise TargetError(said, "check the name, the Region and the profile")
    return tuple(found.values()), tuple(unknown)


def _after_its_end(named: str) -> MeteredBalancer | Unknown:
    """One that AWS does not know: by its ARN its metrics are found even after it was deleted."""
    kind, _, rest = named.partition(":loadbalancer/")[2].partition("/")
    if named.startswith(_ARN) and kind == "app" and rest:
        return MeteredBalancer(rest.partition("/")[0], named, "")
    hint = "" if named.startswith(_ARN) else "; if it was deleted, its ARN finds its metrics"
    return Unknown(f"load balancer {named}", f"there is none of that name here{hint}")


def _gone(balancer: MeteredBalancer) -> Unknown:
    return Unknown(f"the listeners of {balancer.name}", "the load balancer is not there any more; its metrics are")


def _reading(found: tuple[MeteredBalancer, ...], hours: Span) -> str:
    names = ", ".join(each.name for each in found)
    return f"reading {hours.steps(HOUR):,} hours of {names}, until {hours.end:%Y-%m-%d %H:%M} UTC"
