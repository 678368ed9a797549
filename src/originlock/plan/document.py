"""The plan as data: saved, read by a person, reviewed, and it alone is applied.

Lives here: the plan, its digest, and its faithful JSON. Must not live here: files, or how it is shown to a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.intent import addresses, identity_values, values
from originlock.intent.kinds import WrongValueError
from originlock.intent.policy import Limits, Overrides, Policy
from originlock.plan.change import (
    Change,
    Contribution,
    Effect,
    Expectation,
    Hole,
    Note,
    Objection,
    Phase,
    Presented,
    Unread,
    Wait,
    contested,
    contested_listeners,
    ordered,
)
from originlock.plan.trust_acts import EdgeAct, StoreAct

PLAN_VERSION = 1
"""The version of the plan's format; a plan of another version is not applied."""


Purpose = Literal["apply", "adopt", "rollback"]
"""What a plan is for: to have what is wanted, to take over what others made, or to undo a run."""


class PlanDamagedError(ValueError):
    """The bytes are no plan of this version, or their digest does not fit their content."""


class Plan(msgspec.Struct, frozen=True):
    """Everything that an apply does, and what it rests on.

    Attributes:
        purpose: ``apply``, ``adopt``, or ``rollback``.
        undoes: the run that is undone, of a rollback.
        accepted: the list that it rests on; None if none was accepted.
        refused_digest: the digest of a list that was refused, if a person could accept it.
        basis: (name, digest) of each fact that it rests on.
        waits: which target waits for which.
        presented: which client certificate the edge must be seen to present, by origin.
        digest: over all but the notes and the list's provenance; equal for equal plans.
    """

    version: int
    purpose: Purpose
    undoes: str | None
    policies: tuple[Policy, ...]
    limits: Limits
    overrides: Overrides
    accepted: AcceptedList | None
    changes: tuple[Change, ...]
    objections: tuple[Objection, ...]
    holes: tuple[Hole, ...]
    unknown: tuple[Unread, ...]
    expectations: tuple[Expectation, ...]
    basis: tuple[tuple[str, str], ...]
    waits: tuple[Wait, ...] = ()
    presented: tuple[Presented, ...] = ()
    notes: tuple[Note, ...] = ()
    refused_digest: str | None = None
    digest: str = ""

    @property
    def open_holes(self) -> tuple[Hole, ...]:
        """The holes that are still there when the plan has been applied."""
        return tuple(hole for hole in self.holes if not hole.closed_by_plan)

    @property
    def refused(self) -> frozenset[str]:
        """The origins of which nothing is changed, because a guard objects."""
        return refused_origins(self.objections, self.policies)

    @property
    def narrows(self) -> bool:
        """Whether anything is taken away."""
        return any(change.effect is Effect.NARROW for change in self.changes)


class PlanFrame(msgspec.Struct, frozen=True):
    """What a plan is made for, before any lock has spoken.

    Attributes:
        unknown: origins that could not be looked at, of which no lock can speak.
    """

    policies: tuple[Policy, ...]
    limits: Limits
    overrides: Overrides
    accepted: AcceptedList | None
    purpose: Purpose = "apply"
    undoes: str | None = None
    refused_digest: str | None = None
    objections: tuple[Objection, ...] = ()
    notes: tuple[Note, ...] = ()
    unknown: tuple[Unread, ...] = ()


def refused_origins(objections: Iterable[Objection], policies: Iterable[Policy]) -> frozenset[str]:
    """The origins of which nothing may be changed: those that an objection names; all, where one names none.

    One that stops a single lock stops none of them as a whole.
    """
    named = frozenset(objection.origin for objection in objections if not objection.lock)
    return named if "" not in named else frozenset(policy.origin for policy in policies)


def composed(frame: PlanFrame, contributions: tuple[Contribution, ...]) -> Plan:
    """Make the plan of what the locks say: in order, with its digest.

    A guard's word on one origin takes that origin's changes out and no others; one on the list takes all of them.
    """
    shared = contested_listeners(contributions)
    said = tuple(o for c in contributions for o in c.objections)
    objections = (*frame.objections, *said, *contested(contributions), *shared)
    refused = refused_origins(objections, frame.policies)
    contributions = tuple(_without_what_is_stopped(each, shared) for each in contributions)
    drafts = tuple(d for contribution in contributions for d in contribution.drafts if d.origin not in refused)
    waits = tuple(dict.fromkeys(w for c in contributions for w in c.waits if w.origin not in refused))
    needed = _needed_still({draft.act.target for draft in drafts}, waits)
    drafts = tuple(draft for draft in drafts if draft.phase is not Phase.TIDY or draft.act.target not in needed)
    holes = tuple(
        msgspec.structs.replace(hole, closed_by_plan=hole.closed_by_plan and hole.origin not in refused)
        for contribution in contributions
        for hole in contribution.holes
    )
    accepted = frame.accepted
    list_basis = ((f"list of {accepted.edge}", accepted.ranges.digest),) if accepted is not None else ()
    plan = Plan(
        version=PLAN_VERSION,
        purpose=frame.purpose,
        undoes=frame.undoes,
        policies=frame.policies,
        limits=frame.limits,
        overrides=frame.overrides,
        accepted=accepted,
        changes=ordered(drafts, waits),
        objections=objections,
        holes=holes,
        unknown=frame.unknown + tuple(unread for contribution in contributions for unread in contribution.unknown),
        expectations=tuple(e for contribution in contributions for e in contribution.expectations),
        basis=list_basis + tuple(item for contribution in contributions for item in contribution.basis),
        waits=waits,
        presented=tuple(p for c in contributions for p in c.presented if p.origin not in refused),
        notes=frame.notes + tuple(note for contribution in contributions for note in contribution.notes),
        refused_digest=frame.refused_digest,
    )
    return msgspec.structs.replace(plan, digest=digest_of(plan))


def _needed_still(changing: set[str], waits: tuple[Wait, ...]) -> set[str]:
    """What another target would have to give up, at which nothing is changed in this run: it is not tidied yet."""
    return {wait.target for wait in waits if wait.needed and wait.on not in changing}


def _without_what_is_stopped(said: Contribution, shared: tuple[Objection, ...]) -> Contribution:
    """What a lock says, without the changes that it objects to itself, where the objection stops no other lock.

    Args:
        said: what it says.
        shared: what stops it for what it asks of listeners that another origin asks for, too.
    """
    of_trust = any(isinstance(draft.act, StoreAct | EdgeAct) for draft in said.drafts)
    stopped = {objection.origin for objection in (*said.objections, *(shared if of_trust else ())) if objection.lock}
    if not stopped:
        return said
    return msgspec.structs.replace(
        said,
        drafts=tuple(draft for draft in said.drafts if draft.origin not in stopped),
        waits=tuple(wait for wait in said.waits if wait.origin not in stopped),
        presented=tuple(each for each in said.presented if each.origin not in stopped),
        holes=tuple(
            msgspec.structs.replace(hole, closed_by_plan=hole.closed_by_plan and hole.origin not in stopped)
            for hole in said.holes
        ),
    )


def without_origins(plan: Plan, origins: frozenset[str]) -> Plan:
    """The plan without the changes of these origins, which stay as they are, and with a note that says so."""
    if not origins:
        return plan
    left = tuple(change for change in plan.changes if change.origin not in origins)
    needed = _needed_still({change.target for change in left}, plan.waits)
    kept = msgspec.structs.replace(
        plan,
        changes=tuple(change for change in left if change.phase is not Phase.TIDY or change.target not in needed),
        waits=tuple(wait for wait in plan.waits if wait.origin not in origins),
        presented=tuple(each for each in plan.presented if each.origin not in origins),
        notes=(*plan.notes, *(Note(name, "", "it is not locked yet: originlock apply") for name in sorted(origins))),
    )
    return msgspec.structs.replace(kept, digest=digest_of(kept))


def digest_of(plan: Plan) -> str:
    """``sha256:`` and 64 hex digits over what the plan does and rests on; provenance and notes apart."""
    # The list counts by its CIDRs, which are in the basis: where and when it was read may differ from day to day.
    timeless = msgspec.structs.replace(plan, accepted=None, notes=(), digest="")
    return "sha256:" + hashlib.sha256(msgspec.json.encode(timeless)).hexdigest()


def encode(plan: Plan) -> bytes:
    """The plan as JSON bytes, to be read back by `decode`."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n"


def decode(data: bytes) -> Plan:
    """Read a saved plan.

    Raises:
        PlanDamagedError: the bytes are no plan, a plan of another version, or were altered.
    """
    try:
        plan = msgspec.json.decode(data, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"it is not a plan of this version of originlock ({error})"
        raise PlanDamagedError(message) from error
    if plan.version != PLAN_VERSION:
        message = f"it is a plan of format {plan.version}; this originlock applies format {PLAN_VERSION}"
        raise PlanDamagedError(message)
    _hold_to_the_configuration(plan)
    if digest_of(plan) != plan.digest:
        message = "its digest does not fit its content: it was altered after it was saved"
        raise PlanDamagedError(message)
    return plan


def basis_difference(saved: Plan, now: Plan) -> tuple[str, ...]:
    """What of the facts that a saved plan rests on is different now, by name; and the plan's own parts, if any."""
    before, after = dict(saved.basis), dict(now.basis)
    facts = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    parts = [
        part
        for part in ("objections", "unknown", "changes", "holes")
        if getattr(saved, part) != getattr(now, part) and not facts
    ]
    return tuple(facts + parts)


def _hold_to_the_configuration(plan: Plan) -> None:
    """A saved plan is a policy; it may say no more than a configuration could.

    Raises:
        PlanDamagedError: it does.
    """
    try:
        for policy in plan.policies:
            for exemption in policy.exceptions:
                addresses.EXCEPTION_SOURCE.read(exemption.source)
            addresses.extra_ranges(None).read(list(policy.network.extra_ranges))
            values.PORTS.read(list(policy.network.ports))
            if policy.place.role is not None:
                values.ROLE.read(policy.place.role)
            _hold_identity(policy)
        values.SETTLE_SECONDS.read(plan.limits.settle_seconds)
        values.CHANGES_PER_SECOND.read(plan.limits.changes_per_second)
    except WrongValueError as error:
        message = f"it asks for what no configuration could: {error}"
        raise PlanDamagedError(message) from error


def _hold_identity(policy: Policy) -> None:
    """What the policy says of identity.

    Raises:
        WrongValueError: no configuration could say it.
    """
    identity, account = policy.identity, policy.edge_account
    if identity is not None:
        if identity.ca:
            identity_values.AUTHORITY.read(identity.ca)
        identity_values.LEAF.read(identity.leaf)
        if identity.bucket:
            identity_values.BUCKET.read(identity.bucket)
        if identity.echo:
            values.PATH.read(identity.echo)
    values.PATH.read(policy.proof.path)
    if account is not None and account.zone:
        identity_values.ZONE.read(account.zone)
