"""What a judgement says: a list with remarks, or refusals with remedies.

Lives here: the words of the answer, as frozen data. Must not live here: how the answer is found.
"""

from __future__ import annotations

import msgspec

from originlock.facts.edge import AcceptedList


class Refusal(msgspec.Struct, frozen=True):
    """One guard's reason not to act on a list.

    Attributes:
        guard: a short name, such as ``shrunken``.
        message: what is wrong, naming form, family and entry.
        remedy: what a person can do, one line.
    """

    guard: str
    message: str
    remedy: str


class Accepted(msgspec.Struct, frozen=True, tag="accepted"):
    """The list may be acted on.

    Attributes:
        list: what is wanted, with its provenance.
        remarks: what a person should know all the same.
    """

    list: AcceptedList
    remarks: tuple[str, ...] = ()


class RefusedList(msgspec.Struct, frozen=True, tag="refused"):
    """The list may not be acted on; nothing of it was.

    Attributes:
        refusals: every reason, at least one.
        digest: what a person can accept with ``--accept-list``; None if nobody can accept any of it.
    """

    refusals: tuple[Refusal, ...]
    digest: str | None = None


Acceptance = Accepted | RefusedList
