"""Renew: what of our own authorities is due, before the plan that puts it to use.

Lives here: the order of renewals. Must not live here: what renewing means (see the authorities' adapter), the plan.
"""

from __future__ import annotations

import datetime
from typing import Protocol

from originlock.facts.certificates import Certificate, Leaf, RevocationList
from originlock.locks.identity.due import Due


class Renewing(Protocol):
    """The authorities, as far as they are renewed."""

    def renew(self, name: str, leaf: str, now: datetime.datetime) -> Leaf:
        """Issue what follows the last certificate of this name."""

    def renew_authority(self, name: str, now: datetime.datetime) -> Certificate:
        """Make the next generation."""

    def refresh_revocation_lists(
        self, now: datetime.datetime, names: tuple[str, ...]
    ) -> tuple[tuple[str, RevocationList], ...]:
        """Make every list anew that is due."""


def renewed(found: tuple[Due, ...], authorities: Renewing, now: datetime.datetime) -> None:
    """Renew it: authorities first, so that what they issue is of the new one.

    Raises:
        OriginlockError: a key could not be had or written; what was renewed before stays so.
    """
    for each in found:
        if each.what == "authority":
            authorities.renew_authority(each.authority, now)
    for each in found:
        if each.what == "certificate":
            authorities.renew(each.authority, each.name, now)
    names = tuple(dict.fromkeys(each.authority for each in found if each.what == "revocation list"))
    if names:
        authorities.refresh_revocation_lists(now, names)
