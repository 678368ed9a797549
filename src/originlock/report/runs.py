"""A run by itself, in one line or one JSON object, and more only where something happened.

Lives here: the words and the data. Must not live here: messages to people elsewhere (see `notify`).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec

from originlock.facts.runs import OriginRun, Point, Run
from originlock.facts.words import count
from originlock.report.document import Document, Line, Tone

Data = dict[str, object]


def run_line(run: Run) -> str:
    """One line of a log: when, how many origins, what was changed, and what it came to."""
    locked = {True: "locked", False: "NOT LOCKED", None: "not known to be locked"}
    states = [f"{name} {locked[state]}" for name, state in ((each.origin, each.locked) for each in run.origins)]
    changes = sum(len(each.done) + len(each.renewed) for each in run.origins)
    said = count(changes, "change") if changes else "nothing changed"
    if run.dry:
        said = f"would make {count(changes, 'change')}" if changes else "would change nothing"
    return f"{_moment(run.at)} run: {said}; {'; '.join(states) or 'no origin'}; exit code {run.exit_code}"


def run_document(run: Run, failed: Mapping[str, str]) -> Document:
    """The line, and beneath it what a person may have to act on.

    Args:
        run: that has ended.
        failed: channels that could not be told, with why.
    """
    lines = [Line(run_line(run), Tone.PLAIN if not run.exit_code else Tone.BAD)]
    if run.anew:
        lines.append(Line(f"{run.anew}: it begins anew, and people are told of everything once more", Tone.WARNING, 1))
    lines += [
        Line(f"run {each} was broken off; this one went on from there", Tone.WARNING, 1) for each in run.recovered
    ]
    for origin in run.origins:
        lines += _of(origin, dry=run.dry)
    lines += [Line(f"could not tell {name}: {why}", Tone.BAD, 1) for name, why in failed.items()]
    return tuple(lines)


def _of(origin: OriginRun, *, dry: bool) -> list[Line]:
    would = "would be " if dry else ""
    lines = [Line(f"{origin.origin}: {would}renewed: {each}", Tone.GOOD, 1) for each in origin.renewed]
    lines += [Line(f"{origin.origin}: {would}done: {each}", Tone.GOOD, 1) for each in origin.done]
    lines += [Line(f"{origin.origin}: undone: {each}", Tone.WARNING, 1) for each in origin.undone]
    wrong = (*filter(None, [origin.error]), *origin.objections, *origin.holes, *origin.broken)
    for point in wrong:
        lines += _point(origin.origin, point, Tone.BAD)
    for point in origin.unknown:
        lines += _point(origin.origin, msgspec.structs.replace(point, text=f"unknown: {point.text}"), Tone.WARNING)
    return lines


def _point(origin: str, point: Point, tone: Tone) -> list[Line]:
    said = [Line(f"{origin}: {point.text}", tone, 1)]
    return [*said, Line(f"-> {point.remedy}", Tone.QUIET, 2)] if point.remedy else said


def run_data(run: Run, failed: Mapping[str, str]) -> Data:
    """One JSON object: ``event``, ``at``, ``ended``, ``dry_run``, ``exit_code``, ``origins`` and ``not_told``."""
    return {
        "event": "run",
        "at": _moment(run.at),
        "ended": None if run.ended is None else _moment(run.ended),
        "dry_run": run.dry,
        "exit_code": run.exit_code,
        "origins": [_origin_data(each) for each in run.origins],
        "not_told": dict(failed),
    }


def _origin_data(origin: OriginRun) -> Data:
    """Every field, also an empty one: a machine that asks for ``holes`` is told that there are none."""
    fields = {name: getattr(origin, name) for name in origin.__struct_fields__}
    return {"locked": origin.locked, **{name: msgspec.to_builtins(value) for name, value in fields.items()}}


def _moment(at: datetime.datetime) -> str:
    return at.astimezone(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
