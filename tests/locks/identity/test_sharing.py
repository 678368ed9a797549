"""Two origins of one zone whose edge presents one leaf: neither takes it from the other."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from tests.locks.identity.knowing import asked
from tests.properties.trust_ground import Linked, Uploaded
from tests.properties.trust_runs import TrustSite
from tests.properties.trust_worlds import API, OURS_ARN, WWW, plain_world, records_of

from originlock.facts.snapshot import Snapshot
from originlock.facts.unknown import Unknown
from originlock.facts.zone import Association, Zone
from originlock.intent.policy import NO_EDGE, Limits, LoadBalancerNamed, Overrides, Policy
from originlock.locks.identity.identity_lock import IdentityLock
from originlock.locks.identity.lock import contribution
from originlock.locks.identity.sharing import sharing
from originlock.plan.change import Contribution, Objection
from originlock.plan.document import Plan, PlanFrame, composed, without_origins
from originlock.plan.trust_acts import DeleteCertificate


@dataclasses.dataclass
class Two:
    """The origin ``blog`` with one hostname, another with the second; the edge presents the former leaf for both."""

    def __post_init__(self) -> None:
        world = plain_world("edge-1", "edge-1b", mode="verify", store=("ours-1",))
        links = {name: Linked("h0", enabled=True) for name in (WWW, API)}
        at_edge = dataclasses.replace(world.moment, certificates=(Uploaded("h0", "hostname", "edge-1"),), links=links)
        site = TrustSite(dataclasses.replace(world, moment=at_edge, records=records_of((API, WWW))))
        self.blog = site.world.policy
        self.shop = msgspec.structs.replace(
            self.blog, origin="shop", hostnames=(API,), target=LoadBalancerNamed("shop")
        )
        site.lock = IdentityLock((self.blog, self.shop))
        self.snapshot: Snapshot = site.plan().snapshots["blog"]

    def said(self, policy: Policy, snapshot: Snapshot | None = None) -> Contribution:
        """What the lock says of one of them; both see the same load balancer here, and no store of the other's."""
        assert policy.identity is not None
        others = sharing(policy, (self.blog, self.shop))
        said = contribution(policy, policy.identity, snapshot or self.snapshot, others)
        drafts = tuple(draft for draft in said.drafts if "/pulls/" in draft.act.target or "/certif" in draft.act.target)
        waits = tuple(wait for wait in said.waits if wait.on != OURS_ARN)
        return msgspec.structs.replace(said, drafts=drafts, objections=(), waits=waits)


def plan_of(*said: Contribution) -> Plan:
    """A plan of these."""
    return composed(PlanFrame((), Limits(), Overrides(), accepted=None), said)


def deletes(plan: Plan) -> bool:
    """Whether a certificate is taken from the edge."""
    return any(isinstance(change.act, DeleteCertificate) for change in plan.changes)


def test_a_leaf_that_another_origin_presents_stays() -> None:
    """The edge refuses to delete it (1433, in use), and every run of one origin alone ends with 5."""
    two = Two()
    both = plan_of(two.said(two.blog), two.said(two.shop))
    assert deletes(both)
    assert not deletes(plan_of(two.said(two.blog)))
    refused = msgspec.structs.replace(
        two.said(two.shop), objections=(Objection("guard", "", "", origin="shop", lock="identity"),)
    )
    assert not deletes(plan_of(two.said(two.blog), refused))
    assert not deletes(without_origins(both, frozenset({"shop"})))


def test_a_leaf_that_the_other_origin_has_given_up_goes() -> None:
    """It stays at the edge for ever, of which there are ten."""
    two = Two()
    assert isinstance(two.snapshot.zone, Zone)
    assert API in two.snapshot.zone.associations, "the lock asks for it"
    for held, goes in ((Association(API), True), (Unknown("it", "not allowed"), False)):
        links = {**two.snapshot.zone.associations, API: held}
        zone = msgspec.structs.replace(two.snapshot.zone, associations=links)
        assert deletes(plan_of(two.said(two.blog, msgspec.structs.replace(two.snapshot, zone=zone)))) is goes


@pytest.mark.parametrize(
    "other, shared",
    [
        ({}, (API,)),
        ({"leaf": "another"}, ()),
        ({"ca": "another"}, ()),
        ({"mode": "off"}, ()),
        ({"certificate": "shared"}, ()),
    ],
)
def test_who_shares_a_leaf(other: dict[str, object], shared: tuple[str, ...]) -> None:
    """Origins that have nothing to do with each other are asked for, or those that have are not."""
    two = Two()
    assert sharing(two.blog, (two.blog, asked(two.shop, **other))) == shared
    assert sharing(two.blog, (two.blog, msgspec.structs.replace(two.shop, edge=NO_EDGE))) == ()
    assert sharing(msgspec.structs.replace(two.blog, identity=None), (two.shop,)) == ()
