"""What the page's script reckons with: the model's constants, its open questions, and prices, as JSON values.

Lives here: their names and shapes. Must not live here: any number; each is taken from where the model has it.

Exact numbers are text (``1/125``), which the script reads into fractions of whole numbers: a float would lose what the
model keeps.
"""

from __future__ import annotations

from collections.abc import Iterable

from originlock.cost import estimate, storm
from originlock.cost.bill import HOUR_PRICE, HOURS_PER_MONTH, UNIT_PRICE
from originlock.cost.readings import ANSWERS
from originlock.cost.storm import Posture
from originlock.cost.units import (
    ALB_ACTIVE_MUTUAL,
    COVERED,
    FREE_RULES,
    KEY_FACTOR,
    LAMBDA_GB,
    RULES_PER_UNIT,
    Dimension,
)
from originlock.facts.prices import ITEM_WORDS, Egress, Item, RegionPrices
from originlock.facts.usage import SECONDS_PER_HOUR
from originlock.intent.quantities import (
    BYTES,
    COUNT_BOUND,
    FLOW_BOUND,
    MONTH_BOUND,
    RATE_BOUND,
    SECONDS,
    SIZE_BOUND,
    YEAR,
)
from originlock.report.document import without_controls
from originlock.report.open_questions import WHY_A_RANGE, WORDS


def constants() -> dict[str, object]:
    """Every constant of the model."""
    return {
        "seconds_per_hour": str(SECONDS_PER_HOUR),
        "hours_per_month": str(HOURS_PER_MONTH),
        "free_rules": str(FREE_RULES),
        "rules_per_unit": str(RULES_PER_UNIT),
        "active_mutual": str(ALB_ACTIVE_MUTUAL),
        "lambda_gb": str(LAMBDA_GB),
        "refused_within": str(storm.REFUSED_WITHIN),
        "covered": {
            kind.value: {"new_connections": str(covered.new_connections), "active": str(covered.active)}
            for kind, covered in COVERED.items()
        },
        "key_factor": {key.value: str(factor) for key, factor in KEY_FACTOR.items()},
        "dimensions": [each.value for each in Dimension],
        "postures": [each.value for each in Posture],
        "unit_price": {kind.value: item.value for kind, item in UNIT_PRICE.items()},
        "hour_price": {kind.value: item.value for kind, item in HOUR_PRICE.items()},
        "trust_store_price": Item.TRUST_STORE_HOUR.value,
        "ipv4_price": Item.PUBLIC_IPV4_HOUR.value,
        "item_words": {item.value: words for item, words in ITEM_WORDS.items()},
        "answers": {question.value: [_answer(each) for each in answers] for question, answers in ANSWERS.items()},
        "question_words": {question.value: words for question, words in WORDS.items()},
        "why_a_range": WHY_A_RANGE,
        "questions": {
            "estimate": [each.value for each in estimate.OPEN],
            "storm": [each.value for each in storm.OPEN],
        },
    }


def quantities() -> dict[str, object]:
    """Units that the calculator's fields take, and the most that it believes of each measure, in the field's unit."""
    return {
        "seconds": {unit: str(seconds) for unit, seconds in SECONDS.items()},
        "bytes": {unit: str(bytes_) for unit, bytes_ in BYTES.items()},
        "thousands": {"": "1", "k": "1000", "K": "1000", "M": "1000000"},
        "most": {
            "rate": str(RATE_BOUND.most),
            "count": str(COUNT_BOUND.most),
            "flow": str(FLOW_BOUND.most / BYTES["GB"]),
            "size": str(SIZE_BOUND.most),
            "month": str(MONTH_BOUND.most / BYTES["GB"]),
            "duration": str(YEAR),
            "seconds": str(SECONDS["day"]),
        },
    }


def regions(known: Iterable[RegionPrices]) -> dict[str, object]:
    """Prices by Region, each with its date and source."""
    return {without_controls(each.region): _region(each) for each in known}


def _answer(answer: int | bool) -> object:  # noqa: FBT001  an answer is what it is
    return answer if isinstance(answer, bool) else str(answer)


def _region(known: RegionPrices) -> dict[str, object]:
    return {
        "prices": {
            each.item.value: {
                "usd": str(each.usd),
                "as_of": each.as_of.isoformat(),
                "source": without_controls(each.source),
            }
            for each in known.prices
        },
        "egress": None if known.egress is None else _egress(known.egress),
    }


def _egress(egress: Egress) -> dict[str, object]:
    return {
        "free_gb": str(egress.free_gb),
        "tiers": [
            {"up_to_gb": None if each.up_to_gb is None else str(each.up_to_gb), "usd_per_gb": str(each.usd_per_gb)}
            for each in egress.tiers
        ],
        "as_of": egress.as_of.isoformat(),
        "source": without_controls(egress.source),
    }
