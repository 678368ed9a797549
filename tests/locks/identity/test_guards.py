"""Each reason why the identity lock does not begin: a world in which there is none, changed in one thing."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import msgspec
import pytest
from tests.locks.identity.knowing import asked, read, said, with_listener, with_listeners, with_zone
from tests.properties.fake_trust import listener_arn
from tests.properties.trust_ground import certificate, print_of
from tests.properties.trust_worlds import OUR_NAME, OURS_ARN, PROBE, WWW, listener_of, mutual_of, plain_world, store_of

from originlock.facts.certificates import Authority, Leaf
from originlock.facts.origin import Missing
from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Bucket, MutualTls, Revocations, TrustStore, new_trust_store
from originlock.facts.unknown import Unknown
from originlock.facts.zone import EdgeCertificate, Zone
from originlock.intent.policy import Limits, Overrides, Policy
from originlock.locks.identity.standing import presented_for
from originlock.plan.document import PlanFrame, composed
from originlock.plan.trust_acts import RemoveRevocations, ReplaceBundle, SetMutualTls

UNREAD = Unknown("it", "not allowed")
Changed = Callable[[Policy, Snapshot], tuple[Policy, Snapshot]]


def _store(snapshot: Snapshot, **parts: object) -> Snapshot:
    """Our own store, otherwise; it is read by its name."""
    held = store_of(OUR_NAME, "ours-1", ours=True)
    store = TrustStore(OURS_ARN, held.name, "ACTIVE", held.text, (print_of("ours-1"),), held.tags)
    stores = {**snapshot.trust_stores, new_trust_store(OUR_NAME): msgspec.structs.replace(store, **parts)}
    return msgspec.structs.replace(snapshot, trust_stores=stores)


def _foreign(snapshot: Snapshot) -> Snapshot:
    """A store that is not ours, with a revocation list."""
    held = store_of("theirs", "ours-1")
    lists = (Revocations(1, 1, "x"),)
    store = TrustStore("arn:theirs", "theirs", "ACTIVE", held.text, (print_of("ours-1"),), revocations=lists)
    return msgspec.structs.replace(snapshot, trust_stores={**snapshot.trust_stores, store.id: store})


def _leaves(snapshot: Snapshot, *leaves: Leaf) -> Snapshot:
    authority = Authority("blog", (certificate("ours-1"),), leaves)
    return msgspec.structs.replace(snapshot, authorities={"blog": authority})


def _at_edge(leaf: str, scope: str, status: str, uploaded: str = "2026-11-01T00:00:01Z") -> EdgeCertificate:
    facts = certificate(leaf)
    return EdgeCertificate(leaf, scope, facts.sha256, facts.pem, status, uploaded=uploaded)  # type: ignore[arg-type]


def _verifying(snapshot: Snapshot) -> Snapshot:
    return with_listener(snapshot, mutual=MutualTls("verify", OURS_ARN))


def _three(snapshot: Snapshot) -> Snapshot:
    return with_listeners(snapshot, *(listener_of(port, mutual_of("off")) for port in (443, 444, 445)))


CASES: dict[str, Changed] = {
    "no-certificate": lambda p, s: (p, _leaves(s)),
    "no-key": lambda p, s: (p, _leaves(s, Leaf("edge", certificate("edge-1"), print_of("ours-1"), has_key=False))),
    "no-listener": lambda p, s: (p, with_listeners(s)),
    "verify-listeners": lambda p, s: (p, _three(s)),
    "never-back": lambda p, s: (asked(p, mode="passthrough"), _verifying(_store(s))),
    "trust-unread": lambda p, s: (p, with_listener(s, mutual=MutualTls("verify", "arn:gone"))),
    "revocations": lambda p, s: (
        p,
        with_listener(_foreign(s), mutual=MutualTls("verify", "arn:theirs")),
    ),
    "store-not-ours": lambda p, s: (p, _store(s, tags=())),
    "store-shared": lambda p, s: (p, _store(s, used_by=("arn:another",))),
    "store-unread": lambda p, s: (p, _store(s, used_by=UNREAD)),
    "bucket-unread": lambda p, s: (p, msgspec.structs.replace(s, bucket=UNREAD)),
    "no-bucket": lambda p, s: (p, msgspec.structs.replace(s, bucket=Missing("bundles"))),
    "bucket-public": lambda p, s: (p, msgspec.structs.replace(s, bucket=Bucket("bundles", private=False))),
    "no-hostnames": lambda p, s: (
        msgspec.structs.replace(p, hostnames=(), edge_account=None),
        msgspec.structs.replace(s, zone=None),
    ),
    "no-edge-account": lambda p, s: (
        msgspec.structs.replace(p, edge_account=None),
        msgspec.structs.replace(s, zone=None),
    ),
    "zone-unread": lambda p, s: (p, msgspec.structs.replace(s, zone=UNREAD)),
    "no-zone": lambda p, s: (p, msgspec.structs.replace(s, zone=Missing("zone"))),
    "pulls-unread": lambda p, s: (p, with_zone(s, zone_pulls=UNREAD)),
    "own-beats-shared": lambda p, s: (
        asked(p, certificate="shared", scope="global"),
        with_zone(msgspec.structs.replace(s, shared_authority=certificate("shared")), zone_pulls=True),
    ),
    "another-certificate": lambda p, s: (
        asked(p, scope="zone"),
        with_zone(
            s,
            certificates=(
                _at_edge("edge-1", "zone", "active"),
                _at_edge("leaf-a", "zone", "active", "2026-11-01T00:00:02Z"),
            ),
        ),
    ),
    "not-deployed": lambda p, s: (
        p,
        with_zone(s, certificates=(_at_edge("edge-1", "hostname", "deployment_timed_out"),)),
    ),
    "too-many-certificates": lambda p, s: (
        p,
        with_zone(s, certificates=tuple(_at_edge("leaf-a", "hostname", "active") for _ in range(10))),
    ),
    "probe-port": lambda p, s: (
        asked(p, echo="", probe_port=PROBE),
        with_listeners(s, listener_of(443, mutual_of("off")), listener_of(PROBE, mutual_of("off"))),
    ),
}


@pytest.mark.parametrize("guard", CASES)
def test_each_guard_has_its_word(guard: str) -> None:
    """A state that a person has to mend, and nobody is told of, or told of without a remedy."""
    policy, snapshot = read(plain_world())
    assert not said(policy, snapshot).objections, "the world that each case starts from"
    objections = [each for each in said(*CASES[guard](policy, snapshot)).objections if each.guard == guard]
    assert objections, guard
    assert all(each.lock == "identity" and each.origin == "blog" and each.remedy for each in objections)
    assert all("Unknown(" not in each.message for each in objections)


@pytest.mark.parametrize(
    "part", ["global_pulls", "zone_pulls", "certificates", "ssl", "ssl_by_host"], ids=lambda part: part
)
def test_no_part_of_the_zone_is_guessed(part: str) -> None:
    """I10: a part of the zone that cannot be read is taken for what would be good."""
    policy, snapshot = read(plain_world())
    assert said(policy, with_zone(snapshot, **{part: UNREAD})).objections


def test_the_association_of_a_hostname_is_not_guessed() -> None:
    """I10: what a hostname presents cannot be read, and is taken for nothing."""
    policy, snapshot = read(plain_world())
    objections = said(policy, with_zone(snapshot, associations={WWW: UNREAD})).objections
    assert [each.guard for each in objections] == ["pulls-unread"]


def test_a_key_that_is_not_needed_is_not_asked_for() -> None:
    """A machine without keys cannot plan for what is at the edge already."""
    policy, snapshot = read(plain_world())
    keyless = _leaves(snapshot, Leaf("edge", certificate("edge-1"), print_of("ours-1"), has_key=False))
    there = with_zone(keyless, certificates=(_at_edge("edge-1", "hostname", "active"),))
    assert not said(policy, there).objections


def test_a_bucket_that_is_not_needed_is_not_asked_for() -> None:
    """A bucket that is gone stops a plan that copies nothing from it."""
    policy, snapshot = read(plain_world())
    gone = msgspec.structs.replace(_store(snapshot), bucket=Missing("bundles"))
    assert not said(policy, gone).objections


def test_stores_of_several_listeners_are_not_joined_unasked() -> None:
    """P2: whoever is let in by one listener's store gets in at another one, for a while."""
    world = plain_world("edge-1", mode="verify", store=("theirs-a",))
    policy, snapshot = read(world)
    theirs = store_of("theirs", "theirs-b")
    foreign = TrustStore("arn:theirs", "theirs", "ACTIVE", theirs.text, (print_of("theirs-b"),))
    two = with_listeners(
        msgspec.structs.replace(snapshot, trust_stores={**snapshot.trust_stores, "arn:theirs": foreign}),
        listener_of(443, mutual_of("verify", OURS_ARN)),
        listener_of(444, mutual_of("verify", "arn:theirs")),
    )
    objections = said(policy, two).objections
    assert {each.guard for each in objections} == {"trust-of-others"}
    assert not said(
        asked(policy, acknowledged=("trust of store originlock-blog", "trust of store theirs")), two
    ).objections
    # Who has taken one store upon himself has not taken the next.
    (left,) = said(asked(policy, acknowledged=("trust of store originlock-blog",)), two).objections
    assert '"trust of store theirs"' in left.remedy


def test_what_has_ended_is_refused_only_when_ours_is_seen() -> None:
    """P1: an edge that presents what has ended is refused before it presents ours."""
    policy, snapshot = read(plain_world("edge-1", mode="verify", store=("ours-1", "theirs-a")))
    found = with_listener(snapshot, mutual=MutualTls("verify", OURS_ARN, ignore_expiry=True))
    ends = [d.act for d in said(policy, found).drafts if isinstance(d.act, SetMutualTls)]
    assert [act.wanted.ignore_expiry for act in ends] == [False]
    waits = {wait.on for wait in said(policy, found).waits if wait.target == listener_arn(443)}
    assert any("/pulls/hostname/" in on for on in waits)
    blind = asked(policy, echo="")
    assert not [d for d in said(blind, found).drafts if isinstance(d.act, SetMutualTls | ReplaceBundle)]


def test_another_origins_certificate_is_not_deleted() -> None:
    """P6: a certificate of the same authority and another name goes, and another origin is refused."""
    policy, snapshot = read(plain_world("edge-1"))
    theirs = Leaf("shop", certificate("edge-1b"), print_of("ours-1"), has_key=True)
    ours = Leaf("edge", certificate("edge-1"), print_of("ours-1"), has_key=True)
    held = (_at_edge("edge-1b", "hostname", "active"), _at_edge("edge-1b", "zone", "active"))
    both = with_zone(_leaves(snapshot, theirs, ours), certificates=held, zone_pulls=True)
    for mode in ("verify", "off"):
        kinds = {draft.act.__struct_config__.tag for draft in said(asked(policy, mode=mode), both).drafts}
        assert "delete-certificate" not in kinds


def test_what_the_zone_presents_for_others_stays() -> None:
    """P6: where we ask for hostnames, a zone's certificate is deleted that other names present."""
    policy, snapshot = read(plain_world("edge-1", "edge-1b"))
    held = (_at_edge("edge-1", "zone", "active"),)
    on = with_zone(snapshot, certificates=held, zone_pulls=True)
    off = with_zone(snapshot, certificates=held, zone_pulls=False)
    kinds = [{d.act.__struct_config__.tag for d in said(policy, each).drafts} for each in (on, off)]
    assert ["delete-certificate" in each for each in kinds] == [False, True]


def _of_shop(snapshot: Snapshot) -> Snapshot:
    """A listener that verifies by the store of another origin."""
    held = store_of("originlock-shop", "theirs-a")
    tags = (("originlock:origin", "shop"),)
    store = TrustStore("arn:shop", held.name, "ACTIVE", held.text, (print_of("theirs-a"),), tags)
    found = msgspec.structs.replace(snapshot, trust_stores={**snapshot.trust_stores, store.id: store})
    return with_listener(found, mutual=MutualTls("verify", store.id))


def test_a_listener_of_another_origin_is_left_to_it() -> None:
    """Two origins of one load balancer take its listener from each other, and the edge is refused for one of them."""
    policy, snapshot = read(plain_world())
    snapshot = _of_shop(snapshot)
    assert "another-origin" in {each.guard for each in said(policy, snapshot).objections}
    meant = asked(policy, acknowledged=("store originlock-shop",))
    assert "another-origin" not in {each.guard for each in said(meant, snapshot).objections}


def test_what_others_have_verified_is_not_switched_off_unasked() -> None:
    """``mode = "off"`` opens a listener that somebody else has verify."""
    policy, snapshot = read(plain_world())
    policy, snapshot = asked(policy, mode="off"), _of_shop(snapshot)
    assert [each.guard for each in said(policy, snapshot).objections] == ["not-ours"]
    assert not said(asked(policy, acknowledged=("store originlock-shop",)), snapshot).objections
    ours = with_listener(_store(snapshot), mutual=MutualTls("verify", OURS_ARN))
    assert not said(policy, ours).objections


def test_a_revocation_list_that_cannot_be_read_back_stays() -> None:
    """It is taken for one that a newer stands for, and whoever it revokes is let in again."""
    policy, snapshot = read(plain_world(mode="verify", store=("ours-1",)))
    for sha256, removed in ((UNREAD, False), ("another", True)):
        held = _store(snapshot, revocations=(Revocations(1, 1, sha256),))
        drafts = said(policy, held).drafts
        assert any(isinstance(draft.act, RemoveRevocations) for draft in drafts) is removed


def test_two_origins_of_one_listener_are_refused_together() -> None:
    """Each points it to a store of its own, the last one stays, and the edge is refused for the other's names."""
    policy, snapshot = read(plain_world())
    shop = msgspec.structs.replace(policy, origin="shop")
    none = new_trust_store("originlock-shop")
    theirs = said(shop, msgspec.structs.replace(snapshot, trust_stores={none: Missing(none)}))
    frame = PlanFrame((policy, shop), Limits(), Overrides(), accepted=None)
    plan = composed(frame, (said(policy, snapshot), theirs))
    assert [(each.guard, each.origin, each.lock) for each in plan.objections] == [
        ("contested-target", "blog", "identity"),
        ("contested-target", "shop", "identity"),
    ]
    assert not plan.changes
    assert composed(frame, (said(policy, snapshot),)).changes


def test_who_uploads_by_hand_says_so() -> None:
    """A plan that uploads nothing waits in vain for the edge to present ours, and stops half way."""
    policy, snapshot = CASES["no-edge-account"](*read(plain_world()))
    (objection,) = said(policy, snapshot).objections
    assert '"upload by hand"' in objection.remedy
    assert not said(asked(policy, acknowledged=("upload by hand",)), snapshot).objections
    # Where nothing is narrowed there is nothing to wait for.
    for harmless in ({"mode": "passthrough"}, {"echo": ""}, {"mode": "off"}):
        assert not said(asked(policy, **harmless), snapshot).objections
    locked = with_listener(_store(snapshot), mutual=MutualTls("verify", OURS_ARN))
    assert not said(policy, locked).objections


def _ours(*generations: str, **leaves: str) -> Authority:
    """An authority with generations of these names, and leaves with their issuers; the second generation has ended."""
    ended = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    made = (certificate(each) for each in generations)
    own = tuple(msgspec.structs.replace(each, not_after=ended) if "2" in each.subject else each for each in made)
    held = (Leaf("edge", certificate(leaf), print_of(issuer), has_key=True) for leaf, issuer in leaves.items())
    return Authority("blog", own, tuple(held))


@pytest.mark.parametrize(
    "held, remedy",
    [
        (Authority("blog", ()), "originlock ca init blog, then originlock ca issue blog edge"),
        (_ours("ours-1"), "originlock ca issue blog edge"),
        (_ours("ours-2"), "originlock ca renew blog --authority, then originlock ca issue blog edge"),
        (_ours("ours-1", **{"leaf-a": "theirs-a"}), "originlock ca renew blog edge"),
        (
            _ours("ours-2", **{"edge-2": "ours-2"}),
            "originlock ca renew blog --authority, then originlock ca renew blog edge",
        ),
        (UNREAD, "see what stands in the way: originlock ca show blog"),
    ],
)
def test_what_is_there_is_not_to_be_made_again(held: Authority | Unknown, remedy: str) -> None:
    """A person is told to make an authority that he has, and is refused."""
    policy, snapshot = read(plain_world())
    objections = said(policy, msgspec.structs.replace(snapshot, authorities={"blog": held})).objections
    assert [each.remedy for each in objections if each.guard == "no-certificate"] == [remedy]


@pytest.mark.parametrize(
    "theirs, later",
    [
        ("2026-11-01T00:00:01.5Z", True),  # as texts, the point stands before the Z
        ("2026-11-01T01:00:00+02:00", False),
        ("2026-10-31T23:59:59Z", False),
        ("", True),
    ],
)
def test_times_are_compared_as_times(theirs: str, later: bool) -> None:  # noqa: FBT001
    """The edge presents a certificate that another one was taken to go before, by how its time is written."""
    policy, snapshot = read(plain_world())
    policy = asked(policy, scope="zone")
    both = (_at_edge("edge-1", "zone", "active"), _at_edge("leaf-a", "zone", "active", theirs))
    found = with_zone(snapshot, certificates=both, zone_pulls=True)
    assert ("another-certificate" in {each.guard for each in said(policy, found).objections}) is later
    assert isinstance(found.zone, Zone)
    presented = presented_for(WWW, found.zone).certificate
    if not theirs:
        assert isinstance(presented, Unknown)
    else:
        assert presented == both[later].sha256


def test_revocation_lists_are_left_behind_store_by_store() -> None:
    """A word that was said of one store holds for whatever store a listener is pointed to later."""
    policy, snapshot = CASES["revocations"](*read(plain_world()))
    (word,) = {o.remedy.split('"')[1] for o in said(policy, snapshot).objections if o.guard == "revocations"}
    assert word == "revocations of store theirs"
    for given, left in (((word,), set()), (("revocations of store others",), {"revocations"})):
        found = {each.guard for each in said(asked(policy, acknowledged=given), snapshot).objections}
        assert found & {"revocations"} == left
