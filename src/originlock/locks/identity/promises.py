"""What the identity lock promises, held against what was read back.

Lives here: promises with their verdicts. Must not live here: connections (see `originlock.verify`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from originlock.facts.certificates import Authority
from originlock.facts.probing import Verdict
from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Listeners, SecureListener
from originlock.facts.unknown import Unknown
from originlock.intent.policy import NO_EDGE, IdentityPolicy, Policy
from originlock.locks.identity.judged import Judged, Way, judged
from originlock.locks.identity.standing import SHARED, Standing, presented_for, standing
from originlock.verify.finding import Finding, broken, kept, unknown
from originlock.verify.promises import Promise

IDENTITY: Final = "identity"


def promised(policy: Policy, identity: IdentityPolicy, snapshot: Snapshot) -> tuple[Promise, ...]:
    """Each listener, and each hostname's certificate."""
    if identity.mode == "off":
        return ()
    if not isinstance(snapshot.listeners, Listeners):
        why = snapshot.listeners.reason if isinstance(snapshot.listeners, Unknown) else "they were not read"
        return (_of(policy, "everyone else", "every listener: by reading back", "asked who they are", unknown(why)),)
    stand = standing(policy, identity, snapshot)
    return (*_listeners(policy, stand), *_presented(policy, stand, snapshot))


def _of(policy: Policy, who: str, where: str, expected: str, finding: Finding) -> Promise:
    return Promise(policy.origin, who, where, expected, finding.verdict, finding.said, IDENTITY)


def _listeners(policy: Policy, stand: Standing) -> Iterator[Promise]:
    whose = "our certificate" if stand.identity.certificate == "own" else "the edge's shared certificate (weak)"
    verifies = stand.identity.mode == "verify"
    expected = f"refused without {whose}" if verifies else "asked for a certificate"
    found = ((each.listener, _demands(each)) for each in judged(stand)) if verifies else _asking(stand)
    for listener, finding in found:
        where = f"the listener on port {listener.port}: by reading back"
        yield _of(policy, "everyone else", where, expected, finding)


def _demands(each: Judged) -> Finding:
    match each.found:
        case Way(subject=subject, what=what):
            return broken(f"{subject} {what}")
        case Unknown(reason=reason):
            return unknown(reason)
        case None if each.listener.protocol == "HTTPS":
            return kept("it verifies, and trusts nobody else")
        case None:
            return kept("it redirects to HTTPS, and does nothing else")
        case _:
            assert_never(each.found)


def _asking(stand: Standing) -> Iterator[tuple[SecureListener, Finding]]:
    """Where listeners are to ask only, nobody is kept out, and so there is no way round."""
    for each in stand.secure:
        mode = each.mutual.mode
        asks = mode != "off"
        yield each, kept(f"it is in mode {mode}") if asks else broken("it asks nobody for a certificate")


def _presented(policy: Policy, stand: Standing, snapshot: Snapshot) -> Iterator[Promise]:
    if policy.edge == NO_EDGE:
        return
    for hostname in policy.hostnames:
        where = f"the certificate for {hostname}: by reading back"
        finding = _is_presented(stand, snapshot, hostname)
        # Without the edge's account it is told by connections alone: a listener that verifies refuses any other.
        told = finding.verdict is not Verdict.UNKNOWN or policy.edge_account is not None
        promise = _of(policy, "edge", where, "presented", finding)
        yield (
            promise
            if told
            else Promise(
                *(policy.origin, "edge", where, "presented", finding.verdict, finding.said, IDENTITY), matters=False
            )
        )


def _is_presented(stand: Standing, snapshot: Snapshot, hostname: str) -> Finding:
    if stand.wanted is None:
        return unknown(stand.missing)
    if stand.zone is None:
        why = snapshot.zone.reason if isinstance(snapshot.zone, Unknown) else "the edge's account is not known"
        return unknown(why)
    seen = presented_for(hostname, stand.zone)
    if isinstance(seen.certificate, Unknown):
        return unknown(seen.certificate.reason)
    wanted = SHARED if stand.wanted.leaf is None else stand.wanted.leaf.certificate.sha256
    if seen.certificate == wanted:
        return kept(f"the edge is told to present it ({seen.by})")
    if seen.certificate in _as_good(stand, snapshot):
        return kept(f"the edge is told to present one of the same name ({seen.by}), after which another was issued")
    other = "none" if not seen.certificate else "its shared one" if seen.certificate == SHARED else "another one"
    return broken(f"the edge is told to present {other} ({seen.by})")


def _as_good(stand: Standing, snapshot: Snapshot) -> frozenset[str]:
    """Certificates of ours that say the same as the wanted one: listeners that trust its authority alone let them in.

    After a renewal, and after its rollback, the edge presents one that is not the newest; nobody else gets in by that.
    """
    authority = snapshot.authorities.get(stand.identity.ca)
    leaves = authority.leaves if isinstance(authority, Authority) and stand.identity.certificate == "own" else ()
    trusted = () if stand.wanted is None else stand.wanted.members
    return frozenset(
        leaf.certificate.sha256
        for leaf in leaves
        if leaf.name == stand.identity.leaf
        and leaf.issuer in trusted
        and leaf.revoked_at is None
        and leaf.certificate.holds_at(snapshot.at)
    )
