"""What each listener comes to: only who brings our certificate may speak there, or there is a way round.

Lives here: the one judgement that holes and promises are both made of. Must not live here: what closes a way round
(see `lock`), what the edge presents (see `promises`).
"""

from __future__ import annotations

import msgspec

from originlock.facts.trust import SecureListener, TrustStore
from originlock.facts.unknown import Unknown
from originlock.locks.identity.standing import Standing


class Way(msgspec.Struct, frozen=True):
    """A way round.

    Attributes:
        target: the id of the listener, or of the store that lets in too many.
        subject, what: in words, to be said one after the other.
        lets_in: who gets in by it.
    """

    target: str
    subject: str
    what: str
    lets_in: str


class Judged(msgspec.Struct, frozen=True):
    """One listener.

    Attributes:
        found: the way round; Unknown where that cannot be told; None where there is none.
    """

    listener: SecureListener
    found: Way | Unknown | None


def judged(stand: Standing) -> tuple[Judged, ...]:
    """Every listener that is there for good, HTTP ones included, where listeners are to verify."""
    of_secure = (Judged(each, _secure(stand, each)) for each in stand.secure)
    return (*of_secure, *(Judged(each, _plain(each)) for each in stand.plain))


def ways(stand: Standing) -> tuple[Way, ...]:
    """The ways round, each once: a store that lets in too many is one, however many listeners use it."""
    found = (each.found for each in judged(stand))
    return tuple(dict.fromkeys(each for each in found if isinstance(each, Way)))


def _secure(stand: Standing, listener: SecureListener) -> Way | Unknown | None:
    mutual, subject = listener.mutual, f"the listener on port {listener.port}"
    if mutual.mode != "verify":
        return Way(listener.id, subject, f"verifies no client certificate ({mutual.mode})", "whom the groups admit")
    store = stand.store
    if mutual.trust_store != stand.store_target or not isinstance(store, TrustStore):
        what = "trusts a store that is not this origin's"
        return Way(listener.id, subject, what, "whoever has a certificate of its authorities")
    if isinstance(store.members, Unknown):
        return store.members
    if stand.wanted is None:
        return Unknown("what is wanted", stand.missing)
    more = sorted(set(store.members) - set(stand.wanted.members))
    if not more:
        return None
    named = ", ".join(each[:12] for each in more)
    what = f"trusts {named}, which {'is' if len(more) == 1 else 'are'} not wanted"
    return Way(store.id, f"the trust store {store.name}", what, "whoever has a certificate of them")


def _plain(listener: SecureListener) -> Way | None:
    if listener.redirects:
        return None
    what = f"speaks {listener.protocol}, and asks nobody for a certificate"
    return Way(listener.id, f"the listener on port {listener.port}", what, "whom the groups admit")
