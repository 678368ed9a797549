"""Plans, results, lists and runs for people: what is shown on a terminal.

Lives here: what is said, in which order, in which tone. Must not live here: printing; keys for machines (see `data`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import assert_never

from originlock.facts.edge import AcceptedList
from originlock.facts.origin import RuleSpec
from originlock.facts.probing import Verdict
from originlock.facts.words import count, ports_in_words, source_in_words, target_in_words
from originlock.plan.acts import (
    Act,
    AddEntries,
    AttachGroups,
    Authorize,
    AuthorizeEgress,
    CreateGroup,
    CreatePrefixList,
    DeleteGroup,
    DeletePrefixList,
    DetachGroups,
    GroupAct,
    ListAct,
    RemoveEntries,
    ResizePrefixList,
    Revoke,
    TagRules,
    UntagRules,
)
from originlock.plan.change import Change, Effect, Hole, Objection, Unread
from originlock.plan.connections import ConnectionProof
from originlock.plan.document import Plan
from originlock.plan.journal import RunRecord
from originlock.plan.result import ApplyResult, Outcome
from originlock.report.document import Document, Line, Tone, table
from originlock.report.trust_words import trust_act_in_words
from originlock.report.words import rules_in_words

_SIGNS = {Effect.WIDEN: "+", Effect.NARROW: "-", Effect.NEUTRAL: "~"}
_EFFECT_TONES = {Effect.WIDEN: Tone.GOOD, Effect.NARROW: Tone.WARNING, Effect.NEUTRAL: Tone.PLAIN}
_SHOWN = 5

_SHORT_DIGEST = len("sha256:") + 12


def plan_document(plan: Plan, hint: str = "") -> Document:
    """A plan: the list, the changes for each target in their order, holes, notes, and what it comes to.

    Args:
        plan: what to tell of.
        hint: what a person can do now, where there is something to do.
    """
    lines = [*_heading(plan), *_objections(plan)]
    for target in dict.fromkeys(change.target for change in plan.changes):
        lines.append(Line(target_in_words(target), Tone.TITLE))
        lines += [line for change in plan.changes if change.target == target for line in _change(change)]
    lines += [line for hole in plan.holes for line in _hole(hole)]
    lines += _unknowns(plan.unknown)
    return (*lines, *_notes(plan), *_summary(plan, hint))


def _notes(plan: Plan) -> list[Line]:
    return [Line(f"note: {_at(note.target)}{note.what}", Tone.QUIET) for note in plan.notes]


def _heading(plan: Plan) -> list[Line]:
    origins = ", ".join(policy.origin for policy in plan.policies)
    places = ", ".join(dict.fromkeys(policy.place.region or "default Region" for policy in plan.policies))
    what = {"apply": "Plan", "adopt": "Adoption", "rollback": f"Rollback of run {plan.undoes}"}[plan.purpose]
    lines = [Line(f"{what} for {origins} ({places})", Tone.TITLE)]
    if plan.accepted is not None:
        lines.append(Line(f"ranges: {_list_in_words(plan.accepted)}", indent=1))
    return lines


def _list_in_words(accepted: AcceptedList) -> str:
    agreement = {True: "both forms agree", False: "the forms DISAGREE", None: "one form only"}[accepted.agree]
    by = ", accepted by a person" if accepted.accepted_by == "person" else ""
    counts = f"{len(accepted.ranges.ipv4)} IPv4 + {len(accepted.ranges.ipv6)} IPv6"
    said = accepted.source if accepted.source.startswith("snapshot") else f"{accepted.source}, {agreement}"
    return f"{counts} of {accepted.edge} ({said}{by})"


def _change(change: Change) -> list[Line]:
    sign, tone = _SIGNS[change.effect], _EFFECT_TONES[change.effect]
    return [
        Line(f"{sign} {change.effect.value:7} {act_in_words(change.act)}", tone, 1),
        Line(f"{change.reason}", Tone.QUIET, 6),
    ]


def act_in_words(act: Act) -> str:
    """What an act does, without whose it is."""
    match act:
        case Authorize(_, specs):
            return f"add {rules_in_words(spec.key for spec in specs)}"
        case Revoke(_, rules):
            return f"remove {rules_in_words(rule.key for rule in rules)}"
        case TagRules(_, ids, tags):
            return f"mark {count(len(ids), 'rule')} as those of the origin {', '.join(value for _, value in tags)}"
        case UntagRules(_, ids, _):
            return f"take our mark off {count(len(ids), 'rule')}"
        case CreateGroup() | DeleteGroup() | AuthorizeEgress():
            return _group_act_in_words(act)
        case AttachGroups(_, groups):
            return f"attach {', '.join(map(target_in_words, groups))} beside the groups that it has"
        case DetachGroups(_, groups):
            return f"detach {', '.join(groups)}"
        case CreatePrefixList() | DeletePrefixList() | ResizePrefixList() | AddEntries() | RemoveEntries():
            return _list_act_in_words(act)
        case _:
            return trust_act_in_words(act)


def _group_act_in_words(act: GroupAct) -> str:
    match act:
        case CreateGroup(vpc, name):
            return f"create the security group {name} in {vpc}"
        case DeleteGroup():
            return "delete the security group"
        case AuthorizeEgress(_, rules):
            return f"let it send out {_ways_out(rules)}"
        case _:
            assert_never(act)


def _ways_out(rules: Iterable[RuleSpec]) -> str:
    """Egress: whom a rule names is where it goes to."""
    return ", ".join(f"{ports_in_words(spec.key)} to {source_in_words(spec.key.source)}" for spec in rules)


def _list_act_in_words(act: ListAct) -> str:
    match act:
        case CreatePrefixList(name, family, size, entries):
            return f"create the IPv{family} prefix list {name}: {len(entries)} entries, room for {size}"
        case DeletePrefixList():
            return "delete the prefix list"
        case ResizePrefixList(_, size, before):
            return f"make room for {size} entries (it has room for {before})"
        case AddEntries(_, entries):
            return f"add {_few(entry.cidr for entry in entries)}"
        case RemoveEntries(_, entries):
            return f"remove {_few(entry.cidr for entry in entries)}"
        case _:
            assert_never(act)


def _few(cidrs: Iterable[str]) -> str:
    listed = list(cidrs)
    more = f", and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more


def _hole(hole: Hole) -> list[Line]:
    if hole.closed_by_plan:
        keep = "; to keep it, write it down as an exception" if hole.narrow else ""
        said = f"hole: {target_in_words(hole.target)} lets in {hole.lets_in} ({hole.what}): this plan closes it{keep}"
        return [Line(said, Tone.WARNING)]
    lines = [Line(f"HOLE: {target_in_words(hole.target)} lets in {hole.lets_in} ({hole.what})", Tone.BAD)]
    return lines + ([Line(f"to close it: {hole.close_with}", indent=3)] if hole.close_with else [])


def _objections(plan: Plan) -> list[Line]:
    """Each guard's reason, with its origin where there are several."""
    return _reasons(plan.objections, several=bool(plan.policies[1:]))


def _reasons(objections: Iterable[Objection], *, several: bool = False) -> list[Line]:
    lines = []
    listed = list(objections)
    for objection, following in itertools.zip_longest(listed, listed[1:]):
        whom = f" for {objection.origin}" if several and objection.origin else ""
        lines.append(Line(f"REFUSED{whom} ({objection.guard}): {objection.message}", Tone.BAD))
        # What is to be done about several of them is said once, after the last.
        if objection.remedy and (following is None or following.remedy != objection.remedy):
            lines.append(Line(f"what to do: {objection.remedy}", indent=3))
    return lines


def _unknowns(unknown: Iterable[Unread]) -> list[Line]:
    return [Line(f"UNKNOWN: {_at(u.target)}{u.what}: {u.reason}", Tone.WARNING) for u in unknown]


def _at(target: str) -> str:
    return f"{target_in_words(target)}: " if target else ""


def _summary(plan: Plan, hint: str) -> list[Line]:
    if plan.objections and not plan.changes:
        return [Line(f"{_refused(plan)}; nothing was changed.", Tone.BAD)]
    if not plan.changes:
        return [_standing(plan)]
    widening = sum(1 for change in plan.changes if change.effect is Effect.WIDEN)
    narrowing = sum(1 for change in plan.changes if change.effect is Effect.NARROW)
    others = len(plan.changes) - widening - narrowing
    neutral = f", {others} neutral" if others else ""
    said = f"{count(len(plan.changes), 'change')}: {widening} widen, {narrowing} narrow{neutral}"
    lines = [Line(f"{_refused(plan)}; for the others:", Tone.BAD)] if plan.objections else []
    lines += [Line(f"{said}; digest {plan.digest[:_SHORT_DIGEST]}", Tone.TITLE)]
    return [*lines, Line(hint, Tone.QUIET)] if hint else lines


def _refused(plan: Plan) -> str:
    """``Refused by 2 guards``; with the origins where not all are refused."""
    all_of_them = len(plan.refused) == len(plan.policies)
    named = ", ".join(sorted(plan.refused)) or _locks(plan)
    whom = "" if all_of_them else f" for {named}"
    return f"Refused{whom} by {count(len(plan.objections), 'guard')}"


def _locks(plan: Plan) -> str:
    """The locks that were refused, where no origin was as a whole: ``the identity lock of shop``."""
    found = dict.fromkeys((each.lock, each.origin) for each in plan.objections if each.lock)
    return ", ".join(f"the {lock} lock of {origin}" for lock, origin in found)


def _standing(plan: Plan) -> Line:
    holes, unknown = plan.open_holes, plan.unknown
    if plan.purpose == "adopt" and not unknown:
        still = f" NOT LOCKED: {count(len(holes), 'hole')} open." if holes else ""
        return Line(f"Nothing to take over.{still}", Tone.BAD if holes else Tone.GOOD)
    if holes:
        return Line(f"NOT LOCKED: {count(len(holes), 'hole')} open; nothing for this plan to change.", Tone.BAD)
    if unknown:
        return Line(f"Could not be told: {count(len(unknown), 'thing')} could not be read.", Tone.WARNING)
    if plan.purpose == "rollback":
        return _nothing_goes_back(plan)
    return Line("Nothing to do: the groups hold what is wanted.", Tone.GOOD)


def _nothing_goes_back(plan: Plan) -> Line:
    """What a rollback without a change comes to: either it is so already, or notes say why nothing can go back."""
    if plan.notes:
        return Line("Nothing goes back: the notes above say why.", Tone.WARNING)
    return Line("Nothing to undo: it is as it was before the run, or as it is wanted now.", Tone.GOOD)


def result_document(result: ApplyResult) -> Document:
    """An apply: what was done, what was proved, what is open, and what to do."""
    lines = [Line(f"run {result.run}: {result.outcome.value}", _OUTCOME_TONES[result.outcome])]
    lines += _reasons(result.objections, several=bool(result.plan.policies[1:]))
    changes = {change.id: change for change in result.plan.changes}
    for lane in result.lanes:
        lines.append(Line(target_in_words(lane.target), Tone.TITLE, 1))
        lines += [Line(f"done    {act_in_words(changes[name].act)}", indent=2) for name in lane.done]
        lines += [Line(f"undone  {act_in_words(changes[name].act)}", Tone.WARNING, 2) for name in lane.undone]
        for proof in lane.proofs:
            tone = Tone.GOOD if proof.verdict is Verdict.KEPT else Tone.BAD
            lines.append(Line(f"proof {proof.verdict.value} ({proof.when}): {proof.what}; {proof.evidence}", tone, 2))
        if lane.message:
            lines += [Line(lane.message, Tone.BAD, 2), Line(f"what to do: {lane.remedy}", indent=3)]
    lines += _connections(result.connections)
    lines += [line for hole in result.holes for line in _hole(hole)]
    lines += _unknowns(result.unknown)
    if result.plan.purpose == "rollback" and result.outcome is Outcome.NOTHING_TO_DO:
        lines += _notes(result.plan)
    if result.broke_off:
        lines.append(Line(f"BROKEN OFF: {result.broke_off}", Tone.BAD))
    return (*lines, *_locked(result))


def _connections(connections: tuple[ConnectionProof, ...]) -> list[Line]:
    """Each origin's connections, the last of each kind."""
    tones = {Verdict.KEPT: Tone.GOOD, Verdict.BROKEN: Tone.BAD, Verdict.UNKNOWN: Tone.WARNING}
    lines: list[Line] = []
    for origin in dict.fromkeys(each.origin for each in connections):
        lines.append(Line(f"connections ({origin})", Tone.TITLE, 1))
        # The edge is asked more than once, and mostly answers the same.
        said = dict.fromkeys((e.verdict, e.when, e.what, e.evidence) for e in connections if e.origin == origin)
        lines += [
            Line(f"proof {verdict.value} ({when}): {what}; {evidence}", tones[verdict], 2)
            for verdict, when, what, evidence in said
        ]
    return lines


_OUTCOME_TONES = {
    Outcome.NOTHING_TO_DO: Tone.GOOD,
    Outcome.DONE: Tone.GOOD,
    Outcome.REFUSED: Tone.BAD,
    Outcome.STOPPED: Tone.BAD,
    Outcome.UNDONE: Tone.BAD,
    Outcome.UNDO_FAILED: Tone.BAD,
    Outcome.UNKNOWN: Tone.WARNING,
    Outcome.INTERRUPTED: Tone.WARNING,
}


def _locked(result: ApplyResult) -> list[Line]:
    if result.outcome is Outcome.REFUSED:
        still = f" NOT LOCKED: {count(len(result.holes), 'hole')} open." if result.holes else ""
        named = ", ".join(sorted(result.plan.refused)) or _locks(result.plan)
        others = f"Refused for {named}; what was done for the others stands above."
        what = others if result.lanes else "Nothing was changed."
        return [Line(f"{what}{still}", Tone.BAD if still or result.lanes else Tone.PLAIN)]
    if result.holes:
        return [Line(f"NOT LOCKED: {count(len(result.holes), 'hole')} open.", Tone.BAD)]
    if result.locked is False:
        return [Line("NOT LOCKED: a stranger still gets in; what was narrowed stays so.", Tone.BAD)]
    if any(proof.verdict is Verdict.BROKEN for proof in result.proofs):
        return [Line("AWS does not show what was done: a proof is broken.", Tone.BAD)]
    if result.plan.purpose == "adopt":
        return [Line("Nothing was opened or closed. What is wanted now: originlock plan.", Tone.GOOD)]
    if result.plan.purpose == "rollback" and result.outcome is Outcome.NOTHING_TO_DO:
        return [_nothing_goes_back(result.plan)]
    if result.outcome in (Outcome.DONE, Outcome.NOTHING_TO_DO):
        return [Line(_STANDS[bool(result.connections), result.locked is True], Tone.GOOD)]
    return []


_STANDS = {
    (False, False): "Everything that is wanted is there, read back from AWS; no connection was tried.",
    (True, True): "LOCKED: the edge is served, strangers are kept out; seen by connections and read back from AWS.",
    (True, False): "Everything that is wanted is there, read back from AWS; connections could not tell all of it.",
}
"""What an apply that went well says at its end: whether connections were made, and whether they told everything."""


def ranges_document(accepted: AcceptedList, remarks: Iterable[str]) -> Document:
    """A list: where it is from, and its CIDRs."""
    return (
        Line(_list_in_words(accepted), Tone.TITLE),
        Line(
            f"digest {accepted.ranges.digest}" + (f", etag {accepted.etag}" if accepted.etag else ""),
            Tone.QUIET,
        ),
        *(Line(cidr, indent=1) for cidr in accepted.ranges.cidrs),
        *(Line(f"note: {remark}", Tone.QUIET) for remark in remarks),
    )


def refused_list_document(refusals: Iterable[tuple[str, str, str]]) -> Document:
    """A list that may not be acted on: each guard's reason, and what to do."""
    objections = [Objection(guard, message, remedy) for guard, message, remedy in refusals]
    return (*_reasons(objections), Line("The list is not acted on; nothing was changed."))


def history_document(records: Iterable[RunRecord], damaged: int, place: str) -> Document:
    """The runs, newest first."""
    rows = [("RUN", "COMMAND", "ORIGINS", "OUTCOME", "CHANGES")]
    rows += [(r.run, r.command, ", ".join(r.origins), r.outcome or "unfinished", str(len(r.changes))) for r in records]
    lines = table(rows) if len(rows) > 1 else [Line(f"No run is in {place}.")]
    if damaged:
        said = f"{count(damaged, 'line')} of {place} could not be understood (torn by a power cut, or altered)"
        lines.append(Line(said, Tone.WARNING))
    return tuple(lines)
