"""What a lock still needs to know before it can decide: the closed union of further questions.

Lives here: questions as data; the app has them answered into the snapshot, until none is left.
Must not live here: how they are answered.
"""

from __future__ import annotations

import msgspec


class AskPrefixLists(msgspec.Struct, frozen=True, tag="prefix-lists"):
    """What is in these managed prefix lists, and what do they count as?"""

    ids: tuple[str, ...]


class AskRulesQuota(msgspec.Struct, frozen=True, tag="rules-quota"):
    """How many rules may a group hold? Asked only where the documented default would not do."""


class AskHostnames(msgspec.Struct, frozen=True, tag="hostnames"):
    """What do these names resolve to?"""

    hostnames: tuple[str, ...]


Question = AskPrefixLists | AskRulesQuota | AskHostnames
