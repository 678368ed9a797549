"""What an edge published once and no longer does: ranges that rules may still stand for.

Lives here: which ranges are past, and of which it is no news. Must not live here: what is done with their rules.
"""

from __future__ import annotations

from originlock.facts.edge import AcceptedList, EdgeDescription, PastRanges, Ranges


def past_ranges(description: EdgeDescription, last: AcceptedList, current: Ranges) -> PastRanges:
    """Ranges of an edge that the current list lacks: by the list last accepted, the snapshot and what is on record.

    Args:
        description: of the edge; names its former ranges and the snapshot.
        last: the list last accepted, or the snapshot on a first run.
        current: the list that is published now.
    """
    known = dict.fromkeys((*(former.cidr for former in description.former), *description.snapshot.cidrs))
    now = set(current.cidrs)
    settled = set(known) - now - set(last.ranges.cidrs)
    everything = set(known) | set(last.ranges.cidrs)
    return PastRanges(Ranges.of(list(everything - now)), Ranges.of(list(settled)))
