"""What the tests of channels tell: a message with everything in it, and the run that it is of."""

from __future__ import annotations

import datetime

from originlock.facts.runs import OriginRun, Run
from originlock.facts.telling import On
from originlock.notify.message import Message, message
from originlock.notify.notices import Notice, Weight

TOKEN = "T0KEN/7f3c9b2e"
"""What must stand nowhere: the path of a webhook's URL."""

NOW = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=datetime.UTC)

HOLE = Notice(On.HOLE, Weight.ALERT, "blog", "sg-1 lets 0.0.0.0/0 in on port 443 <all> & more", "remove the rule sgr-1")
CHANGE = Notice(On.CHANGE, Weight.NEWS, "shop", "changed: 2 ranges added", "to undo it: originlock rollback r-1")
STALE = Notice(On.STALE, Weight.WARNING, "", "the list of cloudflare is 9 days old")

RUN = Run(
    NOW,
    NOW + datetime.timedelta(seconds=9),
    3,
    (OriginRun("blog", NOW, "pending", 3, locks={"network": "open"}), OriginRun("shop", NOW, "done", 0, run="r-1")),
)


def told(*notices: Notice) -> Message:
    """The message of these notices."""
    made = message(notices or (HOLE, STALE, CHANGE))
    assert made is not None
    return made
