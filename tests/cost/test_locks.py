"""What a plan says that its locks cost: trust stores as they come and go, and never a price that is not known."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest
from tests.cost.region import prices
from tests.locks.identity.knowing import asked, read
from tests.properties.trust_worlds import plain_world

from originlock.cost.locks import LockCosts, Locked, Unpriced, lock_costs, locked
from originlock.cost.readings import Amount
from originlock.cost.storm import Posture
from originlock.errors import UsageError
from originlock.facts.prices import Item
from originlock.facts.unknown import Unknown
from originlock.intent.policy import NO_EDGE
from originlock.report.lock_costs import lock_cost_data, lock_cost_line

FRESH = Locked("blog", verified=False, verifies=True, network=True)
KEPT = Locked("shop", verified=True, verifies=True, network=True)
LEAVING = Locked("old", verified=True, verifies=False, network=True)


@pytest.mark.parametrize(
    "now, wanted, then",
    [("off", "verify", FRESH), ("verify", "off", LEAVING), ("verify", "verify", KEPT)],
)
def test_a_trust_store_is_paid_for_while_a_listener_verifies(now: str, wanted: str, then: Locked) -> None:
    """A plan would name a price for what is paid already, or forget one that is to come."""
    policy, snapshot = read(plain_world(mode=now, store=("ours-1",)))
    assert locked(asked(policy, mode=wanted), snapshot) == msgspec.structs.replace(then, origin="blog")


def test_without_a_word_on_identity_nothing_is_said_to_change() -> None:
    """The identity lock would be priced for people who did not ask for it."""
    policy, snapshot = read(plain_world(mode="verify", store=("ours-1",)))
    seen = locked(msgspec.structs.replace(policy, identity=None), snapshot)
    assert seen is not None
    assert seen.verifies is seen.verified is True


def test_only_application_load_balancers_are_priced() -> None:
    """LCUs of an ALB would be told of something that has none."""
    policy, snapshot = read(plain_world())
    assert snapshot.load_balancer is not None
    network = msgspec.structs.replace(snapshot.load_balancer, kind="network")
    assert locked(policy, msgspec.structs.replace(snapshot, load_balancer=network)) is None
    assert locked(policy, msgspec.structs.replace(snapshot, load_balancer=None)) is None


def test_listeners_that_could_not_be_read_are_not_taken_for_verifying() -> None:
    """An unread listener would be said to cost a trust store already."""
    policy, snapshot = read(plain_world(mode="verify", store=("ours-1",)))
    unread = msgspec.structs.replace(snapshot, listeners=Unknown("listeners", "denied"))
    seen = locked(policy, unread)
    assert seen is not None
    assert not seen.verified


@pytest.mark.parametrize(
    "origins, stores, month",
    [
        ((FRESH,), 1, "4.088"),
        ((FRESH, FRESH), 2, "8.176"),
        ((KEPT,), 0, "0"),
        ((LEAVING,), -1, "-4.088"),
        ((LEAVING, FRESH, KEPT), 0, "0"),
    ],
)
def test_what_a_month_adds_is_the_trust_stores_that_come_and_go(
    origins: tuple[Locked, ...], stores: int, month: str
) -> None:
    """0.0056 x 730 = 4.088 for each; what is paid already would be counted anew."""
    costs = lock_costs(prices(), origins)
    assert (costs.trust_stores, costs.usd_per_month) == (stores, Fraction(month))


def test_headers_cost_at_most_their_own_bytes() -> None:
    """A million requests x 2,180 B = 2.18 GB: 2.18 LCU-hours, 0.01744 dollars; nothing where bytes do not decide."""
    costs = lock_costs(prices(), (FRESH,))
    assert costs.usd_per_million is not None
    assert costs.usd_per_million == Amount(Fraction(0), Fraction("0.01744"))
    assert lock_costs(prices(), (LEAVING,)).usd_per_million is None


@pytest.mark.parametrize(
    "origins, posture",
    [
        ((FRESH,), Posture.SECURITY_GROUP),
        ((msgspec.structs.replace(FRESH, network=False),), Posture.MUTUAL_TLS),
        ((FRESH, msgspec.structs.replace(FRESH, network=False)), Posture.MUTUAL_TLS),
        ((FRESH, msgspec.structs.replace(LEAVING, network=False)), Posture.OPEN),
    ],
)
def test_a_flood_is_told_for_the_door_that_is_open_widest(origins: tuple[Locked, ...], posture: Posture) -> None:
    """A plan of two origins would call both safe where one stays open."""
    assert lock_costs(prices(), origins).worst is posture


def test_an_edge_of_none_locks_no_network() -> None:
    """A service without an edge would be told that floods cost it nothing."""
    policy, snapshot = read(plain_world())
    seen = locked(msgspec.structs.replace(policy, edge=NO_EDGE), snapshot)
    assert seen is not None
    assert not seen.network


def test_without_a_price_of_transfer_no_flood_is_told() -> None:
    """A flood would be told without its greater part."""
    assert lock_costs(prices(egress=False), (FRESH,)).flood is None


def test_a_price_that_is_missing_is_an_error_only_where_it_is_needed() -> None:
    """A Region without a trust store's price would have a price of nothing, or no price for those who need none."""
    with pytest.raises(UsageError, match="a trust store's hour in eu-west-1"):
        lock_costs(prices(Item.TRUST_STORE_HOUR), (FRESH,))
    assert lock_costs(prices(Item.TRUST_STORE_HOUR), (KEPT,)).usd_per_month == 0


@pytest.mark.parametrize(
    "costs, says",
    [
        (lock_costs(prices(), (FRESH,)), "cost: a month +$4.09 (1 trust store); up to $0.02 per million requests"),
        (
            lock_costs(prices(), (FRESH,)),
            "an hour of 10,000 connections/s round the edge: $27.34 to $35.60 with the door open",
        ),
        (lock_costs(prices(), (FRESH,)), "$0.00 after this (eu-west-1, prices of 2026-09-11)"),
        (lock_costs(prices(), (LEAVING,)), "a month -$4.09 (1 trust store less); an hour"),
        (lock_costs(prices(egress=False), (KEPT,)), "cost: a month +$0.00; up to $0.02 per million requests"),
        (Unpriced("ap-south-1", "no price", "ask"), "cost: not known: no price; ask"),
    ],
)
def test_one_line_says_it(costs: LockCosts | Unpriced, says: str) -> None:
    """A person would be told another number than the machine is."""
    line = lock_cost_line(costs)
    assert says in line.text
    assert "\n" not in line.text


def test_machines_get_the_same_numbers() -> None:
    """The JSON would say less than the line."""
    (told,) = lock_cost_data((lock_costs(prices(), (FRESH,)),))
    assert told["identity_lock"] == {
        "trust_stores": 1,
        "usd_per_month": 4.088,
        "usd_per_million_requests": [0.0, 0.01744],
    }
    assert told["network_lock"] == {"usd_per_month": 0}
    assert isinstance(told["flood"], dict)
    assert told["flood"]["usd_locked"] == 0
