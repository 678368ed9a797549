"""Whether what an edge published may be acted on: all its forms together, and against one's own rules.

Lives here: how the forms are weighed together, what a person may override, which digest is offered for it.
Must not live here: the guards on a single form (see `guards`), reading anything, looking at a clock.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence

import msgspec

from originlock.acceptance.guards import CheckedForm, Finding, check, grown, not_covered, too_many_gone
from originlock.acceptance.outcome import Acceptance, Accepted, Refusal, RefusedList
from originlock.acceptance.words import family_name, some_cidrs
from originlock.facts.edge import AcceptedList, EdgeLimits, FormReading, Ranges
from originlock.facts.networks import FAMILIES, Cidr, family

__all__ = ["Acceptance", "Accepted", "Refusal", "RefusedList", "judge", "own_rules_guard"]

_TRY_LATER = "nothing was changed; check the edge's URLs in the configuration, and try later"
_LINE_BY_LINE = frozenset({"text"})

_DIFFERING_SHOWN = 20
"""How many entries that only one form names are listed (our choice: Cloudflare's whole list has 22)."""


def judge(
    readings: Sequence[FormReading],
    limits: EdgeLimits,
    baseline: AcceptedList,
    accept_digest: str | None,
    at: str,
) -> Acceptance:
    """Judge the readings of all the forms in which an edge publishes its list.

    Args:
        readings: one of each form, in any order, those that could not be had included.
        limits: how wide the edge's ranges can be.
        baseline: the list last accepted, or the snapshot; the answer bears its edge's name.
        accept_digest: the digest that a person accepts, with or without ``sha256:``.
        at: when the readings were made, ISO 8601 in UTC; it is only passed on.
    """
    in_order = sorted(readings, key=lambda reading: (reading.form, reading.urls))
    forms = _with_cuts([check(reading, limits, baseline.ranges) for reading in in_order], baseline.ranges)
    joint = _joint_findings(forms, baseline.ranges)
    candidate = _union([form for form in forms if form.ranges is not None])
    passing = tuple(form for form in forms if form.passes)
    if passing and not joint:
        return _accepted_by_guards(forms, baseline, accept_digest, at)
    if candidate is not None and accepts(accept_digest, candidate):
        return _accepted_by_person(forms, joint, AcceptedList(baseline.edge, candidate, "", at=at))
    return _refused(forms, joint, candidate, accept_digest)


def accepts(accept_digest: str | None, ranges: Ranges) -> bool:
    """Whether a person's digest, with or without ``sha256:``, is that of these ranges."""
    return accept_digest is not None and _full(accept_digest) == ranges.digest


def _full(digest: str) -> str:
    return "sha256:" + digest.strip().lower().removeprefix("sha256:")


def _union(forms: Sequence[CheckedForm]) -> Ranges | None:
    """What any of the forms names; None where none names anything that could be accepted."""
    named = [form.ranges for form in forms if form.ranges is not None]
    return functools.reduce(operator.or_, named) if named else None


def _with_cuts(forms: Sequence[CheckedForm], baseline: Ranges) -> tuple[CheckedForm, ...]:
    """The forms, with a finding at those that look as if they ended too early.

    Where the transport does not say how long the whole is, a list of lines that was cut between two of them looks like
    a shorter list. So it is held against the list last accepted: a form that lacks something of it, and names nothing
    that is not in it or in the other forms, may have been cut. One that only lags behind has all that was accepted.
    """
    found = []
    for form in forms:
        others = [other.ranges for other in forms if other is not form and other.passes and other.ranges is not None]
        cut = _cut_against(form, baseline, functools.reduce(operator.or_, others, baseline))
        found.append(msgspec.structs.replace(form, findings=(*form.findings, *cut)))
    return tuple(found)


def _cut_against(form: CheckedForm, baseline: Ranges, known: Ranges) -> tuple[Finding, ...]:
    # JSON that was cut is no JSON: only a form that is read line by line can be cut without a trace.
    if form.length_declared or form.ranges is None or form.form not in _LINE_BY_LINE:
        return ()
    found = []
    for wanted in FAMILIES:
        named = set(form.ranges.of_family(wanted))
        lacking = set(baseline.of_family(wanted)) - named
        if lacking and named <= set(known.of_family(wanted)):
            lacks = f"{form.form}, {family_name(wanted)}: it lacks {some_cidrs(lacking)}"
            message = f"{lacks}, names nothing new and came without a length: it may have been cut on the way"
            found.append(Finding("cut-short", message, yields=True))
    return tuple(found)


def _joint_findings(forms: tuple[CheckedForm, ...], baseline: Ranges) -> tuple[Finding, ...]:
    """What is wrong with the forms together, although some of them pass."""
    if not forms:
        return (Finding("nothing-read", "no form of the list was read", yields=False),)
    passing = [form for form in forms if form.passes]
    together = _union(passing)
    if together is None:
        return ()
    name = _source(passing)
    if len(passing) == len(forms):
        # Each form may have grown within the limit while both together have not.
        joint: list[Finding] = []
        for wanted in FAMILIES:
            joint += grown(together.of_family(wanted), wanted, baseline, f"{name}, {family_name(wanted)}")
        return tuple(joint)
    if all(form.ranges == baseline for form in passing):
        return ()
    differing = set(together.cidrs) ^ set(baseline.cidrs)
    message = f"{name} alone is left, and differs from the list last accepted in {some_cidrs(differing)}"
    return (Finding("one-form-left", message, yields=True),)


def _source(forms: Sequence[CheckedForm]) -> str:
    return "+".join(form.form for form in forms)


def _etag(forms: Sequence[CheckedForm]) -> str | None:
    return next((form.etag for form in forms if form.etag is not None), None)


def _agree(forms: Sequence[CheckedForm], named: Sequence[CheckedForm]) -> bool | None:
    """Whether the forms agree, `named` being those that count; None if there is nothing to compare."""
    if len({form.ranges for form in named}) > 1:
        return False
    return True if len(named) == len(forms) > 1 else None


def _accepted_by_guards(
    forms: tuple[CheckedForm, ...], baseline: AcceptedList, accept_digest: str | None, at: str
) -> Accepted:
    passing = [form for form in forms if form.passes]
    ranges = _union(passing) or baseline.ranges
    agree = _agree(forms, passing)
    remarks = [remark for form in passing for remark in form.remarks]
    remarks += [f"{form.form} was left out: {finding.message}" for form in forms for finding in form.findings]
    remarks += _differences(passing) if agree is False else []
    if accept_digest is not None and not accepts(accept_digest, ranges):
        named = f"--accept-list names {_full(accept_digest)}, which is not this list ({ranges.digest})"
        remarks.append(f"{named}; it was not needed")
    accepted = AcceptedList(baseline.edge, ranges, _source(passing), _etag(passing), agree, at=at)
    return Accepted(accepted, tuple(remarks))


def _accepted_by_person(forms: tuple[CheckedForm, ...], joint: tuple[Finding, ...], bare: AcceptedList) -> Accepted:
    named = [form for form in forms if form.ranges is not None]
    agree = _agree(forms, named)
    findings = [finding for form in forms for finding in form.findings] + list(joint)
    remarks = [remark for form in named for remark in form.remarks]
    remarks += [f"accepted by a person in spite of this: {finding.message}" for finding in findings]
    remarks += _differences(named) if agree is False else []
    accepted = msgspec.structs.replace(
        bare, source=_source(named), etag=_etag(named), agree=agree, accepted_by="person"
    )
    return Accepted(accepted, tuple(remarks))


def _differences(forms: Sequence[CheckedForm]) -> list[str]:
    """Say which entries not every form names."""
    sets = {form.form: set(form.ranges.cidrs) for form in forms if form.ranges is not None}
    everywhere = set.intersection(*sets.values())
    parts = [
        f"{name} names {some_cidrs(cidrs - everywhere, _DIFFERING_SHOWN)}"
        for name, cidrs in sets.items()
        if cidrs - everywhere
    ]
    return [f"the forms differ, so nothing will be removed: only {'; only '.join(parts)}"]


def _refused(
    forms: tuple[CheckedForm, ...],
    joint: tuple[Finding, ...],
    candidate: Ranges | None,
    accept_digest: str | None,
) -> RefusedList:
    digest = candidate.digest if candidate is not None else None
    remedy = _remedy(digest)
    findings = [finding for form in forms for finding in form.findings] + list(joint)
    refusals = [Refusal(finding.guard, finding.message, remedy) for finding in findings]
    if accept_digest is not None:
        now = f"the list published now is {digest}" if digest else "no list published now can be accepted"
        message = f"--accept-list names {_full(accept_digest)}, but {now}"
        refusals.append(Refusal("other-list", message, remedy))
    return RefusedList(tuple(refusals), digest)


def _remedy(digest: str | None) -> str:
    if digest is None:
        return _TRY_LATER
    return f"nothing was changed; compare with the edge's own page; if it is right: --accept-list {digest}"


def own_rules_guard(own: Sequence[Cidr], candidate: Ranges, accept_digest: str | None) -> Refusal | None:
    """Refuse a list that would strip one's own rules: they are a second baseline, for what is gone only.

    Args:
        own: the CIDRs of the rules that originlock made, both families, in any order, with doubles.
        candidate: the list that was accepted.
        accept_digest: the digest that a person accepts, with or without ``sha256:``.

    Returns:
        None if, in each family, no more of them are uncovered than a quarter of the rules or of the candidate's
        entries, whichever are more.
    """
    if accepts(accept_digest, candidate):
        return None
    messages = []
    for wanted in FAMILIES:
        rules = sorted({cidr for cidr in own if family(cidr) == wanted})
        published = candidate.of_family(wanted)
        gone = not_covered(rules, published)
        # Where others made most of the rules, the few of our own are no measure of a list: the larger one counts.
        if too_many_gone(gone, max(rules, published, key=len)):
            messages.append(
                f"{family_name(wanted)}: {len(gone):,} of the {len(rules):,} ranges in originlock's own "
                f"rules are not in the list, more than a quarter: {some_cidrs(gone)}"
            )
    if not messages:
        return None
    return Refusal("shrunken-against-own-rules", "; ".join(messages), _remedy(candidate.digest))
