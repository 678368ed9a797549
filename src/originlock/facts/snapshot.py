"""Everything read of one origin, at one moment.

Lives here: the snapshot that every lock decides on. Must not live here: reading it, or filling its gaps with hopes.
"""

from __future__ import annotations

import datetime

import msgspec

from originlock.facts.origin import DEFAULT_RULES_QUOTA, PrefixList, RulesQuota, SecurityGroup
from originlock.facts.unknown import Unknown


class Resolution(msgspec.Struct, frozen=True, tag="resolution"):
    """What a hostname resolved to.

    Attributes:
        addresses: textual addresses, both families, sorted.
    """

    hostname: str
    addresses: tuple[str, ...]


class Snapshot(msgspec.Struct, frozen=True):
    """What was read of one origin.

    Attributes:
        at: when, with time zone.
        groups: by group id; Unknown where a group could not be read.
        unknown: what could not be read and belongs to no group, such as a search by tag that was denied.
        prefix_lists: by id, those that were asked for.
        quota: rules per group; the documented default until AWS was asked.
        resolutions: by hostname, those that were asked for.
    """

    at: datetime.datetime
    groups: dict[str, SecurityGroup | Unknown]
    unknown: tuple[Unknown, ...] = ()
    prefix_lists: dict[str, PrefixList | Unknown] = {}
    quota: RulesQuota | Unknown = DEFAULT_RULES_QUOTA
    resolutions: dict[str, Resolution | Unknown] = {}
