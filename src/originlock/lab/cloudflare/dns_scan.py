"""Looking for the records that a zone had before it came to Cloudflare.

Here lives the handlers of ``/zones/{zone}/dns_records/scan``. Here must not live: records in general.

The scan asks the old name servers for common names, and so misses others: what it finds is what a test says.
"""

from __future__ import annotations

from typing import Any

from originlock.lab.cloudflare.asking import Call, Outcome, Page, Result
from originlock.lab.cloudflare.dns_records import added, told
from originlock.lab.cloudflare.errors import ApiError, unsourced
from originlock.lab.cloudflare.records import Record, Zone
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.cloudflare.zones import zone_in


def scanned(state: CloudflareState, call: Call) -> Outcome:
    """``POST .../scan``: what is found is added at once."""
    zone = zone_in(state, call)
    found = state.held.findable.get(zone.name, ())
    count = sum(_taken(state, zone, each) is not None for each in found)
    return Result({"recs_added": count, "total_records_parsed": len(found)})


def triggered(state: CloudflareState, call: Call) -> Outcome:
    """``POST .../scan/trigger``: what is found waits to be reviewed."""
    zone = zone_in(state, call)
    before = state.held.records
    # What is there already is found, too.
    state.held.records = {}
    try:
        taken = [_taken(state, zone, each) for each in state.held.findable.get(zone.name, ())]
    finally:
        state.held.records = before
    state.held.waiting[zone.id] = tuple(each for each in taken if each is not None)
    return Result(None)


def waiting(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../scan/review``."""
    return Page([told(each) for each in state.held.waiting.get(zone_in(state, call).id, ())])


def reviewed(state: CloudflareState, call: Call) -> Outcome:
    """``POST .../scan/review``: those that are accepted are added, those that are rejected are forgotten."""
    zone = zone_in(state, call)
    accepts, rejects = call.members.get("accepts", []), call.members.get("rejects", [])
    if not all(isinstance(each, dict) for each in (*accepts, *rejects)):
        message = "accepts and rejects are lists of objects"
        raise unsourced(400, message)
    new = [added(state, zone, each) for each in accepts]
    gone = {each.get("id") for each in rejects}
    held = {(each.type, each.name, each.content) for each in new}
    old = state.held.waiting.get(zone.id, ())
    rejected = [each.id for each in old if each.id in gone]
    state.held.waiting[zone.id] = tuple(
        each for each in old if each.id not in gone and (each.type, each.name, each.content) not in held
    )
    return Result({"accepts": [told(each) for each in new], "rejects": rejected})


def _taken(state: CloudflareState, zone: Zone, members: dict[str, Any]) -> Record | None:
    try:
        return added(state, zone, members)
    except ApiError:
        # It is there already, or nobody could have made it.
        return None
