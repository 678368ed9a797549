"""What the bench runs does the work that it is measured for; nothing is timed here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(autouse=True)
def _bench_is_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bench is a folder of scripts, which find each other beside themselves."""
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])


@pytest.mark.lab
def test_the_boto3_program_does_what_originlock_does() -> None:
    """A comparison with a program that leaves other rules, or makes fewer calls, would say nothing."""
    from ground import BOTO3_PROGRAM, PUBLISHED, ground  # noqa: PLC0415  once it can be imported

    with ground() as here:
        _, calls = here.duel(BOTO3_PROGRAM, 0)  # raises if a group of either is not as published
    assert [calls[act] for act in PUBLISHED] == [(3, 3), (2, 2), (6, 6)]


@pytest.mark.lab
def test_the_stand_in_serves_originlock() -> None:
    """A stand-in that pages, filters or throttles wrongly would measure another program than people run."""
    from ground import CHANGE, FILL, ORIGINLOCK, beside, stand_in  # noqa: PLC0415  ditto

    with beside() as where, stand_in(60, per_second=40) as ec2:
        filled = ec2.act(FILL, ORIGINLOCK, where).state  # raises if a group is not as published
        assert (filled.calls["DescribeSecurityGroups"], filled.calls["DescribeSecurityGroupRules"]) == (1, 2)
        assert filled.calls["AuthorizeSecurityGroupIngress"] == 60 + filled.errors.get("RequestLimitExceeded", 0)
        ec2.act(CHANGE, ORIGINLOCK, where)


def test_a_ratio_is_held_to_its_limit_from_the_right_side() -> None:
    """A bench that calls the slower the faster is worse than none."""
    from table import Comparison  # noqa: PLC0415  ditto

    most = Comparison("time", "s", (1.0, 2.0, 9.0), (1.0, 1.0, 6.0), "at most", 1.5)
    assert most.ratios == [1.0, 2.0, 1.5]
    assert most.kept
    assert most.cells[3:] == ("1.50 (1.00 to 2.00)", "at most 1.5", "pass")
    slower = Comparison("time", "s", (2.0,), (10.0,), "at least", 10)
    assert slower.ratios == [5.0]
    assert slower.kept is False
    rates = Comparison("rate", "groups/s", (100.0,), (10.0,), "at least", 10, higher=True)
    assert rates.ratios == [10.0]
    assert rates.kept


def test_what_is_written_by_hand_does_the_same() -> None:
    """A comparison with something that takes other clients would say nothing; nor would one that remembers too much."""
    import middleware  # noqa: PLC0415  ditto
    from originlock.middleware import Passthrough, Reason, RefusedError, Trust, identity_of  # noqa: PLC0415

    client = middleware.Client("p256")
    mode = Passthrough(Trust(client.root.pem.encode(), revocations=client.lists))
    for guard in (middleware.guard_of(mode, 0), middleware.guard_of(mode, 1)):
        found = identity_of(guard, middleware.PEER, client.passed)
        assert found is not None
        assert found.subject == middleware.by_hand(client.root.certificate, client.passed)
        with pytest.raises(RefusedError) as refused:
            identity_of(guard, middleware.PEER, 2 * client.passed)
        assert refused.value.reason is Reason.DOUBLED
