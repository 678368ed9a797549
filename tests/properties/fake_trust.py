"""What AWS trusts and what an edge presents, in memory and no kinder than they are: for runs of the identity lock.

Source of each behaviour: Elastic Load Balancing API reference and quotas (a store is CREATING for a while, its name is
its own, one in use is not deleted, two listeners verify), Cloudflare's API (docs/cloudflare-behaviour.md: the same
certificate is not taken twice, one that a hostname presents is not deleted, the nearest level wins). Every state that
it was ever in is kept. Faults are given by the number of the call.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import itertools
from collections.abc import Iterator
from typing import assert_never

import msgspec
from tests.properties.fake_cloud import FakeClock, Killed
from tests.properties.trust_ground import ISSUERS, NAMES, Linked, Moment, Store, Uploaded, certificate, print_of

from originlock.facts.certificates import Authority, Certificate, ders_in, members, sha256_of
from originlock.facts.load_balancer import InterfaceQuota, LoadBalancer
from originlock.facts.origin import Missing, PrefixList, RulesQuota, Tags
from originlock.facts.snapshot import Held, Names
from originlock.facts.trust import (
    Bucket,
    Handshake,
    Listeners,
    MutualTls,
    Revocations,
    SecureListener,
    StoredObject,
    TrustStore,
    is_listener,
    is_trust_store,
    name_of_new_trust_store,
    object_target,
    parts_of_new_listener,
    parts_of_object,
)
from originlock.facts.unknown import Unknown
from originlock.facts.zone import Association, DnsRecord, EdgeCertificate, Scope, Switch, Zone, part_of_zone
from originlock.intent.policy import EdgeAccount, Place, Target
from originlock.plan.acts import Act
from originlock.plan.change import Change
from originlock.plan.document import Plan
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.plan.trust_acts import (
    AddRevocations,
    CreateBucket,
    CreateProbeListener,
    CreateTrustStore,
    DeleteCertificate,
    DeleteProbeListener,
    DeleteTrustStore,
    EdgeAct,
    PutObject,
    RemoveRevocations,
    ReplaceBundle,
    SetGlobalPulls,
    SetHostnamePulls,
    SetMutualTls,
    SetRecords,
    SetZonePulls,
    StoreAct,
    UploadCertificate,
)
from originlock.ports.reading import Found, Search

ELB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
BALANCER = f"{ELB}:loadbalancer/app/blog/50dc6c495c0c9188"
ZONE, DOMAIN = "023e105f4ecef8ad9ca31a8372d0c353", "example.org"
EGRESS = "173.245.48.1"
DNS_NAME = "lb.example.net"

MOST_STORES, MOST_VERIFYING, MOST_AUTHORITIES, MOST_UPLOADED = 20, 2, 25, 10
"""Elastic Load Balancing quotas; Cloudflare API reference: certificates for hostnames in a zone."""


class Fault(enum.Enum):
    """What can go wrong with one call."""

    LOST_BEFORE = "the call never arrives, and there is no answer"
    LOST_AFTER = "the call is done, and there is no answer"
    DENIED = "the call is refused"
    DUPLICATE = "the answer is 'already so', which may not be true"
    NOT_TAKEN = "the answer is 'done', and nothing is"
    KILL_BEFORE = "we die before the call"
    KILL_AFTER = "we die after the call"
    STALE = "a read shows the state before the last change"
    UNREADABLE = "a read is refused"


@dataclasses.dataclass(frozen=True)
class Pace:
    """How many seconds a store, and whatever is asked of the edge, takes until it counts."""

    store: float = 3.0
    edge: float = 5.0


def listener_arn(port: int) -> str:
    """The ARN of the listener on a port."""
    return f"{ELB}:listener/app/blog/50dc6c495c0c9188/{port:016x}"


def store_arn(name: str, number: int) -> str:
    """The ARN of a store; one that is made anew has another."""
    return f"{ELB}:truststore/{name}/{number:016x}"


class FakeTrust:
    """One account and Region of AWS, one account at the edge, and our authority."""

    def __init__(
        self, moment: Moment, authority: Authority | Unknown, clock: FakeClock, pace: Pace | None = None
    ) -> None:
        self.moments: list[Moment] = [moment]
        self.authority_held = authority
        self.clock = clock
        self.pace = pace or Pace()
        self.calls: list[str] = []
        self.acts: list[tuple[Act, Outcome | None]] = []
        self.phases: list[str] = []
        self.faults: dict[int, Fault] = {}
        self.dark: frozenset[str] = frozenset()
        self.seen_presented: set[tuple[str, str]] = set()
        self.verified_unseen: list[str] = []
        self._ids = itertools.count(100)

    @property
    def now(self) -> Moment:
        """The state at this moment; that time went by is a state of its own."""
        if self.moments[-1].at != self.clock.slept:
            self.moments.append(dataclasses.replace(self.moments[-1], at=self.clock.slept))
        return self.moments[-1]

    def _become(self, **parts: object) -> None:
        self.moments.append(dataclasses.replace(self.now, **parts))  # type: ignore[arg-type]

    def _fault(self, name: str) -> Fault | None:
        self.calls.append(name)
        fault = self.faults.get(len(self.calls))
        if fault is Fault.KILL_BEFORE:
            raise Killed
        return fault

    def _shown(self, name: str) -> Moment | None:
        """The state that a read shows; None where it is refused."""
        fault = self._fault(name)
        now = self.now
        if fault is Fault.KILL_AFTER:
            raise Killed
        if fault in (Fault.UNREADABLE, Fault.DENIED, Fault.LOST_BEFORE, Fault.LOST_AFTER) or name in self.dark:
            return None
        return self.moments[-2] if fault is Fault.STALE and len(self.moments) > 1 else now

    # -- the ports of AWS ---------------------------------------------------------------------------------------

    @property
    def region(self) -> str | None:
        """The world is one."""
        return None

    def find(self, target: Target) -> Found:
        """The load balancer."""
        del target
        balancer = LoadBalancer(BALANCER, "blog", "vpc-1", "application", "ipv4", (), (), (), (), (), DNS_NAME)
        return Found({}, load_balancer=balancer)

    def reader(self, *_: Place | str | EdgeAccount) -> FakeTrust:
        """Itself, everywhere: of AWS by place, of the edge by name and account."""
        return self

    def listeners(self, load_balancer: str) -> Listeners | Unknown:
        """All that there are."""
        assert load_balancer == BALANCER
        shown = self._shown("listeners")
        if shown is None:
            return Unknown("listeners", "not allowed")
        held = sorted(shown.listeners.values(), key=lambda each: each.port)
        return Listeners(tuple(held), logs="s3://logs/blog")

    def trust_stores(self, targets: tuple[str, ...]) -> dict[str, TrustStore | Missing | Unknown]:
        """By ARN or by name."""
        shown = self._shown("trust stores")
        return {target: self._store(target, shown) for target in targets}

    def _store(self, target: str, shown: Moment | None) -> TrustStore | Missing | Unknown:
        if shown is None:
            return Unknown(f"trust store {target}", "not allowed")
        name = name_of_new_trust_store(target)
        arn = next((arn for arn, held in shown.stores.items() if target == arn or held.name == name), None)
        if arn is None:
            return Missing(target)
        held = shown.stores[arn]
        used = tuple(sorted(each.id for each in shown.listeners.values() if each.mutual.trust_store == arn))
        unread = Unknown(f"the bundle of {arn}", "not allowed") if f"bundle {held.name}" in self.dark else None
        return TrustStore(
            id=arn,
            name=held.name,
            status="ACTIVE" if held.ready_at <= shown.at else "CREATING",
            bundle=unread or held.text,
            members=unread or members(held.text),
            tags=held.tags,
            revocations=tuple(Revocations(number, len(leaves), sha256) for number, sha256, leaves in held.lists),
            used_by=used,
        )

    def bucket(self, name: str) -> Bucket | Missing | Unknown:
        """There, or not."""
        shown = self._shown("bucket")
        if shown is None:
            return Unknown(f"bucket {name}", "not allowed")
        return Bucket(f"s3://{name}") if name in shown.buckets else Missing(f"s3://{name}")

    def handshakes(self, logs: str, since: datetime.datetime) -> tuple[Handshake, ...] | Unknown:
        """Each hostname was asked for at each listener, and what the edge brought there."""
        del logs
        if self._shown("handshakes") is None:
            return Unknown("connection logs", "not allowed")
        found: list[Handshake] = []
        for name in self.hostnames:
            for each in self.now.listeners.values():
                brought = self.now.presented(name) if each.mutual.mode != "off" else ""
                serial = print_of(brought)[:16] if brought else ""
                found.append(Handshake(since, EGRESS, each.port, serial, "-"))
                self.saw(name, brought)
        return tuple(found)

    hostnames: tuple[str, ...] = ()
    records: tuple[DnsRecord, ...] = ()

    def saw(self, hostname: str, leaf: str) -> None:
        """Somebody was shown what the edge presents for a hostname."""
        self.seen_presented.add((hostname, leaf))

    # -- the ports of the edge ----------------------------------------------------------------------------------

    def zone(self, hostnames: tuple[str, ...]) -> Zone | Missing | Unknown:
        """With the associations of those that were asked for."""
        shown = self._shown("zone")
        if shown is None:
            return Unknown("the zone", "not allowed")
        zone = Zone(
            ZONE,
            DOMAIN,
            "active",
            global_pulls=shown.global_pulls,
            zone_pulls=shown.zone_pulls,
            certificates=tuple(self._certificate(each, shown) for each in shown.certificates),
            associations={name: self._association(name, shown) for name in hostnames},
            records=self.records,
        )
        dark = {part: Unknown(part, "not allowed") for part in ZONE_PARTS if part in self.dark}
        return msgspec.structs.replace(zone, **dark)

    def _certificate(self, held: Uploaded, shown: Moment) -> EdgeCertificate:
        facts = certificate(held.leaf)
        status = "active" if held.ready_at <= shown.at else "pending_deployment"
        # The order in which they were uploaded is that in which they stand.
        number = [each.id for each in shown.certificates].index(held.id)
        uploaded = f"2026-11-01T00:00:{number:02}Z"
        return EdgeCertificate(held.id, held.scope, facts.sha256, facts.pem, status, uploaded=uploaded)

    def _association(self, hostname: str, shown: Moment) -> Association:
        held = shown.links.get(hostname)
        if held is None:
            # One that was ended goes on for a while, and says so.
            going = shown.link(hostname) is not None
            return Association(hostname, status="pending_deletion" if going else "")
        status = "active" if held.ready_at <= shown.at else "pending_deployment"
        leaf = next((each.leaf for each in shown.certificates if each.id == held.certificate), "")
        return Association(hostname, held.certificate, print_of(leaf) if leaf else "", held.enabled, status)

    # -- looking ------------------------------------------------------------------------------------------------

    def look(self, targets: tuple[str, ...]) -> dict[str, Held | Unknown]:
        """As they are now."""
        shown = self._shown("look")
        if shown is None:
            return {target: Unknown(target, "not allowed") for target in targets}
        return {target: self._held(target, shown) for target in targets}

    def _held(self, target: str, shown: Moment) -> Held | Unknown:
        if is_trust_store(target):
            return self._store(target, shown)
        if is_listener(target):
            parts = parts_of_new_listener(target)
            port = parts[1] if parts else 0
            found = (each for each in shown.listeners.values() if each.id == target or each.port == port)
            return next(found, Missing(target))
        if (of_object := parts_of_object(target)) is not None:
            name, key = of_object
            if not key:
                return Bucket(target) if name in shown.buckets else Missing(target)
            text = shown.objects.get(target)
            return Missing(target) if text is None else StoredObject(target, sha256_of(text.encode()))
        match part_of_zone(target):
            case ("certificates", scope, sha256):
                mine = (e for e in shown.certificates if e.scope == scope and print_of(e.leaf) == sha256)
                held = next(mine, None)
                return Missing(target) if held is None else self._certificate(held, shown)
            case ("pulls", "hostname", hostname):
                return self._association(hostname, shown)
            case ("pulls", "zone"):
                return Switch(target, shown.zone_pulls)
            case ("pulls", "global"):
                return Switch(target, shown.global_pulls)
            case _:
                raise AssertionError(target)

    # -- our authorities ----------------------------------------------------------------------------------------

    def authority(self, name: str) -> Authority | Unknown:
        """The one that there is."""
        del name
        return self.authority_held

    def shared(self, edge: str) -> Certificate | Unknown:
        """The one that is known."""
        del edge
        return certificate("shared")

    def described(self, pem: str) -> tuple[Certificate | Unknown, ...]:
        """By their fingerprints."""
        return tuple(certificate(NAMES[sha256_of(der)]) for der in ders_in(pem))

    # -- writing ------------------------------------------------------------------------------------------------

    def performer(self, plan: Plan) -> FakeTrust:
        """Itself."""
        del plan
        return self

    def perform(self, acts: tuple[tuple[Place, Change, Act], ...]) -> Iterator[tuple[Change, Outcome]]:
        """One after the other, in this order."""
        for _, change, act in acts:
            self.phases.append(change.phase.value)
            fault = self._fault(type(act).__name__)
            if fault is Fault.LOST_BEFORE:
                outcome: Outcome = Unsure("no answer")
            elif fault in (Fault.DENIED, Fault.UNREADABLE):
                outcome = Failed("AccessDenied", "allow it")
            elif fault is Fault.DUPLICATE:
                outcome = AlreadySo("it is so")
            elif fault is Fault.NOT_TAKEN:
                outcome = Done()
            else:
                outcome = self.do(act)
                if fault is Fault.KILL_AFTER:
                    raise Killed
                if fault is Fault.LOST_AFTER:
                    outcome = Unsure("no answer")
            self.acts.append((act, outcome))
            yield change, outcome

    def do(self, act: Act) -> Outcome:  # noqa: C901  one case a kind
        """Do an act as AWS and the edge do."""
        assert isinstance(act, StoreAct | EdgeAct), act
        match act:
            case CreateBucket(name):
                if name in self.now.buckets:
                    return AlreadySo("BucketAlreadyOwnedByYou")
                self._become(buckets=self.now.buckets | {name})
            case PutObject():
                if act.bucket not in self.now.buckets:
                    return Failed("NoSuchBucket", "make it")
                self._become(objects={**self.now.objects, act.target: act.body})
            case CreateTrustStore() | DeleteTrustStore() | ReplaceBundle() | AddRevocations() | RemoveRevocations():
                return self._do_store(act)
            case SetMutualTls() | CreateProbeListener() | DeleteProbeListener():
                return self._do_listener(act)
            case UploadCertificate() | DeleteCertificate():
                return self._do_certificate(act)
            case SetHostnamePulls():
                return self._do_hostname(act)
            case SetZonePulls(on=on):
                self._become(zone_pulls=on)
            case SetGlobalPulls(on=on):
                self._become(global_pulls=on)
            case SetRecords():
                raise AssertionError(act)
            case _:
                assert_never(act)
        return Done()

    # -- stores -------------------------------------------------------------------------------------------------

    def _do_store(
        self, act: CreateTrustStore | DeleteTrustStore | ReplaceBundle | AddRevocations | RemoveRevocations
    ) -> Outcome:
        if isinstance(act, CreateTrustStore):
            return self._create_store(act)
        arn = act.trust_store
        held = self.now.stores.get(arn)
        if held is None:
            gone = isinstance(act, DeleteTrustStore)
            return AlreadySo("TrustStoreNotFound") if gone else Unsure("TrustStoreNotFound")
        match act:
            case DeleteTrustStore():
                if any(each.mutual.trust_store == arn for each in self.now.listeners.values()):
                    return Failed("TrustStoreInUse", "have it use another")
                self._become(stores={name: each for name, each in self.now.stores.items() if name != arn})
                return Done()
            case ReplaceBundle():
                text = self.now.objects.get(object_target(act.bucket, act.key))
                if text is None or _too_many(text):
                    return Failed("CaCertificatesBundleNotFound or InvalidCaCertificatesBundle", "put it there")
                return self._keep(arn, dataclasses.replace(held, text=text, members=_named(text)))
            case AddRevocations() | RemoveRevocations():
                return self._do_revocations(act, held)
            case _:
                assert_never(act)

    def _do_revocations(self, act: AddRevocations | RemoveRevocations, held: Store) -> Outcome:
        if isinstance(act, AddRevocations):
            text = self.now.objects.get(object_target(act.bucket, act.key))
            if text is None:
                return Failed("RevocationContentNotFound", "put it there")
            more = (next(self._ids), act.sha256, frozenset(text.split()))
            return self._keep(act.trust_store, dataclasses.replace(held, lists=(*held.lists, more)))
        if not act.ids:
            return AlreadySo("it is not known yet how AWS numbers the list")
        if not set(act.ids) <= {number for number, _, _ in held.lists}:
            return AlreadySo("RevocationIdNotFound")
        left = tuple(each for each in held.lists if each[0] not in act.ids)
        return self._keep(act.trust_store, dataclasses.replace(held, lists=left))

    def _keep(self, arn: str, store: Store) -> Outcome:
        self._become(stores={**self.now.stores, arn: store})
        return Done()

    def _create_store(self, act: CreateTrustStore) -> Outcome:
        text = self.now.objects.get(object_target(act.bucket, act.key))
        if text is None or _too_many(text):
            return Failed("CaCertificatesBundleNotFound or InvalidCaCertificatesBundle", "put it there")
        if any(each.name == act.name for each in self.now.stores.values()):
            return AlreadySo("DuplicateTrustStoreName")
        if len(self.now.stores) >= MOST_STORES:
            return Failed("TooManyTrustStores", "delete one")
        arn = store_arn(act.name, next(self._ids))
        self._keep(arn, Store(act.name, text, _named(text), act.tags, self.now.at + self.pace.store))
        return Done(made=arn)

    # -- listeners ----------------------------------------------------------------------------------------------

    def _do_listener(self, act: SetMutualTls | CreateProbeListener | DeleteProbeListener) -> Outcome:
        match act:
            case SetMutualTls(arn, wanted):
                held = self.now.listeners.get(arn)
                if held is None:
                    return Failed("ListenerNotFound", "plan again")
                refused = self._may_verify(wanted, arn)
                if refused is not None:
                    return refused
                self._notice(held, wanted)
                self._become(listeners={**self.now.listeners, arn: msgspec.structs.replace(held, mutual=wanted)})
                return Done()
            case CreateProbeListener():
                wanted = MutualTls("verify", act.trust_store)
                if any(each.port == act.port for each in self.now.listeners.values()):
                    return AlreadySo("DuplicateListener")
                refused = self._may_verify(wanted, "")
                if refused is not None:
                    return refused
                made = SecureListener(f"{listener_arn(act.port)}{next(self._ids)}", act.port, "HTTPS", wanted)
                made = msgspec.structs.replace(made, certificates=act.certificates, tags=act.tags)
                self._become(listeners={**self.now.listeners, made.id: made})
                return Done(made=made.id)
            case DeleteProbeListener():
                found = next((each for each in self.now.listeners.values() if each.port == act.port), None)
                if found is None or not set(act.tags) <= set(found.tags):
                    return AlreadySo("there is none of ours")
                self._become(listeners={n: each for n, each in self.now.listeners.items() if n != found.id})
                return Done()
            case _:
                assert_never(act)

    def _may_verify(self, wanted: MutualTls, arn: str) -> Outcome | None:
        if wanted.mode != "verify":
            assert wanted == MutualTls(wanted.mode), "AWS takes nothing beside another mode"
            return None
        store = self.now.stores.get(wanted.trust_store)
        if store is None:
            return Unsure("TrustStoreNotFound")
        if store.ready_at > self.now.at:
            return Unsure("TrustStoreNotReady")
        others = [each for n, each in self.now.listeners.items() if n != arn and each.mutual.mode == "verify"]
        return Failed("LimitExceeded", "two verify") if len(others) >= MOST_VERIFYING else None

    def _notice(self, held: SecureListener, wanted: MutualTls) -> None:
        """Note who begins to verify before the edge was seen to present what is trusted then."""
        if wanted.mode != "verify" or held.mutual.mode == "verify":
            return
        store = self.now.stores[wanted.trust_store]
        for name in self.hostnames:
            seen = {leaf for host, leaf in self.seen_presented if host == name and leaf}
            if not any(ISSUERS[leaf] in store.members for leaf in seen):
                self.verified_unseen.append(f"{held.port} for {name}")

    # -- the edge -----------------------------------------------------------------------------------------------

    def _do_certificate(self, act: UploadCertificate | DeleteCertificate) -> Outcome:
        found = next(
            (e for e in self.now.certificates if e.scope == act.scope and print_of(e.leaf) == act.sha256), None
        )
        if isinstance(act, UploadCertificate):
            if found is not None:
                return AlreadySo("1406")
            mine = [each for each in self.now.certificates if each.scope == act.scope]
            if act.scope == "hostname" and len(mine) >= MOST_UPLOADED:
                return Failed("hostname certificates per zone", "delete one")
            made = Uploaded(f"c{next(self._ids)}", act.scope, NAMES[act.sha256], self.now.at + self.pace.edge)
            self._become(certificates=(*self.now.certificates, made))
            return Done()
        if found is None:
            return AlreadySo("it is gone")
        if found.ready_at > self.now.at:
            return Unsure("1434")
        if any(found.id == link.certificate for link in self.now.links.values()):
            return Failed("1433", "a hostname presents it")
        self._become(certificates=tuple(each for each in self.now.certificates if each.id != found.id))
        return Done()

    def _do_hostname(self, act: SetHostnamePulls) -> Outcome:
        ready = self.now.at + self.pace.edge
        now = self.now.link(act.hostname)
        if act.enabled is None:
            if act.hostname not in self.now.links:
                return AlreadySo("nothing is associated")
            links = {name: each for name, each in self.now.links.items() if name != act.hostname}
            gone = {} if now is None else {act.hostname: (ready, now)}
            self._become(links=links, unlinked={**self.now.unlinked, **gone})
            return Done()
        id_ = self._id_for(act)
        if not id_:
            return Failed("no such certificate", "upload it")
        linked = Linked(id_, act.enabled, ready, now)
        self._become(links={**self.now.links, act.hostname: linked})
        return Done()

    def _id_for(self, act: SetHostnamePulls) -> str:
        mine: dict[str, Uploaded] = {e.id: e for e in self.now.certificates if e.scope == "hostname"}
        if act.certificate:
            return next((n for n, each in mine.items() if print_of(each.leaf) == act.certificate), "")
        return act.certificate_id if act.certificate_id in mine else ""

    # -- what nobody asks of this world -------------------------------------------------------------------------

    def prefix_lists(self, ids: tuple[str, ...]) -> dict[str, PrefixList | Unknown]:
        """None are asked for."""
        raise NotImplementedError(ids)

    def rules_quota(self) -> RulesQuota | Unknown:
        """It is not asked for."""
        raise NotImplementedError

    def interface_quota(self) -> InterfaceQuota | Unknown:
        """It is not asked for."""
        raise NotImplementedError

    def tagged_groups(self, vpc: str, tags: Tags) -> Search:
        """None are asked for."""
        raise NotImplementedError(vpc, tags)

    def references(self, ids: tuple[str, ...]) -> dict[str, Names | Unknown]:
        """None are asked for."""
        raise NotImplementedError(ids)

    def users(self, ids: tuple[str, ...]) -> dict[str, Names | Unknown]:
        """None are asked for."""
        raise NotImplementedError(ids)

    def tagged_prefix_lists(self, tags: Tags) -> Search:
        """None are asked for."""
        raise NotImplementedError(tags)


ZONE_PARTS = ("global_pulls", "zone_pulls", "certificates", "records", "monitors", "ssl", "ssl_by_host")
"""What may be unreadable while the zone itself is read."""


def _named(text: str) -> frozenset[str]:
    return frozenset(NAMES[each] for each in members(text))


def _too_many(text: str) -> bool:
    return not 0 < len(members(text)) <= MOST_AUTHORITIES


__all__ = ["BALANCER", "DOMAIN", "ZONE", "FakeTrust", "Fault", "Pace", "Scope", "listener_arn", "store_arn"]
