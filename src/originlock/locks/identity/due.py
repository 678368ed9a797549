"""What of our own authorities is due.

Lives here: when a certificate, an authority or a revocation list is to be followed by another. Must not live here:
making it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

import msgspec

from originlock.facts.certificates import Authority, in_last_third
from originlock.intent.policy import NO_EDGE, Policy


class Due(msgspec.Struct, frozen=True):
    """Something that is due.

    Attributes:
        what: ``authority``, ``certificate`` or ``revocation list``.
        name: the authority's name, and the certificate's.
        why: when it ends, in words.
    """

    what: str
    authority: str
    name: str
    why: str


def due(
    policies: tuple[Policy, ...], authority: Callable[[str], Authority | None], now: datetime.datetime
) -> tuple[Due, ...]:
    """What is due, each once: an authority before what it issues."""
    found: list[Due] = []
    for name, leaves in _used(policies).items():
        held = authority(name)
        if held is None or not held.generations:
            continue
        newest = held.generations[-1]
        follows = in_last_third(newest.not_before, newest.not_after, now)
        if follows:
            found.append(Due("authority", name, name, f"it ends on {newest.not_after:%Y-%m-%d}"))
        for leaf in leaves:
            why = _why_due(held, leaf, now, follows=follows)
            if why:
                found.append(Due("certificate", name, leaf, why))
        for each in held.revocation_lists:
            if in_last_third(each.this_update, each.next_update, now):
                why = f"it has to be followed by {each.next_update:%Y-%m-%d}"
                found.append(Due("revocation list", name, f"number {each.number}", why))
    return tuple(found)


def _used(policies: tuple[Policy, ...]) -> dict[str, tuple[str, ...]]:
    """The authorities that policies name, each with the certificates that the edge presents."""
    used: dict[str, tuple[str, ...]] = {}
    for policy in policies:
        identity = policy.identity
        if identity is None or identity.certificate != "own" or identity.mode == "off":
            continue
        leaves = () if policy.edge == NO_EDGE else (identity.leaf,)
        used[identity.ca] = tuple(dict.fromkeys((*used.get(identity.ca, ()), *leaves)))
    return used


def _why_due(held: Authority, leaf: str, now: datetime.datetime, *, follows: bool) -> str:
    last = next((each for each in reversed(held.leaves) if each.name == leaf and each.revoked_at is None), None)
    if last is None or not last.has_key:
        return ""  # nothing to follow, or made from a request whose key is elsewhere: `plan` says what to do
    if follows or last.issuer != held.generations[-1].sha256:
        return "its authority is followed by another"
    ends = last.certificate.not_after
    return f"it ends on {ends:%Y-%m-%d}" if in_last_third(last.certificate.not_before, ends, now) else ""
