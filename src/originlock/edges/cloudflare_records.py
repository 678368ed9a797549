"""Having a name point elsewhere without its vanishing on the way.

Lives here: the order of single changes to the address records of one name, and doing them.
Must not live here: where a name should point, reading records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from originlock.edges.calls import Called, Calls, Refusal
from originlock.edges.cloudflare_calls import CREATE_RECORD, DELETE_RECORD, PATCH_RECORD, ApiCall
from originlock.facts.zone import DnsRecord
from originlock.plan.outcomes import Done, Failed, Outcome, Unsure
from originlock.plan.trust_acts import AddressRecord

_AUTOMATIC: Final = 1
"""The TTL of a proxied record ('Proxied records')."""

_GONE: Final = 81044
_IDENTICAL: Final = 81058
"""Somebody else did it meanwhile (docs/cloudflare-behaviour.md)."""


class Step(msgspec.Struct, frozen=True):
    """One change: both make an edit in place, only the old one a deletion, only the new one a creation."""

    old: DnsRecord | None
    new: AddressRecord | None


def steps(held: tuple[DnsRecord, ...], wanted: tuple[AddressRecord, ...]) -> tuple[Step, ...]:
    """What leads from these records to those, so that a name that has records before and after always has some.

    A CNAME stands alone (81053), so what becomes one is the last that is left; that a record's type can be changed in
    place is a guess about Cloudflare, and true of the lab. Where both are wanted there is no way: see `kept`.
    """
    as_wanted = {_whole(each) for each in wanted}
    stale = [each for each in held if _whole(each) not in as_wanted]
    there = {_whole(each) for each in held}
    missing = [each for each in dict.fromkeys(wanted) if _whole(each) not in there]
    if any(each.kind == "CNAME" for each in missing) and len(held) > 1:
        return (*(Step(each, None) for each in stale[1:]), Step(stale[0], missing[0]))
    pairs = list(_paired(stale, missing))
    edited, made = {id(step.old) for step in pairs}, {id(step.new) for step in pairs}
    creations = [Step(None, each) for each in missing if id(each) not in made]
    deletions = [Step(each, None) for each in stale if id(each) not in edited]
    return (*pairs, *creations, *deletions)


def _whole(record: DnsRecord | AddressRecord) -> tuple[str, str, bool]:
    return (record.kind, record.content, record.proxied)


def _paired(stale: list[DnsRecord], missing: list[AddressRecord]) -> Iterator[Step]:
    """Old records with what they become: the most alike first, for two alike cannot stand beside each other (81058)."""
    old, new = list(stale), list(missing)
    alike: tuple[Callable[[DnsRecord, AddressRecord], bool], ...] = (
        lambda one, other: (one.kind, one.content) == (other.kind, other.content),
        lambda one, other: one.kind == other.kind,
        lambda _one, _other: True,
    )
    for fits in alike:
        for wanted in tuple(new):
            found = next((each for each in old if fits(each, wanted)), None)
            if found is not None:
                old.remove(found)
                new.remove(wanted)
                yield Step(found, wanted)


class RecordKeeper:
    """Does the steps."""

    def __init__(self, calls: Calls, outcome_of: Callable[[ApiCall, Called], Outcome]) -> None:
        self._calls = calls
        self._outcome_of = outcome_of

    def kept(self, zone: str, name: str, held: tuple[DnsRecord, ...], wanted: tuple[AddressRecord, ...]) -> Outcome:
        """Do what is left to do; what was refused on the way is unclear, so that it is looked at again."""
        if len(wanted) > 1 and any(each.kind == "CNAME" for each in wanted):
            return Failed(f"{name} cannot have a CNAME beside other records", "name one target, or addresses alone")
        for number, step in enumerate(steps(held, wanted)):
            outcome = self._step(zone, name, step)
            if isinstance(outcome, Done):
                continue
            if isinstance(outcome, Failed) and number:
                return Unsure(f"{number} of the changes were made, then: {outcome.message}")
            return outcome
        return Done()

    def _step(self, zone: str, name: str, step: Step) -> Outcome:
        if step.new is None:
            path = DELETE_RECORD.at(zone=zone, record=step.old.id if step.old else "")
            called = self._calls.call(DELETE_RECORD.method, path)
            return Done() if _is(called, _GONE) else self._outcome_of(DELETE_RECORD, called)
        body = {"type": step.new.kind, "name": name, "content": step.new.content, "proxied": step.new.proxied}
        if step.old is None:
            whole = {**body, "ttl": _AUTOMATIC}
            called = self._calls.call(CREATE_RECORD.method, CREATE_RECORD.at(zone=zone), body=whole)
            return Done() if _is(called, _IDENTICAL) else self._outcome_of(CREATE_RECORD, called)
        path = PATCH_RECORD.at(zone=zone, record=step.old.id)
        return self._outcome_of(PATCH_RECORD, self._calls.call(PATCH_RECORD.method, path, body=body))


def _is(called: Called, code: int) -> bool:
    return isinstance(called, Refusal) and code in called.codes
