"""Trust stores, as load balancing has them."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from tests.contract.places import ROOT, Place, name, refused

from originlock.lab import authority

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "Elastic Load Balancing API reference"
GUIDE = "Application Load Balancers user guide, mutual TLS"

pytestmark = pytest.mark.source(API)


def told(place: Place, arn: str) -> Mapping[str, Any]:
    """A trust store as it is described."""
    (found,) = place.elbv2.describe_trust_stores(TrustStoreArns=[arn])["TrustStores"]
    return dict(found)


def made_of(place: Place, bundle: str) -> None:
    """Make a trust store of a bundle, to be taken away again."""
    place.trust_store(bundle)


def opened(address: str) -> bytes:
    """What an address opens."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=30) as answer:
        body: bytes = answer.read()
    return body


@pytest.mark.source(f"{API}, TrustStore")
def test_a_store_is_described(place: Place) -> None:
    """By its name and how many authorities it holds; where they came from is not told."""
    arn = place.trust_store(ROOT.pem + authority.root("two").pem)
    found = told(place, arn)
    assert (found["TrustStoreArn"], found["Status"]) == (arn, "ACTIVE")
    assert (found["NumberOfCaCertificates"], found["TotalRevokedEntries"]) == (2, 0)
    assert set(found) == {"Name", "TrustStoreArn", "Status", "NumberOfCaCertificates", "TotalRevokedEntries"}
    assert f":truststore/{found['Name']}/" in arn
    by_name = place.elbv2.describe_trust_stores(Names=[found["Name"]])["TrustStores"]
    assert [each["TrustStoreArn"] for each in by_name] == [arn]


@pytest.mark.source(f"{API}, CreateTrustStore, Name")
def test_names_are_held_to_their_form(place: Place) -> None:
    """And are one store's."""
    bucket = place.bucket(ca_pem=ROOT.pem)
    where = {"CaCertificatesBundleS3Bucket": bucket, "CaCertificatesBundleS3Key": "ca.pem"}
    for bad in ("-x", "x-", "x--y", "x_y", "x" * 33):
        with refused("ValidationError"):
            place.elbv2.create_trust_store(Name=bad, **where)
    arn = place.trust_store()
    with refused("DuplicateTrustStoreName"):
        place.elbv2.create_trust_store(Name=told(place, arn)["Name"], **where)


@pytest.mark.source(f"{API}, CaCertificatesBundleNotFound")
def test_a_bundle_that_is_not_there_is_not_found(place: Place) -> None:
    """Nor is the version of one, nor its bucket."""
    bucket = place.bucket(ca_pem=ROOT.pem)
    for wrong in (
        {"CaCertificatesBundleS3Bucket": bucket, "CaCertificatesBundleS3Key": "absent.pem"},
        {"CaCertificatesBundleS3Bucket": "olc-absent-absent-absent", "CaCertificatesBundleS3Key": "ca.pem"},
    ):
        with refused("CaCertificatesBundleNotFound"):
            place.elbv2.create_trust_store(Name=name(), **wrong)


@pytest.mark.source(f"{GUIDE}, certificate bundles")
@pytest.mark.parametrize(
    "bundle",
    [
        pytest.param("", id="empty"),
        pytest.param("no certificate", id="text"),
        pytest.param(ROOT.pem + "\n" + ROOT.pem, id="blank line"),
        pytest.param("# our-own\n" + ROOT.pem, id="comment with a hyphen"),
        pytest.param("Certificate:\n" + ROOT.pem, id="preamble"),
        pytest.param(ROOT.pem.removesuffix("-----END CERTIFICATE-----\n"), id="cut"),
        pytest.param(authority.pem(ROOT.issue(authority.Leaf("x")).certificate), id="leaf"),
        pytest.param(authority.root("weak", key=authority.RSA1024).pem, id="RSA of 1024 bits"),
        pytest.param(authority.root("edwards", key=authority.ED25519).pem, id="Ed25519"),
        pytest.param(ROOT.pem * 26, id="26 certificates"),
    ],
)
def test_a_bad_bundle_is_refused(place: Place, bundle: str) -> None:
    """What AWS documents that it does not take."""
    with refused("InvalidCaCertificatesBundle"):
        made_of(place, bundle)


@pytest.mark.source(f"{GUIDE}, certificate bundles")
def test_comments_are_taken(place: Place) -> None:
    """Without hyphens."""
    assert told(place, place.trust_store(f"# our own\n{ROOT.pem}"))["NumberOfCaCertificates"] == 1


@pytest.mark.source(f"{API}, CreateTrustStore, CaCertificatesBundleS3ObjectVersion")
def test_a_bundle_may_be_of_an_older_version(place: Place) -> None:
    """Which the object has no more."""
    bucket = place.bucket()
    place.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = place.put(bucket, "ca.pem", ROOT.pem)["VersionId"]
    place.put(bucket, "ca.pem", "no bundle")
    arn = place.trust_store()
    where = {"CaCertificatesBundleS3Bucket": bucket, "CaCertificatesBundleS3Key": "ca.pem"}
    with refused("InvalidCaCertificatesBundle"):
        place.elbv2.modify_trust_store(TrustStoreArn=arn, **where)
    place.elbv2.modify_trust_store(TrustStoreArn=arn, **where, CaCertificatesBundleS3ObjectVersion=version)


@pytest.mark.source("go-to-k/cdk-real-drift, pull request 522; cloud-platform-environments, pull request 13056")
def test_a_store_is_a_copy(place: Place) -> None:
    """Another object in its place changes nothing before somebody says so."""
    bucket = place.bucket(ca_pem=ROOT.pem)
    where = {"CaCertificatesBundleS3Bucket": bucket, "CaCertificatesBundleS3Key": "ca.pem"}
    arn = place.elbv2.create_trust_store(Name=name(), **where)["TrustStores"][0]["TrustStoreArn"]
    place.later(place.elbv2.delete_trust_store, TrustStoreArn=arn)
    place.shown(lambda: told(place, arn)["Status"], lambda status: status == "ACTIVE")
    place.put(bucket, "ca.pem", ROOT.pem + authority.root("two").pem)
    assert told(place, arn)["NumberOfCaCertificates"] == 1
    place.elbv2.modify_trust_store(TrustStoreArn=arn, **where)
    assert place.shown(lambda: told(place, arn)["NumberOfCaCertificates"], lambda found: found == 2) == 2


@pytest.mark.source(f"{API}, GetTrustStoreCaCertificatesBundle")
def test_the_bundle_is_read_back(place: Place) -> None:
    """By a presigned address, as it was given."""
    arn = place.trust_store(f"# our own\n{ROOT.pem}")
    address = place.elbv2.get_trust_store_ca_certificates_bundle(TrustStoreArn=arn)["Location"]
    assert "X-Amz-Expires=600" in address
    assert ROOT.pem.encode().strip() in opened(address)


def with_list(place: Place, arn: str, revoked: int = 1) -> int:
    """Add a revocation list to a store of the root; return its id."""
    issuer = authority.Authority(ROOT.certificate, ROOT.key)
    for _ in range(revoked):
        issuer.revoke(issuer.issue(authority.Leaf("x")).certificate)
    bucket = place.bucket(crl_pem=issuer.revocation_list_pem())
    (added,) = place.elbv2.add_trust_store_revocations(
        TrustStoreArn=arn, RevocationContents=[{"S3Bucket": bucket, "S3Key": "crl.pem", "RevocationType": "CRL"}]
    )["TrustStoreRevocations"]
    assert (added["NumberOfRevokedEntries"], added["RevocationType"]) == (revoked, "CRL")
    return int(added["RevocationId"])


@pytest.mark.source(f"{GUIDE}, certificate revocation lists")
def test_ids_of_revocation_lists_are_not_used_again(place: Place) -> None:
    """They increase, whatever was removed."""
    arn = place.trust_store()
    first = with_list(place, arn)
    place.elbv2.remove_trust_store_revocations(TrustStoreArn=arn, RevocationIds=[first])
    second = with_list(place, arn, 2)
    assert second > first
    held = place.elbv2.describe_trust_store_revocations(TrustStoreArn=arn)["TrustStoreRevocations"]
    assert [(each["RevocationId"], each["NumberOfRevokedEntries"]) for each in held] == [(second, 2)]
    assert told(place, arn)["TotalRevokedEntries"] == 2
    for act in (place.elbv2.remove_trust_store_revocations, place.elbv2.describe_trust_store_revocations):
        with refused("RevocationIdNotFound"):
            act(TrustStoreArn=arn, RevocationIds=[first])
    address = place.elbv2.get_trust_store_revocation_content(TrustStoreArn=arn, RevocationId=second)["Location"]
    assert b"BEGIN X509 CRL" in opened(address)


@pytest.mark.source(f"{API}, AddTrustStoreRevocations, errors")
def test_bad_revocation_lists_are_refused(place: Place) -> None:
    """What is not there, and what is none."""
    arn = place.trust_store()
    bucket = place.bucket(text_pem="no list", ca_pem=ROOT.pem)
    for key, code in (
        ("absent.pem", "RevocationContentNotFound"),
        ("text.pem", "InvalidRevocationContent"),
        ("ca.pem", "InvalidRevocationContent"),
    ):
        with refused(code):
            place.elbv2.add_trust_store_revocations(
                TrustStoreArn=arn, RevocationContents=[{"S3Bucket": bucket, "S3Key": key}]
            )


@pytest.mark.lab_only("AWS does not say whether it holds a list against the authorities of the store")
@pytest.mark.source("our reading of InvalidRevocationContent")
def test_a_list_of_another_authority_is_refused(place: Place) -> None:
    """It could revoke nothing of this store's."""
    arn = place.trust_store()
    bucket = place.bucket(crl_pem=authority.root("other").revocation_list_pem())
    with refused("InvalidRevocationContent"):
        place.elbv2.add_trust_store_revocations(
            TrustStoreArn=arn, RevocationContents=[{"S3Bucket": bucket, "S3Key": "crl.pem"}]
        )


@pytest.mark.source(f"{API}, TrustStoreNotFound")
def test_a_store_that_is_not_there_is_not_found(place: Place) -> None:
    """Whatever is asked of it."""
    absent = {"TrustStoreArn": place.trust_store()[:-4] + "0000"}
    where = {"CaCertificatesBundleS3Bucket": "x", "CaCertificatesBundleS3Key": "x"}
    for act, more in (
        (place.elbv2.modify_trust_store, where),
        (place.elbv2.delete_trust_store, {}),
        (place.elbv2.describe_trust_store_associations, {}),
        (place.elbv2.describe_trust_store_revocations, {}),
        (place.elbv2.get_trust_store_ca_certificates_bundle, {}),
    ):
        with refused("TrustStoreNotFound"):
            act(**absent, **more)
    with refused("TrustStoreNotFound"):
        place.elbv2.describe_trust_stores(Names=["olc-absent"])


@pytest.mark.source(f"{API}, DescribeTrustStores, PageSize")
def test_stores_come_in_pages(place: Place) -> None:
    """By PageSize and Marker, each once."""
    made = {place.trust_store() for _ in range(3)}
    pages = list(place.elbv2.get_paginator("describe_trust_stores").paginate(PaginationConfig={"PageSize": 1}))
    assert {len(page["TrustStores"]) for page in pages} == {1}
    found = [each["TrustStoreArn"] for page in pages for each in page["TrustStores"]]
    assert len(found) == len(set(found))
    assert made <= set(found)


@pytest.mark.source(f"{API}, CreateTrustStore, Tags; AddTags")
def test_stores_have_tags(place: Place) -> None:
    """From the beginning, and later."""
    arn = place.trust_store(Tags=[{"Key": "team", "Value": "edge"}])
    place.elbv2.add_tags(ResourceArns=[arn], Tags=[{"Key": "more", "Value": "x"}])
    place.elbv2.remove_tags(ResourceArns=[arn], TagKeys=["team"])
    (found,) = place.elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert found["Tags"] == [{"Key": "more", "Value": "x"}]


@pytest.mark.source(f"{API}, GetResourcePolicy")
def test_a_store_that_is_not_shared_has_no_policy(place: Place) -> None:
    """It is told as not found."""
    with refused("ResourceNotFound"):
        place.elbv2.get_resource_policy(ResourceArn=place.trust_store())


@pytest.mark.source(f"{API}, DeleteTrustStore, TrustStoreInUse")
def test_a_store_in_use_is_not_deleted(place: Place) -> None:
    """The listener lets go of it first."""
    store, balancer = place.trust_store(), place.balancer()
    mutual = {"Mode": "verify", "TrustStoreArn": store}
    listener = place.listener(balancer, MutualAuthentication=mutual)
    assert place.shown(
        lambda: place.elbv2.describe_trust_store_associations(TrustStoreArn=store)["TrustStoreAssociations"], bool
    )
    with refused("TrustStoreInUse"):
        place.elbv2.delete_trust_store(TrustStoreArn=store)
    with refused("DeleteAssociationSameAccount"):
        place.elbv2.delete_shared_trust_store_association(TrustStoreArn=store, ResourceArn=listener)
    place.elbv2.modify_listener(ListenerArn=listener, MutualAuthentication={"Mode": "off"})
    with refused("AssociationNotFound"):
        place.elbv2.delete_shared_trust_store_association(TrustStoreArn=store, ResourceArn=listener)
