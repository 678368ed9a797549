"""A verdict with its reason: what one connection proves.

Lives here: the shape. Must not live here: how a verdict is reached (see `straight`, `through`).
"""

from __future__ import annotations

import msgspec

from originlock.facts.probing import Verdict


class Finding(msgspec.Struct, frozen=True):
    """What one connection proves.

    Attributes:
        verdict: whether what was expected is kept, broken, or cannot be told.
        said: why, in words.
        lock: which lock stopped a stranger: ``network`` or ``identity``; empty where none did, or it cannot be told.
    """

    verdict: Verdict
    said: str
    lock: str = ""


def kept(said: str, lock: str = "") -> Finding:
    """What was expected is so."""
    return Finding(Verdict.KEPT, said, lock)


def broken(said: str, lock: str = "") -> Finding:
    """It is not so."""
    return Finding(Verdict.BROKEN, said, lock)


def unknown(said: str) -> Finding:
    """It cannot be told."""
    return Finding(Verdict.UNKNOWN, said)
