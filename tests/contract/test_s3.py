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
