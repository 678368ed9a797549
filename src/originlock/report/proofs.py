"""Proofs by connection, for people and as plain data: `check` and `verify`.

Lives here: what is said, and the keys that others rely on. Must not live here: printing, judging.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from originlock.errors import ExitCode
from originlock.facts.probing import Probed, Verdict
from originlock.report.document import Document, Line, Tone, table
from originlock.verify.checking import Attempt, CheckReport, NameSeen
from originlock.verify.promises import Promise, VerifyReport

Data = dict[str, object]

_TONES = {Verdict.KEPT: Tone.GOOD, Verdict.BROKEN: Tone.BAD, Verdict.UNKNOWN: Tone.WARNING}

_OF_A_STRANGER = {Verdict.KEPT: "shut", Verdict.BROKEN: "OPEN", Verdict.UNKNOWN: "unknown"}
"""What a verdict on a way round is called where a person reads it."""


def exit_code_of(locked: bool | None) -> ExitCode:  # noqa: FBT001  the report's own three values
    """What `check` and `verify` end with: 0 locked, 3 open, 7 could not be told."""
    if locked is None:
        return ExitCode.UNKNOWN
    return ExitCode.DONE if locked else ExitCode.PENDING


# --- check ----------------------------------------------------------------------------------------------------


def check_data(report: CheckReport) -> Data:
    """``host``, ``edge``, ``addresses``, ``probes``, ``locked``, and what else was found."""
    return {
        "host": report.host.name,
        "edge": report.edge,
        "addresses": list(report.host.addresses),
        "origin": None if report.origin is None else report.origin.name,
        "origin_addresses": [] if report.origin is None else list(report.origin.addresses),
        "also": [_name(each) for each in report.also],
        "probes": [_attempt(each) for each in report.attempts],
        "locked": report.locked,
        "vantage": msgspec.to_builtins(report.vantage),
        "remarks": list(report.remarks),
        "exit_code": int(exit_code_of(report.locked)),
    }


def _name(seen: NameSeen) -> Data:
    return {
        "name": seen.name,
        "addresses": list(seen.addresses),
        "not_of_the_edge": list(seen.outside),
        "leaks": seen.leaks,
        "unknown": seen.unknown or None,
    }


def _attempt(attempt: Attempt) -> Data:
    return {
        **probed_data(attempt.probed),
        "way": attempt.way.value,
        "stranger": _OF_A_STRANGER[attempt.finding.verdict].lower(),
        "lock": attempt.finding.lock or None,
        "said": attempt.finding.said,
    }


def probed_data(probed: Probed) -> Data:
    """One connection: ``address``, ``port``, ``sni``, ``verdict``, ``evidence``."""
    ask = probed.ask
    return {
        "address": ask.address,
        "port": ask.port,
        "family": "ipv6" if ask.ipv6 else "ipv4",
        "tls": ask.tls,
        "sni": ask.sni,
        "host": ask.host,
        "certificate": ask.certificate.value,
        "verdict": probed.outcome.value,
        "evidence": {**msgspec.to_builtins(probed.evidence), "headers": dict(probed.evidence.headers)},
    }


def check_document(report: CheckReport) -> Document:
    """A page of plain words."""
    lines = [*_host(report), *_others(report.also)]
    if report.origin is not None:
        lines.append(Line(f"Straight to the origin {_where(report.origin)}", Tone.TITLE))
        lines += [line for group in _grouped(report.attempts) for line in _tries(group)]
    lines += [Line(f"note: {remark}", Tone.QUIET) for remark in report.remarks]
    return (*lines, _bottom_line(report))


def _host(report: CheckReport) -> list[Line]:
    host = report.host
    if host.unknown:
        return [Line(f"{host.name}: its addresses are not known ({host.unknown})", Tone.WARNING)]
    if report.edge is not None:
        return [Line(f"{host.name} is behind {report.edge} ({', '.join(host.addresses)})", Tone.GOOD)]
    if len(host.outside) < len(host.addresses):
        said = f"{host.name}: {', '.join(host.outside)} of its addresses are not the edge's: visitors go round it"
        return [Line(said, Tone.BAD)]
    return [Line(f"{host.name} is not behind an edge that is known here ({', '.join(host.addresses)})", Tone.WARNING)]


def _others(also: Iterable[NameSeen]) -> list[Line]:
    lines = []
    for seen in also:
        if seen.unknown:
            lines.append(Line(f"{seen.name}: its addresses are not known ({seen.unknown})", Tone.WARNING))
        elif seen.leaks:
            lines.append(Line(f"{seen.name} SHOWS THE ORIGIN: {', '.join(seen.outside)} (not proxied)", Tone.BAD))
        elif seen.outside:
            said = f"{seen.name} is not proxied: {', '.join(seen.outside)}; whether that is the origin, is not known"
            lines.append(Line(said if seen.leaks is None else f"{seen.name} is elsewhere, not at the origin"))
        else:
            lines.append(Line(f"{seen.name} is behind the edge", Tone.GOOD))
    return lines


def _where(seen: NameSeen) -> str:
    return seen.name if seen.addresses == (seen.name,) else f"{seen.name} ({', '.join(seen.addresses)})"


def _grouped(attempts: Iterable[Attempt]) -> list[list[Attempt]]:
    """By address and port."""
    groups: dict[tuple[str, int], list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault((attempt.probed.ask.address, attempt.probed.ask.port), []).append(attempt)
    return list(groups.values())


def _tries(group: list[Attempt]) -> list[Line]:
    """One line where all the ways came to the same, else one for each."""
    ask = group[0].probed.ask
    place = f"[{ask.address}]:{ask.port}" if ask.ipv6 else f"{ask.address}:{ask.port}"
    found = {(each.finding.verdict, each.finding.said, each.finding.lock) for each in group}
    if len(found) == 1 and len(group) > 1:
        return [_try(f"{place} in {len(group)} ways", group[0])]
    return [_try(f"{place} {each.way.value}", each) for each in group]


def _try(where: str, attempt: Attempt) -> Line:
    finding = attempt.finding
    by = f" by the {finding.lock} lock" if finding.lock and finding.verdict is Verdict.KEPT else ""
    return Line(f"{_OF_A_STRANGER[finding.verdict]}{by}: {where}: {finding.said}", _TONES[finding.verdict], 1)


def _bottom_line(report: CheckReport) -> Line:
    match report.locked:
        case True:
            return Line("Locked, as far as a stranger can tell from here.", Tone.GOOD)
        case False:
            return Line("NOT LOCKED: a stranger gets in.", Tone.BAD)
        case None if report.origin is None:
            return Line("Whether it is locked, cannot be told without the origin (--origin).", Tone.WARNING)
        case None:
            return Line("Could not be told from here.", Tone.WARNING)


# --- verify ---------------------------------------------------------------------------------------------------


def verify_data(report: VerifyReport) -> Data:
    """``expectations``, ``locked``, ``summary``."""
    return {
        "expectations": [_promise(each) for each in report.promises],
        "locked": report.locked,
        "summary": {**{verdict.value: report.count(verdict) for verdict in Verdict}, "said": _verified(report).text},
        "exit_code": int(exit_code_of(report.locked)),
    }


def _promise(promise: Promise) -> Data:
    connection = None if promise.probed is None else probed_data(promise.probed)
    return {
        "origin": promise.origin,
        "who": promise.who,
        "where": promise.where,
        "expected": promise.expected,
        "verdict": promise.verdict.value,
        "lock": promise.lock or None,
        "evidence": {"said": promise.said, "connection": connection},
        "matters": promise.matters,
    }


def verify_document(report: VerifyReport) -> Document:
    """A table of expectation, verdict and evidence, for each origin."""
    lines: list[Line] = []
    for origin in dict.fromkeys(each.origin for each in report.promises):
        lines.append(Line(f"Origin {origin}", Tone.TITLE))
        mine = _together([each for each in report.promises if each.origin == origin])
        rows = table([(each.verdict.value, f"{each.who} {each.expected}", where, each.said) for each, where in mine])
        lines += [
            msgspec.structs.replace(row, tone=_TONES[each.verdict] if each.matters else Tone.QUIET, indent=1)
            for row, (each, _) in zip(rows, mine, strict=True)
        ]
    return (*lines, _verified(report))


def _together(promises: list[Promise]) -> list[tuple[Promise, str]]:
    """Each promise with its place; the ways round that came to the same at one address and port are one."""
    groups: dict[tuple[object, ...], list[Promise]] = {}
    for each in promises:
        ask = None if each.probed is None else each.probed.ask
        place = (each.where,) if ask is None or each.who != "stranger" else (ask.address, ask.port)
        groups.setdefault((each.who, each.verdict, each.said, place), []).append(each)
    return [(group[0], _place_of(group)) for group in groups.values()]


def _place_of(group: list[Promise]) -> str:
    first = group[0]
    if len(group) == 1 or first.probed is None:
        return first.where
    ask = first.probed.ask
    return f"{f'[{ask.address}]' if ask.ipv6 else ask.address}:{ask.port} in {len(group)} ways"


def _verified(report: VerifyReport) -> Line:
    kept, broken, unknown = (report.count(v) for v in (Verdict.KEPT, Verdict.BROKEN, Verdict.UNKNOWN))
    counts = f"{kept} kept, {broken} broken, {unknown} unknown"
    match report.locked:
        case True:
            return Line(f"LOCKED: everything that matters is kept ({counts}).", Tone.GOOD)
        case False:
            return Line(f"NOT LOCKED: a promise is broken ({counts}).", Tone.BAD)
        case None:
            return Line(f"Could not be told: something that matters is unknown ({counts}).", Tone.WARNING)
