"""Which open questions are named beside a result: those on which something shown depends, and no others."""

from __future__ import annotations

from fractions import Fraction

import pytest

from originlock.cost.bill import Owned
from originlock.cost.estimate import Figures
from originlock.cost.openness import open_in_estimate, open_in_storm
from originlock.cost.readings import Question
from originlock.cost.storm import Flood
from originlock.cost.units import ServerKey
from originlock.facts.usage import Kind, Usage

GB = Fraction(10**9)
BUSY = Usage(new_connections=Fraction(50))
ASKING = Usage(requests=Fraction(1000))
BOTH = (Question.GIGABYTE, Question.HEADERS)


@pytest.mark.parametrize(
    "figures, named",
    [
        (Figures(Owned(), BUSY), ()),
        (Figures(Owned(), Usage(bytes=GB)), (Question.GIGABYTE,)),
        # Bytes are shown beside what decides.
        (Figures(Owned(), BUSY + Usage(bytes=GB / 10)), (Question.GIGABYTE,)),
        (Figures(Owned(), Usage(lambda_bytes=GB)), (Question.GIGABYTE,)),
        (Figures(Owned(), Usage(bytes=GB, lambda_bytes=GB)), (Question.GIGABYTE, Question.LAMBDA)),
        # What mutual TLS would add is shown, too, and headers are bytes.
        (Figures(Owned(), ASKING), BOTH),
        (Figures(Owned(), ASKING, mutual=True), BOTH),
        # Connections decide with mutual TLS and without it, so that headers move nothing that is shown.
        (Figures(Owned(), BUSY + Usage(requests=Fraction(1))), ()),
        (Figures(Owned(), BUSY + Usage(requests=Fraction(1)), mutual=True), BOTH),
        # 50 connections a second are 2 LCU, and 10 with a large key; headers of 1,000 requests a second are 7.
        (Figures(Owned(), BUSY + ASKING), BOTH),
        (Figures(Owned(), BUSY + ASKING, key=ServerKey.LARGE), ()),
        # 1,500 active connections to an LCU, not 3,000: headers of 7 decide beside 5, and not beside 10.
        (Figures(Owned(), Usage(active=Fraction(15_000)) + ASKING), ()),
        (Figures(Owned(Kind.NLB_TLS), Usage(new_connections=Fraction(1))), ()),
        (Figures(Owned(Kind.NLB_TLS), Usage(bytes=GB, requests=Fraction(1000))), (Question.GIGABYTE,)),
    ],
)
def test_what_an_estimate_depends_on(figures: Figures, named: tuple[Question, ...]) -> None:
    """A person would look for the doubt where there is none, or not where it is."""
    assert open_in_estimate(figures) == named


SENDING = (Question.GIGABYTE, Question.REFUSED, Question.HANDSHAKE)


@pytest.mark.parametrize(
    "normal, key, named",
    [
        (Usage(), ServerKey.COMMON, SENDING),
        # A normal load of requests has headers with mutual TLS, under which some of the flood's connections are free.
        (ASKING, ServerKey.COMMON, (*SENDING[:2], Question.HEADERS, SENDING[2])),
        # 1,000 connections a second are 40 LCU, and 4,000 with the largest key; bytes of the normal load decide or not.
        (Usage(bytes=10_000 * GB), ServerKey.COMMON, (Question.GIGABYTE, Question.HANDSHAKE)),
        (Usage(bytes=1000 * GB), ServerKey.LARGEST, SENDING),
    ],
)
def test_what_a_flood_depends_on(normal: Usage, key: ServerKey, named: tuple[Question, ...]) -> None:
    """A person would look for the doubt where there is none, or not where it is."""
    assert open_in_storm(Flood(Fraction(1000), Fraction(1)), normal, key) == named
