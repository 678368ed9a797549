"""Trust stores and mutual TLS as far as only a lab can show them: switches, quotas, IAM, lag, and the blueprint."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from originlock.lab import authority
from originlock.lab.world_balancers import Wish, served_load_balancer

if TYPE_CHECKING:
    from originlock.lab.process import AwsClient, LocalAws
    from originlock.lab.world_balancers import ServedLoadBalancer

ROOT = authority.root("ours")
BUCKET = "authorities"


@pytest.fixture
def s3(aws: LocalAws, ec2: AwsClient, elbv2: AwsClient) -> AwsClient:
    """A bucket with a bundle in it, in an AWS that the other clients already found new."""
    assert ec2 is not elbv2
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": aws.region})
    client.put_object(Bucket=BUCKET, Key="ca.pem", Body=ROOT.pem.encode())
    return client


def made(elbv2: AwsClient, name: str = "ours", key: str = "ca.pem") -> str:
    """Make a trust store; return its ARN."""
    stores = elbv2.create_trust_store(Name=name, CaCertificatesBundleS3Bucket=BUCKET, CaCertificatesBundleS3Key=key)[
        "TrustStores"
    ]
    return str(stores[0]["TrustStoreArn"])


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Return an error's code."""
    return str(error.value.response["Error"]["Code"])


def opened(address: str) -> bytes:
    """What an address opens, without any proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=10) as answer:
        body: bytes = answer.read()
    return body


def verify(elbv2: AwsClient, shop: ServedLoadBalancer, arn: str, **more: Any) -> None:  # noqa: ANN401 - as boto3 takes it
    """Let the first listener verify."""
    elbv2.modify_listener(
        ListenerArn=shop.listener_arns[0], MutualAuthentication={"Mode": "verify", "TrustStoreArn": arn, **more}
    )


@pytest.fixture
def shop(ec2: AwsClient, elbv2: AwsClient) -> ServedLoadBalancer:
    """A load balancer with three HTTPS listeners."""
    return served_load_balancer(
        ec2, elbv2, Wish(listeners=(("HTTPS", 443), ("HTTPS", 8443), ("HTTPS", 9443)), targets=0)
    )


@pytest.mark.usefixtures("s3")
def test_a_new_store_may_take_its_time(aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """CREATING, and no listener can use it meanwhile."""
    aws.settings(trust_store_creating_ms=600_000)
    arn = made(elbv2)
    assert elbv2.describe_trust_stores(TrustStoreArns=[arn])["TrustStores"][0]["Status"] == "CREATING"
    with pytest.raises(ClientError) as error:
        verify(elbv2, shop, arn)
    assert code_of(error) == "TrustStoreNotReady"
    assert elbv2.describe_listeners(ListenerArns=[shop.listener_arns[0]])["Listeners"][0]["MutualAuthentication"] == {
        "Mode": "off"
    }


@pytest.mark.usefixtures("s3")
def test_quotas(aws: LocalAws, elbv2: AwsClient, s3: AwsClient) -> None:
    """Of stores, of certificates, of revocation lists and of what they revoke."""
    arn = made(elbv2)
    issuer = ROOT
    s3.put_object(Bucket=BUCKET, Key="two.pem", Body=(ROOT.pem * 2).encode())
    s3.put_object(Bucket=BUCKET, Key="crl.pem", Body=issuer.revocation_list_pem().encode())
    aws.settings(quota_ca_certificates=1, quota_revocation_lists=1)
    with pytest.raises(ClientError) as error:
        made(elbv2, "two", "two.pem")
    assert code_of(error) == "InvalidCaCertificatesBundle"
    content = [{"S3Bucket": BUCKET, "S3Key": "crl.pem"}]
    with pytest.raises(ClientError) as error:
        elbv2.add_trust_store_revocations(TrustStoreArn=arn, RevocationContents=content * 2)
    assert code_of(error) == "TooManyTrustStoreRevocationEntries"
    assert elbv2.describe_trust_store_revocations(TrustStoreArn=arn)["TrustStoreRevocations"] == []
    aws.settings(quota_trust_stores=1)
    with pytest.raises(ClientError) as error:
        made(elbv2, "other")
    assert code_of(error) == "TooManyTrustStores"


@pytest.mark.usefixtures("s3")
def test_an_address_opens_for_ten_minutes(aws: LocalAws, elbv2: AwsClient) -> None:
    """And then refuses as S3 does, as it does for a signature that was made up."""
    arn = made(elbv2)
    address = elbv2.get_trust_store_ca_certificates_bundle(TrustStoreArn=arn)["Location"]
    assert "X-Amz-Expires=600" in address
    assert opened(address) == ROOT.pem.encode()
    aws.settings(presigned_seconds=0)
    closed = elbv2.get_trust_store_ca_certificates_bundle(TrustStoreArn=arn)["Location"]
    for wrong, said in ((closed, b"expired"), (address[:-1], b"SignatureDoesNotMatch")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            opened(wrong)
        assert refused.value.code == 403
        assert said in refused.value.read()


@pytest.mark.usefixtures("s3")
def test_a_late_read_shows_what_was(aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Of trust stores and of listeners: who waits for neither believes what is not so yet."""
    aws.settings(consistency_ms=600_000)
    arn = made(elbv2)
    assert elbv2.describe_trust_stores()["TrustStores"] == []
    verify(elbv2, shop, arn)
    told = elbv2.describe_listeners(ListenerArns=[shop.listener_arns[0]])["Listeners"][0]
    assert told["MutualAuthentication"] == {"Mode": "off"}
    aws.settings(consistency_ms=0)
    told = elbv2.describe_listeners(ListenerArns=[shop.listener_arns[0]])["Listeners"][0]
    assert told["MutualAuthentication"]["Mode"] == "verify"


def test_the_blueprint_follows(aws: LocalAws, elbv2: AwsClient, s3: AwsClient, shop: ServedLoadBalancer) -> None:
    """Mode, bundle and lists, as soon as they change: also those of a store that many use."""
    arn = made(elbv2)
    verify(elbv2, shop, arn, IgnoreClientCertificateExpiry=True, AdvertiseTrustStoreCaNames="on")
    s3.put_object(Bucket=BUCKET, Key="crl.pem", Body=ROOT.revocation_list_pem().encode())
    elbv2.add_trust_store_revocations(TrustStoreArn=arn, RevocationContents=[{"S3Bucket": BUCKET, "S3Key": "crl.pem"}])
    (balancer,) = aws.blueprint().balancers
    told = next(each.mutual_tls for each in balancer.listeners if each.arn == shop.listener_arns[0])
    assert told.trust_store is not None
    assert (told.mode, told.trust_store.arn, told.trust_store.bundle_pem) == ("verify", arn, ROOT.pem)
    assert len(told.trust_store.revocations_pem) == 1
    assert (told.ignore_client_certificate_expiry, told.advertise_trust_store_ca_names) == (True, True)
    other = authority.root("other")
    s3.put_object(Bucket=BUCKET, Key="ca.pem", Body=other.pem.encode())
    elbv2.modify_trust_store(TrustStoreArn=arn, CaCertificatesBundleS3Bucket=BUCKET, CaCertificatesBundleS3Key="ca.pem")
    (balancer,) = aws.blueprint().balancers
    bundles = [each.mutual_tls.trust_store.bundle_pem for each in balancer.listeners if each.mutual_tls.trust_store]
    assert bundles == [other.pem]


def test_iam_knows_trust_stores(aws: LocalAws, elbv2: AwsClient) -> None:
    """By their ARN and tags; and the bundle is read as whoever asks, unless the switch says otherwise."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_object(Bucket=BUCKET, Key="ca.pem", Body=ROOT.pem.encode())
    mine, theirs = made(elbv2, "mine"), made(elbv2, "theirs")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "elasticloadbalancing:ModifyTrustStore",
                    "elasticloadbalancing:GetTrustStoreCaCertificatesBundle",
                ],
                "Resource": "arn:aws:elasticloadbalancing:*:*:truststore/mine/*",
            },
            {"Effect": "Allow", "Action": "elasticloadbalancing:DescribeTrustStores", "Resource": "*"},
        ],
    }
    keys = aws.restricted_to(policy)
    restricted = aws.client("elbv2", keys=keys)
    assert len(restricted.describe_trust_stores()["TrustStores"]) == 2
    assert restricted.get_trust_store_ca_certificates_bundle(TrustStoreArn=mine)["Location"]
    bundle = {"CaCertificatesBundleS3Bucket": BUCKET, "CaCertificatesBundleS3Key": "ca.pem"}
    for arn, why in ((theirs, "ModifyTrustStore"), (mine, "s3:GetObject")):
        with pytest.raises(ClientError, match=why) as error:
            restricted.modify_trust_store(TrustStoreArn=arn, **bundle)
        assert code_of(error) == "AccessDenied"
    aws.settings(trust_stores_read_as_caller=False)
    restricted.modify_trust_store(TrustStoreArn=mine, **bundle)
    with pytest.raises(ClientError) as error:
        restricted.delete_trust_store(TrustStoreArn=mine)
    assert code_of(error) == "AccessDenied"


def test_a_bucket_for_logs_must_be_open_to_load_balancers(
    aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer
) -> None:
    """By its policy, which a switch leaves out."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": aws.region})
    wanted = [
        {"Key": "connection_logs.s3.enabled", "Value": "true"},
        {"Key": "connection_logs.s3.bucket", "Value": "logs"},
    ]
    with pytest.raises(ClientError, match="Please check S3bucket permission") as error:
        elbv2.modify_load_balancer_attributes(LoadBalancerArn=shop.arn, Attributes=wanted)
    assert code_of(error) == "InvalidConfigurationRequest"
    aws.settings(log_buckets_ask_policy=False)
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=shop.arn, Attributes=wanted)
    aws.settings(log_buckets_ask_policy=True)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs/AWSLogs/123456789012/*",
    }
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=shop.arn, Attributes=wanted)
    with pytest.raises(ClientError):
        elbv2.modify_load_balancer_attributes(
            LoadBalancerArn=shop.arn, Attributes=[{"Key": "connection_logs.s3.prefix", "Value": "elsewhere"}]
        )
