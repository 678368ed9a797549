"""Making a bucket for bundles, and putting bundles and revocation lists into it.

Every call names the account that the bucket must be of: AWS would put, and copy a bundle from, whosever it is.

Lives here: the write calls of S3. Must not live here: reading (see `buckets`), what is put there and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, assert_never

from originlock.aws.answers import CallError, outcome_of
from originlock.aws.buckets import region_of
from originlock.aws.pacing import TokenBucket
from originlock.aws.wording import code_of, in_words
from originlock.facts.unknown import Unknown
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome
from originlock.plan.trust_acts import CreateBucket, PutObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import TagTypeDef

_FIRST_REGION: Final = "us-east-1"
"""Amazon S3 API reference, CreateBucket: there a location is not to be named, anywhere else it must be."""

_TAKEN: Final = "choose another name for it in the configuration: names of buckets are one space for all accounts"
_ENCRYPTION: Final = "AES256"
"""SSE-S3: no key to be allowed for, and what is put there is public anyway."""


def performed(client: S3Client, owner: str, bucket: TokenBucket, act: CreateBucket | PutObject) -> Outcome:
    """Do one of them; `owner` is the number of the account that the bucket is, or will be, of."""
    bucket.wait()
    try:
        match act:
            case CreateBucket():
                return _created(client, owner, act)
            case PutObject():
                return _put(client, owner, act)
            case _:
                assert_never(act)
    except CallError as error:
        return outcome_of(error)


def _created(client: S3Client, owner: str, act: CreateBucket) -> Outcome:
    """Make it, and close it; one of ours that is empty was made by a run that did not get to its end."""
    # Asked first: in us-east-1 making a bucket again is no error, and closing one that is in use would be a fault.
    region = region_of(client, act.bucket, owner)
    if isinstance(region, Unknown):
        return Failed(
            f"bucket {act.bucket}: {region.reason}", f"allow what `originlock iam-policy` prints; or {_TAKEN}"
        )
    if region is not None and client.list_objects_v2(Bucket=act.bucket, MaxKeys=1, ExpectedBucketOwner=owner).get(
        "Contents", []
    ):
        return AlreadySo(f"the bucket {act.bucket} is there, and in use; nothing about it was changed")
    if region is None and (refused := _made(client, act.bucket)) is not None:
        return refused
    _closed(client, owner, act)
    return Done()


def _made(client: S3Client, name: str) -> Outcome | None:
    region = client.meta.region_name
    try:
        if region == _FIRST_REGION:
            client.create_bucket(Bucket=name)
        else:
            where: Any = {"LocationConstraint": region}
            client.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    except CallError as error:
        if code_of(error) == "BucketAlreadyOwnedByYou":
            # Since it was asked for; whether it is closed the look will tell.
            return AlreadySo(in_words(error))
        if code_of(error) == "BucketAlreadyExists":
            return Failed(in_words(error), _TAKEN)
        raise
    return None


def _closed(client: S3Client, owner: str, act: CreateBucket) -> None:
    """AWS makes new buckets closed and encrypted since 2023; said all the same, for an account may differ."""
    tags: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in act.tags]
    client.put_public_access_block(
        Bucket=act.bucket,
        ExpectedBucketOwner=owner,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    client.put_bucket_encryption(
        Bucket=act.bucket,
        ExpectedBucketOwner=owner,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": _ENCRYPTION}}]
        },
    )
    client.put_bucket_tagging(Bucket=act.bucket, ExpectedBucketOwner=owner, Tagging={"TagSet": tags})


def _put(client: S3Client, owner: str, act: PutObject) -> Outcome:
    try:
        # botocore adds the checksum that S3 holds the body against.
        client.put_object(
            Bucket=act.bucket,
            Key=act.key,
            Body=act.body.encode(),
            ContentType="application/x-pem-file",
            ServerSideEncryption=_ENCRYPTION,
            ExpectedBucketOwner=owner,
        )
    except CallError as error:
        if code_of(error) == "NoSuchBucket":
            return Failed(in_words(error), "see who deleted the bucket; then run `originlock apply` again")
        raise
    return Done()
