"""Saved plans: what is read is what was written, or nothing."""

from __future__ import annotations

import datetime
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from originlock.errors import RefusedError, UsageError
from originlock.facts.edge import AcceptedList, Ranges
from originlock.facts.networks import canonical
from originlock.facts.origin import CidrSource, Rule, RuleKey, SecurityGroup
from originlock.facts.snapshot import Snapshot
from originlock.intent.policy import GroupsById, Limits, NetworkPolicy, Overrides, Policy
from originlock.locks.network.network_lock import NetworkLock
from originlock.plan.document import Plan, PlanFrame, composed
from originlock.store.plan_file import loaded, saved

RANGES = Ranges.of((canonical("198.51.100.0/24"), canonical("2400:cb00::/32")))


def plan() -> Plan:
    """A plan as the network lock makes it: it widens, and it narrows."""
    policy = Policy("blog", GroupsById(("sg-1",)), network=NetworkPolicy(foreign="remove"))
    everyone = Rule("sgr-1", RuleKey("tcp", 443, 443, CidrSource(canonical("0.0.0.0/0"))), "open", (("team", "x"),))
    snapshot = Snapshot(
        datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC),
        {"sg-1": SecurityGroup("sg-1", "web", "vpc-1", (everyone,))},
    )
    accepted = AcceptedList("cloudflare", RANGES, "json+text", "e1", agree=True, at="2026-11-22")
    overrides = Overrides()
    contribution = NetworkLock().contribution(policy, accepted, snapshot, overrides)
    made = composed(PlanFrame((policy,), Limits(), overrides, accepted), (contribution,))
    assert len(made.changes) == 2
    return made


PLAN = plan()


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """Something else would be applied than what was reviewed."""
    path = tmp_path / "blog.plan"
    saved(PLAN, path)
    assert loaded(path) == PLAN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_an_old_plan_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """A crash would leave half of a plan; a file that others may read would stay so."""
    path = tmp_path / "blog.plan"
    path.write_text("old")
    path.chmod(0o666)
    saved(PLAN, path)
    assert loaded(path) == PLAN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_changed_byte_is_refused_or_means_the_same(data: st.DataObject, tmp_path: Path) -> None:
    """Whoever may write the file, or a bad disk, would decide what is done."""
    path = tmp_path / "blog.plan"
    saved(PLAN, path)
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1), label="at")
    whole[at] ^= data.draw(st.integers(1, 255), label="bits")
    path.write_bytes(whole)
    try:
        read = loaded(path)
    except RefusedError:
        return
    assert (read.digest, read.changes, read.policies, read.overrides, read.expectations) == (
        PLAN.digest,
        PLAN.changes,
        PLAN.policies,
        PLAN.overrides,
        PLAN.expectations,
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_what_is_cut_or_made_up_is_refused(data: st.DataObject, tmp_path: Path) -> None:
    """A disk that was full while copying would give a plan that is nobody's."""
    path = tmp_path / "blog.plan"
    saved(PLAN, path)
    whole = path.read_bytes()
    cut = st.integers(0, len(whole) - 3).map(lambda length: whole[:length])
    path.write_bytes(data.draw(cut | st.binary(max_size=200)))
    with pytest.raises(RefusedError):
        loaded(path)


def test_a_deeply_nested_file_is_refused(tmp_path: Path) -> None:
    """A file of brackets would be taken for a fault of originlock."""
    path = tmp_path / "blog.plan"
    path.write_text('{"more": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(RefusedError):
        loaded(path)


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    """A slip in a path would end in a page of Python."""
    with pytest.raises(UsageError, match="no directory"):
        saved(PLAN, tmp_path / "absent" / "blog.plan")
    with pytest.raises(UsageError, match="cannot be read"):
        loaded(tmp_path / "blog.plan")
    with pytest.raises(UsageError, match="cannot be read"):
        loaded(tmp_path)


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path) -> None:
    """An endless file would eat the machine's memory."""
    path = tmp_path / "blog.plan"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(RefusedError, match="too large"):
        loaded(path)
