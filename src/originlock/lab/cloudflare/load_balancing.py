"""Cloudflare's own load balancing, as far as it reaches origins round the edge's settings: monitors and pools.

Here lives the handlers of ``/accounts/{account}/load_balancers``. Here must not live: probing, the lab has none.

A monitor without `probe_zone` brings no certificate to the origin, one with it brings the zone's ('Simulate Zone').
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from originlock.lab.cloudflare.asking import Call, Outcome, Page, Result, when
from originlock.lab.cloudflare.errors import unsourced
from originlock.lab.cloudflare.records import Balancing
from originlock.lab.cloudflare.state import CloudflareState, new_id

#: What a monitor is where a request leaves it out (API reference).
MONITOR: Final[Mapping[str, Any]] = {
    "type": "http",
    "description": "",
    "method": "GET",
    "path": "/",
    "port": 0,
    "header": {},
    "timeout": 5,
    "retries": 2,
    "interval": 60,
    "expected_body": "",
    "expected_codes": "200",
    "follow_redirects": False,
    "allow_insecure": False,
    "consecutive_up": 0,
    "consecutive_down": 0,
    "probe_zone": "",
}

#: The same for a pool.
POOL: Final[Mapping[str, Any]] = {
    "name": "",
    "description": "",
    "enabled": True,
    "minimum_origins": 1,
    "monitor": "",
    "origins": [],
}

_KINDS: Final = {"monitors": MONITOR, "pools": POOL}


def listed(kind: str) -> Callable[[CloudflareState, Call], Outcome]:
    """Make the handler of ``GET``."""

    def handler(state: CloudflareState, call: Call) -> Outcome:
        mine = [each for each in state.held.balancing.values() if _is(each, kind, call)]
        return Page([_told(each) for each in mine])

    return handler


def got(kind: str) -> Callable[[CloudflareState, Call], Outcome]:
    """Make the handler of ``GET`` of one."""
    return lambda state, call: Result(_told(_found(state, call, kind)))


def created(kind: str) -> Callable[[CloudflareState, Call], Outcome]:
    """Make the handler of ``POST``."""

    def handler(state: CloudflareState, call: Call) -> Outcome:
        now = state.now()
        document = _judged(kind, {**_KINDS[kind], **call.members})
        made = Balancing(new_id(), call.ids["account"], kind, document, now, now)
        state.held.balancing[made.id] = made
        return Result(_told(made))

    return handler


def edited(kind: str) -> Callable[[CloudflareState, Call], Outcome]:
    """Make the handler of ``PATCH``: what is not given stays."""

    def handler(state: CloudflareState, call: Call) -> Outcome:
        old = _found(state, call, kind)
        document = _judged(kind, {**old.document, **call.members})
        changed = msgspec.structs.replace(old, document=document, modified=state.now())
        state.held.balancing[old.id] = changed
        return Result(_told(changed))

    return handler


def removed(kind: str) -> Callable[[CloudflareState, Call], Outcome]:
    """Make the handler of ``DELETE``."""

    def handler(state: CloudflareState, call: Call) -> Outcome:
        gone = _found(state, call, kind)
        del state.held.balancing[gone.id]
        return Result({"id": gone.id})

    return handler


def _is(each: Balancing, kind: str, call: Call) -> bool:
    return (each.kind, each.account_id) == (kind, call.ids["account"])


def _found(state: CloudflareState, call: Call, kind: str) -> Balancing:
    found = state.held.balancing.get(call.ids["id"])
    if found is None or not _is(found, kind, call):
        message = f"there is none of the {kind} of this id"
        raise unsourced(404, message)
    return found


def _judged(kind: str, document: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(document) - set(_KINDS[kind]))
    if unknown:
        message = f"the lab's {kind} have no {', '.join(unknown)}"
        raise unsourced(400, message)
    if kind == "pools" and not (document["name"] and document["origins"]):
        message = "a pool has a name and origins"
        raise unsourced(400, message)
    return document


def _told(each: Balancing) -> dict[str, Any]:
    return {"id": each.id, **each.document, "created_on": when(each.created), "modified_on": when(each.modified)}
