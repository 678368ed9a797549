"""Whose a rule is: the ownership tag, and the description that says it for people.

Lives here: encoding and reading the marks on rules. Must not live here: what is done about foreign rules.
The tag decides: rules copied in the console keep their description, but not their tags.
"""

from __future__ import annotations

import unicodedata
from typing import Final, Literal

from originlock.facts.origin import OWNER_TAG, Rule, Tags

Purpose = Literal["edge", "extra", "exception"]
"""What an own rule is for: a published range, a further range of the edge, or an exception."""

_LONGEST_DESCRIPTION: Final = 255
_DESCRIPTION_CHARACTERS: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-:/()#,@[]+=&;{}!$*"
)
"""EC2 API reference, IpRange.Description: up to 255 characters of a-z, A-Z, 0-9, spaces and ._-:/()#,@[]+=&;{}!$*"""


def tags_for(origin: str) -> Tags:
    """The tags of an own rule. One set for all: AWS tags all rules of a call alike."""
    return ((OWNER_TAG, origin),)


def says(origin: str, purpose: Purpose, detail: str) -> str:
    """The description of an own rule."""
    return description(f"originlock {origin}: {purpose}: {detail}")


_ENTRY: Final = "originlock: "


def entry_says(edge: str) -> str:
    """The description of an entry that we put into a prefix list: entries have no tags, and lists are shared."""
    return description(f"{_ENTRY}edge: {edge}")


def is_own_entry(says: str) -> bool:
    """Whether an entry with this description was put in by us."""
    return says.startswith(_ENTRY)


def owner(rule: Rule) -> str | None:
    """The origin that a rule belongs to; None if no origin made it."""
    return rule.tag(OWNER_TAG)


def owner_tags(rule: Rule) -> Tags:
    """The ownership tag as it stands on a rule; nothing if nobody's."""
    return tuple(tag for tag in rule.tags if tag[0] == OWNER_TAG)


def is_own(rule: Rule, origin: str) -> bool:
    """Whether this origin made the rule (or adopted it)."""
    return owner(rule) == origin


def is_for_range(rule: Rule) -> bool:
    """Whether an own rule stands for one of the edge's published ranges.

    Only what a list is held against hangs on this, so the description will do; without one it counts as a range.
    """
    return ": exception: " not in rule.description and ": extra: " not in rule.description


def description(text: str) -> str:
    """A text as AWS takes it in a rule's description: accents taken off, other characters replaced, cut to fit."""
    plain = unicodedata.normalize("NFKD", text)
    kept = (
        letter if letter in _DESCRIPTION_CHARACTERS else " " if letter.isspace() else "_"
        for letter in plain
        if not unicodedata.combining(letter)
    )
    fitting = "".join(kept).strip()
    if len(fitting) <= _LONGEST_DESCRIPTION:
        return fitting
    return fitting[: _LONGEST_DESCRIPTION - 3].rstrip() + "..."
