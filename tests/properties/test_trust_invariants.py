"""The identity lock's invariants: random worlds of trust, faults and kills, whole runs."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given, strategies as st
from tests.properties.fake_trust import ZONE_PARTS
from tests.properties.test_invariants import cases
from tests.properties.trust_runs import TrustSite, keeps_the_invariants, leaves_others_alone, never_refused, relations
from tests.properties.trust_worlds import TrustWorld, trust_worlds

from originlock.app.plan import Undo
from originlock.facts.snapshot import Snapshot
from originlock.facts.zone import Zone
from originlock.intent.policy import Overrides
from originlock.locks.identity.lock import contribution
from originlock.plan.change import Change, Effect, ordered
from originlock.plan.journal import last_to_undo, runs
from originlock.plan.result import ApplyResult, Outcome
from originlock.plan.trust_acts import SetMutualTls

HTTPS = 443


def ended(site: TrustSite, result: ApplyResult) -> bool:
    """Whether it was done; otherwise it was refused with a word, or stopped for one of the reasons that there are."""
    if result.outcome is Outcome.REFUSED:
        assert result.objections
        return False
    if result.outcome is Outcome.STOPPED and (not_served_before(site) or is_presented_elsewhere(site)):
        return False
    assert result.outcome in (Outcome.DONE, Outcome.NOTHING_TO_DO), [
        (lane.target, lane.state, lane.message) for lane in result.lanes if lane.message
    ]
    return True


def not_served_before(site: TrustSite) -> bool:
    """Whether there is a hostname that the edge was refused for: what it presents is not changed without a proof."""
    first, names = site.world.moment, site.world.policy.hostnames
    main = next((arn for arn, each in first.listeners.items() if each.port == HTTPS), "")
    return any((name, main) not in first.served(names) for name in names)


def is_presented_elsewhere(site: TrustSite) -> bool:
    """Whether a former certificate of ours is another hostname's, which the edge does not tell of until it is asked."""
    first, names = site.world.moment, site.world.policy.hostnames
    ours = {each.id for each in first.certificates if each.leaf in site.world.leaves}
    return any(link.certificate in ours for name, link in first.links.items() if name not in names)


@cases(300)
@given(trust_worlds())
def test_a_clean_run_keeps_the_invariants_and_converges(world: TrustWorld) -> None:
    """P1 to P7: an edge that is refused for a moment, a stranger let in, or a plan that never becomes empty."""
    site = TrustSite(world)
    result = site.run()
    keeps_the_invariants(site)
    if ended(site, result):
        assert not site.plan().plan.changes, [c.id for c in site.plan().plan.changes]


def undo_of(site: TrustSite) -> Undo | None:
    """What undoes the last run; None if it did nothing."""
    record = last_to_undo(runs(site.state.events()), None)
    return None if record is None else Undo(record.run, record.inverses)


@cases(200)
@given(trust_worlds())
def test_a_rollback_leads_back_while_the_edge_is_served(world: TrustWorld) -> None:
    """P8: an edge that is refused on the way back, or trust that does not come back when a person asks for it."""
    site = TrustSite(world)
    was = relations(site.trust.now)
    done = site.run().outcome is Outcome.DONE
    undo, mark = undo_of(site), site.mark
    if undo is None:
        return
    deleted = {store.name for store in world.moment.stores.values()} - {s.name for s in site.trust.now.stores.values()}
    result = site.run(undo, Overrides(reopen=True))
    never_refused(site, mark, world.moment)
    leaves_others_alone(site, mark)
    if done and result.outcome is Outcome.DONE and not deleted:
        assert relations(site.trust.now) == was


@cases(200)
@given(trust_worlds())
def test_a_rollback_opens_nothing_unasked(world: TrustWorld) -> None:
    """P8: whoever is kept out since a run is let in again without a person's word, or the edge refused."""
    site = TrustSite(world)
    site.run()
    undo, mark = undo_of(site), site.mark
    if undo is None:
        return
    site.run(undo)
    never_refused(site, mark, world.moment)
    leaves_others_alone(site, mark)
    first, *later = site.trust.moments[mark:]
    for moment in later:
        for arn, listener in moment.listeners.items():
            more = moment.admitted(listener) - first.admitted(first.listeners[arn])
            assert not more, f"{sorted(more)} get in at {listener.port}"


@pytest.mark.parametrize("dark", ["listeners", "trust stores", "zone", *ZONE_PARTS, "bundle"])
@cases(25)
@given(world=trust_worlds())
def test_nothing_is_narrowed_on_what_cannot_be_read(dark: str, world: TrustWorld) -> None:
    """P9: a part that cannot be read is taken for what would be good, and somebody is shut out."""
    site = TrustSite(world)
    of_stores = {f"bundle {store.name}" for store in world.moment.stores.values()}
    site.trust.dark = frozenset(of_stores if dark == "bundle" else {dark})
    trusts_more = any(each.mutual.mode == "verify" for each in world.moment.listeners.values())
    planned = site.plan().plan
    if dark != "bundle" or trusts_more:
        refuses = {"listener", "truststore"} if world.identity.mode != "off" else set()
        narrowed = [
            c for c in planned.changes if c.effect is Effect.NARROW and any(f":{k}/" in c.target for k in refuses)
        ]
        assert not [c for c in narrowed if dark not in _FOR_BEGINNERS or _begins(c)], [c.id for c in narrowed]
    site.run()
    keeps_the_invariants(site)


_FOR_BEGINNERS = {"records", "monitors"}
"""What only says who is shut out when a listener begins to verify."""


def _begins(change: Change) -> bool:
    return isinstance(change.act, SetMutualTls) and change.act.before.mode != "verify"


@cases(100)
@given(trust_worlds(), st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_what_is_read(world: TrustWorld, random: Random) -> None:
    """P10: a plan that hangs on the order in which the edge tells of its lists would be stale for no reason."""
    planned = TrustSite(world).plan()
    snapshot, identity = planned.snapshots["blog"], world.identity
    first, second = (contribution(planned.plan.policies[0], identity, s) for s in (snapshot, mixed(snapshot, random)))
    assert ordered(first.drafts, first.waits) == ordered(second.drafts, second.waits)
    assert first.basis == second.basis
    assert set(first.objections) == set(second.objections)


def mixed(snapshot: Snapshot, random: Random) -> Snapshot:
    """The same, in another order."""

    def other(found: object) -> object:
        return tuple(random.sample(found, len(found))) if isinstance(found, tuple) else found

    stores = dict(random.sample(list(snapshot.trust_stores.items()), len(snapshot.trust_stores)))
    zone = snapshot.zone
    if isinstance(zone, Zone):
        links = dict(random.sample(list(zone.associations.items()), len(zone.associations)))
        parts = {name: other(getattr(zone, name)) for name in ("certificates", "records", "monitors")}
        zone = msgspec.structs.replace(zone, associations=links, **parts)
    return msgspec.structs.replace(snapshot, trust_stores=stores, zone=zone)
