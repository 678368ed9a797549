"""What a call of load balancing, or of S3, is to IAM.

Here lives on which resources each action must be allowed, and with which condition keys. Here must not live: the
logic of policies (see `iam_policies`), or what a call does.

'Service Authorization Reference', Elastic Load Balancing V2 and Amazon S3. What only describes is asked for on `*`;
that tags sent along ask for AddTags on the new resource is from 'Elastic Load Balancing user guide', tag resources
during creation. That a bundle in S3 is read as whoever makes a trust store of it is a guess (see `settings`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from originlock.lab.iam_places import Place, Tags, context, requested, tags_of_query
from originlock.lab.iam_policies import Asking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from originlock.lab.calls import Call

#: By which parameter an action names the resource that it is on.
_NAMED_BY: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "AddTrustStoreRevocations",
            "DeleteSharedTrustStoreAssociation",
            "DeleteTrustStore",
            "GetTrustStoreCaCertificatesBundle",
            "GetTrustStoreRevocationContent",
            "ModifyTrustStore",
            "RemoveTrustStoreRevocations",
        ),
        "TrustStoreArn",
    ),
    **dict.fromkeys(
        (
            "CreateListener",
            "DeleteLoadBalancer",
            "ModifyLoadBalancerAttributes",
            "SetIpAddressType",
            "SetSecurityGroups",
            "SetSubnets",
        ),
        "LoadBalancerArn",
    ),
    **dict.fromkeys(
        (
            "AddListenerCertificates",
            "CreateRule",
            "DeleteListener",
            "ModifyListener",
            "ModifyListenerAttributes",
            "RemoveListenerCertificates",
        ),
        "ListenerArn",
    ),
    **dict.fromkeys(("DeleteRule", "ModifyRule"), "RuleArn"),
    **dict.fromkeys(
        (
            "DeleteTargetGroup",
            "DeregisterTargets",
            "ModifyTargetGroup",
            "ModifyTargetGroupAttributes",
            "RegisterTargets",
        ),
        "TargetGroupArn",
    ),
    "GetResourcePolicy": "ResourceArn",
}

#: What an action makes, by its name.
_MADE: Final[Mapping[str, str]] = {
    "CreateLoadBalancer": "loadbalancer/app/{name}/*",
    "CreateTargetGroup": "targetgroup/{name}/*",
    "CreateTrustStore": "truststore/{name}/*",
}

#: Parameters that are condition keys of their own.
_KEYS: Final[Mapping[str, str]] = {
    "Protocol": "elasticloadbalancing:ListenerProtocol",
    "SslPolicy": "elasticloadbalancing:SecurityPolicy",
    "Scheme": "elasticloadbalancing:Scheme",
}

_READING_S3: Final = frozenset({"CreateTrustStore", "ModifyTrustStore", "AddTrustStoreRevocations"})

#: What a request for an object is; with a version it is another action.
_ON_OBJECT: Final[Mapping[str, str]] = {
    "GET": "GetObject",
    "HEAD": "GetObject",
    "PUT": "PutObject",
    "DELETE": "DeleteObject",
}
_VERSIONED: Final = frozenset({"GetObject", "DeleteObject"})

#: What a request for a bucket is: by its method, and by what its query names. 'S3 API reference', each operation.
_ON_BUCKET: Final[Mapping[tuple[str, str], str]] = {
    ("HEAD", ""): "ListBucket",
    ("GET", ""): "ListBucket",
    ("PUT", ""): "CreateBucket",
    ("DELETE", ""): "DeleteBucket",
    ("GET", "publicAccessBlock"): "GetBucketPublicAccessBlock",
    ("PUT", "publicAccessBlock"): "PutBucketPublicAccessBlock",
    ("GET", "encryption"): "GetEncryptionConfiguration",
    ("PUT", "encryption"): "PutEncryptionConfiguration",
    ("GET", "tagging"): "GetBucketTagging",
    ("PUT", "tagging"): "PutBucketTagging",
}
_OF_BUCKET: Final = frozenset(about for _, about in _ON_BUCKET if about)


def asked_of_load_balancing(call: Call, action: str, place: Place) -> Iterator[Asking]:
    """Every action of load balancing on every resource that must be allowed."""
    given = call.parameters
    tags = tags_of_query(given, "Tags.member.")
    told = requested(tags) | _keys(given)
    if call.action in _NAMED_BY:
        arn = given.get(_NAMED_BY[call.action], "")
        yield Asking(action, arn, context(place, place.tags_of_arn(arn)) | told)
        made = f"listener{arn.partition(':loadbalancer')[2]}/*" if call.action == "CreateListener" else ""
        made = f"listener-rule{arn.partition(':listener')[2]}/*" if call.action == "CreateRule" else made
    elif call.action in _MADE:
        made = _MADE[call.action].format(name=given.get("Name", ""))
        yield Asking(action, place.arn("elasticloadbalancing", made), context(place) | told)
    elif call.action in {"AddTags", "RemoveTags", "SetRulePriorities"}:
        yield from _on_each(call, action, place, tags)
        return
    else:
        yield Asking(action, context=context(place))
        return
    if tags and made:
        creating = {"elasticloadbalancing:CreateAction": (call.action,)}
        resource = place.arn("elasticloadbalancing", made)
        yield Asking("elasticloadbalancing:AddTags", resource, context(place) | requested(tags) | creating)


def _on_each(call: Call, action: str, place: Place, tags: Tags) -> Iterator[Asking]:
    """An action on each of the resources that a request lists."""
    given = call.parameters
    keys = requested(tags)
    if call.action == "RemoveTags":
        named = {value: "" for name, value in given.items() if name.startswith("TagKeys.member.")}
        keys = requested(named, keys_only=True)
    for name, arn in given.items():
        if name.startswith("ResourceArns.member.") or name.endswith(".RuleArn"):
            yield Asking(action, arn, context(place, place.tags_of_arn(arn)) | keys)


def _keys(given: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {key: (given[name],) for name, key in _KEYS.items() if name in given}
    groups = tuple(value for name, value in given.items() if name.startswith("SecurityGroups.member."))
    return {**found, "elasticloadbalancing:SecurityGroup": groups} if groups else found


# --- S3 -----------------------------------------------------------------------------------------------


def read_by_trust_store(call: Call, place: Place) -> Iterator[Asking]:
    """What a call on trust stores reads in S3."""
    if call.service != "elbv2" or call.action not in _READING_S3:
        return
    given = call.parameters
    begins = [name.removesuffix("S3Bucket") for name in given if name.endswith("S3Bucket")]
    for begin in begins:
        versioned = f"{begin}S3ObjectVersion" in given
        resource = f"arn:aws:s3:::{given[f'{begin}S3Bucket']}/{given.get(f'{begin}S3Key', '')}"
        yield Asking(f"s3:GetObject{'Version' if versioned else ''}", resource, context(place))


def asked_of_s3(call: Call, place: Place) -> Asking:
    """What a call of S3 is: an action on an object or a bucket by the path of it, anything else on `*`."""
    method, _, path = call.action.partition(" ")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if bucket and not key:
        return _asked_of_bucket(call, method, bucket, place)
    named = _ON_OBJECT.get(method)
    if not key or named is None:
        return Asking(f"s3:{call.action}", context=context(place))
    versioned = "Version" if named in _VERSIONED and "versionId" in call.parameters else ""
    return Asking(f"s3:{named}{versioned}", f"arn:aws:s3:::{bucket}/{key}", context(place))


def _asked_of_bucket(call: Call, method: str, bucket: str, place: Place) -> Asking:
    about = next((each for each in call.parameters if each in _OF_BUCKET), "")
    named = _ON_BUCKET.get((method, about))
    if named is None:
        return Asking(f"s3:{call.action}", context=context(place))
    prefix = call.parameters.get("prefix")
    told = {} if prefix is None else {"s3:prefix": (prefix,)}
    return Asking(f"s3:{named}", f"arn:aws:s3:::{bucket}", context(place) | told)
