"""What is ours: the names and tags of trust stores, of bundles in a bucket, of a listener that is made for a moment.

Lives here: making and recognizing them. Must not live here: what is done about those of others.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from originlock.facts.origin import OWNER_TAG, Tags
from originlock.facts.trust import TrustStore
from originlock.facts.unknown import Unknown

PURPOSE_TAG: Final = "originlock:purpose"

_PREFIX: Final = "originlock-"
_LONGEST: Final = 32
"""Elastic Load Balancing API reference, CreateTrustStore, Name: 1 to 32 of letters, digits and single inner hyphens."""

_DIGITS: Final = 8
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9]+")


def tags_for(origin: str) -> Tags:
    """The tags of a trust store of ours."""
    return ((OWNER_TAG, origin),)


def probe_tags(origin: str) -> Tags:
    """The tags of a listener of ours that is made for a moment."""
    return ((OWNER_TAG, origin), (PURPOSE_TAG, "probe"))


def probe_store_name(origin: str) -> str:
    """The name of the store of a listener that is made for a moment: it trusts what is wanted, and nothing else."""
    return store_name(f"probe-{digest(origin)[:_DIGITS]}")


def store_name(origin: str) -> str:
    """The name of the origin's trust store; where its own name does not fit, a digest of it makes it one of a kind."""
    plain = _NOT_IN_NAMES.sub("-", origin).strip("-")
    if plain == origin and len(_PREFIX + plain) <= _LONGEST:
        return _PREFIX + plain
    one_of_a_kind = digest(origin)[:_DIGITS]
    room = _LONGEST - len(_PREFIX) - _DIGITS - 1
    kept = plain[:room].strip("-")
    return f"{_PREFIX}{kept}-{one_of_a_kind}" if kept else _PREFIX + one_of_a_kind


def is_ours(store: TrustStore, origin: str) -> bool:
    """Whether a store carries our tags; one whose tags cannot be read is somebody else's."""
    return not isinstance(store.tags, Unknown) and set(tags_for(origin)) <= set(store.tags)


def owner_of(store: TrustStore) -> str:
    """The origin that a store says it is of; empty for none, and where its tags cannot be read."""
    return "" if isinstance(store.tags, Unknown) else dict(store.tags).get(OWNER_TAG, "")


def bundle_key(origin: str, text: str) -> str:
    """Where a bundle lies in the bucket: the name says what is in it, so that nothing is ever overwritten."""
    return f"originlock/{origin}/{digest(text)}.pem"


def revocations_key(origin: str, text: str) -> str:
    """Where a revocation list lies in the bucket."""
    return f"originlock/{origin}/{digest(text)}.crl.pem"


def digest(text: str) -> str:
    """SHA-256 of a text's bytes, hex."""
    return hashlib.sha256(text.encode()).hexdigest()
