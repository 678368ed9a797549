"""A flood for people: what it adds in each posture, side by side, and what was assumed.

Lives here: the words. Must not live here: what is reckoned, or how a sheet is shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from originlock.cost.openness import open_in_storm
from originlock.cost.storm import Harm, Posture, Storm
from originlock.facts.prices import Item
from originlock.facts.usage import SECONDS_PER_HOUR, Usage
from originlock.report.amounts import dollars, many, plain, priced, quantity, size, time, usage_words
from originlock.report.document import Tone
from originlock.report.estimate import key_words, price_remarks
from originlock.report.open_questions import WHY_A_RANGE, WORDS
from originlock.report.sheet import Part, Row, Sheet

POSTURE_WORDS: Final = {
    Posture.OPEN: "open",
    Posture.MUTUAL_TLS: "mutual TLS",
    Posture.SECURITY_GROUP: "security group",
}


def storm_sheet(made: Storm) -> Sheet:
    """All that is worth telling."""
    flood = made.flood
    rate, lasting = f"{plain(flood.rate)} connections/s", time(flood.hours * SECONDS_PER_HOUR)
    return Sheet(
        f"A flood of {rate} for {lasting} on an ALB in {made.prices.region}",
        (
            _lead(made),
            "with no normal load"
            if made.normal == Usage()
            else f"on top of {usage_words(made.normal)}, the normal load",
        ),
        (
            _postures(made),
            Part("Assumed", remarks=_assumed(made)),
            Part(WHY_A_RANGE, remarks=tuple(WORDS[each] for each in open_in_storm(flood, made.normal, made.key))),
            Part("Not counted", remarks=_NOT_COUNTED),
            Part("Prices", remarks=price_remarks([made.prices.price(Item.ALB_LCU)], made.prices.transfer())),
        ),
    )


def _lead(made: Storm) -> str:
    by = {each.posture: priced(each.total_usd) if each.total_usd.high else "nothing" for each in made.harms}
    return (
        f"adds {by[Posture.OPEN]} with the door open, {by[Posture.MUTUAL_TLS]} with mutual TLS,"
        f" {by[Posture.SECURITY_GROUP]} with the security group"
    )


_NOT_COUNTED: Final = (
    "hours, trust stores and addresses: they are paid for with and without the flood (originlock cost estimate)",
    "what stands behind the load balancer, logs, and visitors lost",
)


def _postures(made: Storm) -> Part:
    return Part(
        "What it adds, by posture",
        ("", *(POSTURE_WORDS[each.posture] for each in made.harms)),
        (
            _row(made, "LCU-hours", lambda harm: quantity(harm.lcu)),
            _row(made, "$ for LCU-hours", lambda harm: dollars(harm.lcu_usd)),
            _row(made, "GB out", lambda harm: quantity(harm.egress_gb)),
            _row(made, "$ for GB out", lambda harm: dollars(harm.egress_usd)),
            _row(made, "total $", lambda harm: dollars(harm.total_usd), Tone.TITLE),
        ),
        (*_mostly_transfer(made), *_spared(made)),
    )


def _row(made: Storm, what: str, cell: Callable[[Harm], str], tone: Tone = Tone.PLAIN) -> Row:
    return Row((what, *(cell(each) for each in made.harms)), tone)


def _mostly_transfer(made: Storm) -> tuple[str, ...]:
    """That data transfer is most of it, where it surely is."""
    (door,) = (each for each in made.harms if each.posture is Posture.OPEN)
    out, units = door.egress_usd.low, door.lcu_usd.high
    if out <= units:
        return ()
    return (f"Data transfer out is most of it: at least {math.floor(100 * out / (out + units))} % with the door open.",)


def _spared(made: Storm) -> tuple[str, ...]:
    told = "What is told is what the flood adds: the bill with it, less the normal load's without it."
    if made.normal == Usage():
        return (f"{told} No normal load was given (--normal-bytes and others), which pays for a part of a flood.",)
    return (f"{told} What the normal load pays for already in a dimension costs nothing more.",)


def _assumed(made: Storm) -> tuple[str, ...]:
    flood = made.flood
    each = (
        f"each connection: {many(flood.requests_per_connection, 'request')} of {size(flood.request_bytes)}, answers of"
        f" {size(flood.response_bytes)}, {many(flood.rules, 'rule')} each; open for {time(flood.open_seconds)}"
        f"{key_words(made.key)}"
    )
    return (
        each,
        "with mutual TLS no request is read; the load balancer's part of the handshake has gone out all the same",
        "with the security group packets are dropped before the listener (AWS does not say that in so many words)",
        f"{plain(made.already_gb)} GB went out before in this month; {plain(made.prices.transfer().free_gb)} are free",
    )
