"""Undoing a run, for the identity lock: listeners that open come first, those that close come last.

Lives here: from inverses and a snapshot to a contribution. Must not live here: what is wanted (see `moves`).
"""

from __future__ import annotations

from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Listeners, SecureListener, TrustStore
from originlock.facts.unknown import Unknown
from originlock.facts.zone import Association, EdgeCertificate, Zone, certificate_target
from originlock.intent.policy import Overrides, Policy
from originlock.locks.identity.moves import Moves
from originlock.locks.identity.naming import is_ours
from originlock.plan.acts import Inverse, remaining
from originlock.plan.change import Contribution, Effect, Milestone, Note, Phase
from originlock.plan.trust_acts import (
    DeleteCertificate,
    DeleteProbeListener,
    DeleteTrustStore,
    DiscardTrustStore,
    RemoveRevocations,
    ReplaceBundle,
    SetGlobalPulls,
    SetHostnamePulls,
    SetMutualTls,
    SetRecords,
    SetZonePulls,
    TrustInverse,
    UploadCertificate,
)

_BACK = "it was so before the run"
_STAYS = "{what} stays: going back would let in who has no certificate; say --reopen if that is meant"


def concerned(inverses: tuple[Inverse, ...]) -> bool:
    """Whether any of these inverses is the identity lock's."""
    return any(isinstance(each, TrustInverse) for each in inverses)


def rollback_contribution(
    policy: Policy, snapshot: Snapshot, overrides: Overrides, inverses: tuple[Inverse, ...]
) -> Contribution:
    """What undoing a run means now: for each target, what it was before the run's first act there."""
    ours = [each for each in inverses if isinstance(each, TrustInverse)]
    if not ours:
        return Contribution()
    # Newest first: the last word on a target is its oldest, which says what was before the run.
    oldest: dict[str, TrustInverse] = {each.target: each for each in ours}
    way = _Way(policy, snapshot, reopen=overrides.reopen)
    return way.back(tuple(oldest.values()))


class _Way:
    """The way back of one origin."""

    def __init__(self, policy: Policy, snapshot: Snapshot, *, reopen: bool) -> None:
        self.origin = policy.origin
        self.snapshot = snapshot
        self.reopen = reopen
        self.made = Moves(policy.origin)
        self.notes: list[Note] = []
        found = snapshot.listeners.listeners if isinstance(snapshot.listeners, Listeners) else ()
        self.listeners: dict[str, SecureListener] = {each.id: each for each in found}
        self.zone = snapshot.zone if isinstance(snapshot.zone, Zone) else None

    def back(self, inverses: tuple[TrustInverse, ...]) -> Contribution:
        listeners = [each for each in inverses if isinstance(each, SetMutualTls)]
        opening = [each for each in listeners if each.wanted.mode != "verify"]
        if not self.reopen and any(self._verifies(each.listener) for each in opening):
            # Whatever else is undone rests on what the listeners trust.
            self.notes += [Note(self.origin, each.listener, _STAYS.format(what="the listener")) for each in opening]
            return Contribution(notes=tuple(self.notes))
        self._bundles(inverses)
        grown = self.made.targets()
        opened = [self._listener(each, Phase.WIDEN, Effect.WIDEN) for each in opening]
        first = [*grown, *(target for target in opened if target)]
        self.made.after([target for target in opened if target], grown, Milestone.WIDENED)
        switched = self._edge(inverses)
        self.made.after(switched, first, Milestone.WIDENED)
        closed = [
            self._listener(each, Phase.NARROW, Effect.NARROW) for each in listeners if each.wanted.mode == "verify"
        ]
        closing = [target for target in closed if target]
        self.made.after(closing, [*first, *switched], Milestone.DONE)
        self._tidy(inverses, [*first, *switched, *closing])
        return Contribution(
            drafts=tuple(self.made.drafts), notes=tuple(self.notes), waits=tuple(dict.fromkeys(self.made.waits))
        )

    def _verifies(self, listener: str) -> bool:
        held = self.listeners.get(listener)
        return held is not None and held.mutual.mode == "verify"

    def _bundles(self, inverses: tuple[TrustInverse, ...]) -> None:
        """A store trusts again what it trusted; that it trusts less again is left to the next plan."""
        for each in inverses:
            if not isinstance(each, ReplaceBundle):
                continue
            held = self._store(each.trust_store)
            if held is None or isinstance(held.members, Unknown) or held.members == each.members:
                continue
            if not set(each.members) - set(held.members):
                continue
            wider = set(held.members) - set(each.members)
            if wider or not self.reopen:
                said = "the trust store stays: what it trusted before is not all that it would have to trust"
                self.notes.append(Note(self.origin, each.trust_store, said))
                continue
            self.made.add(Phase.WIDEN, Effect.WIDEN, each, _BACK)

    def _store(self, target: str) -> TrustStore | None:
        for held in self.snapshot.trust_stores.values():
            if isinstance(held, TrustStore) and target in (held.id, held.name):
                return held
        return None

    def _listener(self, back: SetMutualTls, phase: Phase, effect: Effect) -> str:
        held = self.listeners.get(back.listener)
        if held is None or held.mutual == back.wanted:
            return ""
        self.made.add(phase, effect, SetMutualTls(back.listener, back.wanted, held.mutual), _BACK)
        return back.listener

    def _edge(self, inverses: tuple[TrustInverse, ...]) -> list[str]:
        """What the edge presents goes back between proofs, as it came."""
        zone = self.zone
        if zone is None:
            return []
        switched: list[str] = []
        for each in inverses:
            match each:
                case UploadCertificate():
                    self.made.add(Phase.PREPARE, Effect.NEUTRAL, each, _BACK)
                    switched.append(each.target)
                case SetHostnamePulls(hostname=hostname):
                    now = zone.associations.get(hostname, Association(hostname))
                    if not isinstance(now, Unknown) and remaining(each, now) is not None:
                        self.made.add(Phase.NARROW, Effect.NARROW, each, _BACK)
                        switched.append(each.target)
                case SetZonePulls(on=on) if zone.zone_pulls != on:
                    self.made.add(Phase.NARROW, Effect.NARROW, each, _BACK)
                    switched.append(each.target)
                case SetGlobalPulls(on=on) if zone.global_pulls != on:
                    self.made.add(Phase.NARROW, Effect.NARROW, each, _BACK)
                    switched.append(each.target)
                case SetRecords():
                    self.made.add(Phase.WIDEN, Effect.NEUTRAL, each, _BACK)
                    switched.append(each.target)
                case _:
                    pass
        uploads = [each.target for each in inverses if isinstance(each, UploadCertificate)]
        self.made.after([one for one in switched if one not in uploads], uploads, Milestone.DONE)
        return switched

    def _tidy(self, inverses: tuple[TrustInverse, ...], rest: list[str]) -> None:
        """What the run made goes, once nothing uses it."""
        gone: list[str] = []
        for each in inverses:
            match each:
                case DeleteCertificate() if self._is_there(each):
                    self.made.add(Phase.TIDY, Effect.NEUTRAL, each, "the run uploaded it")
                    gone.append(each.target)
                case DiscardTrustStore(name):
                    gone += self._discard(name)
                case DeleteProbeListener() | RemoveRevocations():
                    self.made.add(Phase.TIDY, Effect.NEUTRAL, each, "the run made it")
                    gone.append(each.target)
                case _:
                    pass
        self.made.after(gone, rest, Milestone.DONE)

    def _is_there(self, act: DeleteCertificate) -> bool:
        held = self.zone.certificates if self.zone is not None else ()
        found: tuple[EdgeCertificate, ...] = () if isinstance(held, Unknown) else held
        return any(certificate_target(act.zone, each.scope, each.sha256) == act.target for each in found)

    def _discard(self, name: str) -> list[str]:
        held = self._store(name)
        if held is None or not is_ours(held, self.origin):
            return []
        # Who uses it now and will not by then is what the run changed; AWS refuses it while anybody does.
        self.made.add(Phase.TIDY, Effect.NEUTRAL, DeleteTrustStore(held.id), "the run made it")
        return [held.id]
