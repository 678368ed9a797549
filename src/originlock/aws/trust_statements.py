"""The statements that the identity lock's calls need: listeners, trust stores, the bucket, connection logs.

Lives here: from what an identity lock needs and the purposes of a command to statements. Must not live here: those of
groups and lists (see `policy_statements`), which calls there are (see `permissions`), botocore.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from originlock.aws.permissions import ELB_CREATE_ACTION, OPERATIONS, S3_PREFIX, Purpose
from originlock.aws.policy_scope import ANY, Scope, Trust
from originlock.aws.statement import Conditions, Statement, actions, bears, literal

STORES: Final = "originlock-*"
"""How the names of trust stores of our own begin."""

KEYS: Final = "originlock/{origin}/*"
"""The folder of an origin's bundles and revocation lists in their bucket."""

_TAG: Final = "elasticloadbalancing:AddTags"
_UNMADE: Final = "it has no id before it is made"


def of_trust(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    """All that these purposes need of an origin with an identity lock; nothing for others."""
    if scope.trust is None:
        return
    yield from _look(purposes, scope)
    if scope.trust.bucket:
        yield from _bucket(purposes, scope, scope.trust)
    yield from _stores(purposes, scope, scope.trust)
    yield from _listeners(purposes, scope, scope.trust)
    if scope.trust.logs and Purpose.READ_LOGS in purposes:
        yield from _logs(scope)


def _look(purposes: frozenset[Purpose], scope: Scope) -> Iterator[Statement]:
    wide = [each for each in (Purpose.READ_LISTENERS, Purpose.READ_STORES) if each in purposes]
    if wide:
        asked = tuple(action for purpose in wide for action in actions(purpose))
        reason = next(each.reason for each in OPERATIONS.values() if each.action == asked[0])
        yield Statement("LookAtTrust", asked, (ANY,), "; ".join(each.value for each in wide), reason)
    if Purpose.READ_BUNDLES in purposes:
        yield Statement(
            "ReadBundles",
            actions(Purpose.READ_BUNDLES),
            (scope.arn("elasticloadbalancing", "truststore/*", account=ANY),),
            Purpose.READ_BUNDLES.value,
            "a listener may use any store, and shared ones belong to other accounts",
        )
    if Purpose.READ_CERTIFICATES in purposes:
        yield Statement(
            "ReadCertificates",
            actions(Purpose.READ_CERTIFICATES),
            (scope.arn("acm", "certificate/*"),),
            Purpose.READ_CERTIFICATES.value,
            "which certificates listeners have AWS alone can tell",
        )


def _bucket(purposes: frozenset[Purpose], scope: Scope, trust: Trust) -> Iterator[Statement]:
    bucket = f"arn:{scope.partition}:s3:::{trust.bucket}"
    for sid, purpose in (("SeeBucket", Purpose.SEE_BUCKET), ("MakeBucket", Purpose.MAKE_BUCKET)):
        if purpose in purposes and (purpose is Purpose.SEE_BUCKET or (trust.create_bucket and trust.stores)):
            yield Statement(sid, actions(purpose), (bucket,), purpose.value)
    if not trust.stores:
        return  # nothing is put there where no store copies it
    for sid, purpose in (("ReadObjects", Purpose.READ_OBJECTS), ("PutObjects", Purpose.PUT_OBJECTS)):
        if purpose in purposes:
            reason = "the names of objects tell what is in them"
            keys = KEYS.format(origin=literal(scope.mark[1]))
            yield Statement(sid, actions(purpose), (f"{bucket}/{keys}",), purpose.value, reason)


def _stores(purposes: frozenset[Purpose], scope: Scope, trust: Trust) -> Iterator[Statement]:
    ours = scope.arn("elasticloadbalancing", f"truststore/{STORES}/*")
    # Who makes stores deletes them only where the lock is switched off, or one is made for a moment; who undoes a run,
    # where it may have made one.
    deletes = (trust.leaving or trust.probe) if Purpose.MAKE_STORES in purposes else trust.stores
    if Purpose.DELETE_STORES in purposes and deletes:
        gone, why = actions(Purpose.DELETE_STORES), Purpose.DELETE_STORES.value
        yield Statement("DeleteStores", gone, (ours,), why, _UNMADE, bears(scope, "Resource"))
    if not trust.stores:
        return
    if Purpose.MAKE_STORES in purposes:
        make, why = actions(Purpose.MAKE_STORES), Purpose.MAKE_STORES.value
        yield Statement("MakeStores", make, (ours,), why, _UNMADE, bears(scope, "Request"))
        yield _tag_new("TagNewStores", ours, "CreateTrustStore")
    if Purpose.KEEP_STORES in purposes:
        keep, why = actions(Purpose.KEEP_STORES), Purpose.KEEP_STORES.value
        yield Statement("KeepStores", keep, (ours,), why, _UNMADE, bears(scope, "Resource"))


def _listeners(purposes: frozenset[Purpose], scope: Scope, trust: Trust) -> Iterator[Statement]:
    of_balancers = _paths(scope)
    listeners = tuple(_listener_of(each) for each in of_balancers)
    reason = "listeners are named by ids that AWS alone can tell"
    if Purpose.SET_LISTENERS in purposes:
        yield Statement("SetListeners", actions(Purpose.SET_LISTENERS), listeners, Purpose.SET_LISTENERS.value, reason)
    if not trust.probe:
        return
    if Purpose.MAKE_PROBE in purposes:
        (make, add), why = actions(Purpose.MAKE_PROBE), Purpose.MAKE_PROBE.value
        named = "" if all(not each.endswith(ANY) for each in of_balancers) else "the name is there, but not its id"
        yield Statement("MakeProbe", (make,), of_balancers, why, named, bears(scope, "Request"))
        yield Statement("CertifyProbe", (add,), listeners, why, reason, bears(scope, "Resource"))
        for each in listeners:
            yield _tag_new("TagProbe", each, "CreateListener")
    if Purpose.DELETE_PROBE in purposes:
        gone, why = actions(Purpose.DELETE_PROBE), Purpose.DELETE_PROBE.value
        yield Statement("DeleteProbe", gone, listeners, why, reason, bears(scope, "Resource"))


def _paths(scope: Scope) -> tuple[str, ...]:
    """The ARNs of the application load balancers."""
    return tuple(
        name if name.startswith("arn:") else scope.arn("elasticloadbalancing", f"loadbalancer/app/{name}/*")
        for name in scope.load_balancers
    )


def _listener_of(balancer: str) -> str:
    begin, _, path = balancer.partition(":loadbalancer/")
    return f"{begin}:listener/{path}/*".replace("/*/*", "/*")


def _logs(scope: Scope) -> Iterator[Statement]:
    """Where they go is an attribute of the load balancer, which this does not ask for: any bucket, but that folder."""
    listing, reading = actions(Purpose.READ_LOGS)
    folder = f"AWSLogs/{scope.account or ANY}/elasticloadbalancing/{scope.region or ANY}/"
    reason = "which bucket the load balancer logs to AWS alone can tell"
    buckets = (f"arn:{scope.partition}:s3:::*",)
    conditions: Conditions = (("StringLike", S3_PREFIX, (f"{folder}*", f"*/{folder}*")),)
    yield Statement("FindLogs", (listing,), buckets, Purpose.READ_LOGS.value, reason, conditions)
    yield Statement(
        "ReadLogs", (reading,), (f"arn:{scope.partition}:s3:::*/{folder}*",), Purpose.READ_LOGS.value, reason
    )


def _tag_new(sid: str, resource: str, by: str) -> Statement:
    """Tags on what a call creates, and on nothing else."""
    why = f"tag what {by} creates, in the same call and at no other time"
    return Statement(sid, (_TAG,), (resource,), why, _UNMADE, (("StringEquals", ELB_CREATE_ACTION, (by,)),))
