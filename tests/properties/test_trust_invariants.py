"""The identity lock's invariants: random worlds of trust, faults and kills, whole runs."""

from __future__ import annotations

from hypothesis import given
from tests.properties.test_invariants import cases
from tests.properties.trust_runs import TrustSite, keeps_the_invariants
from tests.properties.trust_worlds import TrustWorld, trust_worlds

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
