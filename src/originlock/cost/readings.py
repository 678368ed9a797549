"""What AWS leaves open, and how a result says so: the hull of what the model gives under every reading.

Lives here: the open questions, their answers, and intervals. Must not live here: any formula.

A result that depends on an open question is reckoned once for every answer, each time with exact numbers and the same
answer everywhere, and the lowest and highest results are its interval. Reckoning with intervals from the start would
be wider than the truth: the GB of what costs and the GB of what would have cost without the lock are the same GB.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Final

import msgspec


class Reading(msgspec.Struct, frozen=True):
    """One answer to every open question.

    Attributes:
        gigabyte: bytes in the GB that AWS's price and LCU pages speak of. Not stated there: its own example has 300 KB
            a second for 1.08 GB an hour, which is 10^9, and its tiers of data transfer end at 10,240 GB for 10 TB.
        lambda_adds: a Lambda target's bytes are added to the others' within one dimension; else each is one of its
            own. Not stated.
        refused_count: a TLS handshake that the load balancer refuses is a new, active connection. Metrics count
            TCP connections; whether such ones are billed is not stated.
        header_bytes: what ALB adds to each request in verify mode, in bytes: five X-Amzn-Mtls headers, measured with
            certificates like the edge's: 1,900 where it presents a P-256 leaf, 2,180 where an RSA-2048 one. The edge's
            own was not measured.
        handshake_bytes: what the load balancer sends within one TLS handshake, in bytes, refused ones too: 3 to 5 kB.
            Access logs' sent bytes leave it out and so "won't match DataTransfer-Out-Bytes" (AWS, access logs).
    """

    gigabyte: int = 10**9
    lambda_adds: bool = True
    refused_count: bool = True
    header_bytes: int = 2180
    handshake_bytes: int = 5000


class Question(enum.Enum):
    """An open question, with its answers."""

    GIGABYTE = "gigabyte"
    LAMBDA = "lambda_adds"
    REFUSED = "refused_count"
    HEADERS = "header_bytes"
    HANDSHAKE = "handshake_bytes"


ANSWERS: Final[dict[Question, tuple[int | bool, ...]]] = {
    Question.GIGABYTE: (10**9, 2**30),
    Question.LAMBDA: (True, False),
    Question.REFUSED: (True, False),
    Question.HEADERS: (2180, 1900),
    Question.HANDSHAKE: (5000, 3000),
}
"""First the one by which a bill is dearest, which is `Reading()`; what a class of clients is the cause of can be dearer
by another. All are one or the other, but for the handshake's bytes: with them nothing but what is sent grows, and so
the two ends are enough."""

DEAREST: Final = Reading()
CHEAPEST: Final = msgspec.structs.replace(DEAREST, **{each.value: answers[-1] for each, answers in ANSWERS.items()})


class Amount(msgspec.Struct, frozen=True):
    """A number, or an interval that surely holds it.

    Attributes:
        low: what it is at least.
        high: what it is at most.
    """

    low: Fraction
    high: Fraction

    @property
    def exact(self) -> bool:
        """It is one number."""
        return self.low == self.high

    def times(self, factor: Fraction | int) -> Amount:
        """So many times as much; the factor is not negative."""
        return Amount(self.low * factor, self.high * factor)


def readings(questions: Iterable[Question] = tuple(Question)) -> Iterator[Reading]:
    """Every combination of answers to the questions; those not asked keep the dearest answer."""
    asked = tuple(questions)
    for answers in itertools.product(*(ANSWERS[each] for each in asked)):
        yield msgspec.structs.replace(DEAREST, **{each.value: told for each, told in zip(asked, answers, strict=True)})


def spanning(results: Iterable[Fraction]) -> Amount:
    """The lowest and the highest of some results; at least one."""
    every = tuple(results)
    return Amount(min(every), max(every))


def hull(reckon: Callable[[Reading], Fraction], questions: Iterable[Question] = tuple(Question)) -> Amount:
    """The lowest and the highest that something comes to under every reading."""
    return spanning(reckon(each) for each in readings(questions))
