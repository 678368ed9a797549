"""The guards on one form of a list: each family by itself, each guard with its own name.

Lives here: what is wrong with one reading, and whether a person may know better.
Must not live here: how several forms are weighed together (see `judge`).
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence

import msgspec

from originlock.acceptance.words import family_name, some, some_cidrs, some_sorted
from originlock.facts.edge import EdgeLimits, FormReading, PublishedForm, Ranges, UnreadableForm
from originlock.facts.networks import (
    FAMILIES,
    NOT_GLOBAL,
    AddressSet,
    Cidr,
    Family,
    HostBitsError,
    NotACidrError,
    family,
    parse,
    prefix_length,
    sorted_unique,
)

WALL = EdgeLimits(widest_ipv4=8, widest_ipv6=16)
"""Wider than this no person can accept. Our choice: IANA gives a whole region an IPv4 /8 or an IPv6 /12, so
what is wider than a /8, or nearly as wide as such a /12, is a slip and no list."""


class Finding(msgspec.Struct, frozen=True):
    """Something that is wrong.

    Attributes:
        yields: whether it gives way to a person who accepts the list by its digest.
    """

    guard: str
    message: str
    yields: bool


class CheckedForm(msgspec.Struct, frozen=True):
    """One form after its guards.

    Attributes:
        ranges: what it names, if a person at least could accept it; otherwise None.
        findings: what is wrong with it; none means that it passes.
        remarks: what is odd and harmless.
    """

    form: str
    ranges: Ranges | None
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()
    etag: str | None = None
    length_declared: bool = True

    @property
    def passes(self) -> bool:
        """Whether no guard objects."""
        return not self.findings


class _Part(msgspec.Struct, frozen=True):
    """One family of one form: as `CheckedForm`."""

    cidrs: tuple[Cidr, ...]
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]


class _Sorted(msgspec.Struct, frozen=True):
    """Entries sorted out: CIDRs of the right family with doubles, and what the others are."""

    cidrs: tuple[Cidr, ...]
    unparsable: tuple[str, ...]
    host_bits: tuple[str, ...]


def check(reading: FormReading, limits: EdgeLimits, baseline: Ranges) -> CheckedForm:
    """Put one reading before all the guards of a single form."""
    if isinstance(reading, UnreadableForm):
        finding = Finding(reading.guard, f"{reading.form}: {reading.reason}", yields=False)
        return CheckedForm(reading.form, None, (finding,))
    parts = [_check_family(reading, wanted, limits, baseline) for wanted in FAMILIES]
    findings = tuple(finding for part in parts for finding in part.findings)
    named = Ranges.of([cidr for part in parts for cidr in part.cidrs])
    return CheckedForm(
        reading.form,
        named if all(finding.yields for finding in findings) else None,
        findings,
        tuple(remark for part in parts for remark in part.remarks),
        reading.etag,
        reading.length_declared,
    )


def _check_family(reading: PublishedForm, wanted: Family, limits: EdgeLimits, baseline: Ranges) -> _Part:
    entries = reading.ipv4 if wanted == 4 else reading.ipv6  # noqa: PLR2004  the family
    where = f"{reading.form}, {family_name(wanted)}"
    if not entries:
        return _Part((), (Finding("empty", f"{where}: the list is empty", yields=False),), ())
    found = _sort_out(entries, wanted)
    cidrs = sorted_unique(found.cidrs)
    findings = [*_malformed(found, where), *_not_global(cidrs, where)]
    findings += too_wide(cidrs, wanted, limits, where)
    # A list with a slip in it has lost or won entries by the slip: to count them says the same thing twice.
    if all(finding.yields for finding in findings):
        findings += shrunken(cidrs, wanted, baseline, where) + grown(cidrs, wanted, baseline, where)
    return _Part(cidrs, tuple(findings), _oddities(found.cidrs, where))


def _sort_out(entries: Sequence[str], wanted: Family) -> _Sorted:
    cidrs: list[Cidr] = []
    unparsable: list[str] = []
    host_bits: list[str] = []
    for entry in entries:
        try:
            cidr = parse(entry)
        except HostBitsError as error:
            host_bits.append(str(error))
        except NotACidrError as error:
            unparsable.append(str(error))
        else:
            if family(cidr) == wanted:
                cidrs.append(cidr)
            else:
                unparsable.append(f"{cidr} is {family_name(family(cidr))}, in the {family_name(wanted)} part")
    return _Sorted(tuple(cidrs), tuple(unparsable), tuple(host_bits))


def _malformed(found: _Sorted, where: str) -> Iterable[Finding]:
    if found.unparsable:
        yield Finding("unparsable", f"{where}: {some_sorted(found.unparsable)}", yields=False)
    if found.host_bits:
        yield Finding("host-bits", f"{where}: {some_sorted(found.host_bits)}", yields=False)


def _not_global(cidrs: Iterable[Cidr], where: str) -> Iterable[Finding]:
    special = [cidr for cidr in cidrs if AddressSet.of((cidr,)) & NOT_GLOBAL]
    if special:
        message = f"{where}: {some_cidrs(special)}: private or special addresses; no edge can connect from them"
        yield Finding("not-global", message, yields=False)


def too_wide(cidrs: Iterable[Cidr], wanted: Family, limits: EdgeLimits, where: str) -> Iterable[Finding]:
    """Ranges wider than is believed of the edge; beyond the wall, of any edge."""
    wide = [cidr for cidr in cidrs if prefix_length(cidr) < limits.widest(wanted)]
    beyond = [cidr for cidr in wide if prefix_length(cidr) < WALL.widest(wanted)]
    within = [cidr for cidr in wide if cidr not in beyond]
    if beyond:
        message = f"{where}: {some_cidrs(beyond)}: wider than /{WALL.widest(wanted)}, which nobody can accept"
        yield Finding("too-wide", message, yields=False)
    if within:
        message = f"{where}: {some_cidrs(within)}: wider than /{limits.widest(wanted)}, this edge's limit"
        yield Finding("too-wide", message, yields=True)


def not_covered(entries: Iterable[Cidr], cidrs: Iterable[Cidr]) -> tuple[Cidr, ...]:
    """The entries of which some address is in none of the CIDRs; without doubles, in order."""
    addresses = AddressSet.of(cidrs)
    return tuple(entry for entry in sorted_unique(entries) if not addresses.covers(entry))


def too_many_gone(gone: Sequence[Cidr], entries: Sequence[Cidr]) -> bool:
    """Whether more than a quarter is gone (our choice): exactly a quarter is fine, however short the list."""
    return len(gone) * 4 > len(entries)


def shrunken(cidrs: Iterable[Cidr], wanted: Family, baseline: Ranges, where: str) -> list[Finding]:
    """More than a quarter of the baseline's entries of this family are gone."""
    before = baseline.of_family(wanted)
    gone = not_covered(before, cidrs)
    if not too_many_gone(gone, before):
        return []
    message = (
        f"{where}: {len(gone):,} of the {len(before):,} entries last accepted are gone, more than a quarter: "
        f"{some_cidrs(gone)}"
    )
    return [Finding("shrunken", message, yields=True)]


def grown(cidrs: Iterable[Cidr], wanted: Family, baseline: Ranges, where: str) -> list[Finding]:
    """The new addresses are more than half as many as the baseline's in this family: exactly half is fine."""
    before = AddressSet.of(baseline.of_family(wanted))
    new = AddressSet.of(cidrs) - before
    if new.size() * 2 <= before.size():
        return []
    amount = f"{new.size():,} addresses are new, against {before.size():,} in the list last accepted"
    message = f"{where}: {amount}, more than half as many: {some(new.cidrs())}"
    return [Finding("grown", message, yields=True)]


def _oddities(cidrs: Sequence[Cidr], where: str) -> tuple[str, ...]:
    """Doubles and overlaps: a set of addresses is the same with or without them."""
    remarks = []
    doubles = [cidr for cidr, times in collections.Counter(cidrs).items() if times > 1]
    if doubles:
        remarks.append(f"{where}: listed more than once: {some_cidrs(doubles)}")
    inner: list[str] = []
    outer: Cidr | None = None
    for cidr in sorted_unique(cidrs):  # the wider come first, and CIDRs nest or are disjoint
        if outer is not None and AddressSet.of((outer,)).covers(cidr):
            inner.append(f"{cidr} in {outer}")
        else:
            outer = cidr
    if inner:
        remarks.append(f"{where}: ranges within others: {some(inner)}")
    return tuple(remarks)
