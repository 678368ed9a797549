"""What the identity lock promises, and that `verify` and `plan` never say two things of one listener."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from tests.locks.identity.knowing import asked, read, with_listener, with_listeners
from tests.properties.fake_trust import listener_arn
from tests.properties.test_invariants import cases
from tests.properties.test_trust_invariants import undo_of
from tests.properties.trust_ground import BEGINS
from tests.properties.trust_runs import TrustSite
from tests.properties.trust_worlds import OURS_ARN, WWW, TrustWorld, listener_of, mutual_of, plain_world, trust_worlds

from originlock.facts.probing import Verdict
from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import MutualTls, SecureListener
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Overrides, Policy
from originlock.locks.identity.lock import holes
from originlock.locks.identity.promises import promised


def of_listeners(policy: Policy, snapshot: Snapshot) -> dict[str, Verdict]:
    """The verdict on each listener."""
    assert policy.identity is not None
    found = promised(policy, policy.identity, snapshot)
    return {each.where: each.verdict for each in found if each.who == "everyone else"}


def open_to(policy: Policy, snapshot: Snapshot) -> list[str]:
    """The holes, in words."""
    assert policy.identity is not None
    return [each.what for each in holes(policy, policy.identity, snapshot)]


LOCKED = listener_of(443, mutual_of("verify", OURS_ARN))
HTTP = SecureListener(listener_arn(80), 80, "HTTP")
REDIRECT = SecureListener(listener_arn(80), 80, "HTTP", redirects=True)
ON_443, ON_80 = (f"the listener on port {port}: by reading back" for port in (443, 80))


@pytest.mark.parametrize("http, verdict", [(HTTP, Verdict.BROKEN), (REDIRECT, Verdict.KEPT)])
def test_a_listener_without_tls_is_a_promise_too(http: SecureListener, verdict: Verdict) -> None:
    """LOCKED, while anybody may speak on port 80."""
    policy, snapshot = read(plain_world(mode="verify", store=("ours-1",)))
    snapshot = with_listeners(snapshot, http, LOCKED)
    assert of_listeners(policy, snapshot) == {ON_443: Verdict.KEPT, ON_80: verdict}
    assert bool(open_to(policy, snapshot)) is (verdict is Verdict.BROKEN)
    # Where listeners only ask, nobody is kept out, and there is no way round.
    assert not open_to(asked(policy, mode="passthrough"), snapshot)
    assert of_listeners(asked(policy, mode="passthrough"), snapshot) == {ON_443: Verdict.KEPT}


def test_what_cannot_be_read_is_no_verdict() -> None:
    """I10: a store whose bundle cannot be read back, taken for one that trusts ours alone."""
    policy, snapshot = read(plain_world(mode="verify", store=("ours-1",)))
    dark = {
        name: msgspec.structs.replace(held, members=Unknown("bundle", "denied"))
        for name, held in snapshot.trust_stores.items()
    }
    assert of_listeners(policy, msgspec.structs.replace(snapshot, trust_stores=dark)) == {ON_443: Verdict.UNKNOWN}


def test_a_listener_that_asks_is_a_way_round() -> None:
    """``passthrough`` taken for a lock."""
    policy, snapshot = read(plain_world(mode="verify", store=("ours-1",)))
    asking = with_listener(snapshot, mutual=MutualTls("passthrough"))
    assert of_listeners(policy, asking) == {ON_443: Verdict.BROKEN}
    assert open_to(policy, asking) == ["the listener on port 443 verifies no client certificate (passthrough)"]


@cases(100)
@given(trust_worlds())
def test_verify_and_plan_say_the_same(world: TrustWorld) -> None:
    """`plan` shows a hole and `verify` says LOCKED, or the other way round."""
    site = TrustSite(world)
    for _ in range(2):
        planned = site.plan()
        if planned.plan.policies[0].identity is None or world.identity.mode != "verify":
            return
        policy, snapshot = planned.plan.policies[0], planned.snapshots["blog"]
        told = Verdict.BROKEN in of_listeners(policy, snapshot).values()
        assert told is bool(open_to(policy, snapshot))
        site.run()


def presented(site: TrustSite) -> set[Verdict]:
    """The verdicts on what the edge presents."""
    planned = site.plan()
    found = promised(planned.plan.policies[0], site.world.identity, planned.snapshots["blog"])
    return {each.verdict for each in found if each.who == "edge"}


def test_a_renewal_that_is_rolled_back_is_still_a_lock() -> None:
    """`rollback` says LOCKED and `verify` says that a promise is broken, of one and the same state."""
    site = TrustSite(plain_world())
    site.run()
    site.world = dataclasses.replace(site.world, leaves=("edge-1", "edge-1b"))
    site.trust.authority_held = site.world.authority
    assert presented(site) == {Verdict.KEPT}, "one of the same name is presented, and another is there"
    site.run()
    undo = undo_of(site)
    assert undo is not None
    back = site.run(undo, Overrides(reopen=True))
    assert site.trust.now.presented(WWW) == "edge-1"
    assert (back.locked, presented(site)) == (True, {Verdict.KEPT})


@pytest.mark.parametrize("what", ["revoked", "ended", "another authority", "another name"])
def test_what_is_not_as_good_is_a_broken_promise(what: str) -> None:
    """A certificate that was revoked is presented, and it is called a lock."""
    site = TrustSite(plain_world())
    site.run()
    site.world = dataclasses.replace(
        site.world, leaves=("edge-1", "edge-2" if what == "another authority" else "edge-1b")
    )
    authority = site.world.authority
    first, second = authority.leaves
    long_ago = BEGINS + datetime.timedelta(days=1)
    worse: dict[str, dict[str, Any]] = {
        "revoked": {"revoked_at": long_ago},
        "ended": {"certificate": msgspec.structs.replace(first.certificate, not_after=long_ago)},
        "another authority": {},
        "another name": {"name": "shop"},
    }
    former = msgspec.structs.replace(first, **worse[what])
    site.trust.authority_held = msgspec.structs.replace(authority, leaves=(former, second))
    assert presented(site) == {Verdict.BROKEN}
