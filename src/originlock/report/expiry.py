"""What ends, for people and for machines.

Lives here: the words and the data. Must not live here: what is read for it.
"""

from __future__ import annotations

import datetime

from originlock.errors import ExitCode
from originlock.locks.identity.expiry import Ending, Endings
from originlock.report.document import Document, Line, Tone, table


def expiry_document(seen: Endings, now: datetime.datetime, within: int) -> Document:
    """All that ends, the soonest first."""
    if not seen.found and not seen.unknown:
        return (Line("nothing that ends was found"),)
    lines: list[Line] = []
    rows = [(_left(each, now), f"{each.at:%Y-%m-%d}", each.origin, each.what, each.name) for each in seen.found]
    for each, line in zip(seen.found, table(rows), strict=True):
        soon = each.days(now) <= within
        lines.append(Line(line.text, Tone.BAD if soon else Tone.PLAIN, line.indent))
        if soon:
            lines.append(Line(f"-> {each.remedy}", Tone.QUIET, 2))
    lines += [Line(f"unknown: {each.what}: {each.reason}", Tone.BAD) for each in seen.unknown]
    return tuple(lines)


def expiry_data(seen: Endings, now: datetime.datetime) -> dict[str, object]:
    """``expires``: each with origin, what, name, at, days, ours and remedy; and ``unknown``."""
    return {
        "expires": [
            {
                "origin": each.origin,
                "what": each.what,
                "name": each.name,
                "at": each.at.isoformat(timespec="seconds"),
                "days": each.days(now),
                "ours": each.ours,
                "remedy": each.remedy,
            }
            for each in seen.found
        ],
        "unknown": [{"what": each.what, "reason": each.reason} for each in seen.unknown],
    }


def exit_code_of_expiry(seen: Endings, now: datetime.datetime, within: int) -> ExitCode:
    """Pending where something ends within so many days, or has; unknown where something could not be told."""
    if any(each.days(now) <= within for each in seen.found):
        return ExitCode.PENDING
    return ExitCode.UNKNOWN if seen.unknown else ExitCode.DONE


def _left(each: Ending, now: datetime.datetime) -> str:
    days = each.days(now)
    return f"{days} d" if days >= 0 else f"ended {-days} d ago"
