"""What the locks of a plan cost: each origin to its Region, each Region to its prices.

Lives here: who is asked for what. Must not live here: what it comes to (see `originlock.cost.locks`).
"""

from __future__ import annotations

from collections.abc import Callable

from originlock.app.plan import Planned
from originlock.cost.locks import LockCosts, Locked, Unpriced, lock_costs, locked
from originlock.errors import OriginlockError
from originlock.facts.prices import RegionPrices
from originlock.intent.policy import Place


def lock_costs_of(
    planned: Planned, prices_of: Callable[[str], RegionPrices], region_of: Callable[[Place], str | None]
) -> tuple[LockCosts | Unpriced, ...]:
    """For each Region with an Application Load Balancer in the plan; a price that is missing stops no plan.

    Args:
        planned: the plan, and what it was made of.
        prices_of: a Region's prices; asks nothing of AWS.
        region_of: a place's Region.
    """
    by_region: dict[str, list[Locked]] = {}
    for policy in planned.plan.policies:
        snapshot = planned.snapshots.get(policy.origin)
        seen = None if snapshot is None else locked(policy, snapshot)
        if seen is not None:
            by_region.setdefault(region_of(policy.place) or "", []).append(seen)
    return tuple(_costs(region, tuple(seen), prices_of) for region, seen in by_region.items())


def _costs(region: str, seen: tuple[Locked, ...], prices_of: Callable[[str], RegionPrices]) -> LockCosts | Unpriced:
    if not region:
        return Unpriced("", "no Region is named", "name one with --region")
    try:
        return lock_costs(prices_of(region), seen)
    except OriginlockError as error:
        return Unpriced(region, error.what, error.remedy)
