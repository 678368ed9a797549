"""The identity lock's invariants: random worlds of trust, faults and kills, whole runs."""

from __future__ import annotations

from hypothesis import given
from tests.properties.test_invariants import cases
from tests.properties.trust_runs import TrustSite, keeps_the_invariants, leaves_others_alone, never_refused, relations
from tests.properties.trust_worlds import TrustWorld, trust_worlds

from originlock.app.plan import Undo
from originlock.intent.policy import Overrides
from originlock.plan.journal import last_to_undo, runs
from originlock.plan.result import ApplyResult, Outcome

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
