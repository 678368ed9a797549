"""A year by itself: the edge is never refused, a stranger never let in for longer than one period.

And people are told of what they would want to hear of, and of nothing else.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import msgspec
import pytest
from tests.properties.fake_cloud import GROUP
from tests.year.calendar import (
    EGRESS,
    GROWN,
    MOVED,
    PERIOD,
    POISONED,
    RUNS,
    START,
    STRANGER,
    Year,
)

from originlock.app.run_record import MOST_POINTS
from originlock.facts.networks import parse
from originlock.facts.origin import CidrSource, Rule, RuleKey
from originlock.intent.policy import NetworkPolicy


def at(day: int, hour: int = 0) -> int:
    """The number of the run at a day and an hour."""
    return 4 * day + hour // 6


def lived(year: Year, deaths: frozenset[int], chance: random.Random) -> None:
    """The year, run by run, some of them killed."""
    throttled = {at(120), at(200), at(200, 6), at(200, 12), at(300)}
    events: dict[int, Callable[[], None]] = {
        at(40, 6): lambda: setattr(year.edge, "published", GROWN),
        at(90): lambda: setattr(year.edge, "published", None),
        at(93): lambda: setattr(year.edge, "published", GROWN),
        at(150): lambda: setattr(year.edge, "published", POISONED),
        at(150, 12): lambda: setattr(year.edge, "published", GROWN),
        at(180, 18): year.reopened,
        at(250): lambda: setattr(year.edge, "published", MOVED),
    }
    for number in range(RUNS):
        if number in events:
            events[number]()
        since = len(year.cloud.states) - 1
        if number in throttled:
            year.throttled()
        elif number in deaths:
            year.killed_in(chance.randint(1, 6))
        made = year.run(number)
        year.well()
        keeps_its_word(year, since, ended=made is not None and number not in throttled, first=number == 0)


def keeps_its_word(year: Year, since: int, *, ended: bool, first: bool) -> None:
    """The edge is let in at every moment; a stranger is not, once a run has ended that was not hindered."""
    for state in year.cloud.states[since:]:
        for address in EGRESS:
            assert year.lets_in(address, state) or first, f"the edge is refused at {year.clock.now()}"
    if ended:
        assert not year.lets_in(STRANGER), f"a stranger gets in after {year.clock.now()}"


def told(year: Year) -> list[str]:
    """What people were told, with the day: each notice of each message."""
    lines = []
    for moment, message in year.messages:
        day = (moment - START).days
        lines += [f"{day:3} {notice.on.value}: {notice.text}" for notice in message.notices]
    return lines


WANTED = """
  0 change: changed: sg-00000000000000001: add 23 rules, tcp/443 (16 IPv4, 7 IPv6); \
sg-00000000000000001: remove tcp/443 from 0.0.0.0/0
 40 change: changed: sg-00000000000000001: add tcp/443 from 23.227.37.0/24
 40 ranges: cloudflare publishes another list of ranges: 23 ranges now
 90 refused: fetch: text: no answer
 93 refused: over: fetch: text: no answer
150 refused: shrunken: text, IPv6: 4 of the 7 entries last accepted are gone, more than a quarter: \
2405:8100::/32, 2405:b500::/32, 2803:f800::/32 and 1 more
150 refused: over: shrunken: text, IPv6: 4 of the 7 entries last accepted are gone, more than a quarter: \
2405:8100::/32, 2405:b500::/32, 2803:f800::/32 and 1 more
180 change: changed: sg-00000000000000001: remove tcp/443 from 0.0.0.0/0
200 failed: security group sg-00000000000000001: not allowed
200 failed: over: security group sg-00000000000000001: not allowed
250 change: changed: sg-00000000000000001: add tcp/443 from 203.30.188.0/22; \
sg-00000000000000001: remove tcp/443 from 197.234.240.0/22
250 ranges: cloudflare publishes another list of ranges: 23 ranges now
258 exception: exception 192.0.2.200/32 ends in 30 days (2027-10-15 23:59 UTC)
274 exception: exception 192.0.2.200/32 ends in 14 days (2027-10-15 23:59 UTC)
281 exception: exception 192.0.2.200/32 ends in 7 days (2027-10-15 23:59 UTC)
285 exception: exception 192.0.2.200/32 ends in 3 days (2027-10-15 23:59 UTC)
287 exception: exception 192.0.2.200/32 ends in 24 hours (2027-10-15 23:59 UTC)
288 exception: exception 192.0.2.200/32 has ended (2027-10-15 23:59 UTC)
288 change: changed: sg-00000000000000001: remove tcp/443 from 192.0.2.200/32
"""
"""What people are told in the year where nothing is killed: what a person would want to hear of, day by day."""


def test_a_year() -> None:
    """The whole of it: every message that a person would want, and none beside."""
    year = Year()
    lived(year, deaths=frozenset(), chance=random.Random(0))  # noqa: S311  no secret
    assert "\n".join(told(year)) == WANTED.replace("\\\n", "").strip("\n")


def _undated(line: str) -> str:
    """Without the day and the hours that are left: who is killed leaves it to the next run, six hours later."""
    return re.sub(r"in \d+ hours", "in hours", line[4:])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_a_year_with_deaths(seed: int) -> None:
    """Killed at random, also in the midst of a change: what it did is told by the next, and nothing else is new."""
    year = Year()
    chance = random.Random(seed)  # noqa: S311  no secret
    lived(year, deaths=frozenset(chance.sample(range(1, RUNS), 100)), chance=chance)
    assert year.killed > 40
    others = {_undated(line) for line in told(year) if "was broken off without a word" not in line}
    assert others <= {_undated(line) for line in WANTED.replace("\\\n", "").strip("\n").splitlines()}
    ends = [line for line in told(year) if " exception: " in line]
    assert len(ends) == 6


def test_killed_in_the_midst_of_a_change() -> None:
    """What was changed by a run that died would never be told of, or the door stay open for a second period."""
    for calls in range(1, 12):
        year = Year()
        year.run(0)
        year.reopened()
        year.killed_in(calls)
        died = year.run(1) is None
        year.well()
        year.run(2)
        assert not year.lets_in(STRANGER)
        if died:
            said = [line for line in told(year)[1:] if "remove tcp/443 from 0.0.0.0/0" in line or "broken off" in line]
            assert said, calls


def test_a_clock_that_is_set_back_hides_no_change() -> None:
    """A run of a wrong clock is killed, time is set right, and what it changed lies before it began."""
    told_of = 0
    for calls in range(1, 8):
        year = Year()
        year.run(0)
        year.clock.at = START + 400 * PERIOD
        year.reopened()
        changed = len(year.cloud.states)
        year.killed_in(calls)
        died = year.run(1) is None and len(year.cloud.states) > changed
        year.well()
        year.clock.at = START + PERIOD
        year.run(2)
        if died:
            told_of += 1
            assert "was broken off without a word" in told(year)[-1]
    assert told_of


def test_what_could_not_be_sent_is_sent_later() -> None:
    """A night without a network, and nobody ever hears that the door was re-opened."""
    year = Year()
    year.run(0)
    sent = len(year.messages)
    year.unreachable = True
    year.reopened()
    year.run(1)
    year.run(2)
    assert len(year.messages) == sent
    year.unreachable = False
    year.run(3)
    assert [message.text.count("remove tcp/443 from 0.0.0.0/0") for _, message in year.messages[sent:]] == [1]
    year.run(4)
    assert len(year.messages) == sent + 1


def test_a_hole_that_is_only_reported_is_told_once_through_throttled_runs() -> None:
    """A cloud that does not answer closes nothing: the hole would be called over, and then told of again."""
    year = Year()
    year.policy = msgspec.structs.replace(year.policy, network=NetworkPolicy(foreign="report"))
    for number in range(12):
        if number in (3, 7):
            year.throttled()
        year.run(number)
        year.well()
    assert [moment for moment, _ in year.messages] == [START]


def test_a_thousand_holes_are_no_thousand_lines() -> None:
    """A group that somebody filled would fill the record until it cannot be read, and a message with all of it."""
    year = Year()
    year.policy = msgspec.structs.replace(year.policy, network=NetworkPolicy(foreign="report"))
    year.cloud.quota = 2000
    open_to = (f"198.{18 + number // 256}.{number % 256}.0/24" for number in range(1000))
    keys = (RuleKey("tcp", 443, 443, CidrSource(parse(each))) for each in open_to)
    year.cloud.states[-1][GROUP] = tuple(Rule(f"sgr-{number:08}", key, "", ()) for number, key in enumerate(keys))
    year.run(0)
    holes = year.kept.origins["blog"].holes
    assert (len(holes), holes[-1].text) == (MOST_POINTS + 1, f"and {1000 - MOST_POINTS} more of this kind")
    year.run(1)
    assert len(year.messages) == 1
