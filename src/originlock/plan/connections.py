"""What real connections showed of one origin, as far as a run goes by it.

Lives here: the few things that they decide. Must not live here: how a verdict comes about (see `originlock.verify`).
"""

from __future__ import annotations

import msgspec

from originlock.facts.probing import Verdict


class ConnectionProof(msgspec.Struct, frozen=True):
    """One connection against what was expected of it.

    Attributes:
        when: ``before-narrow``, ``after-narrow`` or ``after-undo``.
        who: ``edge`` or ``stranger``.
        what: what was expected, with name or address.
        lock: which lock stopped a stranger; empty where none did.
    """

    origin: str
    when: str
    who: str
    what: str
    verdict: Verdict
    evidence: str
    lock: str = ""


class Connections(msgspec.Struct, frozen=True):
    """What connections showed of an origin at one moment.

    Attributes:
        stops: why nothing may be narrowed: a hostname that is not served through the edge over any family, or that is
            broken over one; empty if it may. What is only unknown beside a family that is served does not stop.
        refused: who was served before a narrowing of this run and is not any more, which undoes it; empty if nobody.
        proofs: every connection, for the report and the journal.
        unpresented: why nothing may be narrowed that shuts out whoever does not present our certificate; empty if it
            may: the edge was seen to present it.
    """

    origin: str
    stops: str = ""
    refused: str = ""
    proofs: tuple[ConnectionProof, ...] = ()
    unpresented: str = ""
