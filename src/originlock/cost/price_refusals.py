"""Why a price list is not believed: every reason, each with its own words.

Lives here: the reasons. Must not live here: when one applies (see `price_choice`, `price_tiers`).
"""

from __future__ import annotations

import enum

import msgspec


class Doubt(enum.Enum):
    """What is wrong; the value is its name in JSON."""

    EMPTY = "empty"
    MISSING = "missing"
    RENAMED = "renamed"
    OTHER_REGION = "other-region"
    OTHER_SERVICE = "other-service"
    OTHER_PLACE = "other-place"
    SEVERAL_NAMES = "several-names"
    DOUBLED = "doubled"
    NO_TERM = "no-term"
    NOT_YET = "not-yet"
    TWO_TERMS = "two-terms"
    BAD_DATE = "bad-date"
    NO_RATE = "no-rate"
    TIERED = "tiered"
    UNIT = "unit"
    CURRENCY = "currency"
    NOT_A_NUMBER = "not-a-number"
    NEGATIVE = "negative"
    FREE = "free"
    IMPLAUSIBLE = "implausible"
    TIER_GAP = "tier-gap"
    TIER_START = "tier-start"
    TIER_END = "tier-end"
    TIER_RISES = "tier-rises"
    PUBLISHED = "published"


class PriceRefusal(msgspec.Struct, frozen=True):
    """One reason not to believe a list.

    Attributes:
        what: of which price, or of the whole list.
        message: one line.
    """

    doubt: Doubt
    what: str
    message: str


class NotBelievedError(ValueError):
    """A row is not believed; for use within the room.

    Attributes:
        refusal: why.
    """

    def __init__(self, refusal: PriceRefusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def shown(text: str) -> str:
    """A text of the list in a message: bounded, and safe for a terminal."""
    return ascii(text[:_SHOWN] + ("..." if len(text) > _SHOWN else ""))


_SHOWN = 60
