"""S3 as far as we use it: journals and leases, and what trust stores are made of."""

from __future__ import annotations

import pytest
from tests.contract.places import Place, refused

pytestmark = pytest.mark.source("Amazon S3 API reference")


@pytest.mark.source("Amazon S3 API reference, PutObject, If-None-Match")
def test_an_object_is_made_once(place: Place) -> None:
    """Whoever comes second is refused."""
    bucket = place.bucket(lease_json="one")
    with refused("PreconditionFailed"):
        place.put(bucket, "lease.json", "two", IfNoneMatch="*")


@pytest.mark.source("Amazon S3 API reference, PutObject, If-Match")
def test_an_object_is_replaced_as_it_was_read(place: Place) -> None:
    """And not after somebody else has replaced it."""
    bucket = place.bucket(journal_json="one")
    read = place.s3.get_object(Bucket=bucket, Key="journal.json")["ETag"]
    place.put(bucket, "journal.json", "two", IfMatch=read)
    with refused("PreconditionFailed"):
        place.put(bucket, "journal.json", "three", IfMatch=read)


@pytest.mark.source("Amazon S3 user guide, versioning")
def test_versions_stay(place: Place) -> None:
    """Where the bucket keeps them."""
    bucket = place.bucket()
    place.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = place.put(bucket, "ca.pem", "one")["VersionId"]
    place.put(bucket, "ca.pem", "two")
    assert place.s3.get_object(Bucket=bucket, Key="ca.pem")["Body"].read() == b"two"
    assert place.s3.get_object(Bucket=bucket, Key="ca.pem", VersionId=first)["Body"].read() == b"one"


@pytest.mark.source("Amazon S3 API reference, error codes")
def test_what_is_not_there_is_not_found(place: Place) -> None:
    """Told apart: the object, and the bucket."""
    with refused("NoSuchKey"):
        place.s3.get_object(Bucket=place.bucket(), Key="absent")
    with refused("NoSuchBucket"):
        place.s3.get_object(Bucket="olc-absent-absent-absent", Key="absent")


@pytest.mark.source("Amazon S3 user guide, verifying bucket ownership with bucket owner condition")
def test_a_bucket_is_of_the_account_that_is_expected(place: Place) -> None:
    """Whose it is can be asked with every call; another's is refused, whatever it is asked."""
    account = place.client("sts").get_caller_identity()["Account"]
    bucket = place.bucket(ca_pem="one")
    assert place.s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    assert place.s3.get_object(Bucket=bucket, Key="ca.pem", ExpectedBucketOwner=account)["Body"].read() == b"one"
    other = {"Bucket": bucket, "ExpectedBucketOwner": "111122223333"}
    with refused("403"):
        place.s3.head_bucket(**other)
    with refused("AccessDenied"):
        place.s3.get_object(**other, Key="ca.pem")
    with refused("AccessDenied"):
        place.s3.put_object(**other, Key="ca.pem", Body=b"two")


@pytest.mark.source("Amazon S3 API reference, HeadBucket")
def test_a_bucket_is_asked_for(place: Place) -> None:
    """Without a body, so that the code is the status; with its Region in a header."""
    with refused("404"):
        place.s3.head_bucket(Bucket="olc-absent-absent-absent")
    told = place.s3.head_bucket(Bucket=place.bucket())["ResponseMetadata"]["HTTPHeaders"]
    assert told["x-amz-bucket-region"] == place.s3.meta.region_name


@pytest.mark.source("Amazon S3 API reference, CreateBucket, errors")
def test_a_bucket_is_made_once(place: Place) -> None:
    """Outside of us-east-1 the second time is told apart from somebody else's."""
    region = place.s3.meta.region_name
    if region == "us-east-1":
        pytest.skip("there it is no error")
    with refused("BucketAlreadyOwnedByYou"):
        place.s3.create_bucket(Bucket=place.bucket(), CreateBucketConfiguration={"LocationConstraint": region})


@pytest.mark.source(
    "AWS News Blog, Amazon S3 Block Public Access, update of 2023-04-27; Amazon S3 user guide, server-side encryption"
)
def test_a_new_bucket_is_closed_and_encrypted(place: Place) -> None:
    """From its first moment, whoever makes it and ends before he has said so."""
    bucket = place.bucket()
    held = place.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(held.values()) == {True}
    assert len(held) == 4
    assert _encryption(place, bucket) == "AES256"
    place.s3.delete_bucket_encryption(Bucket=bucket)
    assert _encryption(place, bucket) == "AES256"


def _encryption(place: Place, bucket: str) -> str:
    held = place.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return str(held[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])
