"""One leaf for several origins: whose hostnames present, beside the origin's own, what it would take from the edge.

Lives here: who shares a certificate, and who presents one. Must not live here: what is done about it (see `moves`).
"""

from __future__ import annotations

from originlock.facts.unknown import Unknown
from originlock.facts.zone import Zone
from originlock.intent.policy import NO_EDGE, IdentityPolicy, Policy


def sharing(policy: Policy, origins: tuple[Policy, ...]) -> tuple[str, ...]:
    """The hostnames of other origins of the configuration that are to present the same leaf, sorted."""
    if policy.identity is None or _leaf(policy.identity) is None:
        return ()
    found = (
        each.hostnames
        for each in origins
        if each.origin != policy.origin
        and each.edge == policy.edge != NO_EDGE
        and each.identity is not None
        and _leaf(each.identity) == _leaf(policy.identity)
    )
    return tuple(sorted({name for names in found for name in names} - set(policy.hostnames)))


def _leaf(identity: IdentityPolicy) -> tuple[str, str] | None:
    return (identity.ca, identity.leaf) if identity.certificate == "own" and identity.mode != "off" else None


def presenting_elsewhere(zone: Zone, own: tuple[str, ...], certificate: str) -> tuple[str, ...] | Unknown:
    """The hostnames, beside one's own, that present this certificate, by the edge's id; Unknown where one may."""
    others = {name: held for name, held in zone.associations.items() if name not in own}
    unread = next((held for held in others.values() if isinstance(held, Unknown)), None)
    if unread is not None:
        return unread
    return tuple(
        sorted(
            name
            for name, held in others.items()
            if not isinstance(held, Unknown) and held.certificate == certificate and held.enabled
        )
    )
