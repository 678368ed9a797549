"""The acts of the identity lock in AWS: each done and undone, and what each refusal means."""

from __future__ import annotations

from typing import Any

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

from originlock.aws.session import Sessions
from originlock.aws.trust_reader import AwsTrustReader
from originlock.aws.trust_stores import list_sha256
from originlock.facts.certificates import members
from originlock.facts.origin import Missing
from originlock.facts.snapshot import Held
from originlock.facts.trust import Bucket, MutualTls, SecureListener, StoredObject, TrustStore
from originlock.intent.policy import Place
from originlock.lab import authority
from originlock.lab.process import AwsClient, LocalAws
from originlock.plan.acts import Act, remaining
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.plan.trust_acts import (
    AddRevocations,
    CreateBucket,
    CreateProbeListener,
    CreateTrustStore,
    DeleteProbeListener,
    DeleteTrustStore,
    RemoveRevocations,
    ReplaceBundle,
    SetMutualTls,
    inverse,
)

pytestmark = pytest.mark.lab

POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
OFF = MutualTls()


@pytest.fixture
def elbv2(aws: LocalAws) -> AwsClient:
    """An unmodified client of load balancing."""
    return aws.client("elbv2")


@pytest.fixture
def reader(sessions: Sessions) -> AwsTrustReader:
    """Our reader of the Region."""
    return AwsTrustReader(sessions, Place())


@pytest.fixture
def shop(aws: LocalAws) -> Shop:
    """A load balancer that serves real certificates."""
    return made_shop(aws)


@pytest.fixture
def ours(sessions: Sessions) -> str:
    """A trust store of our own."""
    with_bucket(sessions)
    return store(sessions)


def held(reader: AwsTrustReader, target: str) -> Held:
    """A target as it is now."""
    found = reader.look((target,))[target]
    assert not hasattr(found, "reason"), found
    return found


def nothing_remains(reader: AwsTrustReader, act: Act, target: str | None = None) -> bool:
    """Whether a look shows that an act is done."""
    return remaining(act, held(reader, target or act.target)) is None


def probe(shop: Shop, trust_store: str, port: int = 9443) -> CreateProbeListener:
    """The listener that is made for a moment."""
    return CreateProbeListener(shop.arn, port, trust_store, shop.certificates, POLICY, TAGS)


# --- the bucket -------------------------------------------------------------------------------


def test_a_bucket_is_made_closed(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader) -> None:
    """What is public, or not encrypted, is said to remain."""
    act = CreateBucket(BUCKET, TAGS)
    assert isinstance(held(reader, act.target), Missing)
    assert done(sessions, act) == Done()
    assert nothing_remains(reader, act)
    tagged = aws.client("s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    assert tagged == [{"Key": "originlock:origin", "Value": "shop"}]
    where = aws.client("s3").get_bucket_location(Bucket=BUCKET)["LocationConstraint"]
    assert where == aws.region


def test_a_bucket_of_the_first_region(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """There AWS refuses a location, and anywhere else it asks for one."""
    for name, value in {**aws.environment, "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    assert done(Sessions(), CreateBucket(BUCKET, TAGS)) == Done()
    assert aws.client("s3").get_bucket_location(Bucket=BUCKET)["LocationConstraint"] is None


def open_bucket(aws: LocalAws) -> None:
    """A bucket that somebody has opened, or that is older than the day from which new ones are closed."""
    where = {"LocationConstraint": aws.region}
    aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    aws.client("s3").delete_public_access_block(Bucket=BUCKET)


def test_a_bucket_of_a_run_that_was_killed_is_good(aws: LocalAws, reader: AwsTrustReader) -> None:
    """Killed between making it and closing it: it is refused for ever as one that anybody may open."""
    where = {"LocationConstraint": aws.region}
    aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    act = CreateBucket(BUCKET, TAGS)
    assert held(reader, act.target) == Bucket(act.target, private=True, encrypted=True)
    assert nothing_remains(reader, act)


def test_an_empty_bucket_of_ours_is_closed(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader) -> None:
    """Who is told to make it, and finds it there and open, leaves it so."""
    open_bucket(aws)
    act = CreateBucket(BUCKET, TAGS)
    assert held(reader, act.target) == Bucket(act.target, private=False)
    assert done(sessions, act) == Done()
    assert nothing_remains(reader, act)


def test_a_bucket_in_use_is_left_alone(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader) -> None:
    """It may be somebody's web site: closing it would take that down."""
    open_bucket(aws)
    aws.client("s3").put_object(Bucket=BUCKET, Key="index.html", Body=b"hello")
    act = CreateBucket(BUCKET, TAGS)
    assert isinstance(done(sessions, act), AlreadySo)
    assert held(reader, act.target) == Bucket(act.target, private=False)


def test_a_bucket_of_another_account(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader) -> None:
    """AWS would take a bundle from it, and its owner could put another one there."""
    theirs = aws.client("s3", account="222222222222")
    theirs.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": aws.region})
    outcome = done(sessions, CreateBucket(BUCKET, TAGS))
    assert isinstance(outcome, Failed)
    assert "another name" in outcome.remedy
    assert "another account" in str(reader.bucket(BUCKET))
    refused = done(sessions, put("text", "originlock/shop/x.pem"))
    assert isinstance(refused, Failed)
    assert theirs.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_an_object_is_put_and_read_back(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader) -> None:
    """Encrypted by S3's own key, and told by the hash of its bytes."""
    act = put(bundle(ROOT), "originlock/shop/a.pem")
    gone = done(sessions, act)
    assert isinstance(gone, Failed)
    assert "deleted the bucket" in gone.remedy
    with_bucket(sessions)
    assert done(sessions, act) == Done()
    assert held(reader, act.target) == StoredObject(act.target, act.sha256)
    assert aws.client("s3").head_object(Bucket=BUCKET, Key=act.key)["ServerSideEncryption"] == "AES256"


# --- trust stores -----------------------------------------------------------------------------


def test_a_store_is_made_and_deleted(sessions: Sessions, reader: AwsTrustReader) -> None:
    """With its mark in the same call; a look at its name shows it, and that it is gone."""
    with_bucket(sessions)
    act = creation()
    arn = store(sessions)
    assert nothing_remains(reader, act)
    seen = held(reader, act.target)
    assert isinstance(seen, TrustStore)
    assert (seen.id, seen.tags, seen.members) == (arn, TAGS, members(bundle(ROOT)))
    assert done(sessions, DeleteTrustStore(arn)) == Done()
    assert isinstance(held(reader, arn), Missing)
    assert isinstance(done(sessions, DeleteTrustStore(arn)), AlreadySo)
    for gone in (ReplaceBundle(arn, BUCKET, act.key, (), "", ()), AddRevocations(arn, BUCKET, act.key, "")):
        assert isinstance(done(sessions, gone), Unsure)


def test_a_store_of_that_name_is_there(sessions: Sessions, ours: str) -> None:
    """Another run of ours made it, or somebody else did: the look tells."""
    assert ours
    assert isinstance(done(sessions, creation()), AlreadySo)


def test_a_store_that_is_being_made(aws: LocalAws, sessions: Sessions, reader: AwsTrustReader, shop: Shop) -> None:
    """It is there, and nothing may rely on it yet: later, and no failure."""
    with_bucket(sessions)
    aws.settings(trust_store_creating_ms=600_000)
    arn = store(sessions)
    assert not nothing_remains(reader, creation())
    for act in (SetMutualTls(shop.https, MutualTls("verify", arn), OFF), probe(shop, arn)):
        outcome = done(sessions, act)
        assert isinstance(outcome, Unsure)
        assert "TrustStoreNotReady" in outcome.message
    aws.settings(trust_store_creating_ms=0)


def test_too_many_stores(aws: LocalAws, sessions: Sessions) -> None:
    """The quota that can be raised is named."""
    with_bucket(sessions)
    aws.settings(quota_trust_stores=0)
    assert done(sessions, put(bundle(ROOT), creation().key)) == Done()
    outcome = done(sessions, creation())
    assert isinstance(outcome, Failed)
    assert "L-A8F7060B" in outcome.remedy


def test_a_bundle_that_is_not_there(sessions: Sessions) -> None:
    """The caller's right to read it is what is missing most often."""
    with_bucket(sessions)
    outcome = done(sessions, creation())
    assert isinstance(outcome, Failed)
    assert "s3:GetObject" in outcome.remedy


def test_a_bundle_that_is_none(sessions: Sessions, ours: str) -> None:
    """AWS refuses it, and the store keeps what it has."""
    assert done(sessions, put("no bundle\n", "originlock/shop/none.pem")) == Done()
    act = creation()
    for asked in (
        CreateTrustStore("originlock-none", BUCKET, "originlock/shop/none.pem", (), TAGS),
        ReplaceBundle(ours, BUCKET, "originlock/shop/none.pem", (), act.key, act.members),
    ):
        outcome = done(sessions, asked)
        assert isinstance(outcome, Failed)
        assert "PEM" in outcome.remedy


def test_a_bundle_is_replaced_and_put_back(sessions: Sessions, reader: AwsTrustReader, ours: str) -> None:
    """Only the bundle itself tells: AWS says neither where it came from nor what is in it."""
    before, after = bundle(ROOT), bundle(ROOT, SECOND)
    assert done(sessions, put(after, "originlock/shop/two.pem")) == Done()
    act = ReplaceBundle(ours, BUCKET, "originlock/shop/two.pem", members(after), creation().key, members(before))
    assert not nothing_remains(reader, act)
    assert done(sessions, act) == Done()
    assert nothing_remains(reader, act)
    back = inverse(act)
    assert isinstance(back, ReplaceBundle)
    assert done(sessions, back) == Done()
    assert nothing_remains(reader, back)
    assert not nothing_remains(reader, act)


def revocations(sessions: Sessions, trust_store: str, key: str, count: int = 1) -> AddRevocations:
    """Put a list that revokes so many certificates; the act that adds it."""
    issuer = authority.Authority(ROOT.certificate, ROOT.key)
    for _ in range(count):
        issuer.revoke(issuer.issue(authority.Leaf("x")).certificate)
    text = issuer.revocation_list_pem()
    assert done(sessions, put(text, key)) == Done()
    return AddRevocations(trust_store, BUCKET, key, list_sha256(text.encode()))


def test_revocations_are_added_and_removed(sessions: Sessions, reader: AwsTrustReader, ours: str) -> None:
    """By the hash of the list that AWS holds; ids alone would not tell one list from another."""
    acts = [revocations(sessions, ours, f"originlock/shop/{number}.crl", number) for number in (1, 2)]
    for act in acts:
        assert not nothing_remains(reader, act)
        assert done(sessions, act) == Done()
        assert nothing_remains(reader, act)
    seen = held(reader, ours)
    assert isinstance(seen, TrustStore)
    assert isinstance(seen.revocations, tuple)
    assert [each.entries for each in seen.revocations] == [1, 2]
    first, second = (each.id for each in seen.revocations)
    assert done(sessions, RemoveRevocations(ours, (first,))) == Done()
    assert nothing_remains(reader, RemoveRevocations(ours, (first,)))
    assert isinstance(done(sessions, RemoveRevocations(ours, (first,))), AlreadySo)
    # AWS removes none of them if one is gone.
    assert done(sessions, RemoveRevocations(ours, (first, second))) == Done()
    assert nothing_remains(reader, RemoveRevocations(ours, (first, second)))


def test_revocations_that_aws_does_not_take(aws: LocalAws, sessions: Sessions, ours: str) -> None:
    """Absent, none at all, and one too many: each says what to do."""
    absent = done(sessions, AddRevocations(ours, BUCKET, "originlock/shop/absent.crl", ""))
    assert isinstance(absent, Failed)
    assert "s3:GetObject" in absent.remedy
    none = done(sessions, AddRevocations(ours, BUCKET, creation().key, ""))
    assert isinstance(none, Failed)
    assert "revocation list" in none.remedy
    aws.settings(quota_revocation_lists=0)
    many = done(sessions, revocations(sessions, ours, "originlock/shop/1.crl"))
    assert isinstance(many, Failed)
    assert "L-332EE142" in many.remedy


# --- listeners --------------------------------------------------------------------------------


@pytest.mark.parametrize("ignore_expiry, advertise", [(False, False), (True, False), (False, True)])
def test_a_listener_verifies_and_stops(
    sessions: Sessions,
    reader: AwsTrustReader,
    shop: Shop,
    ours: str,
    ignore_expiry: bool,  # noqa: FBT001
    advertise: bool,  # noqa: FBT001
) -> None:
    """Off is said aloud: what is left out AWS keeps."""
    wanted = MutualTls("verify", ours, ignore_expiry=ignore_expiry, advertise=advertise)
    act = SetMutualTls(shop.https, wanted, OFF)
    assert done(sessions, act) == Done()
    assert nothing_remains(reader, act)
    in_use = done(sessions, DeleteTrustStore(ours))
    assert isinstance(in_use, Failed)
    assert "listener" in in_use.remedy
    passing = SetMutualTls(shop.https, MutualTls("passthrough"), wanted)
    assert done(sessions, passing) == Done()
    assert nothing_remains(reader, passing)
    back = inverse(act)
    assert isinstance(back, SetMutualTls)
    assert done(sessions, back) == Done()
    assert nothing_remains(reader, back)


def test_nothing_stands_beside_the_mode(aws: LocalAws, sessions: Sessions, shop: Shop) -> None:
    """AWS refuses a trust store, or an ignoring of expiry, even a false one, beside `off` and `passthrough`."""
    before = aws.state().calls
    for mode in ("off", "passthrough"):
        assert done(sessions, SetMutualTls(shop.https, MutualTls(mode, "left over"), OFF)) == Done()
    told = [call.parameters for call in aws.calls(before) if call.action == "ModifyListener"]
    assert [{name for name in each if name.startswith("Mutual")} for each in told] == [
        {"MutualAuthentication.Mode"},
        {"MutualAuthentication.Mode"},
    ]


def test_two_listeners_verify_and_no_third(sessions: Sessions, shop: Shop, ours: str) -> None:
    """The quota cannot be raised, and that is said."""
    for listener in shop.served.listener_arns[:2]:
        assert done(sessions, SetMutualTls(listener, MutualTls("verify", ours), OFF)) == Done()
    outcome = done(sessions, probe(shop, ours))
    assert isinstance(outcome, Failed)
    assert "cannot be raised" in outcome.remedy


def test_a_store_or_a_listener_that_is_gone(sessions: Sessions, shop: Shop, ours: str) -> None:
    """A store may not be known everywhere yet; a listener that was read is gone for good."""
    gone = ours[:-4] + "0000"
    assert isinstance(done(sessions, SetMutualTls(shop.https, MutualTls("verify", gone), OFF)), Unsure)
    assert isinstance(done(sessions, SetMutualTls(shop.https[:-4] + "0000", MutualTls(), OFF)), Failed)


def test_a_probe_is_made_and_deleted(
    elbv2: AwsClient, sessions: Sessions, reader: AwsTrustReader, shop: Shop, ours: str
) -> None:
    """It serves what the listener serves that it stands in for, answers by itself, and bears our mark."""
    act = probe(shop, ours)
    outcome = done(sessions, act)
    assert isinstance(outcome, Done)
    arn = outcome.made or ""
    assert nothing_remains(reader, act)
    seen = held(reader, act.target)
    assert isinstance(seen, SecureListener)
    assert (seen.id, seen.port, seen.ssl_policy, seen.tags) == (arn, 9443, POLICY, TAGS)
    told = elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]
    assert [each["CertificateArn"] for each in told] == list(shop.certificates)
    (action,) = elbv2.describe_listeners(ListenerArns=[arn])["Listeners"][0]["DefaultActions"]
    assert (action["Type"], action["FixedResponseConfig"]["StatusCode"]) == ("fixed-response", "204")
    assert isinstance(done(sessions, act), AlreadySo)
    back = inverse(act)
    assert isinstance(back, DeleteProbeListener)
    assert not nothing_remains(reader, back)
    assert done(sessions, back) == Done()
    assert nothing_remains(reader, back)
    assert isinstance(done(sessions, back), AlreadySo)


def test_a_listener_of_somebody_else_is_left_alone(sessions: Sessions, reader: AwsTrustReader, shop: Shop) -> None:
    """On the port of the probe there may be one with customers on it."""
    act = DeleteProbeListener(shop.arn, 443, TAGS)
    outcome = done(sessions, act)
    assert isinstance(outcome, AlreadySo)
    assert "somebody else" in outcome.message
    assert isinstance(held(reader, shop.https), SecureListener)
    gone = DeleteProbeListener(shop.arn[:-4] + "0000", 9443, TAGS)
    assert isinstance(done(sessions, gone), AlreadySo)


def test_half_a_probe_is_taken_back(
    aws: LocalAws, sessions: Sessions, reader: AwsTrustReader, shop: Shop, ours: str
) -> None:
    """Without all certificates it would prove nothing, and nobody would ever delete it."""
    act = probe(shop, ours)
    aws.add_fault("access-denied", action="AddListenerCertificates")
    assert isinstance(done(sessions, act), Failed)
    assert isinstance(held(reader, act.target), Missing)
    aws.add_fault("access-denied", action="AddListenerCertificates")
    aws.add_fault("access-denied", action="DeleteListener")
    outcome = done(sessions, act)
    assert isinstance(outcome, Unsure)
    assert "still there" in outcome.message


# --- what goes wrong with any of them ---------------------------------------------------------


OUTCOMES = [
    ("throttle", Unsure),
    ("server-error", Unsure),
    ("unavailable", Unsure),
    ("drop-before", Unsure),
    ("drop-after", Unsure),
    ("access-denied", Failed),
]


def an_act(name: str, ours: str, shop: Shop) -> Act:
    """An act whose first call that changes something is this one."""
    acts: dict[str, Act] = {
        "CreateTrustStore": msgspec.structs.replace(creation(), name="originlock-next"),
        "DeleteTrustStore": DeleteTrustStore(ours),
        "ModifyTrustStore": ReplaceBundle(ours, BUCKET, creation().key, (), "", ()),
        "AddTrustStoreRevocations": AddRevocations(ours, BUCKET, creation().key, ""),
        "RemoveTrustStoreRevocations": RemoveRevocations(ours, (1,)),
        "ModifyListener": SetMutualTls(shop.https, MutualTls("verify", ours), OFF),
        "CreateListener": probe(shop, ours),
        "DescribeListeners": DeleteProbeListener(shop.arn, 443, TAGS),
        f"PUT /{BUCKET}/originlock/shop/x": put("x", "originlock/shop/x"),
        f"HEAD /{BUCKET}": CreateBucket(BUCKET, TAGS),
    }
    return acts[name]


@pytest.mark.parametrize("kind, outcome", OUTCOMES)
@pytest.mark.parametrize(
    "action",
    [
        "CreateTrustStore",
        "DeleteTrustStore",
        "ModifyTrustStore",
        "AddTrustStoreRevocations",
        "RemoveTrustStoreRevocations",
        "ModifyListener",
        "CreateListener",
        "DescribeListeners",
        f"PUT /{BUCKET}/originlock/shop/x",
        f"HEAD /{BUCKET}",
    ],
)
def test_how_an_act_ends(
    aws: LocalAws, sessions: Sessions, shop: Shop, ours: str, action: str, kind: str, outcome: type[Outcome]
) -> None:
    """An answer that tells nothing is no failure, for it may have been done; a refusal is one, with a remedy."""
    act = an_act(action, ours, shop)
    aws.add_fault(kind, action=action)
    ended = done(sessions, act)
    assert isinstance(ended, outcome), ended
    assert not isinstance(ended, Failed) or ended.remedy


def test_the_account_cannot_be_told(aws: LocalAws, sessions: Sessions) -> None:
    """Without it nobody knows whose bucket it is: nothing is put anywhere."""
    aws.add_fault("server-error", action="GetCallerIdentity")
    before = aws.state().calls
    assert isinstance(done(sessions, put("x", "originlock/shop/x")), Unsure)
    assert {call.action for call in aws.calls(before)} == {"GetCallerIdentity"}


def test_side_by_side(sessions: Sessions, aws: LocalAws) -> None:
    """Clients are made in several threads at once here; botocore's sessions are not safe in several."""
    from tests.aws.groups import change  # noqa: PLC0415  for this test alone

    from originlock.aws.performer import AwsPerformer  # noqa: PLC0415  ditto

    with_bucket(sessions)
    fresh: Any = Sessions()
    acts = [put(str(number), f"originlock/shop/{number}") for number in range(20)]
    ended = list(AwsPerformer(fresh, 0).perform(tuple((Place(), change(act), act) for act in acts)))
    assert {outcome for _, outcome in ended} == {Done()}
    assert aws.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 20
