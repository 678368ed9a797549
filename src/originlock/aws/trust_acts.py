"""The write calls of trust: who does which act.

Lives here: from an act to whoever does it, with the client that it needs. Must not live here: any call (see
`bucket_acts`, `store_acts`, `listener_acts`); which acts, in which order, and what follows a refusal.
"""

from __future__ import annotations

from typing import assert_never

from originlock.aws import bucket_acts, listener_acts, store_acts
from originlock.aws.answers import CallError, outcome_of
from originlock.aws.pacing import TokenBucket
from originlock.aws.session import Sessions
from originlock.intent.policy import Place
from originlock.plan.outcomes import Outcome
from originlock.plan.trust_acts import (
    AddRevocations,
    CreateBucket,
    CreateProbeListener,
    CreateTrustStore,
    DeleteProbeListener,
    DeleteTrustStore,
    PutObject,
    RemoveRevocations,
    ReplaceBundle,
    SetMutualTls,
    StoreAct,
)


def performed(sessions: Sessions, place: Place, bucket: TokenBucket, act: StoreAct) -> Outcome:
    """Do an act. A refusal is an outcome, not an exception."""
    match act:
        case CreateBucket() | PutObject():
            try:
                owner = sessions.account(place)
            except CallError as error:
                return outcome_of(error)
            return bucket_acts.performed(sessions.s3(place), owner, bucket, act)
        case CreateTrustStore() | DeleteTrustStore() | ReplaceBundle() | AddRevocations() | RemoveRevocations():
            return store_acts.performed(sessions.elbv2(place), bucket, act)
        case SetMutualTls() | CreateProbeListener() | DeleteProbeListener():
            return listener_acts.performed(sessions.elbv2(place), bucket, act)
        case _:
            assert_never(act)
