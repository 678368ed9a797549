"""What people can be told of, by the names that the configuration has for it.

Lives here: the kinds of news. Must not live here: what is news (see `originlock.notify`), how it is sent.
"""

from __future__ import annotations

import enum


class On(enum.Enum):
    """What a channel can be told of; the value is its name in the configuration."""

    CHANGE = "change"
    REFUSED = "refused"
    PROOF = "proof"
    HOLE = "hole"
    EXPIRY = "expiry"
    EXCEPTION = "exception"
    RANGES = "ranges"
    STALE = "stale"
    FAILED = "failed"
