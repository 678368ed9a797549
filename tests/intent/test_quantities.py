"""Quantities: the same amount whatever its unit, exactly; nothing guessed; every slip told with what to write."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from originlock.errors import UsageError
from originlock.intent import quantities
from originlock.intent.quantities import BYTES, SECONDS, count, duration, flow, rate, size, whole

Read = Callable[[str, str], object]


def whole_number(option: str, said: str) -> int:
    """A whole number up to a thousand."""
    return whole(option, said, 1000, "nobody has so many")


@pytest.mark.parametrize(
    "read, said, is_",
    [
        (rate, "26/s", 26),
        (rate, "26", 26),
        (rate, " 26 / s ", 26),
        (rate, "1560/m", 26),
        (rate, "1560/min", 26),
        (rate, "93600/h", 26),
        (rate, "93.6k/hour", 26),
        (rate, "2246400/d", 26),
        (rate, "0.1/s", Fraction(1, 10)),
        (rate, "1/h", Fraction(1, 3600)),
        (rate, ".5/s", Fraction(1, 2)),
        (rate, "1e3/s", 1000),
        (rate, "2M/h", Fraction(2_000_000, 3600)),
        (rate, "0", 0),
        (count, "3000", 3000),
        (count, "3k", 3000),
        (count, "1.5", Fraction(3, 2)),
        (flow, "10GB/h", 10**10),
        (flow, "10 GB / h", 10**10),
        (flow, "240GB/d", 10**10),
        (flow, "7.3TB/month", 10**10),
        (flow, "1GiB/h", 2**30),
        (flow, "500MB/h", 5 * 10**8),
        (flow, "1KB/s", 3_600_000),
        (flow, "10000000000", 10**10),
        (size, "500", 500),
        (size, "5KB", 5000),
        (size, "5kB", 5000),
        (size, "1KiB", 1024),
        (duration, "1h", 3600),
        (duration, "90m", 5400),
        (duration, "1h30m", 5400),
        (duration, "1h 30m", 5400),
        (duration, "1.5h", 5400),
        (duration, "2d", 172_800),
        (duration, "0", 0),
        (whole_number, "3", 3),
        (whole_number, "1k", 1000),
    ],
)
def test_what_people_write(read: Read, said: str, is_: Fraction | int) -> None:
    """A quantity would be taken for another one."""
    assert read("--x", said) == is_


@given(
    st.fractions(min_value=0, max_value=1000, max_denominator=1000).filter(lambda f: 1000 % f.denominator == 0),
    st.sampled_from(sorted(SECONDS)),
)
def test_a_rate_is_the_same_in_every_unit(a_second: Fraction, unit: str) -> None:
    """The bill would depend on the unit that somebody counts in."""
    written = float(a_second * SECONDS[unit] * 1000)
    assert written == int(written)
    assert rate("--x", f"{int(written)}e-3/{unit}") == a_second


@given(st.integers(0, 10**6), st.sampled_from(sorted(BYTES)), st.sampled_from(["s", "m", "h", "d", "month"]))
def test_bytes_are_the_same_in_every_unit(number: int, unit: str, time: str) -> None:
    """The bill would depend on the unit that somebody counts in, or lose a byte to rounding."""
    an_hour = Fraction(number * BYTES[unit] * 3600, SECONDS[time])
    if an_hour <= quantities.FLOW_BOUND.most:
        assert flow("--x", f"{number}{unit}/{time}") == an_hour


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused(said: str) -> None:
    """A slip of the fingers would end in a page of Python, or hang."""
    for read in (rate, count, flow, size, duration, whole_number):
        with contextlib.suppress(UsageError):
            read("--x", said)


@pytest.mark.parametrize(
    "read, said, what, remedy",
    [
        (rate, "", "is empty", "write one like --x 26/s"),
        (rate, "   ", "is empty", "write one like --x 26/s"),
        (rate, "abc", "is no quantity", "write one like --x 26/s"),
        (rate, "+26/s", "is no quantity", "write one like --x 26/s"),
        (rate, "\u0662\u0666/s", "is no quantity", "write one like --x 26/s"),
        (rate, "-26/s", "is less than nothing", "write one like --x 26/s"),
        (rate, "NaN", "is not a number", "write one like --x 26/s"),
        (rate, "inf", "is infinite", "write one like --x 26/s"),
        (rate, "-Infinity", "is infinite", "write one like --x 26/s"),
        (rate, "1e400/s", "has an exponent that nothing counted has", "write one like --x 26/s"),
        (rate, "1" * 41, "is longer than any number is", "write one like --x 26/s"),
        (rate, "1 000/s", "has a space within the number", "write one like --x 26/s"),
        (
            rate,
            "2,6/s",
            "has a comma, which is a decimal point to some and not to others",
            "write --x 2.6/s or --x 26/s",
        ),
        (rate, "26/", "does not say in what time", "write /s, /m, /h or /d after the number"),
        (rate, "26/w", "has an unknown time, 'w'", "write /s, /m (or /min), /h, /d or /month"),
        (rate, "26/s/s", "has an unknown time, 's/s'", "write /s, /m (or /min), /h, /d or /month"),
        (rate, "26rps", "has an unknown unit, 'rps'", "write the number alone, or k or M for thousands, millions"),
        (rate, "26s", "has a time, s, without a stroke", "write the number, then /s"),
        (rate, "26m", "has a time, m, without a stroke; a million is M", "write the number, then /m"),
        (rate, "26GB/s", "is a number of bytes, where a number of things is asked for", "leave out the unit"),
        (
            rate,
            "100000001",
            f"is too large to be true: {quantities.RATE_BOUND.reason}",
            "write at most 100,000,000/s",
        ),
        (count, "26/s", "is how many there are at once, not how many come in a time", "write it without /s"),
        (count, "26/", "is how many there are at once, not how many come in a time", "write it without the stroke"),
        (count, "", "is empty", "write one like --x 3000"),
        (count, "3GB", "is a number of bytes, where a number of things is asked for", "leave out the unit"),
        (
            count,
            "1e11",
            "is too large to be true: a load balancer's largest reservation, 15,000 LCU, is for 45,000,000 at once",
            "write at most 10,000,000,000",
        ),
        (rate, "1,000,000/s", "has a comma, which is a decimal point to some and not to others", "write --x 1000000/s"),
        (flow, "10GB", "does not say in what time", "write 10GB/h, if that is in an hour"),
        (flow, "10Gb/h", "may be bits: Gb", "bytes are asked for: write GB; 8 bits are a byte"),
        (flow, "10Mbps", "may be bits: Mbps", "bytes are asked for: write MB; 8 bits are a byte"),
        (flow, "10gib/h", "may be bits: gib", "bytes are asked for: write GiB; 8 bits are a byte"),
        (flow, "10G/h", "does not say of what: G", "write GB, or GiB for binary"),
        (flow, "10h", "has a time, h, without a stroke", "write the bytes, then /h: 10GB/h"),
        (flow, "10GBytes/h", "has an unknown unit of bytes, 'GBytes'", "write GB"),
        (flow, "10XB/h", "has an unknown unit of bytes, 'XB'", "write B, KB, MB, GB, TB, or KiB, MiB, GiB, TiB"),
        (
            flow,
            "11PB/h",
            "is too large to be true: a load balancer's largest reservation, 15,000 LCU, is for 15 TB an hour",
            "write at most 10PB/h",
        ),
        (size, "5KB/s", "is a size, not so much in a time", "write it without /s"),
        (size, "2TB", "is too large to be true: no request or answer is as long as that", "write at most 1TB"),
        (duration, "1", "does not say of what: seconds, hours?", "write --x 1h, or s, m, d"),
        (duration, "1h30", "is no duration", "write one like --x 1h, 30m, 90s, 2d or 1h30m"),
        (duration, "1w", "has an unknown unit of time, 'w'", "write s, m, h or d: 1h30m"),
        (duration, "-1h", "is less than nothing", "write one like --x 1h"),
        (duration, "", "is empty", "write one like --x 1h"),
        (size, "", "is empty", "write one like --x 5KB"),
        (flow, "", "is empty", "write one like --x 10GB/h"),
        (flow, "10GB/", "does not say in what time", "write /s, /m, /h or /d after the number"),
        (whole_number, "x", "is no quantity", "write one like --x 3000"),
        (whole_number, "1.5", "is not a whole number", "write one, such as --x 2"),
        (whole_number, "1001", "is too large to be true: nobody has so many", "write at most 1,000"),
    ],
)
def test_what_is_refused(read: Read, said: str, what: str, remedy: str) -> None:
    """A slip would be taken for something else, or told without saying what to write."""
    with pytest.raises(UsageError) as refused:
        read("--x", said)
    shown = f" {' '.join(said.split())}" if len(said) <= 40 else f" {said[:40]}..."
    assert refused.value.what == f"--x{shown.rstrip()}: {what}"
    assert refused.value.remedy == remedy


def test_a_plain_number_of_seconds_is_one_where_that_is_asked_for() -> None:
    """`--open-seconds 2` says its unit by its name."""
    assert duration("--x", "2", plain=True) == 2
