"""The write calls of trust: buckets and bundles, trust stores, what listeners demand of clients.

Lives here: one call an act. Must not live here: which acts, in which order, and what follows a refusal.
"""

from __future__ import annotations

from originlock.aws.pacing import TokenBucket
from originlock.aws.session import Sessions
from originlock.intent.policy import Place
from originlock.plan.outcomes import Failed, Outcome
from originlock.plan.trust_acts import StoreAct


def performed(sessions: Sessions, place: Place, bucket: TokenBucket, act: StoreAct) -> Outcome:
    """Do an act."""
    del sessions, place, bucket
    return Failed(f"{type(act).__name__} is not known here yet", "use a newer originlock")
