"""Making and changing trust stores, and what each refusal of AWS means.

A store copies what lies in S3 at that moment; AWS reads it with the rights of whoever calls.

Lives here: the write calls of trust stores. Must not live here: what is in a bundle, which store is used where.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, assert_never

from originlock.aws.answers import DENIED, CallError, outcome_of
from originlock.aws.pacing import TokenBucket
from originlock.aws.wording import code_of, in_words
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.plan.trust_acts import (
    AddRevocations,
    CreateTrustStore,
    DeleteTrustStore,
    RemoveRevocations,
    ReplaceBundle,
)

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

Act = CreateTrustStore | DeleteTrustStore | ReplaceBundle | AddRevocations | RemoveRevocations

_AGAIN: Final = "then run `originlock apply` again: it goes on from what AWS holds then"
_READABLE: Final = (
    "see that the object is in the bucket, and that whoever calls may s3:GetObject it: Elastic Load Balancing reads it"
    f" with the caller's rights; {_AGAIN}"
)
_PEM: Final = (
    "Elastic Load Balancing takes PEM without blank lines, keys of RSA 2048 to 8192 or ECDSA P-256, P-384, P-521, and"
    " signatures by SHA-256, 384 or 512"
)

_NO_STORE: Final = "TrustStoreNotFound"
_NO_LIST: Final = "RevocationIdNotFound"

_REFUSED: Final[dict[str, str]] = {
    # Elastic Load Balancing API reference, errors of each action; the codes of quotas are from Service Quotas.
    "TooManyTrustStores": f"delete a trust store that nobody uses, or raise the quota L-A8F7060B; {_AGAIN}",
    "InvalidCaCertificatesBundle": f"{_PEM}; with more than 25 authorities raise the quota L-43FE5A42; {_AGAIN}",
    "CaCertificatesBundleNotFound": _READABLE,
    "RevocationContentNotFound": _READABLE,
    "InvalidRevocationContent": f"{_PEM}; a revocation list is of an authority of the store; {_AGAIN}",
    "TooManyTrustStoreRevocationEntries": (
        f"remove revocation lists that newer ones stand for, or raise the quotas L-37E1617B and L-332EE142; {_AGAIN}"
    ),
    "TrustStoreInUse": f"a listener uses it: have it use another one, or none; {_AGAIN}",
}


def performed(client: ElasticLoadBalancingv2Client, bucket: TokenBucket, act: Act) -> Outcome:
    """Do one of them."""
    bucket.wait()
    try:
        return _called(client, bucket, act)
    except CallError as error:
        return _refusal(act, error)


def _called(client: ElasticLoadBalancingv2Client, bucket: TokenBucket, act: Act) -> Outcome:
    match act:
        case CreateTrustStore():
            answer = client.create_trust_store(
                Name=act.name,
                CaCertificatesBundleS3Bucket=act.bucket,
                CaCertificatesBundleS3Key=act.key,
                Tags=[{"Key": key, "Value": value} for key, value in act.tags],
            )
            return Done(made=answer["TrustStores"][0]["TrustStoreArn"])
        case DeleteTrustStore(store):
            client.delete_trust_store(TrustStoreArn=store)
        case ReplaceBundle(store, where, key):
            client.modify_trust_store(
                TrustStoreArn=store, CaCertificatesBundleS3Bucket=where, CaCertificatesBundleS3Key=key
            )
        case AddRevocations(store, where, key):
            client.add_trust_store_revocations(
                TrustStoreArn=store, RevocationContents=[{"S3Bucket": where, "S3Key": key, "RevocationType": "CRL"}]
            )
        case RemoveRevocations(ids=()):
            return AlreadySo("it is not known yet how AWS numbers the list")
        case RemoveRevocations(store, ids):
            _removed(client, bucket, store, ids)
        case _:
            assert_never(act)
    return Done()


def _removed(client: ElasticLoadBalancingv2Client, bucket: TokenBucket, store: str, ids: tuple[int, ...]) -> None:
    """Remove lists in one call; if one of them is gone AWS removes none, and each is removed by itself."""
    try:
        client.remove_trust_store_revocations(TrustStoreArn=store, RevocationIds=[*ids])
    except CallError as error:
        if code_of(error) != _NO_LIST or len(ids) == 1:
            raise
        for each in ids:
            bucket.wait()
            _ignoring(_NO_LIST, functools.partial(_removed, client, bucket, store, (each,)))


def _ignoring(code: str, call: Callable[[], None]) -> None:
    try:
        call()
    except CallError as error:
        if code_of(error) != code:
            raise


def _refusal(act: Act, error: BaseException) -> Outcome:
    code, said = code_of(error), in_words(error)
    if code in _REFUSED:
        return Failed(said, _REFUSED[code])
    match act:
        case CreateTrustStore() if code == "DuplicateTrustStoreName":
            # Whose it is, the look will tell.
            return AlreadySo(said)
        case DeleteTrustStore() if code == _NO_STORE:
            return AlreadySo(said)
        case RemoveRevocations() if code == _NO_LIST:
            return AlreadySo(said)
        case _ if code == _NO_STORE:
            # One that was made a moment ago need not be known everywhere yet; the look tells whether it is gone.
            return Unsure(said)
        case CreateTrustStore() | ReplaceBundle() | AddRevocations() if code in DENIED:
            return Failed(said, f"allow the call in the IAM policy, which `originlock iam-policy` prints; {_READABLE}")
        case _:
            return outcome_of(error)
