"""Rulesets: the entry points of a zone's phases, and single rules in them.

Here lives the handlers of ``/zones/{zone}/rulesets``. Here must not live: what rules do (see `routing`).

The edge acts on three phases; what it could not act on is refused, so that no rule is taken and then never applied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from originlock.lab.cloudflare.asking import Call, Outcome, Page, Result, when
from originlock.lab.cloudflare.errors import ApiError, ErrorItem, not_permitted, unsourced
from originlock.lab.cloudflare.expressions import ExpressionError, condition
from originlock.lab.cloudflare.permissions import OF_PHASE, may
from originlock.lab.cloudflare.records import Rule, Ruleset, Zone
from originlock.lab.cloudflare.routing import CONFIG_PHASE, ORIGIN_PHASE, TRANSFORM_PHASE
from originlock.lab.cloudflare.state import CloudflareState, new_id
from originlock.lab.cloudflare.zones import SETTINGS, zone_in

#: What a rule of each phase does, and the parameters that the edge of the lab acts on.
ACTIONS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    ORIGIN_PHASE: ("route", frozenset({"host_header", "sni", "origin"})),
    CONFIG_PHASE: ("set_config", frozenset({"ssl"})),
    TRANSFORM_PHASE: ("rewrite", frozenset({"headers"})),
}

#: Members of a rule that a request may bear.
_MEMBERS: Final = frozenset(
    {"action", "expression", "action_parameters", "description", "enabled", "ref", "position", "id", "logging"}
)

_MOST_PORT: Final = 65535

_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}")
_VALUE: Final = re.compile(r"[\x20-\x7e]{1,4096}")


def listed(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../rulesets``: without their rules."""
    zone = zone_in(state, call)
    mine = [each for (zone_id, _), each in state.held.rulesets.items() if zone_id == zone.id]
    readable = [each for each in mine if may(call.token, OF_PHASE[each.phase], write=False, zone=zone)]
    return Page([{name: value for name, value in told(each).items() if name != "rules"} for each in readable])


def entrypoint(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../rulesets/phases/{phase}/entrypoint``."""
    zone = zone_in(state, call)
    phase = _phase(call.ids["phase"])
    _permit(call, zone, phase, write=False)
    found = state.held.rulesets.get((zone.id, phase))
    if found is None:
        # Seen by clients: 404, 10003.
        raise ApiError(404, ErrorItem(10003, f"could not find entrypoint ruleset in the {phase} phase"))
    return Result(told(found))


def replaced(state: CloudflareState, call: Call) -> Outcome:
    """``PUT .../rulesets/phases/{phase}/entrypoint``: the whole list; rules that are not sent are gone."""
    zone = zone_in(state, call)
    phase = _phase(call.ids["phase"])
    _permit(call, zone, phase, write=True)
    unknown = sorted(set(call.members) - {"rules", "description", "name"})
    if unknown:
        # CodeGlyphX #155: entry points refuse `kind` and `phase`.
        message = f"invalid JSON: unknown field {unknown[0]}"
        raise unsourced(400, message)
    given = call.members.get("rules", [])
    if not isinstance(given, list):
        message = "rules must be a list"
        raise unsourced(400, message)
    old = state.held.rulesets.get((zone.id, phase))
    known = {each.id: each for each in old.rules} if old else {}
    rules = tuple(_rule(state, phase, each, known.get(str(_object(each).get("id")))) for each in given)
    return Result(told(_stored(state, zone, phase, rules, str(call.members.get("description", "")))))


def got(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../rulesets/{ruleset}``."""
    return Result(told(_ruleset(state, call, write=False)))


def rule_created(state: CloudflareState, call: Call) -> Outcome:
    """``POST .../rulesets/{ruleset}/rules``: at the end, or where `position` says."""
    ruleset = _ruleset(state, call, write=True)
    rule = _rule(state, ruleset.phase, call.body, None)
    return Result(told(_put(state, ruleset, _placed(ruleset.rules, rule, call.members.get("position")))))


def rule_edited(state: CloudflareState, call: Call) -> Outcome:
    """``PATCH .../rules/{rule}``: what is not given stays."""
    ruleset = _ruleset(state, call, write=True)
    old = _of(ruleset, call.ids["rule"])
    new = _rule(state, ruleset.phase, call.body, old)
    rules = tuple(new if each.id == old.id else each for each in ruleset.rules)
    if call.members.get("position") is not None:
        rules = _placed(tuple(each for each in rules if each.id != new.id), new, call.members["position"])
    return Result(told(_put(state, ruleset, rules)))


def rule_removed(state: CloudflareState, call: Call) -> Outcome:
    """``DELETE .../rules/{rule}``."""
    ruleset = _ruleset(state, call, write=True)
    gone = _of(ruleset, call.ids["rule"])
    return Result(told(_put(state, ruleset, tuple(each for each in ruleset.rules if each.id != gone.id))))


# --- finding, keeping --------------------------------------------------------------------------


def _phase(phase: str) -> str:
    if phase not in ACTIONS:
        message = f"the lab has no phase {phase}"
        raise unsourced(400, message)
    return phase


def _permit(call: Call, zone: Zone, phase: str, *, write: bool) -> None:
    if not may(call.token, OF_PHASE[phase], write=write, zone=zone):
        raise not_permitted()


def _ruleset(state: CloudflareState, call: Call, *, write: bool) -> Ruleset:
    zone = zone_in(state, call)
    mine = (each for (zone_id, _), each in state.held.rulesets.items() if zone_id == zone.id)
    found = next((each for each in mine if each.id == call.ids["ruleset"]), None)
    if found is None:
        message = "could not find ruleset"
        raise unsourced(404, message)
    _permit(call, zone, found.phase, write=write)
    return found


def _of(ruleset: Ruleset, rule_id: str) -> Rule:
    found = next((each for each in ruleset.rules if each.id == rule_id), None)
    if found is None:
        message = "could not find rule"
        raise unsourced(404, message)
    return found


def _stored(state: CloudflareState, zone: Zone, phase: str, rules: tuple[Rule, ...], description: str) -> Ruleset:
    old = state.held.rulesets.get((zone.id, phase))
    if old is not None:
        return _put(state, msgspec.structs.replace(old, description=description), rules)
    made = Ruleset(new_id(), zone.id, phase, state.now(), rules, description=description)
    state.held.rulesets[zone.id, phase] = made
    return made


def _put(state: CloudflareState, ruleset: Ruleset, rules: tuple[Rule, ...]) -> Ruleset:
    changed = msgspec.structs.replace(ruleset, rules=rules, version=ruleset.version + 1, last_updated=state.now())
    state.held.rulesets[ruleset.zone_id, ruleset.phase] = changed
    return changed


def _placed(rules: tuple[Rule, ...], rule: Rule, position: object) -> tuple[Rule, ...]:
    at = len(rules)
    ids = [each.id for each in rules]
    match position:
        case None:
            pass
        case {"index": int(index)} if 1 <= index <= len(rules) + 1:
            at = index - 1
        case {"before": ""}:
            at = 0
        case {"before": str(other)} if other in ids:
            at = ids.index(other)
        case {"after": ""}:
            pass
        case {"after": str(other)} if other in ids:
            at = ids.index(other) + 1
        case _:
            message = "the position is invalid"
            raise unsourced(400, message)
    return (*rules[:at], rule, *rules[at:])


# --- judging -----------------------------------------------------------------------------------


def _object(given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        message = "a rule must be an object"
        raise unsourced(400, message)
    return given


def _rule(state: CloudflareState, phase: str, body: object, old: Rule | None) -> Rule:
    given = _object(body)
    unknown = sorted(set(given) - _MEMBERS - {"version", "last_updated"})
    if unknown:
        message = f"invalid JSON: unknown field {unknown[0]}"
        raise unsourced(400, message)
    action = given.get("action", old.action if old else None)
    expression = given.get("expression", old.expression if old else None)
    parameters = given.get("action_parameters", old.action_parameters if old else {})
    wanted, _ = ACTIONS[phase]
    if action != wanted:
        message = f"the action of a rule in {phase} is {wanted}"
        raise unsourced(400, message)
    try:
        condition(expression if isinstance(expression, str) else "")
    except ExpressionError as error:
        message = f"the expression is not valid, or the lab does not know it: {error}"
        raise unsourced(400, message) from error
    _judge_parameters(phase, parameters)
    rule_id = old.id if old else new_id()
    return Rule(
        id=rule_id,
        ref=str(given.get("ref", old.ref if old else rule_id)),
        action=wanted,
        expression=str(expression),
        last_updated=state.now(),
        action_parameters=dict(parameters),
        description=str(given.get("description", old.description if old else "")),
        enabled=given.get("enabled", old.enabled if old else True) is True,
        version=old.version + 1 if old else 1,
    )


def _judge_parameters(phase: str, parameters: object) -> None:
    known = ACTIONS[phase][1]
    if not isinstance(parameters, dict) or not parameters or set(parameters) - known:
        message = f"the lab's action parameters in {phase} are {', '.join(sorted(known))}"
        raise unsourced(400, message)
    match phase:
        case "http_request_origin":
            fits = _fits_origin(parameters)
        case "http_config_settings":
            fits = parameters["ssl"] in SETTINGS["ssl"][0]
        case _:
            fits = _fits_headers(parameters["headers"])
    if not fits:
        message = "the action parameters are invalid"
        raise unsourced(400, message)


def _fits_origin(parameters: Mapping[str, Any]) -> bool:
    host = parameters.get("host_header")
    if host is not None and not (isinstance(host, str) and _HOST.fullmatch(host)):
        return False
    sni = parameters.get("sni")
    if sni is not None and not (isinstance(sni, dict) and _HOST.fullmatch(str(sni.get("value", "")))):
        return False
    origin = parameters.get("origin")
    if origin is None:
        return True
    if not isinstance(origin, dict) or set(origin) - {"host", "port"}:
        return False
    port = origin.get("port", 443)
    return isinstance(port, int) and 1 <= port <= _MOST_PORT and bool(_HOST.fullmatch(str(origin.get("host", "x"))))


def _fits_headers(headers: object) -> bool:
    if not isinstance(headers, dict) or not headers:
        return False
    for name, change in headers.items():
        if not _HEADER.fullmatch(str(name)) or not isinstance(change, dict):
            return False
        operation = change.get("operation")
        if operation not in {"set", "add", "remove"}:
            return False
        if operation != "remove" and not _VALUE.fullmatch(str(change.get("value", ""))):
            return False
    return True


def told(ruleset: Ruleset) -> dict[str, Any]:
    """A ruleset as the API tells it."""
    return {
        "id": ruleset.id,
        "name": ruleset.name,
        "description": ruleset.description,
        "kind": "zone",
        "phase": ruleset.phase,
        "version": str(ruleset.version),
        "last_updated": when(ruleset.last_updated),
        "rules": [_told_rule(each) for each in ruleset.rules],
    }


def _told_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "ref": rule.ref,
        "version": str(rule.version),
        "action": rule.action,
        "action_parameters": rule.action_parameters,
        "expression": rule.expression,
        "description": rule.description,
        "enabled": rule.enabled,
        "last_updated": when(rule.last_updated),
    }
