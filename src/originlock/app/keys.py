"""Keys: whether those that a plan gives to an edge can be had, before anything is changed.

Lives here: asking for each, and the refusal of the origins whose cannot be had. Must not live here: where keys are.
"""

from __future__ import annotations

import dataclasses

import msgspec

from originlock.app.plan import Planned
from originlock.facts.unknown import Unknown
from originlock.plan.change import Objection
from originlock.plan.trust_acts import TrustAct, UploadCertificate
from originlock.ports.reading import KeyRing

_REMEDY = (
    "give the passphrase that the authority was made with: ORIGINLOCK_CA_PASSPHRASE_FILE names a file that nobody else "
    "may read, or ORIGINLOCK_CA_PASSPHRASE holds it"
)


def with_keys(planned: Planned, keys: KeyRing | None) -> Planned:
    """The plan without the identity locks whose certificate could not be uploaded: such a run would stop half-way.

    Each is refused as by a guard of that lock: the network lock and other origins go on.
    """
    plan = planned.plan
    closed: dict[str, Unknown] = {}
    for change in plan.changes:
        act = change.act
        if keys is None or not isinstance(act, UploadCertificate) or change.origin in closed:
            continue
        why = keys.closed(act.authority, act.sha256)
        if why is not None:
            closed[change.origin] = why
    if not closed:
        return planned
    objections = tuple(
        Objection("no-passphrase", f"{why.what} is for the edge: {why.reason}", _REMEDY, origin=origin, lock="identity")
        for origin, why in closed.items()
    )
    stopped = {each.act.target for each in plan.changes if each.origin in closed and isinstance(each.act, TrustAct)}
    left = msgspec.structs.replace(
        plan,
        changes=tuple(each for each in plan.changes if each.act.target not in stopped),
        waits=tuple(each for each in plan.waits if each.target not in stopped),
        presented=tuple(each for each in plan.presented if each.origin not in closed),
        objections=(*plan.objections, *objections),
    )
    return dataclasses.replace(planned, plan=left)
