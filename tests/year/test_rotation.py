"""The edge's own certificate comes due, and is followed by the next one, with nobody looking on.

The edge is refused at no moment, also where the run is killed at any call; people hear of it once.
"""

from __future__ import annotations

import datetime

import pytest
from tests.properties.fake_trust import Fault
from tests.properties.trust_runs import keeps_the_invariants
from tests.properties.trust_worlds import WWW
from tests.year.rotation import DUE_AFTER, ENDS, FIRST, PERIOD, SECOND, Rotation

DAY = datetime.timedelta(days=1)
RENEWED = "change: renewed: certificate edge of blog"
OLD, NEW = "ba0360073c7f", "bcccb9f66f4d"
SWAPPED = (
    f"change: changed: client certificate {NEW} at the edge (for the hostname): upload the client certificate {NEW}"
    f" (for the hostname); origin pulls of {WWW}: {WWW} presents the client certificate {NEW};"
    f" client certificate {OLD} at the edge (for the hostname): delete the client certificate {OLD} (of the hostname)"
)


def due() -> Rotation:
    """Locked by its first run, with its leaf just come due."""
    rotation = Rotation()
    made = rotation.run()
    assert made is not None
    assert made.exit_code == 0
    rotation.messages.clear()
    rotation.pass_to(DUE_AFTER + PERIOD)
    return rotation


def has_rotated(rotation: Rotation) -> None:
    """Renewed once; the new one presented, the old one gone; locked, with nothing left to do."""
    now = rotation.site.trust.now
    assert rotation.issuing.issued == [SECOND]
    assert now.presented(WWW) == SECOND
    assert [each.leaf for each in now.certificates] == [SECOND]
    last = rotation.kept.origins["blog"]
    assert (last.outcome, last.exit_code, last.locked) == ("nothing-to-do", 0, True)
    assert last.locks["identity"] == "locked"


def test_a_leaf_is_followed_by_the_next_one() -> None:
    """Three months, every six hours: nobody would notice, or the edge would be refused on the day of its end."""
    rotation = Rotation()
    presented = []
    while rotation.now < ENDS + DAY:
        made = rotation.run()
        assert made is not None
        assert made.exit_code == 0
        presented.append((rotation.now, rotation.site.trust.now.presented(WWW)))
        rotation.pass_to(rotation.now + PERIOD)
    keeps_the_invariants(rotation.site, since=1)
    has_rotated(rotation)
    assert {leaf for at, leaf in presented if at < DUE_AFTER} == {FIRST}
    assert {leaf for at, leaf in presented if at > DUE_AFTER + PERIOD} == {SECOND}
    first, *others = rotation.told()
    assert first.startswith("change: changed: ")
    assert "off becomes passthrough" in first
    assert others == [RENEWED, SWAPPED]
    assert len(rotation.messages) == 2


def rotation_calls() -> int:
    """Calls of the run that rotates, of any kind, from its first to its last."""
    rotation = due()
    before = len(rotation.site.trust.calls)
    rotation.run()
    return len(rotation.site.trust.calls) - before


def killed(call: int, fault: Fault) -> None:
    """Die at one call of the rotation; the next run finishes it, and what people hear is whole, and told once."""
    rotation = due()
    site, mark = rotation.site, rotation.site.mark
    site.trust.faults = {len(site.trust.calls) + call: fault}
    assert rotation.run() is None, (call, fault)
    site.trust.faults = {}
    assert rotation.messages == []
    for _ in range(2):
        rotation.pass_to(rotation.now + PERIOD)
        assert rotation.run() is not None
    keeps_the_invariants(site, mark)
    has_rotated(rotation)
    (told,) = rotation.messages
    lines = rotation.told()
    assert lines.count(RENEWED) == 1, (call, fault, lines)
    others = [line for line in lines if line != RENEWED]
    assert all(line.startswith("change: changed: ") or "was broken off" in line for line in others), lines
    # What was changed is told of by the run that changed it, or by the one that found that run broken off.
    assert others, (call, fault)
    assert told[0] <= ENDS - 20 * DAY


FAULTS = (Fault.KILL_BEFORE, Fault.KILL_AFTER)


def test_killed_at_some_call_of_the_rotation() -> None:
    """A sample of all the calls: the first, the last, and each fifth between."""
    last = rotation_calls()
    for call in sorted({*range(1, last + 1, 5), last}):
        killed(call, FAULTS[call % 2])


@pytest.mark.long
def test_killed_at_every_call_of_the_rotation() -> None:
    """A call at which a kill leaves two certificates, a refused edge, or a renewal that nobody is told of."""
    for call in range(1, rotation_calls() + 1):
        for fault in FAULTS:
            killed(call, fault)
