"""Reading buckets and objects: whether a bucket is there, ours and closed, and what an object holds.

Every call names the account that the bucket must be of: a bucket of that name may be somebody else's, who could put
something of his own where AWS copies a bundle from.

Lives here: the read calls of S3. Must not live here: logs (see `connection_logs`), any call that changes something (see
`bucket_acts`).
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Final

from originlock.aws.answers import CallError
from originlock.aws.asking import read
from originlock.aws.presigned import drained
from originlock.aws.session import Sessions
from originlock.aws.wording import code_of
from originlock.facts.origin import Missing
from originlock.facts.trust import Bucket, StoredObject, bucket_target, object_target
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_OBJECT: Final = 64 * 1024 * 1024
"""As large as the largest revocation list that a trust store takes, and a little more."""

NO_BUCKET: Final = frozenset({"404", "NoSuchBucket"})
"""Amazon S3 API reference: HeadBucket answers without a body, so that its code is its status."""

_NO_OBJECT: Final = frozenset({"NoSuchKey", "NoSuchBucket", "404"})
_NOT_OURS: Final = frozenset({"403", "AccessDenied", "Forbidden"})
_ELSEWHERE: Final = frozenset({"301", "PermanentRedirect", "AuthorizationHeaderMalformed"})
_REGION: Final = "x-amz-bucket-region"

_BLOCKS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class BucketReader:
    """Reads the buckets of one place."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions = sessions
        self._place = place

    def bucket(self, name: str) -> Bucket | Missing | Unknown:
        """A bucket; Unknown where it is another account's, of another Region, or may not be read.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        return read(f"bucket {name}", functools.partial(self._bucket, name))

    def _bucket(self, name: str) -> Bucket | Missing | Unknown:
        client, owner = self._sessions.s3(self._place), self._sessions.account(self._place)
        region = region_of(client, name, owner)
        if region is None:
            return Missing(bucket_target(name))
        if isinstance(region, Unknown):
            return region
        here = client.meta.region_name
        if region and region != here:
            return Unknown(f"bucket {name}", f"it is in the Region {region}, and the load balancer in {here}")
        return Bucket(
            bucket_target(name), private=_is_private(client, name, owner), encrypted=_is_encrypted(client, name, owner)
        )

    def stored(self, bucket: str, key: str) -> StoredObject | Missing | Unknown:
        """An object of a bucket of ours.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        return read(f"object {key} in bucket {bucket}", functools.partial(self._stored, bucket, key))

    def _stored(self, bucket: str, key: str) -> StoredObject | Missing:
        target, owner = object_target(bucket, key), self._sessions.account(self._place)
        try:
            answer = self._sessions.s3(self._place).get_object(Bucket=bucket, Key=key, ExpectedBucketOwner=owner)
            body = drained(answer["Body"], MOST_OBJECT)
        except CallError as error:
            if code_of(error) in _NO_OBJECT:
                return Missing(target)
            raise
        return StoredObject(target, hashlib.sha256(body).hexdigest())


def region_of(client: S3Client, name: str, owner: str) -> str | Unknown | None:
    """The Region of a bucket of this account, empty where S3 does not say; None if there is no such bucket.

    Raises:
        CallError: S3 did not say.
    """
    what = f"bucket {name}"
    try:
        answer = client.head_bucket(Bucket=name, ExpectedBucketOwner=owner)
    except CallError as error:
        if code_of(error) in NO_BUCKET:
            return None
        if code_of(error) in _NOT_OURS:
            return Unknown(
                what,
                f"AWS lets nobody see it from here: it is another account's than {owner}, or IAM does not allow"
                " s3:ListBucket on it (`originlock iam-policy`, with the same options, prints what IAM must allow)",
            )
        if code_of(error) in _ELSEWHERE:
            return Unknown(what, "it is in another Region, which S3 does not tell")
        raise
    return str(answer["ResponseMetadata"]["HTTPHeaders"].get(_REGION, ""))


def _is_private(client: S3Client, name: str, owner: str) -> bool:
    try:
        answer = client.get_public_access_block(Bucket=name, ExpectedBucketOwner=owner)
    except CallError as error:
        if code_of(error) == "NoSuchPublicAccessBlockConfiguration":
            return False
        raise
    held = answer["PublicAccessBlockConfiguration"]
    return all(dict(held).get(each, False) is True for each in _BLOCKS)


def _is_encrypted(client: S3Client, name: str, owner: str) -> bool:
    try:
        answer = client.get_bucket_encryption(Bucket=name, ExpectedBucketOwner=owner)
    except CallError as error:
        if code_of(error) == "ServerSideEncryptionConfigurationNotFoundError":
            return False
        raise
    return bool(answer["ServerSideEncryptionConfiguration"].get("Rules", []))
