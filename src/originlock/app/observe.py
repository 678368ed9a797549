"""Observe: read the list and what a policy is about, until no lock has a question left.

Lives here: which reader is asked what, and in which order. Must not live here: judging what was read.
"""

from __future__ import annotations

import dataclasses
from typing import Protocol, assert_never

import msgspec

from originlock.acceptance.judge import Accepted, RefusedList, judge
from originlock.acceptance.past import past_ranges
from originlock.errors import TargetError, UsageError
from originlock.facts.edge import AcceptedList, EdgeDescription
from originlock.facts.origin import Missing, PrefixList, SecurityGroup
from originlock.facts.snapshot import Names, Snapshot
from originlock.facts.unknown import Unknown
from originlock.facts.zone import Association, Zone, hostname_target
from originlock.intent.policy import (
    EdgeAccount,
    GroupsById,
    GroupsByTags,
    ListsAlone,
    LoadBalancerNamed,
    Overrides,
    Policy,
)
from originlock.locks.interface import Lock
from originlock.plan.acts import Inverse
from originlock.plan.questions import (
    AskAuthority,
    AskBucket,
    AskGroups,
    AskHostnames,
    AskInterfaceQuota,
    AskListeners,
    AskPrefixLists,
    AskReferences,
    AskRulesQuota,
    AskSharedAuthority,
    AskTaggedGroups,
    AskTaggedPrefixLists,
    AskTrustStores,
    AskUsers,
    AskZone,
    Question,
    TrustQuestion,
)
from originlock.ports.reading import (
    Authorities,
    Baselines,
    Clock,
    CloudReader,
    EdgeAccounts,
    Edges,
    PendingReadings,
    Resolver,
    TrustReaders,
)

_ROUNDS = 8
"""How many rounds of questions a lock may have; far more than any has, so that a fault cannot ask for ever."""

_WHERE_ELSE = "the region (--region) and the account (--profile, --assume-role)"


def baseline_of(description: EdgeDescription, baselines: Baselines) -> AcceptedList:
    """The list that a new one is held against: the last accepted one, on a first run the snapshot that ships."""
    last = baselines.last_accepted(description.name)
    if last is not None:
        return last
    return AcceptedList(description.name, description.snapshot, source=f"snapshot {description.snapshot_date}")


def accept_list(
    edge: str, pending: PendingReadings, edges: Edges, baselines: Baselines, clock: Clock, digest: str | None
) -> Accepted | RefusedList:
    """Wait for the published list and hold it against the guards."""
    description = edges.description(edge)
    baseline = baseline_of(description, baselines)
    at = clock.now().isoformat(timespec="seconds")
    judged = judge(pending.readings(), description.limits, baseline, digest, at)
    if isinstance(judged, RefusedList):
        return judged
    past = past_ranges(description, baseline, judged.list.ranges)
    return msgspec.structs.replace(judged, list=msgspec.structs.replace(judged.list, past=past))


def look(policy: Policy, reader: CloudReader, clock: Clock) -> Snapshot:
    """Read what a policy's target is.

    Raises:
        TargetError: a group that is named does not exist, or no group carries the tags.
    """
    found = reader.find(policy.target)
    where = policy.place.region or "this Region"
    match policy.target:
        case GroupsById(ids):
            missing = [name for name in ids if name not in found.groups]
            said = f"there is no security group {', '.join(missing)} in {where}"
            if missing and not found.groups:
                raise TargetError(said, f"check the id, {_WHERE_ELSE}")
            # One that is gone must not keep the others from being served.
            gone = {name: Unknown(f"security group {name}", f"there is none in {where}") for name in missing}
            found = msgspec.structs.replace(found, groups=found.groups | gone)
        case GroupsByTags(tags):
            if not found.groups and not found.unknown:
                said = ", ".join(f"{key}={value}" for key, value in tags)
                message = f"no security group in {where} carries the tags {said}"
                raise TargetError(message, f"check the tags, {_WHERE_ELSE}")
        case ListsAlone():
            pass
        case LoadBalancerNamed(name):
            if found.load_balancer is None and not found.unknown:
                message = f"there is no load balancer {name} in {where}"
                raise TargetError(message, f"check the name, {_WHERE_ELSE}")
        case _:
            assert_never(policy.target)
    return Snapshot(at=clock.now(), groups=found.groups, unknown=found.unknown, load_balancer=found.load_balancer)


@dataclasses.dataclass(frozen=True)
class Case:
    """What a lock is asked about.

    Attributes:
        inverses: on a rollback, what leads back; otherwise empty.
    """

    policy: Policy
    accepted: AcceptedList
    overrides: Overrides
    inverses: tuple[Inverse, ...] = ()


class TrustPorts(Protocol):
    """Who knows of certificates: those that listeners trust, those that the edge presents, our own authorities."""

    @property
    def clouds(self) -> TrustReaders:
        """Readers of trust in AWS."""

    @property
    def accounts(self) -> EdgeAccounts:
        """Readers of accounts at edges."""

    @property
    def authorities(self) -> Authorities:
        """Our own authorities."""


@dataclasses.dataclass(frozen=True)
class KnownTrust:
    """Those who know of certificates, as they are."""

    clouds: TrustReaders
    accounts: EdgeAccounts
    authorities: Authorities


@dataclasses.dataclass(frozen=True)
class Answerers:
    """Who answers a lock's questions about one origin."""

    cloud: CloudReader
    resolver: Resolver
    trust: TrustPorts | None = None


def answered(case: Case, snapshot: Snapshot, locks: tuple[Lock, ...], answerers: Answerers) -> Snapshot:
    """Have the locks' questions answered until they have none left."""
    for _ in range(_ROUNDS):
        asked = [
            question
            for lock in locks
            for question in lock.questions(case.policy, case.accepted, snapshot, case.overrides, case.inverses)
        ]
        if not asked:
            break
        for question in asked:
            snapshot = _with_answer(snapshot, question, case.policy, answerers)
    return snapshot


def _with_answer(  # noqa: C901  one case a question
    snapshot: Snapshot, question: Question, policy: Policy, answerers: Answerers
) -> Snapshot:
    reader, resolver = answerers.cloud, answerers.resolver
    if isinstance(question, TrustQuestion):
        return _with_trust(snapshot, question, policy, answerers.trust)
    match question:
        case AskPrefixLists(ids):
            seen = reader.prefix_lists(ids)
            unread = {name: Unknown(f"prefix list {name}", "AWS does not know it") for name in ids if name not in seen}
            return msgspec.structs.replace(snapshot, prefix_lists={**snapshot.prefix_lists, **seen, **unread})
        case AskRulesQuota():
            return msgspec.structs.replace(snapshot, quota=reader.rules_quota())
        case AskInterfaceQuota():
            return msgspec.structs.replace(snapshot, interface_quota=reader.interface_quota())
        case AskTaggedGroups(vpc, tags):
            search = reader.tagged_groups(vpc, tags)
            answer = search.unknown or Names(tuple(sorted(search.found)))
            groups = {name: held for name, held in search.found.items() if not isinstance(held, PrefixList)}
            return msgspec.structs.replace(
                snapshot,
                tagged_groups={**snapshot.tagged_groups, tags: answer},
                # What is attached was read with the load balancer; what was read first stands.
                groups={**groups, **snapshot.groups},
            )
        case AskTaggedPrefixLists(tags):
            search = reader.tagged_prefix_lists(tags)
            answer = search.unknown or Names(tuple(sorted(search.found)))
            lists = {name: held for name, held in search.found.items() if not isinstance(held, SecurityGroup)}
            return msgspec.structs.replace(
                snapshot,
                tagged_lists={**snapshot.tagged_lists, tags: answer},
                prefix_lists={**snapshot.prefix_lists, **lists},
            )
        case AskGroups(ids):
            unread = {name: Unknown(f"security group {name}", "AWS does not know it") for name in ids}
            return msgspec.structs.replace(
                snapshot, groups={**snapshot.groups, **unread, **reader.find(GroupsById(ids)).groups}
            )
        case AskReferences(ids):
            named = reader.references(ids)
            return msgspec.structs.replace(snapshot, references={**snapshot.references, **named})
        case AskUsers(ids):
            used = reader.users(ids)
            return msgspec.structs.replace(snapshot, users={**snapshot.users, **used})
        case AskHostnames(names):
            found = resolver.resolve(names)
            return msgspec.structs.replace(snapshot, resolutions={**snapshot.resolutions, **found})
        case _:
            assert_never(question)


def _zone(policy: Policy, asked: AskZone, trust: TrustPorts) -> Zone | Missing | Unknown:
    """The zone; without a token it is unknown, which must not keep the network lock from being kept."""
    try:
        reader = trust.accounts.reader(policy.edge, policy.edge_account or EdgeAccount())
        zone = reader.zone(asked.hostnames)
    except UsageError as error:
        return Unknown("the zone at the edge", f"{error.what}; {error.remedy}")
    here = [] if not isinstance(zone, Zone) else [name for name in asked.others if f".{name}".endswith(f".{zone.name}")]
    if not here or not isinstance(zone, Zone):
        return zone
    looked = reader.look(tuple(hostname_target(zone.id, name) for name in here))
    seen = {name: looked[hostname_target(zone.id, name)] for name in here}
    more = {name: held for name, held in seen.items() if isinstance(held, Association | Unknown)}
    return msgspec.structs.replace(zone, associations={**zone.associations, **more})


def _with_trust(snapshot: Snapshot, question: TrustQuestion, policy: Policy, trust: TrustPorts | None) -> Snapshot:
    """The snapshot with what whoever knows of certificates says.

    Raises:
        UsageError: what reads certificates is not installed.
    """
    if trust is None:
        message = "a lock asked of certificates, and nobody here knows of them"
        raise AssertionError(message)
    clouds = trust.clouds.reader(policy.place)
    match question:
        case AskListeners(balancer):
            return msgspec.structs.replace(snapshot, listeners=clouds.listeners(balancer))
        case AskTrustStores(targets):
            gone = {target: Missing(target) for target in targets}
            stores = {**snapshot.trust_stores, **gone, **clouds.trust_stores(targets)}
            return msgspec.structs.replace(snapshot, trust_stores=stores)
        case AskBucket(name):
            return msgspec.structs.replace(snapshot, bucket=clouds.bucket(name))
        case AskAuthority(name):
            known = {**snapshot.authorities, name: trust.authorities.authority(name)}
            return msgspec.structs.replace(snapshot, authorities=known)
        case AskSharedAuthority(edge):
            return msgspec.structs.replace(snapshot, shared_authority=trust.authorities.shared(edge))
        case AskZone() as asked:
            return msgspec.structs.replace(snapshot, zone=_zone(policy, asked, trust))
        case _:
            assert_never(question)
