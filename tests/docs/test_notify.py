"""What docs/notify.md shows is run: its check of a signature, its examples of each kind, its JSON, its numbers."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.channels.receivers import receiving

from originlock.channels.tries import PACE
from originlock.channels.webhook import VERSION, WebhookChannel
from originlock.facts.runs import OriginRun, Run
from originlock.facts.secret import Hidden
from originlock.facts.telling import On
from originlock.intent.decode import decode
from originlock.intent.notify_values import KINDS
from originlock.intent.telling import RunPolicy
from originlock.notify.message import message
from originlock.notify.notices import DAYS, Notice, Weight
from originlock.ports.telling import Sent
from originlock.wiring.settings import descriptions
from originlock.wiring.telling import kind_of

pytestmark = pytest.mark.lab

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "notify.md").read_text(encoding="utf-8")
SECRET = "correct horse battery staple"


def blocks(sort: str) -> list[str]:
    """The page's blocks of one sort."""
    return re.findall(rf"```{sort}\n(.*?)```", TEXT, re.DOTALL)


def checker() -> Callable[..., bool]:
    """The page's own check of a signature, run as it stands."""
    (source,) = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(source, "docs/notify.md", "exec"), names)  # noqa: S102  it is what a reader would do
    found: Callable[..., bool] = names["is_from_originlock"]
    return found


def shown() -> dict[str, Any]:
    """The page's example of a body."""
    (example,) = blocks("json")
    body: dict[str, Any] = json.loads(example)
    return body


def delivered() -> tuple[dict[str, str], bytes]:
    """Headers and body of a real delivery of what the page shows."""
    text, now = "sg-0123456789abcdef0 lets 0.0.0.0/0 in on port 443", datetime.datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001
    began = now.replace(tzinfo=datetime.UTC)
    run = Run(
        began,
        began + datetime.timedelta(seconds=9),
        3,
        (OriginRun("blog", began, "pending", 3, locks={"network": "open"}),),
    )
    told = message((Notice(On.HOLE, Weight.ALERT, "blog", text, "remove the rule"),))
    assert told is not None
    with receiving() as receiver:
        assert WebhookChannel(Hidden(receiver.url()), Hidden(SECRET)).send(told, run, 5.0) == Sent(1)
    (received,) = receiver.received
    return received.headers, received.body


def test_a_reader_can_check_a_signature() -> None:
    """The example is what people copy."""
    check, (headers, body) = checker(), delivered()
    signed = headers["Originlock-Signature"]
    assert check(signed, body, SECRET)
    assert not check(signed, body, "another secret")
    assert not check(signed, body + b" ", SECRET)
    assert not check(signed, body, SECRET, oldest=-1.0)


def test_the_body_is_as_shown() -> None:
    """Programs are written by the example."""
    _, body = delivered()
    came = json.loads(body)
    expected = shown()
    for each in (came, expected):
        assert each.pop("delivery")
        assert each.pop("originlock")
    assert came == expected
    assert came["version"] == VERSION


def test_there_is_an_example_of_each_kind() -> None:
    """Each can be used as it stands."""
    kinds = set()
    for text in blocks("toml"):
        decoded = decode(tomllib.loads(text), {}, descriptions())
        assert decoded.configuration is not None
        kinds |= {kind_of(each) for each in decoded.configuration.channels}
    assert kinds == set(KINDS)


def test_everything_that_can_be_told_is_in_the_table() -> None:
    """A kind of news that stands nowhere is one that nobody asks for."""
    head, *rows = re.findall(r"^\| `([a-z]+)` \| ", TEXT, re.MULTILINE)
    assert head == "on"
    assert rows == [each.value for each in On]


@pytest.mark.parametrize(
    "said",
    [
        f"in {', '.join(str(days) for days in DAYS)} days",
        f"`tell_seconds` ({RunPolicy().tell_seconds:g})",
        f"({RunPolicy().oldest_list.days} days)",
        f"up to {PACE.longest_pause_seconds:g}",
    ],
)
def test_numbers_of_the_page(said: str) -> None:
    """The page would promise what the code does not hold."""
    assert said in TEXT.replace("\n", " ")


def test_how_often_it_is_tried() -> None:
    """In words, as the page has them."""
    assert "Three tries of ten seconds at most, a second and two seconds apart" in TEXT
    assert (PACE.tries, PACE.try_seconds, PACE.pause_seconds) == (3, 10.0, 1.0)
