"""The changes that lead to what is wanted, on both sides, and what waits for what.

Lives here: trust first, then what the edge presents, then what listeners demand, then tidying.
Must not live here: how each of them is done (see `trusting`, `presenting`, `seeing`), whether one may begin (see
`guards`), switching off (see `leaving`), a rollback (see `rollback`).

The order, for each origin (an arrow is a wait)::

    bundle in the bucket -> store ACTIVE and read back -> listeners that verify already use it
      -> certificate at the edge -> the edge presents it -> listeners ask (passthrough)
      -> the edge is seen to present it -> listeners verify -> the store forgets all others
      -> former certificates are deleted

What the edge presents is changed as a narrowing, although it lets nobody in or out by itself: a listener that verifies
and does not trust it would refuse the edge. So it stands between two proofs, and is undone if the edge is not served.
"""

from __future__ import annotations

import msgspec

from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import MutualTls, TrustStore
from originlock.facts.zone import zone_of
from originlock.intent.policy import NO_EDGE
from originlock.locks.identity.drafting import Moves
from originlock.locks.identity.presenting import present, tidy
from originlock.locks.identity.seeing import can_be_seen, probe, seen
from originlock.locks.identity.standing import (
    Standing,
)
from originlock.locks.identity.trusting import trust
from originlock.locks.identity.zone_findings import wanted_records
from originlock.plan.change import Effect, Milestone, Phase
from originlock.plan.trust_acts import (
    SetMutualTls,
)


def moves(stand: Standing, snapshot: Snapshot, others: tuple[str, ...] = ()) -> Moves:
    """What leads to the wanted state; nothing where it is so. `others` are hostnames that share the leaf."""
    made = Moves(stand.policy.origin)
    if stand.wanted is None:
        return made
    _records(made, stand, snapshot)
    provable = stand.policy.edge == NO_EDGE or can_be_seen(stand, snapshot)
    verifying = stand.identity.mode == "verify"
    if verifying:
        trust(made, stand, snapshot, stand.wanted, narrow=provable)
    if isinstance(stand.store, TrustStore) and not stand.store.active:
        made.awaited.append(stand.store.id)
    trusting = [*(target for target in made.targets() if zone_of(target) is None), *made.awaited]
    moved = _listeners_that_verify(made, stand, narrow=provable)
    made.after(moved, trusting, Milestone.WIDENED)
    presenting = present(made, stand, stand.wanted, [*trusting, *moved])
    made.after([each.id for each in stand.verifying], presenting, Milestone.DONE, Phase.NARROW)
    asking = _listeners_that_do_not(made, stand, verify=verifying and provable)
    made.after(asking, trusting, Milestone.WIDENED)
    made.after(asking, presenting, Milestone.DONE)
    # A store that forgets whom it trusted does so last, and never while the edge may still present the former.
    made.after([stand.store_target], [*presenting, *asking], Milestone.DONE, Phase.NARROW)
    if made.narrowing() and stand.policy.edge != NO_EDGE:
        made.presented = (seen(stand, snapshot, stand.wanted),)
    probe(made, stand, stand.wanted, [*trusting, *moved, *presenting])
    tidy(made, stand, stand.wanted, others)
    return made


def _records(made: Moves, stand: Standing, snapshot: Snapshot) -> None:
    """Where it is asked for, each hostname leads to the edge, and from there to the load balancer.

    Whoever asks for the name meets the edge from then on: it has to be let in first, whichever lock sees to that.
    """
    account, balancer = stand.policy.edge_account, snapshot.load_balancer
    if stand.zone is None or account is None or not account.manage_dns or balancer is None:
        return
    for act in wanted_records(stand.policy, stand.zone, balancer.dns_name):
        made.add(Phase.WIDEN, Effect.WIDEN, act, "visitors meet the edge, and the edge asks the load balancer")
        made.after([act.target], [balancer.id, *balancer.groups], Milestone.WIDENED)


def _listeners_that_verify(made: Moves, stand: Standing, *, narrow: bool) -> list[str]:
    """Those that verify already never stop: they are pointed to our store, which trusts all that theirs does.

    One that lets in what has ended does so until the edge is seen to present ours, which has not.
    """
    if stand.identity.mode != "verify":
        return []
    moved: list[str] = []
    for listener in stand.verifying:
        now = listener.mutual
        last = _last(stand)
        if not narrow:
            last = msgspec.structs.replace(last, ignore_expiry=now.ignore_expiry)
        if now.trust_store != stand.store_target or now.removed:
            first = MutualTls("verify", stand.store_target, now.ignore_expiry, stand.identity.advertise_ca_names)
            act = SetMutualTls(listener.id, first, now)
            made.add(Phase.WIDEN, Effect.WIDEN, act, "our store trusts all that its store does, and ours beside")
            moved.append(listener.id)
            now = first
        if now != last:
            act = SetMutualTls(listener.id, last, now)
            ends = now.ignore_expiry and not last.ignore_expiry
            why = "certificates that have ended are to be refused" if ends else "it names its authorities as asked for"
            made.add(Phase.NARROW, Effect.NARROW, act, why)
    return moved


def _listeners_that_do_not(made: Moves, stand: Standing, *, verify: bool) -> list[str]:
    """Those that demand nothing yet first ask, which refuses nobody, and then verify."""
    asking: list[str] = []
    for listener in stand.secure:
        now = listener.mutual
        if now.mode == "verify":
            continue
        ask = MutualTls("passthrough")
        if now.mode == "off":
            made.add(
                Phase.WIDEN, Effect.NEUTRAL, SetMutualTls(listener.id, ask, now), "it asks, and refuses nobody yet"
            )
            asking.append(listener.id)
        if verify:
            act = SetMutualTls(listener.id, _last(stand), ask)
            made.add(Phase.NARROW, Effect.NARROW, act, "only who presents our certificate may speak")
            asking.append(listener.id)
    return list(dict.fromkeys(asking))


def _last(stand: Standing) -> MutualTls:
    return MutualTls("verify", stand.store_target, advertise=stand.identity.advertise_ca_names)
