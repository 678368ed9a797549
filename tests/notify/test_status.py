"""How everything stands: what was locked long ago is not called locked, and a run that did not come is heard of."""

from __future__ import annotations

import datetime

import pytest
from tests.notify.runs import HOLE, LOST, START, ends, origin

from originlock.facts.runs import OriginRun, Scheduled
from originlock.notify.status import Status, status
from originlock.report.document import as_text
from originlock.report.status import status_data, status_document

HOUR = datetime.timedelta(hours=1)
LOCKED = origin(locks={"network": "locked", "identity": "off"})
OPEN = origin(locks={"network": "open", "identity": "locked"}, holes=(HOLE,))
UNTOLD = origin(locks={"network": "unknown", "identity": "off"})
FAILED = origin(locks={"network": "locked"}, error=LOST, outcome="failed")
EVERY_SIX = Scheduled("systemd", 6 * 3600, START)


def seen(*every: OriginRun | None, hours: float = 1, scheduled: Scheduled | None = None) -> Status:
    """How origins stand so many hours after their last run; None for one that no run has looked at."""
    names = [f"o{number}" for number in range(len(every))]
    last = {name: each for name, each in zip(names, every, strict=True) if each is not None}
    return status(names, last, scheduled, START + hours * HOUR)


@pytest.mark.parametrize(
    "every, code",
    [
        ((LOCKED,), 0),
        ((LOCKED, LOCKED), 0),
        ((OPEN,), 3),
        ((LOCKED, OPEN), 3),
        ((UNTOLD, OPEN), 3),
        ((UNTOLD,), 7),
        ((LOCKED, None), 7),
        ((None,), 7),
        ((FAILED,), 7),
        ((), 7),
    ],
)
def test_the_exit_code_is_a_monitors(every: tuple[OriginRun | None, ...], code: int) -> None:
    """A monitor would be quiet about a door that is open, or that nobody has looked at."""
    assert seen(*every).exit_code == code


@pytest.mark.parametrize(
    "hours, scheduled, stale",
    [
        (23.9, None, False),
        (24.1, None, True),
        (12.2, EVERY_SIX, False),
        (12.3, EVERY_SIX, True),
    ],
)
def test_a_run_that_did_not_come_makes_it_stale(hours: float, scheduled: Scheduled | None, stale: bool) -> None:  # noqa: FBT001  a column of the table
    """A timer that was switched off would look like a year without news."""
    found = seen(LOCKED, hours=hours, scheduled=scheduled)
    assert found.stale is stale
    assert found.origins[0].locked is (None if stale else True)
    assert found.exit_code == (7 if stale else 0)


def test_a_run_of_tomorrow_is_stale() -> None:
    """A clock that was a year ahead once: a timer that is off would be called fresh for a year."""
    assert seen(LOCKED, hours=-0.2).exit_code == 0
    assert seen(LOCKED, hours=-0.3).exit_code == 7
    assert seen(OPEN, hours=-8766).exit_code == 3


def test_what_is_open_stays_open_however_long_ago() -> None:
    """A hole would be forgotten because nobody looked again."""
    assert seen(OPEN, hours=1000).exit_code == 3


def test_the_next_run_is_due_after_the_last() -> None:
    """A person would wait for a run that is not coming."""
    (only,) = seen(LOCKED, scheduled=EVERY_SIX).origins
    assert only.next_run == START + 6 * HOUR
    assert seen(LOCKED).origins[0].next_run is None
    assert seen(None, scheduled=EVERY_SIX).origins[0].next_run == START + 6 * HOUR


def test_the_screen_says_it_all() -> None:
    """What is open, since when, and what to do would have to be looked up."""
    last = origin(locks={"network": "open"}, holes=(HOLE,), ends=(ends(10),))
    told = status(["blog", "new"], {"blog": last}, EVERY_SIX, START + HOUR, going_on=START)
    text = as_text(status_document(told, START + HOUR), colour=False)
    for words in (
        "blog: NOT LOCKED",
        "network open",
        "last run 1 hour ago: nothing-to-do; the next is due in 5 hours",
        HOLE.text,
        f"-> {HOLE.remedy}",
        "ends: client certificate edge, in 9 days",
        "new: not known to be locked",
        "no run has looked at it yet",
        "scheduled by systemd, every 6 hours",
        "STALE",
    ):
        assert words in text


def test_a_screen_is_not_filled_by_one_origin() -> None:
    """Thirty broken promises of one origin would push the others off it."""
    many = tuple(HOLE for _ in range(30))
    text = as_text(status_document(seen(origin(holes=many)), START), colour=False)
    assert "and 26 more: originlock verify --origin blog" in text


def test_machines_get_what_the_screen_says() -> None:
    """A monitor would read other names, or not be told of a hole."""
    data = status_data(seen(OPEN, None, scheduled=EVERY_SIX))
    assert isinstance(data["origins"], list)
    first, second = data["origins"]
    assert first["name"] == "o0"
    assert first["locked"] is False
    assert first["locks"] == [{"name": "network", "state": "open"}, {"name": "identity", "state": "locked"}]
    assert first["holes"] == [{"text": HOLE.text, "close_with": HOLE.remedy}]
    assert first["last_run"]["outcome"] == "nothing-to-do"
    assert first["next_run"] == "2026-01-01T06:00:00Z"
    assert (second["locked"], second["last_run"], second["holes"]) == (None, None, [])
    assert data["stale"] is True
