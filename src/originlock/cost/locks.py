"""What the locks of a plan add to the bill, and what they keep a flood from adding to it.

Lives here: from a policy and what was read to dollars a month. Must not live here: the words for it.

A plan reads no metrics, so that nothing is said of what today's strangers cost: `cost observe` says what can be told of
them. What is reckoned is what is certain (trust stores), what depends on traffic (headers, for a million requests), and
the flood that is named.
"""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Final

import msgspec

from originlock.cost.bill import HOURS_PER_MONTH
from originlock.cost.readings import Amount, Question, hull
from originlock.cost.storm import Flood, Posture, Storm, storm
from originlock.facts.prices import Item, RegionPrices
from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Listeners
from originlock.facts.usage import ZERO, Usage
from originlock.intent.policy import NO_EDGE, Policy

FLOOD: Final = Flood(Fraction(10_000), Fraction(1))
"""The flood that a plan speaks of: what one machine with a fast line can do, for an hour."""

MILLION: Final = 1_000_000

APPLICATION: Final = "application"
"""Elastic Load Balancing's word for an ALB (API reference, LoadBalancer.Type)."""


class Locked(msgspec.Struct, frozen=True):
    """One origin's Application Load Balancer, as far as its locks cost or save.

    Attributes:
        origin: its name.
        verified: a listener verifies clients now, so that the trust store is paid for already.
        verifies: listeners are to verify.
        network: only the edge's addresses are to be let in.
    """

    origin: str
    verified: bool
    verifies: bool
    network: bool

    @property
    def posture(self) -> Posture:
        """How much of the door is open to a flood once this is done."""
        if self.network:
            return Posture.SECURITY_GROUP
        return Posture.MUTUAL_TLS if self.verifies else Posture.OPEN


class LockCosts(msgspec.Struct, frozen=True):
    """What the locks of one Region's origins add, and keep from being added.

    Attributes:
        prices: the Region's.
        origins: those that are about an Application Load Balancer.
        trust_stores: how many more are paid for once the plan is done; negative where there are fewer.
        usd_per_month: dollars for them.
        usd_per_million: dollars for the certificate headers of a million requests, where bytes decide the LCUs; none
            where no listener is to verify.
        flood: what `FLOOD` adds to one load balancer in each posture; None where a price of it is not known.
        worst: the widest posture of them all once the plan is done.
    """

    prices: RegionPrices
    origins: tuple[Locked, ...]
    trust_stores: int
    usd_per_month: Fraction
    usd_per_million: Amount | None
    flood: Storm | None
    worst: Posture

    @property
    def as_of(self) -> datetime.date | None:
        """The date of the oldest price that went into it."""
        stores = (Item.TRUST_STORE_HOUR,) if self.trust_stores else ()
        return self.prices.as_of(Item.ALB_LCU, *stores, transfer=self.flood is not None)


class Unpriced(msgspec.Struct, frozen=True):
    """A Region whose locks cannot be priced.

    Attributes:
        region: its name; empty where even that is not known.
        why: in words for a person.
        remedy: what to do about it.
    """

    region: str
    why: str
    remedy: str


def locked(policy: Policy, snapshot: Snapshot) -> Locked | None:
    """What is to come of one origin; None if it has no Application Load Balancer."""
    balancer = snapshot.load_balancer
    if balancer is None or balancer.kind != APPLICATION:
        return None
    listeners = snapshot.listeners.listeners if isinstance(snapshot.listeners, Listeners) else ()
    verified = any(each.mutual.mode == "verify" for each in listeners)
    wanted = policy.identity
    # Without a word on identity everything is left as it is.
    verifies = verified if wanted is None else wanted.mode == "verify"
    return Locked(policy.origin, verified, verifies, policy.edge != NO_EDGE)


def lock_costs(prices: RegionPrices, origins: tuple[Locked, ...]) -> LockCosts:
    """What the locks of origins of one Region come to.

    Args:
        prices: of the Region.
        origins: at least one.

    Raises:
        UsageError: a price that is needed is not known in this Region.
    """
    more = sum(each.verifies for each in origins) - sum(each.verified for each in origins)
    month = more * prices.usd(Item.TRUST_STORE_HOUR) * HOURS_PER_MONTH if more else ZERO
    return LockCosts(
        prices,
        origins,
        more,
        month,
        _headers(prices) if any(each.verifies for each in origins) else None,
        storm(prices, FLOOD, Usage()) if prices.egress is not None else None,
        next(posture for posture in Posture if any(each.posture is posture for each in origins)),
    )


def _headers(prices: RegionPrices) -> Amount:
    """For a million requests: nothing where another dimension decides, all of it where bytes do."""
    questions = (Question.GIGABYTE, Question.HEADERS)
    gb = hull(lambda reading: Fraction(MILLION * reading.header_bytes, reading.gigabyte), questions)
    return Amount(ZERO, gb.times(prices.usd(Item.ALB_LCU)).high)
