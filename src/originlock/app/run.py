"""A run by itself: renew what is due, plan, apply under all guards, prove, and what it came to for each origin.

Lives here: the order of these, and that one origin's failure stops no other.
Must not live here: telling anybody (see `originlock.notify`), keeping the record (see `originlock.store.runs`), waiting
for the next time.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Final

from originlock.app.apply import Order, Writers, apply
from originlock.app.expiry import expiring
from originlock.app.plan import Readers, Request, make_plan
from originlock.app.renew import Renewing, renewed
from originlock.app.run_record import Carried, Parts, Proofs, Renewal, point_of, recorded, worst
from originlock.app.verify import verify
from originlock.errors import OriginlockError
from originlock.facts.certificates import Authority
from originlock.facts.runs import RENEWAL, OriginRun, Run
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Limits, Overrides, Policy
from originlock.locks.identity.due import Due, due
from originlock.locks.identity.expiry import Endings
from originlock.plan.document import Plan

COMMAND: Final = "run"
"""What the journal calls what a run by itself applies."""


@dataclasses.dataclass(frozen=True)
class Hands:
    """What a run does things with.

    Attributes:
        writers: as `apply` needs them.
        order: a new order for an apply.
        authority: our own authorities, by name.
        authorities: what renews them.
        show: shown a plan before it is carried out.
    """

    writers: Writers
    order: Callable[[], Order]
    authority: Callable[[str], Authority | None]
    authorities: Renewing
    show: Callable[[Plan], None]


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a run is about.

    Attributes:
        dry: nothing is changed or renewed: what would be is told as pending.
        before: the last record of each origin, by name.
        untold: runs of the journal that changed something and were broken off before they could tell of it.
        renewing: what such runs were about to renew, in words, by origin: what is no longer due was renewed.
    """

    policies: tuple[Policy, ...]
    limits: Limits
    dry: bool = False
    before: Mapping[str, OriginRun] = dataclasses.field(default_factory=dict)
    untold: tuple[str, ...] = ()
    renewing: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


Note = Callable[[str, tuple[str, ...]], None]
"""Told, of an origin, what is about to be renewed, before it is."""


def _unnoted(_origin: str, _renewing: tuple[str, ...]) -> None:
    """Nobody keeps it."""


def run(asked: Asked, readers: Readers, hands: Hands, note: Note = _unnoted) -> Run:
    """Do all of it once. What fails is in the record, and nothing that fails for one origin stops another."""
    began = readers.clock.now()
    renewals = {policy.origin: _renewal(policy, asked, began, hands, note) for policy in asked.policies}
    carried = _carried(asked, readers, hands)
    proofs = _proofs(asked, readers)
    origins = tuple(
        recorded(
            policy,
            began,
            Parts(renewals[policy.origin], carried, proofs, _endings(policy, readers)),
            asked.before.get(policy.origin),
        )
        for policy in asked.policies
    )
    return Run(
        *(began, readers.clock.now(), worst(each.exit_code for each in origins), origins, asked.dry),
        recovered=asked.untold,
    )


def _renewal(policy: Policy, asked: Asked, now: datetime.datetime, hands: Hands, note: Note) -> Renewal:
    identity = policy.identity
    if identity is None or identity.mode == "off" or identity.certificate != "own":
        return Renewal()
    begun = asked.renewing.get(policy.origin, ())
    try:
        found = _due(policy, hands, now)
        begun = tuple(dict.fromkeys((*begun, *found)))
        if found and not asked.dry:
            # Whoever is killed between a renewal and its message leaves this behind.
            note(policy.origin, begun)
            renewed(tuple(found.values()), hands.authorities, now)
    except OriginlockError as error:
        done = _no_longer_due(begun, policy, hands, now)
        return Renewal(done, point_of(RENEWAL, error), int(error.exit_code))
    return Renewal(begun)


def _due(policy: Policy, hands: Hands, now: datetime.datetime) -> dict[str, Due]:
    """What is due, by its words."""
    return {_renewed_in_words(each): each for each in due((policy,), hands.authority, now)}


def _no_longer_due(begun: tuple[str, ...], policy: Policy, hands: Hands, now: datetime.datetime) -> tuple[str, ...]:
    """What was renewed before something failed; nothing where that cannot be told."""
    try:
        still = _due(policy, hands, now)
    except OriginlockError:
        return ()
    return tuple(each for each in begun if each not in still)


def _renewed_in_words(each: Due) -> str:
    return f"{each.what} {each.name} of {each.authority}" if each.name != each.authority else f"{each.what} {each.name}"


def _carried(asked: Asked, readers: Readers, hands: Hands) -> Carried:
    request = Request(asked.policies, asked.limits, Overrides())
    try:
        if asked.dry:
            return Carried(make_plan(request, readers).plan)
        result = apply(hands.order(), lambda: make_plan(request, readers), readers, hands.writers, hands.show)
    except OriginlockError as error:
        return Carried(failed=point_of("plan", error), code=int(error.exit_code))
    return Carried(result.plan, result)


def _proofs(asked: Asked, readers: Readers) -> Proofs:
    try:
        return Proofs(verify(asked.policies, asked.limits, readers, _Silence()).promises)
    except OriginlockError as error:
        return Proofs(None, point_of("verify", error))


class _Silence:
    """A run says what it came to, and not what it is doing."""

    def say(self, text: str) -> None:
        """Nothing."""


def _endings(policy: Policy, readers: Readers) -> Endings:
    try:
        return expiring((policy,), readers)
    except OriginlockError as error:
        return Endings((), (Unknown(f"what ends of {policy.origin}", error.what),))
