"""The printed policies in force: what the identity lock reads and does is allowed, and nothing beside it."""

from __future__ import annotations

import datetime
import gzip
from collections.abc import Mapping

import msgspec
import pytest
from tests.aws.trusting import (
    BUCKET,
    ROOT,
    SECOND,
    TAGS,
    Shop,
    bundle,
    creation,
    done,
    put,
    shop as made_shop,
    store,
    with_bucket,
)

from originlock.aws.least_privilege import document, statements
from originlock.aws.policy_scope import Scope, Trust
from originlock.aws.session import Sessions
from originlock.aws.trust_reader import AwsTrustReader
from originlock.facts.certificates import members
from originlock.facts.trust import (
    Bucket,
    Listeners,
    MutualTls,
    SecureListener,
    StoredObject,
    TrustStore,
    bucket_target,
    object_target,
)
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place
from originlock.lab.process import LocalAws
from originlock.plan.acts import Act
from originlock.plan.outcomes import Done, Failed
from originlock.plan.trust_acts import (
    AddRevocations,
    CreateBucket,
    CreateProbeListener,
    DeleteProbeListener,
    DeleteTrustStore,
    RemoveRevocations,
    ReplaceBundle,
    SetMutualTls,
)

pytestmark = pytest.mark.lab

ACCOUNT = "123456789012"
OFF = MutualTls()
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture
def shop(aws: LocalAws) -> Shop:
    """A load balancer that serves real certificates."""
    return made_shop(aws)


def scope(shop: Shop, *, by_arn: bool = False) -> Scope:
    """What the origin is in AWS."""
    trust = Trust(BUCKET, create_bucket=True, stores=True, logs=True, probe=True)
    named = shop.arn if by_arn else shop.served.name
    return Scope(TAGS[0], "eu-west-1", ACCOUNT, load_balancers=(named,), trust=trust)


def restricted(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, command: str, *scopes: Scope
) -> tuple[Sessions, AwsTrustReader]:
    """Sessions and a reader of somebody who has the policy of a command, and no other."""
    policy: Mapping[str, object] = document(statements(command, scopes))
    for name, value in aws.restricted_to(policy, name=command).items():
        monkeypatch.setenv(name, value)
    sessions = Sessions()
    return sessions, AwsTrustReader(sessions, Place())


def probe(shop: Shop, trust_store: str) -> CreateProbeListener:
    """The listener that is made for a moment."""
    return CreateProbeListener(shop.arn, 9443, trust_store, shop.certificates, POLICY, TAGS)


@pytest.mark.parametrize("by_arn", [False, True])
def test_apply_may_do_its_acts(
    aws: LocalAws, sessions: Sessions, shop: Shop, monkeypatch: pytest.MonkeyPatch, *, by_arn: bool
) -> None:
    """From an empty account to listeners that verify, with the probe on the way, and back to none."""
    assert sessions is not None
    ours, reader = restricted(aws, monkeypatch, "apply", scope(shop, by_arn=by_arn))
    with_bucket(ours)
    arn = store(ours)
    two, crl = bundle(ROOT, SECOND), ROOT.revocation_list_pem()
    acts: tuple[Act, ...] = (
        put(two, "originlock/shop/two.pem"),
        put(crl, "originlock/shop/a.crl"),
        ReplaceBundle(arn, BUCKET, "originlock/shop/two.pem", members(two), creation().key, members(bundle(ROOT))),
        AddRevocations(arn, BUCKET, "originlock/shop/a.crl", ""),
        probe(shop, arn),
        DeleteProbeListener(shop.arn, 9443, TAGS),
        SetMutualTls(shop.https, MutualTls("verify", arn), OFF),
        RemoveRevocations(arn, (1,)),
    )
    for act in acts:
        assert isinstance(outcome := done(ours, act), Done), (act, outcome)
    all_is_read(reader, shop, arn)
    assert done(ours, SetMutualTls(shop.https, OFF, MutualTls("verify", arn))) == Done()
    assert done(ours, DeleteTrustStore(arn)) == Done()


def all_is_read(reader: AwsTrustReader, shop: Shop, arn: str) -> None:
    """Everything that is read is read whole."""
    listeners = reader.listeners(shop.arn)
    assert isinstance(listeners, Listeners)
    for each in listeners.listeners:
        assert isinstance(each.names, tuple)
        assert isinstance(each.hosts, tuple)
    assert not isinstance(listeners.keep_alive, Unknown)
    held = reader.trust_stores((arn,))[arn]
    assert isinstance(held, TrustStore)
    assert not [name for name in held.__struct_fields__ if isinstance(getattr(held, name), Unknown)]
    assert isinstance(reader.bucket(BUCKET), Bucket)
    assert isinstance(reader.look((shop.https,))[shop.https], SecureListener)


def test_apply_reads_back_what_it_put(
    aws: LocalAws, sessions: Sessions, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the connection logs of the load balancer, in whichever bucket; of none of both anything else."""
    with_bucket(sessions)
    assert done(sessions, put("x", "originlock/shop/x")) == Done()
    name = shop.arn.partition(":loadbalancer/")[2].replace("/", ".")
    begin = f"AWSLogs/{ACCOUNT}/elasticloadbalancing/{aws.region}/{NOW:%Y/%m/%d}/"
    key = f"conn_log_{ACCOUNT}_elasticloadbalancing_{aws.region}_{name}_{NOW:%Y%m%dT%H%MZ}_192.0.2.1_x.log.gz"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": aws.region})
    for place in (begin + key, "p/" + begin + key, "others/secret"):
        s3.put_object(Bucket="logs", Key=place, Body=gzip.compress(b"\n"))
    _, reader = restricted(aws, monkeypatch, "apply", scope(shop))
    stored = object_target(BUCKET, "originlock/shop/x")
    found = reader.look((stored, object_target("logs", "others/secret"), bucket_target("logs")))
    assert isinstance(found.pop(stored), StoredObject)
    assert all(isinstance(each, Unknown) for each in found.values())
    for prefix in ("", "/p"):
        for logs in (f"s3://logs{prefix}#{shop.arn}", f"s3://logs{prefix}"):
            assert reader.handshakes(logs, NOW - datetime.timedelta(hours=1)) == ()


def test_plan_reads_and_changes_nothing(
    aws: LocalAws, sessions: Sessions, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may plan may not shut anybody out."""
    with_bucket(sessions)
    arn = store(sessions)
    ours, reader = restricted(aws, monkeypatch, "plan", scope(shop))
    all_is_read(reader, shop, arn)
    acts: tuple[Act, ...] = (
        CreateBucket("originlock-more", TAGS),
        put("x", "originlock/shop/x"),
        msgspec.structs.replace(creation(), name="originlock-more"),
        ReplaceBundle(arn, BUCKET, creation().key, (), "", ()),
        AddRevocations(arn, BUCKET, creation().key, ""),
        RemoveRevocations(arn, (1,)),
        DeleteTrustStore(arn),
        SetMutualTls(shop.https, MutualTls("verify", arn), OFF),
        probe(shop, arn),
    )
    for act in acts:
        assert isinstance(outcome := done(ours, act), Failed), (act, outcome)
        assert "iam-policy" in outcome.remedy


def test_rollback_goes_back(aws: LocalAws, sessions: Sessions, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that leads back, and no way forward."""
    with_bucket(sessions)
    arn = store(sessions)
    verifying = MutualTls("verify", arn)
    assert done(sessions, SetMutualTls(shop.https, verifying, OFF)) == Done()
    assert isinstance(done(sessions, probe(shop, arn)), Done)
    ours, reader = restricted(aws, monkeypatch, "rollback", scope(shop))
    all_is_read(reader, shop, arn)
    acts: tuple[Act, ...] = (
        SetMutualTls(shop.https, OFF, verifying),
        DeleteProbeListener(shop.arn, 9443, TAGS),
        ReplaceBundle(arn, BUCKET, creation().key, members(bundle(ROOT)), "", ()),
        DeleteTrustStore(arn),
    )
    for act in acts:
        assert done(ours, act) == Done(), act
    assert isinstance(done(ours, creation()), Failed)
    assert isinstance(done(ours, put("x", "originlock/shop/x")), Failed)


def test_what_is_another_origins_is_out_of_reach(
    aws: LocalAws, sessions: Sessions, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its tag, by its name, by its load balancer, by its bucket, by its folder."""
    with_bucket(sessions)
    arn = store(sessions)
    other = msgspec.structs.replace(
        scope(shop),
        mark=("originlock:origin", "other"),
        load_balancers=("other",),
        trust=Trust("originlock-others", create_bucket=True, stores=True, probe=True),
    )
    ours, _ = restricted(aws, monkeypatch, "apply", other)
    theirs: tuple[Act, ...] = (
        ReplaceBundle(arn, BUCKET, creation().key, (), "", ()),
        RemoveRevocations(arn, (1,)),
        SetMutualTls(shop.https, MutualTls("verify", arn), OFF),
        probe(shop, arn),
        put("x", "originlock/shop/x"),
        CreateBucket(BUCKET, TAGS),
        # One that is made says whose it is, and its name begins as ours do.
        creation(),
        msgspec.structs.replace(creation(), name="anything", tags=(("originlock:origin", "other"),)),
    )
    for act in theirs:
        assert isinstance(outcome := done(ours, act), Failed), (act, outcome)
    mine = CreateBucket("originlock-others", TAGS)
    assert done(ours, mine) == Done()
    inside = msgspec.structs.replace(put("x", "originlock/other/x"), bucket="originlock-others")
    assert done(ours, inside) == Done()
    for key in ("elsewhere/x", "originlock/shop/x"):
        assert isinstance(done(ours, msgspec.structs.replace(inside, key=key)), Failed)


def test_a_probe_of_somebody_else_is_not_deleted(
    aws: LocalAws, sessions: Sessions, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if ours asked for it: the policy holds where the code would fail."""
    assert sessions is not None
    restricted(aws, monkeypatch, "apply", scope(shop))
    sessions = Sessions()
    client = sessions.elbv2(Place())
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.delete_listener(ListenerArn=shop.https)
