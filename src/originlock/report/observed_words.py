"""A load balancer's history in words: causes, evidence, advice.

Lives here: the words. Must not live here: what they are said of (see `originlock.cost`).
"""

from __future__ import annotations

from typing import Final

from originlock.cost.difference import Cause, Evidence
from originlock.cost.reservation import Advice

CAUSES: Final = {
    Cause.AGREES: "as reckoned, within 1 %",
    Cause.NO_USAGE: "consumed, but nothing was reported of what it was used for",
    Cause.TARGET_CONNECTIONS: (
        "connections decide, and the metrics hold those to the targets too: they may not be billed"
    ),
    Cause.NO_TARGET: "rules decide, and requests that reached no target have free rules too, but are not counted",
    Cause.FEW_RULES: "more rules may be billed than reckoned: a request with fewer than 10 cannot lend the rest",
    Cause.WITHIN_THE_HOUR: "another dimension may have been highest in some of the hour's minutes",
    Cause.CERTIFICATE_HEADERS: "bytes decide, and certificate headers of mutual TLS may come on top of those reported",
    Cause.CERTIFICATE_KEY: "as if each new connection counted 5, 25 or 100 times: a certificate whose key is large",
    Cause.UNEXPLAINED: "no cause is known for it",
}

ADVICE: Final = {
    Advice.BELOW_MINIMUM: (
        "not worth it: the highest minute needed less than the smallest reservation, and a reservation never lowers"
        " the bill at equal prices"
    ),
    Advice.FOR_KNOWN_RISES: (
        "it never lowers the bill at equal prices: it buys readiness. Reserve before a rise that you know of (a sale, a"
        " launch, a move of traffic), and reset it after; otherwise leave it to scaling"
    ),
    Advice.IN_USE_ALL_THE_TIME: (
        "every hour used up the smallest reservation: it would cost next to nothing, and keep that much ready"
    ),
    Advice.NO_PEAK: (
        "no minute's PeakLCUs are known, so that nothing can be said of its size; it never lowers the bill at equal"
        " prices, it buys readiness"
    ),
}

_ANSWERS: Final = {
    ("gigabyte", 10**9): "a GB is 1,000,000,000 bytes",
    ("gigabyte", 2**30): "a GB is 2^30 bytes",
    ("lambda_adds", True): "bytes of Lambda targets add to the others'",
    ("lambda_adds", False): "bytes of Lambda targets and the others' are dimensions of their own",
    ("mutual_tls", True): "a unit covers 1,500 active connections (mutual TLS)",
    ("mutual_tls", False): "a unit covers 3,000 active connections (no mutual TLS)",
}

_QUESTIONS: Final = {
    "gigabyte": "what a GB is",
    "lambda_adds": "whether bytes of Lambda targets add",
    "mutual_tls": "how many active connections a unit covers",
}


def evidence_words(each: Evidence) -> str:
    """What the hours say on a question, in a sentence."""
    hours = f"{each.hours:,} hour{'' if each.hours == 1 else 's'}"
    if each.fits is None:
        return f"{hours} cannot tell {_QUESTIONS[each.question]}"
    return f"{_ANSWERS[each.question, each.fits]}: so say {hours}"
