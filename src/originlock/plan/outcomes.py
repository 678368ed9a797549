"""How one act ended, as far as one call can tell.

Lives here: the closed union of answers to an act. Must not live here: the codes of any service.
"""

from __future__ import annotations

import msgspec


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The service says that it is done; it is read back all the same.

    Attributes:
        rule_ids: ids of the rules that were made, where the service tells them.
        made: the id of the group or the list that was made, if one was.
    """

    rule_ids: tuple[str, ...] = ()
    made: str | None = None


class AlreadySo(msgspec.Struct, frozen=True, tag="already-so"):
    """The service refused because all or a part of it is so already: look what is left to do."""

    message: str


class Unsure(msgspec.Struct, frozen=True, tag="unsure"):
    """No answer, or one that does not tell: it may or may not have been done."""

    message: str


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The service refused, and nothing was done."""

    message: str
    remedy: str


Outcome = Done | AlreadySo | Unsure | Failed
