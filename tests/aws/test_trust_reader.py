"""Reading what AWS demands of clients: whole, batched, Unknown where a part cannot be read, and no secret said."""

from __future__ import annotations

import datetime
import gzip
import logging
from collections import Counter
from typing import Any

import pytest
from tests.aws.trusting import (
    BUCKET,
    ROOT,
    SECOND,
    TAGS,
    Shop,
    bundle,
    done,
    put,
    shop as made_shop,
    store,
    with_bucket,
)

from originlock.aws import trust_stores
from originlock.aws.log_files import LogPlace
from originlock.aws.presigned import NotReadError
from originlock.aws.session import Sessions
from originlock.aws.trust_reader import AwsTrustReader
from originlock.aws.trust_stores import list_sha256
from originlock.errors import CloudError
from originlock.facts.certificates import members
from originlock.facts.origin import Missing
from originlock.facts.trust import (
    Bucket,
    Listeners,
    MutualTls,
    SecureListener,
    StoredObject,
    TrustStore,
    bucket_target,
    new_listener,
    new_trust_store,
    object_target,
)
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place
from originlock.lab.log_buckets import policy
from originlock.lab.process import AwsClient, LocalAws
from originlock.plan.outcomes import Done
from originlock.plan.trust_acts import AddRevocations, CreateProbeListener, SetMutualTls

pytestmark = pytest.mark.lab

ACCOUNT = "123456789012"
NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture
def reader(sessions: Sessions) -> AwsTrustReader:
    """Our reader of the Region."""
    return AwsTrustReader(sessions, Place())


@pytest.fixture
def elbv2(aws: LocalAws) -> AwsClient:
    """An unmodified client of load balancing."""
    return aws.client("elbv2")


@pytest.fixture
def shop(aws: LocalAws) -> Shop:
    """A load balancer that serves real certificates."""
    return made_shop(aws)


@pytest.fixture
def ours(sessions: Sessions) -> str:
    """A trust store of our own."""
    with_bucket(sessions)
    return store(sessions)


def listeners(reader: AwsTrustReader, shop: Shop) -> dict[int, SecureListener]:
    """What is read of the listeners, by port."""
    found = reader.listeners(shop.arn)
    assert isinstance(found, Listeners)
    return {each.port: each for each in found.listeners}


def one(reader: AwsTrustReader, arn: str) -> TrustStore:
    """A trust store that is there."""
    found = reader.trust_stores((arn,))[arn]
    assert isinstance(found, TrustStore)
    return found


def actions(aws: LocalAws, before: int) -> Counter[str]:
    """How often each call was made since."""
    return Counter(call.action for call in aws.calls(before))


# --- listeners --------------------------------------------------------------------------------


def test_listeners_whole(elbv2: AwsClient, reader: AwsTrustReader, shop: Shop, ours: str) -> None:
    """A part that is left out would be taken for none: a host that is served, or a certificate for it."""
    elbv2.modify_listener(
        ListenerArn=shop.https,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        MutualAuthentication={
            "Mode": "verify",
            "TrustStoreArn": ours,
            "IgnoreClientCertificateExpiry": True,
            "AdvertiseTrustStoreCaNames": "on",
        },
    )
    elbv2.add_listener_certificates(ListenerArn=shop.https, Certificates=[{"CertificateArn": shop.certificates[1]}])
    elbv2.add_tags(ResourceArns=[shop.https], Tags=[{"Key": "team", "Value": "web"}])
    conditions: list[dict[str, Any]] = [
        {"HostHeaderConfig": {"Values": ["Shop.example", "*.www.example"]}},
        {"Values": ["old.example"]},
        {"HostHeaderConfig": {"RegexValues": ["^(.+)[.]Api[.]example$"]}},
    ]
    for priority, condition in enumerate(conditions, 1):
        elbv2.create_rule(
            ListenerArn=shop.https,
            Priority=priority,
            Conditions=[{"Field": "host-header", **condition}],
            Actions=[{"Type": "forward", "TargetGroupArn": shop.served.target_group_arn}],
        )
    elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=shop.arn, Attributes=[{"Key": "client_keep_alive.seconds", "Value": "600"}]
    )
    found = reader.listeners(shop.arn)
    assert isinstance(found, Listeners)
    assert [each.port for each in found.listeners] == [80, 443, 8443]
    assert (found.keep_alive, found.logs) == (600, "")
    held = found.listeners[1]
    assert held.mutual == MutualTls("verify", ours, ignore_expiry=True, advertise=True)
    assert (held.id, held.protocol, held.ssl_policy) == (shop.https, "HTTPS", "ELBSecurityPolicy-TLS13-1-2-2021-06")
    assert held.certificates == shop.certificates
    assert held.names == ("*.www.example", "shop.example", "www.example")
    assert held.hosts == ("*.www.example", "^(.+)[.]Api[.]example$", "old.example", "shop.example")
    assert datetime.datetime.fromisoformat(held.not_after) > NOW + datetime.timedelta(days=20)
    assert held.tags == (("team", "web"),)
    assert found.listeners[2].mutual == MutualTls()
    assert (found.listeners[0].mutual, found.listeners[0].certificates, found.listeners[0].names) == (
        MutualTls(),
        (),
        (),
    )


def redirect(protocol: str = "HTTPS") -> dict[str, Any]:
    """An action that leads elsewhere."""
    return {"Type": "redirect", "RedirectConfig": {"Protocol": protocol, "Port": "443", "StatusCode": "HTTP_301"}}


def test_an_http_listener_that_leads_to_https(elbv2: AwsClient, reader: AwsTrustReader, shop: Shop) -> None:
    """Whatever it is asked: one rule that forwards is a way in without any certificate."""
    plain = shop.served.listener_arns[2]
    assert not listeners(reader, shop)[80].redirects
    elbv2.modify_listener(ListenerArn=plain, DefaultActions=[redirect()])
    assert listeners(reader, shop)[80].redirects
    made = elbv2.create_rule(
        ListenerArn=plain,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/health"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": shop.served.target_group_arn}],
    )["Rules"][0]["RuleArn"]
    assert not listeners(reader, shop)[80].redirects
    elbv2.modify_rule(RuleArn=made, Actions=[redirect()])
    assert listeners(reader, shop)[80].redirects
    elbv2.modify_rule(RuleArn=made, Actions=[redirect("HTTP")])
    assert not listeners(reader, shop)[80].redirects


def test_a_certificate_of_iam_tells_no_names(elbv2: AwsClient, reader: AwsTrustReader, shop: Shop) -> None:
    """Its names are unknown, and so is its end; they are not none."""
    from originlock.lab.world_balancers import CERTIFICATE  # noqa: PLC0415  for this test alone

    elbv2.modify_listener(ListenerArn=shop.https, Certificates=[{"CertificateArn": CERTIFICATE}])
    held = listeners(reader, shop)[443]
    assert isinstance(held.names, Unknown)
    assert "IAM" in held.names.reason
    assert held.not_after == ""
    assert listeners(reader, shop)[8443].names == ("shop.example",)


@pytest.mark.parametrize(
    "action, part",
    [
        ("DescribeListeners", None),
        ("DescribeTags", None),
        ("DescribeListenerCertificates", "names"),
        ("DescribeCertificate", "names"),
        ("DescribeRules", "hosts"),
    ],
)
def test_what_is_denied_of_a_listener(
    aws: LocalAws, reader: AwsTrustReader, shop: Shop, action: str, part: str | None
) -> None:
    """Unknown, with what IAM must allow; the other parts are read all the same."""
    aws.add_fault("access-denied", action=action, times=20)
    found = reader.listeners(shop.arn)
    if part is None:
        assert isinstance(found, Unknown)
        assert "iam-policy" in found.reason
        return
    assert isinstance(found, Listeners)
    held = found.listeners[1]
    unread = getattr(held, part)
    assert isinstance(unread, Unknown)
    assert "iam-policy" in unread.reason
    assert held.certificates == shop.certificates[:1]
    assert not found.listeners[0].redirects
    assert held.mutual == MutualTls()


def test_attributes_that_are_denied(aws: LocalAws, reader: AwsTrustReader, shop: Shop) -> None:
    """How long connections are kept and where they are logged is not the default then."""
    aws.add_fault("access-denied", action="DescribeLoadBalancerAttributes")
    found = reader.listeners(shop.arn)
    assert isinstance(found, Listeners)
    assert isinstance(found.keep_alive, Unknown)
    assert isinstance(found.logs, Unknown)


def test_certificates_are_asked_for_once(aws: LocalAws, reader: AwsTrustReader, shop: Shop) -> None:
    """Several listeners serve the same ones."""
    before = aws.state().calls
    listeners(reader, shop)
    made = actions(aws, before)
    assert (made["DescribeCertificate"], made["DescribeTags"], made["DescribeListeners"]) == (1, 1, 1)


def test_a_load_balancer_that_is_gone(reader: AwsTrustReader, shop: Shop) -> None:
    """Its listeners are unknown; none would be a load balancer that is closed."""
    assert isinstance(reader.listeners(shop.arn[:-4] + "0000"), Unknown)


# --- trust stores -----------------------------------------------------------------------------


def test_stores_whole(sessions: Sessions, reader: AwsTrustReader, shop: Shop, ours: str) -> None:
    """With the bundle that AWS holds, not the one that lies in S3."""
    assert done(sessions, SetMutualTls(shop.https, MutualTls("verify", ours), MutualTls())) == Done()
    crl = ROOT.revocation_list_pem()
    assert done(sessions, put(crl, "originlock/shop/a.crl")) == Done()
    assert done(sessions, AddRevocations(ours, BUCKET, "originlock/shop/a.crl", "")) == Done()
    assert done(sessions, put("changed", "originlock/shop/originlock-shop.pem")) == Done()
    held = one(reader, ours)
    assert (held.id, held.name, held.status, held.tags) == (ours, "originlock-shop", "ACTIVE", TAGS)
    assert (held.bundle, held.members) == (bundle(ROOT), members(bundle(ROOT)))
    assert held.used_by == (shop.https,)
    assert isinstance(held.revocations, tuple)
    assert [(each.id, each.entries, each.sha256) for each in held.revocations] == [(1, 0, list_sha256(crl.encode()))]


def test_many_stores_in_few_calls(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader, ours: str) -> None:
    """One that is not there makes AWS refuse them all: then each is asked for by itself."""
    second = store(sessions, "originlock-two", SECOND)
    names = (new_trust_store("originlock-shop"), new_trust_store("originlock-two"))
    before = aws.state().calls
    found = reader.trust_stores((ours, second, *names))
    assert found[names[0]] == found[ours]
    assert found[names[1]] == found[second]
    made = actions(aws, before)
    assert (made["DescribeTrustStores"], made["DescribeTags"]) == (2, 1)
    assert made["GetTrustStoreCaCertificatesBundle"] == 2
    gone = ours[:-4] + "0000"
    found = reader.trust_stores((ours, gone, new_trust_store("absent"), *names))
    assert (found[gone], found[new_trust_store("absent")]) == (Missing(gone), Missing(new_trust_store("absent")))
    assert isinstance(found[ours], TrustStore)
    assert isinstance(found[names[1]], TrustStore)


@pytest.mark.parametrize(
    "action, parts",
    [
        ("GetTrustStoreCaCertificatesBundle", ("bundle", "members")),
        ("DescribeTrustStoreRevocations", ("revocations",)),
        ("DescribeTrustStoreAssociations", ("used_by",)),
        ("DescribeTags", ("tags",)),
    ],
)
def test_what_is_denied_of_a_store(
    aws: LocalAws, reader: AwsTrustReader, ours: str, action: str, parts: tuple[str, ...]
) -> None:
    """Unknown, part by part: a bundle that was not read is not an empty one."""
    aws.add_fault("access-denied", action=action)
    held = one(reader, ours)
    for name in ("bundle", "members", "revocations", "used_by", "tags"):
        assert isinstance(getattr(held, name), Unknown) == (name in parts), name


def test_stores_that_are_denied(aws: LocalAws, reader: AwsTrustReader, ours: str) -> None:
    """A store that may not be seen is not one that is absent, or it would be made again."""
    aws.add_fault("access-denied", action="DescribeTrustStores")
    assert isinstance(reader.trust_stores((ours,))[ours], Unknown)


def test_a_list_that_is_not_read_back(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader, ours: str) -> None:
    """The list is there, and which one it is is unknown."""
    assert done(sessions, put(ROOT.revocation_list_pem(), "originlock/shop/a.crl")) == Done()
    assert done(sessions, AddRevocations(ours, BUCKET, "originlock/shop/a.crl", "")) == Done()
    aws.add_fault("access-denied", action="GetTrustStoreRevocationContent")
    held = one(reader, ours)
    assert isinstance(held.revocations, tuple)
    assert isinstance(held.revocations[0].sha256, Unknown)


@pytest.mark.parametrize("text", ["", "no list", ROOT.pem, "-----BEGIN X509 CRL-----\nabc\n-----END X509 CRL-----\n"])
def test_what_is_no_revocation_list(text: str) -> None:
    """It has no hash that anything could be compared with."""
    with pytest.raises(NotReadError):
        list_sha256(text.encode())


def test_a_bundle_that_is_too_large(reader: AwsTrustReader, ours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read to its end, and not half of it is taken for the whole."""
    monkeypatch.setattr(trust_stores, "MOST_BUNDLE", 100)
    held = one(reader, ours)
    assert isinstance(held.bundle, Unknown)
    assert "100 bytes" in held.bundle.reason


def test_the_address_is_never_said(
    aws: LocalAws, reader: AwsTrustReader, ours: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has it reads the bundle for ten minutes: in no error, and not in anybody's debug log either."""
    caplog.set_level(logging.DEBUG)
    assert isinstance(one(reader, ours).bundle, str)
    aws.settings(presigned_seconds=0)
    held = one(reader, ours)
    assert isinstance(held.bundle, Unknown)
    assert "403" in held.bundle.reason
    assert len(caplog.records) > 20
    for text in (caplog.text, held.bundle.reason, held.bundle.what, str(held)):
        assert "X-Amz-Signature" not in text
        assert "trust-store-content" not in text


def test_a_store_that_is_being_made(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader) -> None:
    """It is there; that it cannot be used yet is said."""
    with_bucket(sessions)
    aws.settings(trust_store_creating_ms=600_000)
    held = one(reader, store(sessions))
    assert (held.status, held.active) == ("CREATING", False)


def test_reads_that_lag(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader) -> None:
    """A store that was made a moment ago may be absent: whoever looks waits for it."""
    with_bucket(sessions)
    aws.settings(consistency_ms=600_000)
    arn = store(sessions)
    assert reader.trust_stores((arn,))[arn] == Missing(arn)
    aws.settings(consistency_ms=0)
    assert isinstance(reader.trust_stores((arn,))[arn], TrustStore)


# --- looks, buckets ---------------------------------------------------------------------------


def test_a_look_at_everything(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader, shop: Shop, ours: str) -> None:
    """Each target as what it is, absent ones as Missing, and what is no target of ours is not left out."""
    probe = CreateProbeListener(shop.arn, 9443, ours, shop.certificates, "ELBSecurityPolicy-2016-08", TAGS)
    assert isinstance(done(sessions, probe), Done)
    gone = shop.https[:-4] + "0000"
    kinds = {
        ours: TrustStore,
        new_trust_store("originlock-shop"): TrustStore,
        shop.https: SecureListener,
        gone: Missing,
        new_listener(shop.arn, 9443): SecureListener,
        new_listener(shop.arn, 443): SecureListener,
        new_listener(shop.arn, 444): Missing,
        new_listener(shop.arn[:-4] + "0000", 443): Missing,
        bucket_target(BUCKET): Bucket,
        bucket_target("absent-absent"): Missing,
        object_target(BUCKET, "originlock/shop/originlock-shop.pem"): StoredObject,
        object_target(BUCKET, "originlock/shop/absent"): Missing,
        object_target("absent-absent", "x"): Missing,
        "sg-0123": Unknown,
    }
    before = aws.state().calls
    found = reader.look(tuple(kinds))
    assert {target: type(held) for target, held in found.items()} == kinds
    made = actions(aws, before)
    assert made["DescribeRules"] == made["DescribeListenerCertificates"] == 0
    # Both by ARN, then each; then those of two load balancers.
    assert made["DescribeListeners"] == 5


def test_a_listener_without_its_tags_is_unknown(aws: LocalAws, reader: AwsTrustReader, shop: Shop) -> None:
    """Without tags it would pass for somebody else's, and a probe for deleted."""
    aws.add_fault("access-denied", action="DescribeTags")
    assert isinstance(reader.look((shop.https,))[shop.https], Unknown)


@pytest.mark.parametrize("action", ["GetCallerIdentity", f"HEAD /{BUCKET}", f"GET /{BUCKET}"])
def test_a_bucket_that_is_denied(aws: LocalAws, sessions: Sessions, action: str) -> None:
    """Unknown: neither absent, so that it would be made, nor closed."""
    with_bucket(sessions)
    aws.add_fault("access-denied", action=action)
    fresh = AwsTrustReader(Sessions(), Place())
    assert isinstance(fresh.bucket(BUCKET), Unknown)


def test_a_bucket_of_another_region(aws: LocalAws, reader: AwsTrustReader) -> None:
    """It is said which: what is refused otherwise says nothing of Regions."""
    aws.client("s3", region="us-west-2").create_bucket(
        Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    found = reader.bucket("far-away")
    assert isinstance(found, Unknown)
    assert "us-west-2" in found.reason


def test_no_credentials_end_everything(aws: LocalAws, ours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every other call would fail as well: said once, and not as a list of Unknowns."""
    assert aws.state().calls
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(CloudError):
        AwsTrustReader(Sessions(), Place()).trust_stores((ours,))


# --- connection logs --------------------------------------------------------------------------


LINE = (
    "{at} 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 "
    '"CN=edge,O=Company LLC,C=US" NotBefore=2023-09-21T22:43:21Z;NotAfter=2036-06-17T22:43:21Z {serial} '
    "Success TID_3180a73013c8ca4bac2f731159d4b0fe"
)


def logged(aws: LocalAws, shop: Shop, serial: str, at: datetime.datetime, *, prefix: str = "p/q") -> str:
    """Put a log of one handshake where the load balancer would; its key."""
    name = shop.arn.partition(":loadbalancer/")[2].replace("/", ".")
    begin = f"{prefix}/AWSLogs/{ACCOUNT}/elasticloadbalancing/{aws.region}/{at:%Y/%m/%d}/"
    key = f"{begin}conn_log_{ACCOUNT}_elasticloadbalancing_{aws.region}_{name}_{at:%Y%m%dT%H%MZ}_192.0.2.1_{serial}"
    key += ".log.gz"
    line = LINE.format(at=at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), serial=serial)
    aws.client("s3").put_object(Bucket="logs-of-balancers", Key=key, Body=gzip.compress(f"{line}\n".encode()))
    return key


@pytest.fixture
def logs(aws: LocalAws, elbv2: AwsClient, reader: AwsTrustReader, shop: Shop) -> str:
    """Where the load balancer logs its connections, as it is read."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="logs-of-balancers", CreateBucketConfiguration={"LocationConstraint": aws.region})
    import json  # noqa: PLC0415  for this fixture alone

    s3.put_bucket_policy(Bucket="logs-of-balancers", Policy=json.dumps(policy("logs-of-balancers", ACCOUNT)))
    elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=shop.arn,
        Attributes=[
            {"Key": "connection_logs.s3.enabled", "Value": "true"},
            {"Key": "connection_logs.s3.bucket", "Value": "logs-of-balancers"},
            {"Key": "connection_logs.s3.prefix", "Value": "p/q"},
        ],
    )
    found = reader.listeners(shop.arn)
    assert isinstance(found, Listeners)
    assert isinstance(found.logs, str)
    assert found.logs == f"s3://logs-of-balancers/p/q#{shop.arn}"
    return found.logs


def test_handshakes_of_a_load_balancer(aws: LocalAws, reader: AwsTrustReader, shop: Shop, logs: str) -> None:
    """Those of the moments in question, of this load balancer alone: another's would prove nothing of it."""
    since = NOW - datetime.timedelta(hours=1)
    logged(aws, shop, "0A", NOW)
    logged(aws, shop, "0B", since - datetime.timedelta(seconds=1))
    key = logged(aws, shop, "0C", NOW)
    s3 = aws.client("s3")
    bucket = {"Bucket": "logs-of-balancers"}
    s3.copy_object(**bucket, Key=key.replace("app.shop.", "app.other."), CopySource={**bucket, "Key": key})
    s3.copy_object(**bucket, Key=key.replace("conn_log_", ""), CopySource={**bucket, "Key": key})
    s3.delete_object(**bucket, Key=key)
    found = reader.handshakes(logs, since)
    assert isinstance(found, tuple)
    assert [(each.serial, each.client, each.port, each.verified) for each in found] == [
        ("0a", "203.0.113.1", 443, "Success")
    ]
    anybody = reader.handshakes("s3://logs-of-balancers/p/q", since)
    assert isinstance(anybody, tuple)
    assert [each.serial for each in anybody] == ["0a", "0c"]


def test_only_the_days_that_are_needed(aws: LocalAws, reader: AwsTrustReader, logs: str) -> None:
    """A bucket of logs may hold years."""
    before = aws.state().calls
    assert reader.handshakes(logs, NOW - datetime.timedelta(days=2)) == ()
    asked = [call.parameters["prefix"] for call in aws.calls(before) if "prefix" in call.parameters]
    assert len(asked) in (3, 4)
    assert all(each.startswith(f"p/q/AWSLogs/{ACCOUNT}/elasticloadbalancing/{aws.region}/20") for each in asked)
    assert isinstance(reader.handshakes(logs, NOW - datetime.timedelta(days=90)), Unknown)


def test_logs_that_cannot_be_read(aws: LocalAws, reader: AwsTrustReader, shop: Shop, logs: str) -> None:
    """Unknown: that nobody presented a certificate is something else."""
    since = NOW - datetime.timedelta(hours=1)
    key = logged(aws, shop, "0A", NOW)
    aws.add_fault("access-denied", action="GET /logs-of-balancers")
    assert isinstance(reader.handshakes(logs, since), Unknown)
    aws.add_fault("access-denied", action=f"GET /logs-of-balancers/{key}")
    assert isinstance(reader.handshakes(logs, since), Unknown)
    s3 = aws.client("s3")
    for body in (b"no gzip", gzip.compress(b"x" * 1000)[:-20]):
        s3.put_object(Bucket="logs-of-balancers", Key=key, Body=body)
        assert isinstance(reader.handshakes(logs, since), Unknown)
    assert isinstance(reader.handshakes("elsewhere", since), Unknown)
    assert isinstance(reader.handshakes("s3://absent-absent/x", since), Unknown)


def test_a_bomb_in_the_logs(
    aws: LocalAws, reader: AwsTrustReader, shop: Shop, logs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file that unpacks to more than memory holds is given up on the way."""
    from originlock.aws import connection_logs  # noqa: PLC0415  for this test alone

    since = NOW - datetime.timedelta(hours=1)
    key = logged(aws, shop, "0A", NOW)
    aws.client("s3").put_object(Bucket="logs-of-balancers", Key=key, Body=gzip.compress(b"\n" * 10_000_000))
    monkeypatch.setattr(connection_logs, "MOST_TEXT", 1_000_000)
    assert isinstance(reader.handshakes(logs, since), Unknown)
    monkeypatch.setattr(connection_logs, "MOST_BYTES", 100)
    assert isinstance(reader.handshakes(logs, since), Unknown)
    monkeypatch.setattr(connection_logs, "MOST_FILES", 0)
    assert isinstance(reader.handshakes(logs, since), Unknown)


def test_places_of_logs() -> None:
    """A name that is cut wrongly would read somebody else's files."""
    from originlock.aws.log_files import logs_of, place_of  # noqa: PLC0415  for this test alone

    arn = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:loadbalancer/app/shop/0123456789abcdef"
    assert place_of(logs_of("b", "p", arn)) == LogPlace("b", "p", arn)
    assert place_of(logs_of("b", "", arn)) == LogPlace("b", "", arn)
    assert place_of("s3://b/p/q/") == LogPlace("b", "p/q")
    assert place_of("s3://") is place_of("b/p") is place_of("s3://b#arn") is None
    assert LogPlace("b", "").folder("1", "r") == "AWSLogs/1/elasticloadbalancing/r/"
