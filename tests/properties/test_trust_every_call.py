"""The whole of a run over trust, with each fault at each of its calls: nothing is sampled."""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, given, settings
from tests.properties.fake_cloud import Killed
from tests.properties.fake_trust import Fault
from tests.properties.test_invariants import WORLDS
from tests.properties.test_trust_invariants import ended
from tests.properties.trust_runs import TrustSite, keeps_the_invariants, relations
from tests.properties.trust_worlds import TrustWorld, trust_worlds

from originlock.plan.result import Outcome


@settings(max_examples=WORLDS, deadline=None, suppress_health_check=list(HealthCheck))
@given(trust_worlds())
def test_no_fault_at_any_call_refuses_the_edge_or_cannot_be_mended(world: TrustWorld) -> None:
    """P4: a call nobody thought of, before or after which a failure or a kill shuts the edge out, or lets others in."""
    clean = TrustSite(world)
    ends = ended(clean, clean.run())
    for at in range(1, len(clean.trust.calls) + 1):
        for fault in Fault:
            site = TrustSite(world)
            site.trust.faults = {at: fault}
            with contextlib.suppress(Killed):
                site.run()
            keeps_the_invariants(site)
            site.trust.faults = {}
            mark = site.mark
            again = site.run()
            keeps_the_invariants(site)
            keeps_the_invariants(site, mark)
            if ends:
                assert again.outcome in (Outcome.DONE, Outcome.NOTHING_TO_DO), (at, fault, again.lanes)
                assert not site.plan().plan.changes, (at, fault)
                assert relations(site.trust.now) == relations(clean.trust.now), (at, fault)
