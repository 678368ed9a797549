"""Which clients are let in, of those whose certificates are good.

Lives here: predicates that compare whole values. Must not live here: patterns, prefixes or parts of names, which let in
who has registered a longer name.
"""

from __future__ import annotations

from collections.abc import Callable

from originlock.middleware.identity import ClientIdentity

#: Whether a client is let in. Called for each request, with what may come from a cache.
Allow = Callable[[ClientIdentity], bool]


def subjects(*wanted: str) -> Allow:
    """Those whose whole subject is one of these, written as `ClientIdentity.subject` is.

    Raises:
        ValueError: none is given.
    """
    known = _some(wanted)
    return lambda identity: identity.subject in known


def dns_names(*wanted: str) -> Allow:
    """Those who have one of these DNS names; case counts for nothing, and a wildcard is a name like any other.

    Raises:
        ValueError: none is given.
    """
    known = frozenset(name.lower() for name in _some(wanted))
    return lambda identity: any(name.lower() in known for name in identity.dns_names)


def uris(*wanted: str) -> Allow:
    """Those who have one of these URIs, letter for letter.

    Raises:
        ValueError: none is given.
    """
    known = _some(wanted)
    return lambda identity: not known.isdisjoint(identity.uris)


def certificates(*sha256: str) -> Allow:
    """Just these certificates, by the SHA-256 of their DER in hexadecimal; colons and case count for nothing.

    Raises:
        ValueError: none is given, or one is no SHA-256.
    """
    known = frozenset(bytes.fromhex(each.replace(":", "")).hex() for each in _some(sha256))
    if any(len(each) != 64 for each in known):  # noqa: PLR2004 - 32 bytes
        message = "a SHA-256 has 64 hexadecimal digits"
        raise ValueError(message)
    return lambda identity: identity.sha256 in known


def _some(wanted: tuple[str, ...]) -> frozenset[str]:
    if not wanted:
        message = "name at least one: nobody would be let in"
        raise ValueError(message)
    return frozenset(wanted)
