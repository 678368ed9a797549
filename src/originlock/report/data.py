"""Plans, results, lists and runs as plain data: what ``-o json`` prints.

Lives here: the keys that others rely on. Must not live here: text for people.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.origin import Rule, RuleSpec
from originlock.facts.words import plain_source, ports_in_words
from originlock.plan.acts import (
    Act,
    AddEntries,
    AttachGroups,
    Authorize,
    AuthorizeEgress,
    CreatePrefixList,
    DetachGroups,
    Inverse,
    RemoveEntries,
    Revoke,
    TagRules,
    UntagRules,
    Withdraw,
    WithdrawEgress,
)
from originlock.plan.change import Change, Hole, Note, Objection, Unread
from originlock.plan.connections import ConnectionProof
from originlock.plan.document import Plan
from originlock.plan.journal import RunRecord
from originlock.plan.lane import LaneReport, Proof
from originlock.plan.result import ApplyResult, exit_code_of_plan

Data = dict[str, object]


def plan_data(plan: Plan) -> Data:
    """A plan: ``version``, ``digest``, ``changes``, ``objections``, ``holes``, ``notes``, ``unknown``, ``ranges``."""
    return {
        "version": plan.version,
        "digest": plan.digest,
        "purpose": plan.purpose,
        "undoes": plan.undoes,
        "origins": [policy.origin for policy in plan.policies],
        "changes": [_change(change) for change in plan.changes],
        "objections": [_objection(objection) for objection in plan.objections],
        "holes": [_hole(hole) for hole in plan.holes],
        "notes": [_note(note) for note in plan.notes],
        "unknown": [_unread(unread) for unread in plan.unknown],
        "ranges": ranges_data(plan.accepted, plan.refused_digest),
        "overrides": msgspec.to_builtins(plan.overrides),
        "exit_code": int(exit_code_of_plan(plan)),
    }


def ranges_data(accepted: AcceptedList | None, refused_digest: str | None = None) -> Data:
    """A list; of a refused one nothing but the digest, so that nobody acts on it."""
    if accepted is None:
        return {
            "edge": None,
            "ipv4": [],
            "ipv6": [],
            "source": None,
            "etag": None,
            "digest": refused_digest,
            "agree": None,
            "refused": True,
        }
    return {
        "edge": accepted.edge,
        "ipv4": list(accepted.ranges.ipv4),
        "ipv6": list(accepted.ranges.ipv6),
        "source": accepted.source,
        "etag": accepted.etag,
        "digest": accepted.ranges.digest,
        "agree": accepted.agree,
        "accepted_by": accepted.accepted_by,
        "at": accepted.at,
        "refused": False,
    }


def result_data(result: ApplyResult) -> Data:
    """An apply: ``run``, ``done``, ``undone``, ``proofs``, ``connections``, ``holes``, ``locked``, ``outcome``."""
    changes = {change.id: change for change in result.plan.changes}
    return {
        "run": result.run,
        "outcome": result.outcome.value,
        "exit_code": int(result.exit_code),
        "locked": result.locked,
        "digest": result.plan.digest,
        # What was made during the run has its id by now.
        "done": [{**_change(changes[name]), "target": lane.target} for lane in result.lanes for name in lane.done],
        "undone": [{**_change(changes[name]), "target": lane.target} for lane in result.lanes for name in lane.undone],
        "proofs": [_proof(proof) for proof in result.proofs],
        "connections": [_connection(proof) for proof in result.connections],
        "holes": [_hole(hole) for hole in result.holes],
        "unknown": [_unread(unread) for unread in result.unknown],
        "objections": [_objection(objection) for objection in result.objections],
        "notes": [_note(note) for note in result.plan.notes],
        "stopped": [_lane(lane) for lane in result.lanes if lane.message],
        "recovered": list(result.recovered),
        "ranges": ranges_data(result.plan.accepted, result.plan.refused_digest),
    }


def runs_data(records: Iterable[RunRecord], damaged: int) -> Data:
    """The history: ``runs``, newest first."""
    return {
        "runs": [
            {
                "run": record.run,
                "at": record.at,
                "ended": record.ended or None,
                "command": record.command,
                "by": record.by,
                "origins": list(record.origins),
                "outcome": record.outcome,
                "changes": list(record.changes),
                "overrides": msgspec.to_builtins(record.overrides),
                "ranges": record.ranges,
            }
            for record in records
        ],
        "damaged_lines": damaged,
    }


def _change(change: Change) -> Data:
    return {
        "id": change.id,
        "origin": change.origin,
        "stage": change.stage,
        "phase": change.phase.value,
        "effect": change.effect.value,
        "kind": change.kind,
        "target": change.target,
        "reason": change.reason,
        "after": list(change.after),
        "until": change.until,
        "rules": _rules(change.act),
        "groups": _groups(change.act),
        "entries": _entries(change.act),
        "inverse": None
        if change.inverse is None
        else {
            "kind": str(change.inverse.__struct_config__.tag),
            "rules": _rules(change.inverse),
            "groups": _groups(change.inverse),
            "entries": _entries(change.inverse),
        },
    }


def _rules(act: Act | Inverse) -> list[Data]:
    match act:
        case Authorize(_, rules) | Withdraw(_, rules):
            return [_rule(rule) for rule in rules]
        case Revoke(_, rules):
            return [{"id": rule.id, **_rule(rule)} for rule in rules]
        case AuthorizeEgress(_, rules) | WithdrawEgress(_, rules):
            return [_rule(rule) for rule in rules]
        case TagRules(_, ids, tags) | UntagRules(_, ids, tags):
            return [{"id": name, "tags": dict(tags)} for name in ids]
        case _:
            return []


def _groups(act: Act | Inverse) -> list[str]:
    """The groups that a change of a load balancer is about."""
    return list(act.groups) if isinstance(act, AttachGroups | DetachGroups) else []


def _entries(act: Act | Inverse) -> list[str]:
    """The CIDRs that a change of a prefix list is about."""
    if isinstance(act, CreatePrefixList | AddEntries | RemoveEntries):
        return [entry.cidr for entry in act.entries]
    return []


def _rule(rule: Rule | RuleSpec) -> Data:
    return {
        "opens": ports_in_words(rule.key),
        "protocol": rule.key.protocol,
        "from_port": rule.key.from_port,
        "to_port": rule.key.to_port,
        "source": plain_source(rule.key.source),
        "description": rule.description,
        "tags": dict(rule.tags),
    }


def _objection(objection: Objection) -> Data:
    return {
        "guard": objection.guard,
        "message": objection.message,
        "remedy": objection.remedy,
        "origin": objection.origin or None,
        "digest": objection.digest,
    }


def _hole(hole: Hole) -> Data:
    return {
        "origin": hole.origin,
        "target": hole.target,
        "what": hole.what,
        "lets_in": hole.lets_in,
        "rule": hole.rule,
        "closed_by_plan": hole.closed_by_plan,
        "close_with": None if hole.closed_by_plan else hole.close_with or None,
    }


def _note(note: Note) -> Data:
    return {"origin": note.origin or None, "target": note.target or None, "what": note.what}


def _unread(unread: Unread) -> Data:
    return {
        "origin": unread.origin or None,
        "target": unread.target or None,
        "what": unread.what,
        "reason": unread.reason,
    }


def _proof(proof: Proof) -> Data:
    return {
        "origin": proof.origin,
        "target": proof.target,
        "when": proof.when,
        "what": proof.what,
        "verdict": proof.verdict.value,
        "evidence": proof.evidence,
    }


def _connection(proof: ConnectionProof) -> Data:
    return {
        "origin": proof.origin,
        "when": proof.when,
        "who": proof.who,
        "what": proof.what,
        "verdict": proof.verdict.value,
        "lock": proof.lock or None,
        "evidence": proof.evidence,
    }


def _lane(lane: LaneReport) -> Data:
    return {
        "origin": lane.origin,
        "target": lane.target,
        "state": lane.state.value,
        "message": lane.message,
        "remedy": lane.remedy,
    }
