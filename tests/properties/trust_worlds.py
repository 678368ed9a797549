"""Random worlds of trust: half done by hand, other people's stores and certificates, any policy."""

from __future__ import annotations

import dataclasses
import datetime

from hypothesis import strategies as st
from tests.properties.fake_trust import DNS_NAME, DOMAIN, Pace, listener_arn, store_arn
from tests.properties.trust_ground import (
    AUTHORITIES,
    ISSUERS,
    OUR_LEAVES,
    Linked,
    Moment,
    Store,
    Uploaded,
    certificate,
    print_of,
)

from originlock.facts.certificates import Authority, Leaf, bundle_of
from originlock.facts.trust import MutualTls, SecureListener
from originlock.facts.zone import DnsRecord
from originlock.intent.policy import EdgeAccount, IdentityPolicy, LoadBalancerNamed, Policy
from originlock.locks.identity import naming

WWW, API, OTHER = f"www.{DOMAIN}", f"api.{DOMAIN}", f"other.{DOMAIN}"
BUCKET = "bundles"
OUR_NAME, OUR_TAGS = "originlock-blog", (("originlock:origin", "blog"),)
ECHO = "/echo"
PROBE = 8443


@dataclasses.dataclass(frozen=True)
class TrustWorld:
    """Everything that a run starts from.

    Attributes:
        leaves: the names of what our authority issued, the oldest first; the last one is wanted.
    """

    moment: Moment
    leaves: tuple[str, ...]
    policy: Policy
    pace: Pace = dataclasses.field(default_factory=Pace)
    records: tuple[DnsRecord, ...] = ()

    @property
    def identity(self) -> IdentityPolicy:
        """What is asked for."""
        assert self.policy.identity is not None
        return self.policy.identity

    @property
    def wanted_leaf(self) -> str:
        """The leaf that the edge is to present."""
        return "cloudflare" if self.identity.certificate == "shared" else self.leaves[-1]

    @property
    def welcome(self) -> frozenset[str]:
        """Who is let in at last, where listeners verify; everybody, where they do not."""
        if self.identity.mode != "verify":
            return frozenset(("", *ISSUERS))
        wanted = ISSUERS[self.wanted_leaf]
        return frozenset(leaf for leaf, issuer in ISSUERS.items() if issuer == wanted)

    @property
    def authority(self) -> Authority:
        """Ours."""
        generations = tuple(dict.fromkeys(ISSUERS[each] for each in self.leaves))
        leaves = tuple(Leaf("edge", certificate(each), print_of(ISSUERS[each]), has_key=True) for each in self.leaves)
        return Authority("blog", tuple(certificate(each) for each in generations), leaves)


def store_of(name: str, *authorities: str, ours: bool = False) -> Store:
    """A store that is ready."""
    text = bundle_of(certificate(each).pem for each in authorities)
    return Store(name, text, frozenset(authorities), OUR_TAGS if ours else ())


def mutual_of(mode: str, store: str = "", *, ignore_expiry: bool = False) -> MutualTls:
    """What a listener demands."""
    return MutualTls("verify", store, ignore_expiry) if mode == "verify" else MutualTls(mode)  # type: ignore[arg-type]


def listener_of(port: int, mutual: MutualTls) -> SecureListener:
    """An HTTPS listener."""
    return SecureListener(listener_arn(port), port, "HTTPS", mutual, ("acm",), "policy")


FOREIGN = {store_arn(f"theirs-{n}", n): n for n in range(2)}
OURS_ARN = store_arn(OUR_NAME, 9)
PROBE_NAME = naming.probe_store_name("blog")
PROBE_ARN = store_arn(PROBE_NAME, 8)


@st.composite
def trust_worlds(draw: st.DrawFn) -> TrustWorld:
    """A world in which a policy is to be had."""
    some = st.lists(st.sampled_from(AUTHORITIES), min_size=1, max_size=3, unique=True)
    stores = {arn: store_of(f"theirs-{n}", *sorted(draw(some))) for arn, n in FOREIGN.items()}
    if draw(st.integers(0, 7)) == 0:
        stores[PROBE_ARN] = store_of(PROBE_NAME, *sorted(draw(some)), ours=draw(st.booleans()))
    if draw(st.booleans()):
        stores[OURS_ARN] = store_of(OUR_NAME, *sorted(draw(some)), ours=draw(st.integers(0, 19)) != 19)
    listeners = {}
    verifying = 0
    for port in range(443, 443 + draw(st.sampled_from([1, 1, 1, 1, 2, 2, 2, 0, 3]))):
        mode = draw(st.sampled_from(["off", "passthrough", "verify", "verify"]))
        mode = "passthrough" if mode == "verify" and verifying == 2 else mode
        verifying += mode == "verify"
        mutual = mutual_of(
            mode, draw(st.sampled_from(sorted(set(stores) - {PROBE_ARN}))), ignore_expiry=draw(st.integers(0, 3)) == 0
        )
        listeners[listener_arn(port)] = listener_of(port, mutual)
    leaves = draw(st.sampled_from([("edge-1",), ("edge-1", "edge-1b"), ("edge-1", "edge-2"), OUR_LEAVES]))
    uploaded, links = draw(at_the_edge())
    moment = Moment(
        listeners,
        stores,
        uploaded,
        links,
        zone_pulls=draw(st.booleans()),
        global_pulls=draw(st.booleans()),
        buckets=frozenset([BUCKET] if draw(st.integers(0, 7)) != 7 else []),
    )
    policy = draw(policies())
    return TrustWorld(moment, leaves, policy, draw(paces()), records_of(policy.hostnames))


@st.composite
def at_the_edge(draw: st.DrawFn) -> tuple[tuple[Uploaded, ...], dict[str, Linked]]:
    """Certificates of both scopes, and what hostnames present of their own."""
    leaves = (*OUR_LEAVES, "leaf-a", "leaf-b", "ended-a")
    few = st.lists(st.sampled_from(leaves), max_size=3, unique=True)
    of_hosts, of_zone = draw(few), draw(few)
    uploaded = tuple(Uploaded(f"h{n}", "hostname", leaf) for n, leaf in enumerate(of_hosts))
    uploaded += tuple(Uploaded(f"z{n}", "zone", leaf) for n, leaf in enumerate(of_zone))
    links: dict[str, Linked] = {}
    for hostname in (WWW, API, OTHER):
        linked = draw(st.booleans())
        if of_hosts and linked:
            links[hostname] = Linked(f"h{draw(st.integers(0, len(of_hosts) - 1))}", draw(st.integers(0, 3)) > 0)
    return uploaded, links


@st.composite
def paces(draw: st.DrawFn) -> Pace:
    """Stores and the edge take nothing, some seconds, some minutes."""
    return Pace(draw(st.sampled_from([0.0, 3.0, 200.0])), draw(st.sampled_from([0.0, 5.0, 200.0])))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """What may be asked for."""
    whose = draw(st.sampled_from(["own", "own", "own", "shared"]))
    evidence = draw(st.sampled_from(["echo", "logs", "port", "none"]))
    identity = IdentityPolicy(
        mode=draw(st.sampled_from(["verify", "verify", "verify", "verify", "passthrough", "off"])),
        certificate=whose,  # type: ignore[arg-type]
        scope="global" if whose == "shared" else draw(st.sampled_from(["hostname", "zone"])),
        ca="blog",
        bucket=BUCKET,
        create_bucket=draw(st.booleans()),
        advertise_ca_names=draw(st.booleans()),
        echo=ECHO if evidence == "echo" else "",
        logs=evidence == "logs",
        probe_port=PROBE if evidence == "port" else 0,
        acknowledged=(f"origin {OTHER}",),
    )
    hostnames: tuple[str, ...] = draw(st.sampled_from([(WWW,), (API, WWW)]))
    return Policy("blog", LoadBalancerNamed("blog"), hostnames=hostnames, identity=identity, edge_account=EdgeAccount())


def records_of(hostnames: tuple[str, ...]) -> tuple[DnsRecord, ...]:
    """Every hostname leads to the load balancer, and another name elsewhere."""
    ours = (DnsRecord(f"r-{name}", name, "CNAME", DNS_NAME, proxied=True) for name in hostnames)
    return (DnsRecord("r-other", OTHER, "A", "192.0.2.9", proxied=True), *ours)


def plain_world(
    *leaves: str,
    mode: str = "off",
    store: tuple[str, ...] = (),
    hostnames: tuple[str, ...] = (WWW,),
    **identity: object,
) -> TrustWorld:
    """One listener, nothing at the edge, unless told otherwise; an example to begin from."""
    stores = {OURS_ARN: store_of(OUR_NAME, *store, ours=True)} if store else {}
    mutual = mutual_of(mode, OURS_ARN)
    asked = IdentityPolicy(ca="blog", bucket=BUCKET, echo=ECHO)
    for name, value in identity.items():
        asked = dataclasses_replaced(asked, name, value)
    policy = Policy("blog", LoadBalancerNamed("blog"), hostnames=hostnames, identity=asked, edge_account=EdgeAccount())
    moment = Moment({listener_arn(443): listener_of(443, mutual)}, stores, buckets=frozenset([BUCKET]))
    return TrustWorld(moment, leaves or ("edge-1",), policy, records=records_of(hostnames))


def dataclasses_replaced(asked: IdentityPolicy, name: str, value: object) -> IdentityPolicy:
    """One part of it otherwise."""
    import msgspec  # noqa: PLC0415  here alone

    return msgspec.structs.replace(asked, **{name: value})


TODAY = datetime.date(2026, 11, 22)
