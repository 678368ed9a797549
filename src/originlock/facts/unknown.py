"""What could not be read, with its reason: never good, never bad.

Lives here: the one way to say *unknown*. Must not live here: what to do about it.
"""

from __future__ import annotations

import msgspec


class Unknown(msgspec.Struct, frozen=True, tag="unknown"):
    """Something that could not be read.

    Attributes:
        what: what was asked for, such as ``security group sg-1``.
        reason: why there is no answer, in words for a person.
    """

    what: str
    reason: str
