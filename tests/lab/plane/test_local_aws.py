"""The local AWS and the plane together: what is asked for over AWS's APIs is met on sockets."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.lab.plane.stage import NAME, SERVERS, Presents, Stage, asks, client, plain, request

from originlock.lab import authority, log_buckets
from originlock.lab.world_balancers import Wish, served_load_balancer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from originlock.lab.process import AwsClient, LocalAws
    from originlock.lab.world_balancers import ServedLoadBalancer

CLIENTS = authority.root("client root")
EDGE = CLIENTS.issue(authority.Leaf("edge", client=True))
LOST = CLIENTS.issue(authority.Leaf("lost", client=True))


@pytest.fixture
def shop(aws: LocalAws, ec2: AwsClient, elbv2: AwsClient) -> ServedLoadBalancer:
    """A load balancer with a certificate, and a bucket with what trust stores need."""
    made = served_load_balancer(ec2, elbv2, Wish(listeners=(("HTTPS", 443), ("HTTP", 80))))
    server = SERVERS.issue(authority.Leaf(NAME, (NAME,), server=True))
    arn = aws.client("acm").import_certificate(Certificate=server.chain_pem, PrivateKey=server.key_pem)
    elbv2.modify_listener(
        ListenerArn=made.listener_arns[0],
        Certificates=[{"CertificateArn": arn["CertificateArn"]}],
        # The default, ELBSecurityPolicy-2016-08, has no TLS 1.3.
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
    )
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="certificates", CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_object(Bucket="certificates", Key="bundle.pem", Body=CLIENTS.pem.encode())
    CLIENTS.revoke(LOST.certificate)
    s3.put_object(Bucket="certificates", Key="crl.pem", Body=CLIENTS.revocation_list_pem().encode())
    return made


def followed(stage: Stage, aws: LocalAws) -> Mapping[int, int]:
    """Follow what the local AWS holds now; where the first address's ports really are."""
    blueprint = aws.blueprint()
    assert stage.run(stage.plane.follow(blueprint)) == ()
    address = blueprint.balancers[0].ipv4[0]
    return {port: real for (found, port), real in stage.ground.ports.items() if found == address}


def end(port: int, issued: authority.Issued | None = None) -> str:
    """How a client fares."""
    return asks(client(port, presents=None if issued is None else Presents.of(issued))).end


def test_a_trust_store_locks_a_listener(
    aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer, stage: Stage
) -> None:
    """What originlock does over the API would lock nothing, or the wrong ones out."""
    listener = shop.listener_arns[0]
    ports = followed(stage, aws)
    assert end(ports[443]) == "answer"
    source = {"CaCertificatesBundleS3Bucket": "certificates", "CaCertificatesBundleS3Key": "bundle.pem"}
    store = elbv2.create_trust_store(Name="edge", **source)["TrustStores"][0]["TrustStoreArn"]
    mutual: dict[str, Any] = {"Mode": "verify", "TrustStoreArn": store}
    elbv2.modify_listener(ListenerArn=listener, MutualAuthentication=mutual)
    assert followed(stage, aws) == ports
    assert (end(ports[443]), end(ports[443], EDGE), end(ports[443], LOST)) == ("reset", "answer", "answer")
    crl = {"S3Bucket": "certificates", "S3Key": "crl.pem", "RevocationType": "CRL"}
    elbv2.add_trust_store_revocations(TrustStoreArn=store, RevocationContents=[crl])
    followed(stage, aws)
    assert (end(ports[443]), end(ports[443], EDGE), end(ports[443], LOST)) == ("reset", "answer", "reset")
    elbv2.modify_listener(ListenerArn=listener, MutualAuthentication={"Mode": "passthrough"})
    followed(stage, aws)
    assert (end(ports[443]), end(ports[443], LOST)) == ("answer", "answer")
    elbv2.modify_listener(ListenerArn=listener, MutualAuthentication={"Mode": "off"})
    followed(stage, aws)
    assert end(ports[443]) == "answer"


def test_rules_of_every_kind_are_read(aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer, stage: Stage) -> None:
    """A rule as DescribeRules has it would not be understood, and its listener not be served."""
    listener = shop.listener_arns[1]
    conditions: list[dict[str, Any]] = [
        {"Field": "host-header", "Values": ["a.test"]},
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a*"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Secret", "Values": ["one", "two"]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["PUT"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1"}, {"Value": "x"}]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}},
    ]
    for number, condition in enumerate(conditions, 1):
        told = {"StatusCode": "403", "ContentType": "text/plain", "MessageBody": condition["Field"]}
        action = {"Type": "fixed-response", "FixedResponseConfig": told}
        elbv2.create_rule(ListenerArn=listener, Priority=number, Conditions=[condition], Actions=[action])
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    elbv2.modify_listener(ListenerArn=listener, DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}])
    port = followed(stage, aws)[80]
    for asked, field in (
        (request(host="a.test"), "host-header"),
        (request("/abc"), "path-pattern"),
        (request("/", NAME, "Connection: close", "X-Secret: two"), "http-header"),
        (request(method="PUT"), "http-request-method"),
        (request("/?v=1"), "query-string"),
    ):
        assert plain(port, asked).endswith(field.encode())
    assert f"Location: https://{NAME}:443/b\r\n".encode() in plain(port, request("/b"))


def test_logs_go_where_the_attributes_say(
    aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer, stage: Stage
) -> None:
    """Attributes as the API keeps them would not be understood, and no log be written."""
    grant = json.dumps(log_buckets.policy("certificates", "123456789012"))
    aws.client("s3").put_bucket_policy(Bucket="certificates", Policy=grant)
    told = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "certificates", "access_logs.s3.prefix": "here"}
    elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=shop.arn, Attributes=[{"Key": key, "Value": value} for key, value in told.items()]
    )
    plain(followed(stage, aws)[80], request("/logged"))
    stage.run(stage.plane.deliver())
    ((kind, key, body),) = stage.sink.files
    assert kind == "access"
    assert key.startswith("here/AWSLogs/123456789012/elasticloadbalancing/eu-west-1/")
    assert b"/logged HTTP/1.1" in gzip.decompress(body)
