"""The acts of the identity lock as data: when each is done, what leads back, and what may not be relied upon yet."""

from __future__ import annotations

import msgspec
import pytest

from originlock.facts.certificates import pem_of, sha256_of
from originlock.facts.origin import Missing
from originlock.facts.snapshot import Held
from originlock.facts.trust import (
    Bucket,
    MutualTls,
    Revocations,
    SecureListener,
    StoredObject,
    TrustStore,
    new_trust_store,
)
from originlock.facts.unknown import Unknown
from originlock.facts.zone import Association, DnsRecord, DnsRecords, EdgeCertificate, Switch
from originlock.plan.acts import inverse, remaining, renamed, settles
from originlock.plan.trust_acts import (
    AddressRecord,
    AddRevocations,
    CreateBucket,
    CreateProbeListener,
    CreateTrustStore,
    DeleteCertificate,
    DeleteProbeListener,
    DeleteTrustStore,
    DiscardTrustStore,
    PutObject,
    RemoveRevocations,
    ReplaceBundle,
    SetGlobalPulls,
    SetHostnamePulls,
    SetMutualTls,
    SetRecords,
    SetZonePulls,
    TrustAct,
    UploadCertificate,
    given_up,
    needs_presented,
    unsettled,
)
from originlock.report.trust_words import trust_act_in_words

TAGS = (("originlock:origin", "blog"),)
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:truststore/blog/73e2d6bc24d8a067"
LISTENER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/blog/50dc6c495c0c9188/f2f7dc8efc522ab2"
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/blog/50dc6c495c0c9188"
OLD, NEW = "a" * 64, "b" * 64
PEM = pem_of(b"a certificate")
LEAF = sha256_of(b"a certificate")
OFF, VERIFY = MutualTls(), MutualTls("verify", ARN)
STORE = TrustStore(ARN, "blog", "ACTIVE", "", (OLD,), TAGS, (Revocations(1, 2, OLD),), ())
AT_EDGE = EdgeCertificate("42", "hostname", LEAF, PEM, "active")
HTTPS = SecureListener(LISTENER, 443, "HTTPS")
RECORD = AddressRecord("CNAME", "lb.example.com", proxied=True)

CASES: list[tuple[TrustAct, Held, Held]] = [
    (CreateBucket("bundles", TAGS), Bucket("s3://bundles"), Bucket("s3://bundles", encrypted=False)),
    (PutObject("bundles", "k", "text", NEW), StoredObject("s3://bundles/k", NEW), StoredObject("s3://bundles/k", OLD)),
    (CreateTrustStore("blog", "bundles", "k", (OLD,), TAGS), STORE, msgspec.structs.replace(STORE, tags=())),
    (DeleteTrustStore(ARN), Missing(ARN), STORE),
    (
        ReplaceBundle(ARN, "bundles", "k", (NEW,), "old", (OLD,)),
        msgspec.structs.replace(STORE, members=(NEW,)),
        msgspec.structs.replace(STORE, members=(NEW,), status="CREATING"),
    ),
    (AddRevocations(ARN, "bundles", "crl", OLD), STORE, msgspec.structs.replace(STORE, revocations=())),
    (RemoveRevocations(ARN, (1,)), msgspec.structs.replace(STORE, revocations=()), STORE),
    (SetMutualTls(LISTENER, VERIFY, OFF), msgspec.structs.replace(HTTPS, mutual=VERIFY), HTTPS),
    (
        CreateProbeListener(BALANCER, 8443, ARN, ("acm",), "policy", TAGS),
        SecureListener("new", 8443, "HTTPS", VERIFY, tags=TAGS),
        SecureListener("theirs", 8443, "HTTPS", VERIFY),
    ),
    (
        DeleteProbeListener(BALANCER, 8443, TAGS),
        SecureListener("theirs", 8443, "HTTPS"),
        SecureListener("ours", 8443, "HTTPS", tags=TAGS),
    ),
    (UploadCertificate("z", "hostname", "blog", PEM), AT_EDGE, msgspec.structs.replace(AT_EDGE, status="initializing")),
    (
        DeleteCertificate("z", "hostname", LEAF, "blog", PEM),
        msgspec.structs.replace(AT_EDGE, status="pending_deletion"),
        AT_EDGE,
    ),
    (
        SetHostnamePulls("z", "www.example.org", LEAF, enabled=True, before_certificate="", before_enabled=None),
        Association("www.example.org", "42", LEAF, enabled=True, status="active"),
        Association("www.example.org", "41", OLD, enabled=True, status="active"),
    ),
    (SetZonePulls("z", on=True, before=False), Switch("zone", on=True), Switch("zone", on=False)),
    (SetGlobalPulls("z", on=False, before=True), Switch("global", on=False), Switch("global", on=True)),
    (
        SetRecords("z", "www.example.org", (RECORD,), ()),
        DnsRecords("www.example.org", (DnsRecord("1", "www.example.org", "CNAME", "lb.example.com", proxied=True),)),
        DnsRecords("www.example.org", (DnsRecord("1", "www.example.org", "CNAME", "lb.example.com"),)),
    ),
]


def test_every_kind_is_here() -> None:
    """A kind of act without a test of when it is done."""
    assert {type(act) for act, _, _ in CASES} == set(TrustAct.__args__)


@pytest.mark.parametrize("act,so,not_so", CASES, ids=lambda value: type(value).__name__)
def test_done_only_when_shown(act: TrustAct, so: Held, not_so: Held) -> None:
    """An act that is taken for done by what AWS or the edge shows, and is not; or that is done again for ever."""
    assert remaining(act, so) is None
    assert remaining(act, not_so) == act
    assert remaining(act, Bucket("s3://else", private=False)) == act  # what is no answer to it


@pytest.mark.parametrize("act,so,not_so", CASES, ids=lambda value: type(value).__name__)
def test_said_without_secrets(act: TrustAct, so: Held, not_so: Held) -> None:
    """An act that a person is not told of, or with what nobody can read."""
    assert so != not_so
    said = trust_act_in_words(act)
    assert said
    assert "BEGIN" not in said


@pytest.mark.parametrize("act,so,not_so", CASES, ids=lambda value: type(value).__name__)
def test_the_way_back_leads_back_again(act: TrustAct, so: Held, not_so: Held) -> None:
    """An inverse that does not undo: the inverse of the inverse is the act, where both can be performed."""
    assert so != not_so
    back = inverse(act)
    if back is None or isinstance(back, DiscardTrustStore | DeleteProbeListener | RemoveRevocations):
        return
    assert back.target == act.target
    assert isinstance(back, TrustAct)
    assert inverse(back) == act


def test_without_the_key_nothing_leads_back() -> None:
    """A certificate of somebody else's that is deleted as if it could be uploaded again."""
    assert inverse(DeleteCertificate("z", "zone", LEAF, "", PEM)) is None


def test_what_is_made_gets_its_name() -> None:
    """A listener that is told to use a store by the name that it had before it was made."""
    planned = new_trust_store("blog")
    act = SetMutualTls(LISTENER, MutualTls("verify", planned), OFF)
    assert renamed(act, {planned: ARN}) == SetMutualTls(LISTENER, VERIFY, OFF)


@pytest.mark.parametrize(
    "held,at_work",
    [
        (msgspec.structs.replace(STORE, status="CREATING"), True),
        (STORE, False),
        (msgspec.structs.replace(AT_EDGE, status="pending_deployment"), True),
        (AT_EDGE, False),
        (msgspec.structs.replace(AT_EDGE, status="deployment_timed_out"), False),
    ],
)
def test_waits_for_what_is_at_work(held: Held, at_work: bool) -> None:  # noqa: FBT001  a parameter
    """A store or a certificate that is relied upon before it counts, or waited for when it will not come."""
    assert unsettled(held) is at_work


def test_gives_up_what_timed_out() -> None:
    """A deployment that timed out and is waited for all the same."""
    upload = UploadCertificate("z", "hostname", "blog", PEM)
    assert "deployment_timed_out" in given_up(upload, msgspec.structs.replace(AT_EDGE, status="deployment_timed_out"))
    assert not given_up(upload, AT_EDGE)


def test_what_needs_to_be_seen_first() -> None:
    """A listener that begins to verify, or a store that forgets an authority, unseen what the edge brings."""
    assert needs_presented(SetMutualTls(LISTENER, VERIFY, MutualTls("passthrough")))
    assert not needs_presented(SetMutualTls(LISTENER, MutualTls("passthrough"), OFF))
    assert not needs_presented(SetMutualTls(LISTENER, VERIFY, MutualTls("verify", "other")))
    assert needs_presented(ReplaceBundle(ARN, "b", "k", (NEW,), "o", (NEW, OLD)))
    assert not needs_presented(ReplaceBundle(ARN, "b", "k", (NEW, OLD), "o", (OLD,)))


def test_settling() -> None:
    """What goes on after its answer, and is not waited for."""
    assert settles(UploadCertificate("z", "zone", "blog", PEM))
    assert settles(CreateTrustStore("blog", "b", "k", (OLD,), TAGS))
    assert not settles(SetMutualTls(LISTENER, VERIFY, OFF))


def test_blind_stores_are_not_done() -> None:
    """A store whose bundle cannot be read back, taken for one that holds what was asked for."""
    dark = msgspec.structs.replace(STORE, members=Unknown("bundle", "denied"))
    assert remaining(ReplaceBundle(ARN, "b", "k", (OLD,), "o", (NEW,)), dark) is not None
