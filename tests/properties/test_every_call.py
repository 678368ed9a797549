"""The whole of a run over load balancers and prefix lists, with each fault at each of its calls: nothing is sampled.

In memory, where a run takes milliseconds; how each call fails on the wire is for the fault matrix over HTTP.
"""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, given, settings
from tests.properties.balanced_runs import BalancedSite, allowed, keeps_the_invariants
from tests.properties.balanced_worlds import BalancedWorld, balanced_worlds
from tests.properties.fake_cloud import Fault, Killed
from tests.properties.test_balanced import ended, is_at_rest
from tests.properties.test_invariants import WORLDS

from originlock.plan.result import Outcome


@settings(max_examples=WORLDS, deadline=None, suppress_health_check=list(HealthCheck))
@given(balanced_worlds())
def test_no_fault_at_any_call_leaves_a_gap_or_cannot_be_mended(world: BalancedWorld) -> None:
    """A call nobody thought of, before or after which a failure or a kill shuts somebody out, or lets somebody in."""
    clean = BalancedSite(world)
    ends = ended(clean, clean.run())
    for at in range(1, len(clean.region.calls) + 1):
        for fault in Fault:
            site = BalancedSite(world)
            site.region.faults = {at: fault}
            with contextlib.suppress(Killed):
                site.run()
            keeps_the_invariants(site)
            site.region.faults = {}
            again = site.run()
            keeps_the_invariants(site)
            if ends:
                assert again.outcome in (Outcome.DONE, Outcome.NOTHING_TO_DO), (at, fault, again.lanes)
                assert is_at_rest(site), (at, fault)
                assert allowed(site.region.now) == allowed(clean.region.now), (at, fault)
