"""Undoing a run, for the identity lock: listeners that open come first, those that close come last.

Lives here: from inverses and a snapshot to a contribution. Must not live here: what is wanted (see `moves`).

All of it goes back, or nothing: what the edge presents rests on whom listeners trust, and they on what it presents.
What would let somebody in again needs the person's word, so without it nothing of such a run is undone.
"""

from __future__ import annotations

import msgspec

from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Listeners, MutualTls, SecureListener, TrustStore
from originlock.facts.unknown import Unknown
from originlock.facts.zone import Association, EdgeCertificate, Zone
from originlock.intent.policy import Overrides, Policy
from originlock.locks.identity.drafting import Moves
from originlock.locks.identity.naming import is_ours
from originlock.locks.identity.sharing import presenting_elsewhere
from originlock.plan.acts import Inverse, remaining
from originlock.plan.change import Contribution, Effect, Milestone, Note, Phase
from originlock.plan.trust_acts import (
    DeleteCertificate,
    DeleteProbeListener,
    DeleteTrustStore,
    DiscardTrustStore,
    EdgeAct,
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
_STAYS = "{what} stays: going back would let in who is kept out now; say --reopen if that is meant"
_NO_BUNDLE = "the trust store stays: there is no bundle that holds what it trusts now beside what it trusted before"
_WHICH = (
    "nothing goes back: the zone has other certificates, and which of them it presented before the run cannot be told"
)
_NO_STORE = (
    "nothing goes back: the trust store {store}, which the listener used, is gone or cannot be read; to have it verify "
    'again: mode = "verify" in the configuration, and originlock apply'
)
_NO_ZONE = "what the edge presents cannot be read ({why}), so that nothing that rests on it goes back"


def concerned(inverses: tuple[Inverse, ...]) -> bool:
    """Whether any of these inverses is the identity lock's."""
    return any(isinstance(each, TrustInverse) for each in inverses)


def stores(inverses: tuple[Inverse, ...]) -> tuple[str, ...]:
    """The trust stores that listeners would go back to, and those that were changed."""
    found = [each.wanted.trust_store for each in inverses if isinstance(each, SetMutualTls)]
    found += [each.trust_store for each in inverses if isinstance(each, ReplaceBundle)]
    return tuple(dict.fromkeys(each for each in found if each))


def rollback_contribution(
    policy: Policy, snapshot: Snapshot, overrides: Overrides, inverses: tuple[Inverse, ...]
) -> Contribution:
    """What undoing a run means now: for each target, what it was before the run's first act there."""
    ours = [each for each in inverses if isinstance(each, TrustInverse)]
    if not ours:
        return Contribution()
    return _Way(policy, snapshot, ours).back(reopen=overrides.reopen)


class _Way:
    """The way back of one origin.

    Attributes:
        bundles: of each store, what it was told to hold, newest first.
        inverses: for each target what was so before the run.
    """

    def __init__(self, policy: Policy, snapshot: Snapshot, inverses: list[TrustInverse]) -> None:
        self.origin = policy.origin
        self.hostnames = policy.hostnames
        self.snapshot = snapshot
        self.made = Moves(policy.origin)
        found = snapshot.listeners.listeners if isinstance(snapshot.listeners, Listeners) else ()
        self.held: dict[str, SecureListener] = {each.id: each for each in found}
        self.zone = snapshot.zone if isinstance(snapshot.zone, Zone) else None
        self.bundles: dict[str, list[ReplaceBundle]] = {}
        for each in inverses:
            if isinstance(each, ReplaceBundle):
                self.bundles.setdefault(each.trust_store, []).append(each)
        # Newest first: the last word on a target is its oldest.
        self.inverses = tuple({each.target: each for each in inverses}.values())
        self.listeners = [each for each in self.inverses if isinstance(each, SetMutualTls)]

    def back(self, *, reopen: bool) -> Contribution:
        """All of it, or notes on why not."""
        reasons = [] if reopen else [(target, _STAYS.format(what=what)) for target, what in self._would_let_in()]
        reasons += self._in_the_way()
        if reasons:
            return Contribution(notes=tuple(Note(self.origin, target, said) for target, said in reasons))
        grown = self._grown()
        self._revoked_no_more()
        opened = [target for each in self.listeners if (target := self._listener(each, opening=True))]
        self.made.after(opened, grown, Milestone.WIDENED)
        first = [*grown, *opened]
        switched = self._edge()
        self.made.after(switched, first, Milestone.WIDENED)
        closed = [target for each in self.listeners if (target := self._listener(each, opening=False))]
        self.made.after(closed, grown, Milestone.WIDENED)
        self.made.after(closed, [*opened, *switched], Milestone.DONE)
        shrunk = self._shrunk()
        self.made.after(shrunk, [*opened, *switched, *closed], Milestone.DONE, Phase.NARROW)
        self._tidy([*first, *switched, *closed, *shrunk])
        return Contribution(drafts=tuple(self.made.drafts), waits=tuple(dict.fromkeys(self.made.waits)))

    # -- whether ------------------------------------------------------------------------------------------------

    def _would_let_in(self) -> list[tuple[str, str]]:
        """What would let somebody in again who is kept out now."""
        found = [
            (each.listener, "the listener")
            for each in self.listeners
            if (held := self.held.get(each.listener)) is not None and self._opens(held.mutual, each.wanted)
        ]
        for store, bundles in self.bundles.items():
            held_store = self._store(store)
            if held_store is not None and set(bundles[-1].members) - set(self._members(held_store) or ()):
                found.append((store, "the trust store"))
        lists = [each for each in self.inverses if isinstance(each, RemoveRevocations)]
        return found + [(each.trust_store, "a revocation list") for each in lists]

    def _opens(self, now: MutualTls, wanted: MutualTls) -> bool:
        """Whether a listener would let in more; what a store trusts that cannot be read may be anything."""
        if now.mode != "verify":
            return False
        if wanted.mode != "verify" or (wanted.ignore_expiry and not now.ignore_expiry):
            return True
        if wanted.trust_store == now.trust_store:
            return False
        trusts, would = (self._members(self._store(each.trust_store)) for each in (now, wanted))
        return trusts is None or would is None or not set(would) <= set(trusts)

    def _in_the_way(self) -> list[tuple[str, str]]:
        """Why it cannot go back whatever is said."""
        found: list[tuple[str, str]] = []
        edge = [each for each in self.inverses if isinstance(each, EdgeAct)]
        if edge and (why := self._unread_of_zone(edge)):
            found.append((edge[0].target, _NO_ZONE.format(why=why)))
        found += [
            (each.listener, _NO_STORE.format(store=each.wanted.trust_store))
            for each in self.listeners
            if each.wanted.mode == "verify" and self._members(self._store(each.wanted.trust_store)) is None
        ]
        if self._cannot_tell_what_was_presented():
            found.append((edge[0].target, _WHICH))
        for store in self.bundles:
            held = self._store(store)
            if held is not None and self._needed(held) and self._between(store, held) is None:
                found.append((store, _NO_BUNDLE))
        return found

    def _cannot_tell_what_was_presented(self) -> bool:
        """Whether a zone's certificate would be uploaded again beside others: it goes before them then."""
        again = [each for each in self.inverses if isinstance(each, UploadCertificate) and each.scope == "zone"]
        gone = {each.sha256 for each in self.inverses if isinstance(each, DeleteCertificate)}
        held = self.zone.certificates if self.zone is not None else ()
        there: tuple[EdgeCertificate, ...] = () if isinstance(held, Unknown) else held
        off = any(isinstance(each, SetZonePulls) and not each.on for each in self.inverses)
        return bool(again) and not off and any(each.scope == "zone" and each.sha256 not in gone for each in there)

    def _unread_of_zone(self, edge: list[EdgeAct]) -> str:
        if self.zone is None:
            return self.snapshot.zone.reason if isinstance(self.snapshot.zone, Unknown) else "there is no such zone"
        names = [each.hostname for each in edge if isinstance(each, SetHostnamePulls)]
        parts = [self.zone.associations.get(name) for name in names]
        parts += [self.zone.zone_pulls if isinstance(self.zone.zone_pulls, Unknown) else None]
        return next((each.reason for each in parts if isinstance(each, Unknown)), "")

    # -- stores -------------------------------------------------------------------------------------------------

    def _store(self, target: str) -> TrustStore | None:
        for held in self.snapshot.trust_stores.values():
            if isinstance(held, TrustStore) and target in (held.id, held.name):
                return held
        return None

    @staticmethod
    def _members(store: TrustStore | None) -> tuple[str, ...] | None:
        return None if store is None or isinstance(store.members, Unknown) else store.members

    def _needed(self, held: TrustStore) -> bool:
        """Whether a store is to trust again, be it for a while, what it does not trust now."""
        now = self._members(held)
        return now is None or bool(self._meanwhile(held) - set(now))

    def _meanwhile(self, held: TrustStore) -> set[str]:
        """Whom a store has to trust while the edge goes back: listeners leave it only after that."""
        found = set(self.bundles[held.id][-1].members)
        for each in self.listeners:
            now = self.held.get(each.listener)
            if now is not None and now.mutual.trust_store == held.id and each.wanted.mode == "verify":
                found |= set(self._members(self._store(each.wanted.trust_store)) or ())
        return found

    def _between(self, store: str, held: TrustStore) -> ReplaceBundle | None:
        """A bundle of the run with all that the store trusts now, and all that it trusted before."""
        now, bundles = self._members(held), self.bundles[store]
        both = set(now or ()) | self._meanwhile(held)
        return None if now is None else next((each for each in bundles if both <= set(each.members)), None)

    def _grown(self) -> list[str]:
        """Stores trust what they trusted, beside what they trust, until the edge presents what it did."""
        for store in self.bundles:
            held = self._store(store)
            if held is not None and self._needed(held) and (both := self._between(store, held)) is not None:
                self.made.add(Phase.WIDEN, Effect.WIDEN, self._replaced(both, self._members(held) or ()), _BACK)
        return self.made.targets()

    def _shrunk(self) -> list[str]:
        """Stores trust what they trusted, and no more."""
        found: list[str] = []
        made_here = {each.name for each in self.inverses if isinstance(each, DiscardTrustStore)}
        for store, bundles in self.bundles.items():
            held = self._store(store)
            if held is None or held.name in made_here:
                continue  # it goes as a whole
            both = self._between(store, held) if self._needed(held) else None
            before = both.members if both is not None else self._members(held) or ()
            if before != bundles[-1].members:
                self.made.add(Phase.NARROW, Effect.NARROW, self._replaced(bundles[-1], before), _BACK)
                found.append(store)
        return found

    @staticmethod
    def _replaced(back: ReplaceBundle, before: tuple[str, ...]) -> ReplaceBundle:
        return msgspec.structs.replace(back, before=before)

    def _revoked_no_more(self) -> None:
        for each in self.inverses:
            if isinstance(each, RemoveRevocations):
                self.made.add(Phase.WIDEN, Effect.WIDEN, each, "the run added it")

    # -- listeners and the edge ---------------------------------------------------------------------------------

    def _listener(self, back: SetMutualTls, *, opening: bool) -> str:
        held = self.held.get(back.listener)
        if held is None or held.mutual == back.wanted or (back.wanted.mode != "verify") is not opening:
            return ""
        phase, effect = (Phase.WIDEN, Effect.WIDEN) if opening else (Phase.NARROW, Effect.NARROW)
        self.made.add(phase, effect, SetMutualTls(back.listener, back.wanted, held.mutual), _BACK)
        return back.listener

    def _edge(self) -> list[str]:
        """What the edge presents goes back between proofs, as it came."""
        zone = self.zone
        if zone is None:
            return []
        switched: list[str] = []
        for each in self.inverses:
            match each:
                case UploadCertificate():
                    self.made.add(Phase.PREPARE, Effect.NEUTRAL, each, _BACK)
                case SetHostnamePulls(hostname=hostname) if self._is_otherwise(each, zone, hostname):
                    self.made.add(Phase.NARROW, Effect.NARROW, each, _BACK)
                case SetZonePulls(on=on) if zone.zone_pulls != on:
                    self.made.add(Phase.NARROW, Effect.NARROW, each, _BACK)
                case SetGlobalPulls(on=on) if zone.global_pulls != on:
                    self.made.add(Phase.NARROW, Effect.NARROW, each, _BACK)
                case DeleteCertificate() if self._switches(each) and self._is_there(each):
                    self.made.add(
                        Phase.NARROW, Effect.NARROW, each, "the run uploaded it: from now on it is not presented"
                    )
                case SetRecords():
                    self.made.add(Phase.WIDEN, Effect.NEUTRAL, each, _BACK)
                case _:
                    continue
            switched.append(each.target)
        uploads = [each for each in self.inverses if isinstance(each, UploadCertificate)]
        # A zone's certificate is presented once it is there; where that ends anyhow, it comes after the end.
        off = [each.target for each in self.inverses if isinstance(each, SetZonePulls) and not each.on]
        late = [each.target for each in uploads if off and each.scope == "zone"]
        early = [each.target for each in uploads if each.target not in late]
        self.made.after([one for one in switched if one not in (*early, *late)], early, Milestone.DONE)
        self.made.after(late, [one for one in off if one in switched], Milestone.DONE)
        # What presents something again does so before what presents now stops.
        stops = [each.target for each in self.inverses if _stops_presenting(each)]
        gives = [one for one in switched if one not in (*stops, *late)]
        self.made.after([one for one in switched if one in stops], gives, Milestone.DONE)
        return switched

    @staticmethod
    def _is_otherwise(back: SetHostnamePulls, zone: Zone, hostname: str) -> bool:
        now = zone.associations.get(hostname, Association(hostname))
        return not isinstance(now, Unknown) and remaining(back, now) is not None

    def _switches(self, gone: DeleteCertificate) -> bool:
        """Whether deleting it changes what is presented: a zone's, where zone-level pulls are on and stay on."""
        off = any(isinstance(each, SetZonePulls) and not each.on for each in self.inverses)
        return gone.scope == "zone" and self.zone is not None and self.zone.zone_pulls is not False and not off

    # -- tidying ------------------------------------------------------------------------------------------------

    def _tidy(self, rest: list[str]) -> None:
        """What the run made goes, once nothing uses it."""
        gone: list[str] = []
        for each in self.inverses:
            match each:
                case DeleteCertificate() if (
                    self._is_there(each) and not self._switches(each) and not self._presented_elsewhere(each)
                ):
                    self.made.add(Phase.TIDY, Effect.NEUTRAL, each, "the run uploaded it")
                    gone.append(each.target)
                case DiscardTrustStore(name):
                    gone += self._discard(name)
                case DeleteProbeListener():
                    self.made.add(Phase.TIDY, Effect.NEUTRAL, each, "the run made it")
                    gone.append(each.target)
                case _:
                    pass
        others = [one for one in rest if one not in gone]
        self.made.after([one for one in gone if one not in rest], others, Milestone.DONE)
        # A store that first grows, and then goes.
        self.made.after([one for one in gone if one in rest], others, Milestone.DONE, Phase.NARROW)

    def _is_there(self, act: DeleteCertificate) -> bool:
        held = self.zone.certificates if self.zone is not None else ()
        found: tuple[EdgeCertificate, ...] = () if isinstance(held, Unknown) else held
        return any(each.scope == act.scope and each.sha256 == act.sha256 for each in found)

    def _presented_elsewhere(self, act: DeleteCertificate) -> bool:
        """Whether another hostname presents it meanwhile, or may: then it is no more the run's own."""
        held = self.zone.certificates if self.zone is not None else ()
        ids = [] if isinstance(held, Unknown) else [each.id for each in held if each.sha256 == act.sha256]
        users = [presenting_elsewhere(self.zone, self.hostnames, each) for each in ids if self.zone is not None]
        return any(isinstance(each, Unknown) or each for each in users)

    def _discard(self, name: str) -> list[str]:
        held = self._store(name)
        if held is None or not is_ours(held, self.origin):
            return []
        # Who uses it now and will not by then is what the run changed; AWS refuses it while anybody does.
        self.made.add(Phase.TIDY, Effect.NEUTRAL, DeleteTrustStore(held.id), "the run made it")
        return [held.id]


def _stops_presenting(act: TrustInverse) -> bool:
    match act:
        case SetHostnamePulls(enabled=enabled):
            return not enabled
        case SetZonePulls(on=on) | SetGlobalPulls(on=on):
            return not on
        case DeleteCertificate():
            return True
        case _:
            return False
