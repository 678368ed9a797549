"""Quantities as people type them, read exactly: rates, counts, bytes, durations.

Lives here: units, and what is wrong with a quantity, in words that say what to write instead.
Must not live here: which option wants which (see `originlock.cli`).

The same amount is the same Fraction, whatever unit it was typed in: ``26/s`` is ``1560/m`` is ``93600/h``. Nothing that
may mean two things is guessed at: a comma, ``Gb``, ``10M`` bytes, ``10GB`` where a rate is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import msgspec

from originlock.errors import UsageError

SECONDS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("mo", "month"), 730 * 3600),
}
"""Seconds of each unit of time; a month is 730 hours, as in AWS's own calculator."""

BYTES: Final[Mapping[str, int]] = {
    "B": 1,
    "kB": 10**3,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGTP", 1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGTP", 1)},
}
"""Bytes of each unit: decimal (SI), and binary (IEC 80000-13) where an i says so."""

_THOUSANDS: Final[Mapping[str, int]] = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6}

_NUMBER: Final = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2}(?![0-9]))?"
_QUANTITY: Final = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<unit>[^/]*?)\s*(?:/\s*(?P<time>.*))?")
_PIECE: Final = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<unit>[A-Za-z]+)\s*")

_LONGEST: Final = 40
"""Letters of a quantity: more are no number that anybody has counted, and exact arithmetic with it would take long."""


class Bound(msgspec.Struct, frozen=True):
    """The most that is believed.

    Attributes:
        most: in the base unit.
        shown: the same for people.
        reason: why more cannot be true.
    """

    most: Fraction
    shown: str
    reason: str


RATE_BOUND: Final = Bound(
    Fraction(10**8),
    "100,000,000/s",
    "a load balancer's largest reservation, 15,000 LCU, is for 375,000 new connections a second",
)
"""15,000 LCU is the default quota of one load balancer's reservation (AWS, Elastic Load Balancing quotas)."""

COUNT_BOUND: Final = Bound(
    Fraction(10**10), "10,000,000,000", "a load balancer's largest reservation, 15,000 LCU, is for 45,000,000 at once"
)

FLOW_BOUND: Final = Bound(
    Fraction(10**16), "10PB/h", "a load balancer's largest reservation, 15,000 LCU, is for 15 TB an hour"
)

SIZE_BOUND: Final = Bound(Fraction(10**12), "1TB", "no request or answer is as long as that")

MONTH_BOUND: Final = Bound(Fraction(10**18), "1000PB", "the last tier of AWS's prices starts at 150 TB a month")

YEAR: Final = Fraction(8760)
"""Hours."""


def rate(option: str, said: str) -> Fraction:
    """So many a second; a plain number is that already.

    Args:
        option: which option it was said with, for the message.
        said: such as ``26/s``, ``1560/m``, ``2k/s``, ``1e3``.

    Raises:
        UsageError: it is no rate.
    """
    number, unit, time = _parts(option, said, "26/s")
    return _bounded(option, said, number * _thousands(option, said, unit) / _seconds(option, said, time), RATE_BOUND)


def count(option: str, said: str, bound: Bound = COUNT_BOUND) -> Fraction:
    """How many, on average: it need not be whole.

    Raises:
        UsageError: it is no number, or has a time.
    """
    number, unit, time = _parts(option, said, "3000")
    _timeless(option, said, time, "is how many there are at once, not how many come in a time")
    return _bounded(option, said, number * _thousands(option, said, unit), bound)


def whole(option: str, said: str, most: int, reason: str) -> int:
    """How many of what cannot be halved.

    Args:
        option: which option it was said with, for the message.
        said: such as ``3``.
        most: that can be true.
        reason: why more cannot.

    Raises:
        UsageError: it is no whole number, or too many.
    """
    read = count(option, said, Bound(Fraction(most), f"{most:,}", reason))
    if read.denominator != 1:
        raise _wrong(option, said, "is not a whole number", f"write one, such as {option} {int(read) + 1}")
    return int(read)


def flow(option: str, said: str) -> Fraction:
    """Bytes an hour; a plain number is that already.

    Args:
        option: which option it was said with, for the message.
        said: such as ``10GB/h``, ``300MiB/m``.

    Raises:
        UsageError: it is no number of bytes in a time.
    """
    number, unit, time = _parts(option, said, "10GB/h")
    bytes_ = number * _bytes(option, said, unit)
    if unit and time is None:
        raise _wrong(
            option, said, "does not say in what time", f"write {' '.join(said.split())}/h, if that is in an hour"
        )
    return _bounded(option, said, bytes_ * 3600 / _seconds(option, said, time, absent=3600), FLOW_BOUND)


def size(option: str, said: str, bound: Bound = SIZE_BOUND) -> Fraction:
    """Bytes; a plain number is that already.

    Args:
        option: which option it was said with, for the message.
        said: such as ``500``, ``5KB``.
        bound: the most that is believed.

    Raises:
        UsageError: it is no number of bytes, or has a time.
    """
    number, unit, time = _parts(option, said, "5KB")
    _timeless(option, said, time, "is a size, not so much in a time")
    return _bounded(option, said, number * _bytes(option, said, unit), bound)


def duration(option: str, said: str, *, plain: bool = False) -> Fraction:
    """Seconds; pieces add up.

    Args:
        option: which option it was said with, for the message.
        said: such as ``90s``, ``30m``, ``1h30m``, ``2d``.
        plain: a plain number is seconds; else only 0 is, as it is the same in every unit.

    Raises:
        UsageError: it is no duration.
    """
    text = _text(option, said, "1h")
    if re.fullmatch(_NUMBER, text):
        if Fraction(text) and not plain:
            raise _wrong(option, said, "does not say of what: seconds, hours?", f"write {option} {text}h, or s, m, d")
        return Fraction(text)
    total, at = Fraction(0), 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            raise _wrong(option, said, "is no duration", f"write one like {option} 1h, 30m, 90s, 2d or 1h30m")
        if piece["unit"] not in SECONDS:
            raise _wrong(option, said, f"has an unknown unit of time, {piece['unit']!r}", "write s, m, h or d: 1h30m")
        total += Fraction(piece["number"]) * SECONDS[piece["unit"]]
        at = piece.end()
    return total


# --- the parts of a quantity ---------------------------------------------------------------------------------


def _parts(option: str, said: str, example: str) -> tuple[Fraction, str, str | None]:
    """The number, its unit and its time, as they stand there."""
    text = _text(option, said, example)
    found = _QUANTITY.fullmatch(text)
    if found is None or (found["time"] is None and "/" in text):
        raise _wrong(option, said, "is no quantity", f"write one like {option} {example}")
    return Fraction(found["number"]), found["unit"], found["time"]


_SLIPS: Final = (
    (r"nan\b", "is not a number"),
    (r"[+-]?inf(inity)?\b", "is infinite"),
    (r"-", "is less than nothing"),
    (r"[0-9]+ +[0-9]", "has a space within the number"),
    (r"[0-9.]+[eE][+-]?[0-9]{3}", "has an exponent that nothing counted has"),
)
"""What is wrong with a number whatever its unit, by how it begins."""


def _text(option: str, said: str, example: str) -> str:
    """What was said, once the slips are told that quantities of any unit have in common."""
    text, write = " ".join(said.split()), f"write one like {option} {example}"
    if not text:
        raise _wrong(option, said, "is empty", write)
    if len(text) > _LONGEST:
        raise _wrong(option, f"{text[:_LONGEST]}...", "is longer than any number is", write)
    for slip, what in _SLIPS:
        if re.match(slip, text, re.IGNORECASE):
            raise _wrong(option, said, what, write)
    if re.search(r"[0-9],[0-9]", text):
        without = f"{option} {text.replace(',', '')}"
        remedy = f"write {option} {text.replace(',', '.')} or {without}" if text.count(",") == 1 else f"write {without}"
        raise _wrong(option, said, "has a comma, which is a decimal point to some and not to others", remedy)
    return text


def _seconds(option: str, said: str, time: str | None, absent: int = 1) -> int:
    """Seconds of the time after the stroke."""
    if time is None:
        return absent
    if not time:
        raise _wrong(option, said, "does not say in what time", "write /s, /m, /h or /d after the number")
    if time not in SECONDS:
        raise _wrong(option, said, f"has an unknown time, {time!r}", "write /s, /m (or /min), /h, /d or /month")
    return SECONDS[time]


def _thousands(option: str, said: str, unit: str) -> int:
    """What the letter after a number of things stands for."""
    if unit in _THOUSANDS:
        return _THOUSANDS[unit]
    if unit in BYTES:
        raise _wrong(option, said, "is a number of bytes, where a number of things is asked for", "leave out the unit")
    if unit in SECONDS:
        meant = "; a million is M" if unit == "m" else ""
        raise _wrong(option, said, f"has a time, {unit}, without a stroke{meant}", f"write the number, then /{unit}")
    write = "write the number alone, or k or M for thousands, millions"
    raise _wrong(option, said, f"has an unknown unit, {unit!r}", write)


def _bytes(option: str, said: str, unit: str) -> int:
    """What the unit after a number of bytes stands for."""
    if not unit:
        return 1
    if unit in BYTES:
        return BYTES[unit]
    bits = re.fullmatch(r"([KkMmGgTtPp]?i?)(b|bit|bits|bps)", unit)
    if bits is not None:
        meant = f"{bits[1].upper().replace('I', 'i')}B"
        raise _wrong(option, said, f"may be bits: {unit}", f"bytes are asked for: write {meant}; 8 bits are a byte")
    if unit in ("k", "K", "M", "G", "T", "P"):
        large = unit.upper()
        raise _wrong(option, said, f"does not say of what: {unit}", f"write {large}B, or {large}iB for binary")
    if unit in SECONDS:
        raise _wrong(option, said, f"has a time, {unit}, without a stroke", f"write the bytes, then /{unit}: 10GB/h")
    near = next((each for each in BYTES if each.lower() == unit.lower().removesuffix("ytes").removesuffix("yte")), None)
    write = f"write {near}" if near is not None else "write B, KB, MB, GB, TB, or KiB, MiB, GiB, TiB"
    raise _wrong(option, said, f"has an unknown unit of bytes, {unit!r}", write)


def _timeless(option: str, said: str, time: str | None, what: str) -> None:
    if time is not None:
        raise _wrong(option, said, what, f"write it without /{time}" if time else "write it without the stroke")


def _bounded(option: str, said: str, read: Fraction, bound: Bound) -> Fraction:
    if read > bound.most:
        raise _wrong(option, said, f"is too large to be true: {bound.reason}", f"write at most {bound.shown}")
    return read


def _wrong(option: str, said: str, what: str, remedy: str) -> UsageError:
    text = " ".join(said.split())
    return UsageError(f"{option} {text}: {what}" if text else f"{option}: {what}", remedy)
