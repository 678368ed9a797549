"""Expiry: everything that ends, of every origin.

Lives here: what is read for it. Must not live here: what counts as soon.
"""

from __future__ import annotations

from originlock.app.observe import Case, baseline_of
from originlock.app.plan import NO_LIST, Looks, Readers
from originlock.facts.unknown import Unknown
from originlock.intent.policy import NO_EDGE, Overrides, Policy
from originlock.locks.identity.expiry import Ending, Endings, endings


def expiring(policies: tuple[Policy, ...], readers: Readers) -> Endings:
    """What ends, the soonest first, over all origins; of several, one that cannot be looked at is told of as unknown.

    Raises:
        OriginlockError: the only origin could not be read at all.
    """
    found: list[Ending] = []
    unknown: list[Unknown] = []
    looks = Looks(readers, several=bool(policies[1:]))
    for policy in map(looks.placed, policies):
        none = policy.edge == NO_EDGE
        accepted = NO_LIST if none else baseline_of(readers.edges.description(policy.edge), readers.baselines)
        snapshot = looks.of(Case(policy, accepted, Overrides()))
        if snapshot is None:
            continue
        described = readers.trust.authorities.described if readers.trust is not None else (lambda _: ())
        told = endings(policy, snapshot, described)
        found += told.found
        unknown += told.unknown
    unknown += [Unknown(unread.what, unread.reason) for unread in looks.unread]
    return Endings(tuple(sorted(found, key=lambda each: (each.at, each.origin, each.what, each.name))), tuple(unknown))
