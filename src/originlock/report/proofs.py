"""Proofs by connection, for people and as plain data: `check` and `verify`.

Lives here: what is said, and the keys that others rely on. Must not live here: printing, judging.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from originlock.errors import ExitCode
from originlock.facts.probing import Ask, Probed, Verdict
from originlock.report.document import Document, Line, Tone
from originlock.verify.checking import Attempt, CheckReport, NameSeen
from originlock.verify.promises import Promise, VerifyReport
from originlock.verify.ways import place

Data = dict[str, object]

_TONES = {Verdict.KEPT: Tone.GOOD, Verdict.BROKEN: Tone.BAD, Verdict.UNKNOWN: Tone.WARNING}

_SHOWN = 4

_BY = {
    "": "",
    "network": " by the network lock (packets are dropped or refused)",
    "identity": " by the identity lock (it wants a client certificate)",
}
"""What stopped a stranger, in words."""

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
        groups = _grouped(report.attempts)
        lines += [*(_try(group) for group in groups), *_legend(groups)]
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
    if seen.addresses == (seen.name,):
        return seen.name
    return f"{seen.name} ({', '.join(seen.addresses) or 'no address'})"


def _grouped(attempts: Iterable[Attempt]) -> list[list[Attempt]]:
    """Those that came to the same at a port, in the order in which they were tried."""
    groups: dict[tuple[object, ...], list[Attempt]] = {}
    for attempt in attempts:
        finding = attempt.finding
        key = (attempt.probed.ask.port, attempt.probed.ask.ipv6, finding.verdict, finding.said, finding.lock)
        groups.setdefault(key, []).append(attempt)
    return list(groups.values())


def _at(asks: Sequence[Ask]) -> str:
    """Where connections went that share a port: ``198.51.100.10:443``, or ``443 at`` several addresses."""
    addresses = list(dict.fromkeys(ask.address for ask in asks))
    first = asks[0]
    if len(addresses) == 1:
        return place(first)
    more = f" and {len(addresses) - _SHOWN} more" if len(addresses) > _SHOWN else ""
    return f"port {first.port} at {', '.join(addresses[:_SHOWN])}{more}"


def _ways(ways: Iterable[str]) -> str:
    """The way, or how many there were; the page's end says which."""
    different = list(dict.fromkeys(ways))
    return different[0] if len(different) == 1 else f"in {len(different)} ways"


def _try(group: list[Attempt]) -> Line:
    finding = group[0].finding
    by = _BY[finding.lock] if finding.verdict is Verdict.KEPT else ""
    where = f"{_at([each.probed.ask for each in group])} {_ways(each.way.value for each in group)}"
    return Line(f"{_OF_A_STRANGER[finding.verdict]}{by}: {where}: {finding.said}", _TONES[finding.verdict], 1)


def _legend(groups: list[list[Attempt]]) -> list[Line]:
    """Which ways the counted ones are."""
    ways = [list(dict.fromkeys(each.way.value for each in group)) for group in groups]
    different = list(dict.fromkeys(way for several in ways if len(several) > 1 for way in several))
    return [Line(f"note: the ways are {', '.join(different)}", Tone.QUIET)] if different else []


def _bottom_line(report: CheckReport) -> Line:
    match report.locked:
        case True:
            unsure = f" (whether {report.host.name} is the right name could not be told)"
            doubt = unsure if report.host.unknown else ""
            ports = sorted({attempt.probed.ask.port for attempt in report.attempts})
            alone = f", of port {ports[0]} alone" if len(ports) == 1 else ""
            return Line(f"Locked, as far as a stranger can tell from here{alone}{doubt}.", Tone.GOOD)
        case False:
            return Line("NOT LOCKED: a stranger gets in.", Tone.BAD)
        case None if report.origin is None:
            return Line("Without the origin (--origin) it cannot be told whether it is locked.", Tone.WARNING)
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
        for group in _together(each for each in report.promises if each.origin == origin):
            first = group[0]
            tone = _TONES[first.verdict] if first.matters else Tone.QUIET
            said = f"{first.verdict.value:7} {first.who} {first.expected}: {_place_of(group)}: {first.said}"
            lines.append(Line(said, tone, 1))
    if report.locked is False:
        lines.append(Line("what to do: `originlock plan` says what would close it, `originlock apply` does it"))
    return (*lines, _verified(report))


def _together(promises: Iterable[Promise]) -> list[list[Promise]]:
    """The promises, those ways round being one that came to the same at a port."""
    groups: dict[tuple[object, ...], list[Promise]] = {}
    for each in promises:
        ask = None if each.probed is None or each.who != "stranger" else each.probed.ask
        place = (each.where,) if ask is None else (ask.port, ask.ipv6)
        groups.setdefault((each.who, each.verdict, each.said, place), []).append(each)
    return list(groups.values())


def _place_of(group: list[Promise]) -> str:
    asks = [each.probed.ask for each in group if each.probed is not None]
    if len(group) == 1 or not asks:
        return group[0].where
    ways = len({(ask.sni, ask.certificate) for ask in asks})
    return _at(asks) + (f" in {ways} ways" if ways > 1 else "")


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
