"""Which groups stand before the origin: which of them is to hold what is wanted, which stand beside it, which leave.

Lives here: the roles of the groups of a target. Must not live here: the changes that follow (see `lock`, `balancer`),
what is wanted (see `wanted`).

A bare group holds what is wanted itself. Of a load balancer one group holds it: by `security_group = "existing"` one
of those that it has, by `"create"` one of our own. The others stand beside it; of those, by `"create"` and
`foreign = "remove"`, the ones by which strangers come in leave, unless somebody needs them.
"""

from __future__ import annotations

import datetime

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.load_balancer import LoadBalancer
from originlock.facts.origin import CidrSource, Rule, SecurityGroup, Tags, new_group
from originlock.facts.snapshot import Names, Snapshot
from originlock.facts.unknown import Unknown
from originlock.facts.words import ports_in_words
from originlock.intent.policy import Policy
from originlock.locks.network import ownership
from originlock.locks.network.judged import JudgedGroup, judged
from originlock.locks.network.terms import doors_of, terms_of
from originlock.locks.network.wanted import wanted_rules, welcome

BALANCER_TAG = "originlock:load-balancer"
"""The tag of a group of our own whose value is the name of the load balancer that it was made for."""


class Standing(msgspec.Struct, frozen=True):
    """The groups of a target in their roles.

    Attributes:
        holds: groups that hold what is wanted, or are going to.
        beside: other groups of the load balancer.
        candidates: ids of groups beside ours that would leave if nobody needs them.
        needed: of the candidates, who needs each: words, by its id.
        own: the id of the group of our own, or what it is called before it is made; None where none is asked for.
        shared: ids of groups that hold foreign openings and that others use too, or may.
    """

    holds: tuple[JudgedGroup, ...]
    beside: tuple[JudgedGroup, ...] = ()
    candidates: tuple[str, ...] = ()
    needed: dict[str, str] = {}
    own: str | None = None
    shared: tuple[str, ...] = ()

    @property
    def views(self) -> tuple[JudgedGroup, ...]:
        """All of them."""
        return (*self.holds, *self.beside)

    @property
    def leaving(self) -> tuple[str, ...]:
        """Ids of the groups that are to be detached."""
        return tuple(name for name in self.candidates if name not in self.needed)


def group_tags(policy: Policy, balancer: LoadBalancer) -> Tags:
    """The tags of a group of our own, sorted."""
    return tuple(sorted((*ownership.tags_for(policy.origin), (BALANCER_TAG, balancer.name))))


def group_name(policy: Policy, balancer: LoadBalancer) -> str:
    """The name of a group of our own: two load balancers never mean the same one, and one VPC has a name once."""
    return f"originlock-{policy.origin}-{balancer.name}"


def standing(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> Standing:
    """The roles of every group that was read."""
    balancer = snapshot.load_balancer
    read = [group for _, group in sorted(snapshot.groups.items()) if isinstance(group, SecurityGroup)]
    if balancer is None:
        return Standing(tuple(judged(policy, accepted, snapshot, group) for group in read))
    attached = [group for group in read if group.id in balancer.groups]
    own = own_group(policy, snapshot, balancer)
    if policy.network.security_group == "create" and own is not None:
        return _with_own(policy, accepted, snapshot, own, [group for group in attached if group.id != own.id])
    if policy.network.security_group == "create":
        # Whether there is one of ours cannot be told: nothing is made twice. And nothing is taken out of the others,
        # for nobody holds what is wanted in their stead.
        beside = _beside(policy, accepted, snapshot, attached)
        return Standing((), tuple(msgspec.structs.replace(view, going=(), own_unwanted=()) for view in beside))
    return _with_existing(policy, accepted, snapshot, attached)


def own_group(policy: Policy, snapshot: Snapshot, balancer: LoadBalancer) -> SecurityGroup | None:
    """The group of our own: one that is there, or one to be made; None if that cannot be told."""
    answer = snapshot.tagged_groups.get(group_tags(policy, balancer), Names())
    if isinstance(answer, Unknown):
        return None
    held = [snapshot.groups.get(name) for name in answer.names]
    if any(isinstance(group, Unknown) for group in held):
        return None
    ours = [group for group in held if isinstance(group, SecurityGroup) and group.vpc in ("", balancer.vpc)]
    if ours:
        return min(ours, key=lambda group: (group.id not in balancer.groups, group.id))
    name = group_name(policy, balancer)
    return SecurityGroup(new_group(balancer.vpc, name), name, balancer.vpc, tags=group_tags(policy, balancer))


def _beside(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, groups: list[SecurityGroup]
) -> tuple[JudgedGroup, ...]:
    return tuple(judged(policy, accepted, snapshot, group, holds=False) for group in groups)


def _with_existing(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, attached: list[SecurityGroup]
) -> Standing:
    if not attached:
        return Standing(())
    home = min(attached, key=lambda group: _home_order(policy, accepted, snapshot, group))
    views = [judged(policy, accepted, snapshot, group, holds=group.id == home.id) for group in attached]
    kept, shared = _sparing(policy, snapshot, views)
    return Standing(
        tuple(view for view in kept if view.group.id == home.id),
        tuple(view for view in kept if view.group.id != home.id),
        shared=shared,
    )


def _home_order(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, group: SecurityGroup
) -> tuple[int, int, str]:
    """Which group is to hold what is wanted: that with the most of it, else with the most rules of ours.

    What is wanted counts first, for a run that died after it had filled one, and emptied it of all else, is to be gone
    on with where it was.
    """
    today = snapshot.at.astimezone(datetime.UTC).date()
    wanted = {spec.key for spec in wanted_rules(policy, accepted, today, terms_of(policy, snapshot))}
    own = [rule for rule in group.rules if ownership.is_own(rule, policy.origin)]
    return -sum(1 for rule in own if rule.key in wanted), -len(own), group.id


def _has_other_users(snapshot: Snapshot, group: str) -> bool:
    """Whether somebody else uses a group, or may: then a foreign rule in it is also his."""
    balancer = snapshot.load_balancer
    users = snapshot.users.get(group)
    if users is None:
        return False
    if balancer is None or isinstance(users, Unknown) or isinstance(balancer.interfaces, Unknown):
        return True
    return bool(set(users.names).difference(each.id for each in balancer.interfaces))


def _sparing(policy: Policy, snapshot: Snapshot, views: list[JudgedGroup]) -> tuple[list[JudgedGroup], tuple[str, ...]]:
    """The views, of which those that others use too lose foreign rules only by their ids; and the ids of those."""
    shared = tuple(view.group.id for view in views if view.going and _has_other_users(snapshot, view.group.id))
    return [_left_to_others(policy, view) if view.group.id in shared else view for view in views], shared


def _left_to_others(policy: Policy, view: JudgedGroup) -> JudgedGroup:
    """The view of a group that others use too: foreign rules go from it only by their ids."""
    named = tuple(rule for rule in view.going if rule.id in policy.network.foreign_rules)
    return msgspec.structs.replace(view, going=named)


def _with_own(
    policy: Policy,
    accepted: AcceptedList,
    snapshot: Snapshot,
    own: SecurityGroup,
    others: list[SecurityGroup],
) -> Standing:
    beside = _beside(policy, accepted, snapshot, others)
    removing = policy.network.foreign == "remove" and accepted.may_remove
    candidates = tuple(view.group.id for view in beside if removing and view.openings)
    needed = {
        view.group.id: why
        for view in beside
        if view.group.id in candidates and (why := _who_needs(policy, accepted, snapshot, view)) is not None
    }
    leaving = set(candidates).difference(needed)
    # What leaves takes its rules along; nothing in it is touched.
    staying = [
        msgspec.structs.replace(view, going=(), own_unwanted=()) if view.group.id in leaving else view
        for view in beside
    ]
    (ours, *kept), shared = _sparing(policy, snapshot, [judged(policy, accepted, snapshot, own), *staying])
    return Standing((ours,), tuple(kept), candidates, needed, own.id, shared)


def _who_needs(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, view: JudgedGroup) -> str | None:
    """Why a group must stay, in words; None if nobody needs it."""
    name = view.group.id
    balancer = snapshot.load_balancer
    for asked in (balancer.listeners, balancer.health) if balancer is not None else ():
        if isinstance(asked, Unknown):
            return f"{asked.what} could not be read ({asked.reason})"
    named = snapshot.references.get(name, Unknown(f"who refers to {name}", "it was not asked"))
    if isinstance(named, Unknown):
        return f"whether a rule refers to {name} cannot be told ({named.reason})"
    if named.names:
        return f"rules of {', '.join(named.names)} refer to {name}, which may be how targets admit the load balancer"
    # What is named to go anyway is no reason to stay.
    unclear = next((rule for rule, _ in view.unclear if rule not in view.going), None)
    if unclear is not None:
        return f"whom {unclear.id} of {name} lets in cannot be told"
    others = {ownership.owner(rule) for rule in view.group.rules if rule not in view.going} - {None, policy.origin}
    if others:
        return f"{name} holds rules of the origin {', '.join(sorted(filter(None, others)))}"
    unlocked = next((rule for rule in view.group.rules if _opens_what_is_not_locked(policy, snapshot, rule)), None)
    if unlocked is not None:
        return (
            f"{unlocked.id} of {name} opens a port that is listened on and not locked ({ports_in_words(unlocked.key)})"
        )
    theirs = [rule for rule in view.harmless if is_a_way_in_of_its_own(policy, accepted, snapshot, rule)]
    if theirs:
        return f"{theirs[0].id} of {name} lets in others than strangers, whom our own group does not let in"
    return None


def _opens_what_is_not_locked(policy: Policy, snapshot: Snapshot, rule: Rule) -> bool:
    """Whether a rule opens a door that is not the policy's: with its group, that door would be shut to all."""
    network = policy.network
    locked = {(network.protocol, port) for port in network.ports}
    if rule.id in network.foreign_rules:
        return False
    return any(rule.key.opens(*door) for door in doors_of(policy, snapshot) if door not in locked)


def is_a_way_in_of_its_own(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, rule: Rule) -> bool:
    """Whether a rule lets somebody in at a door where what is wanted does not let him in."""
    network = policy.network
    opened = [door for door in doors_of(policy, snapshot) if rule.key.opens(*door)]
    if not opened:
        return False
    if any(protocol != network.protocol or port not in network.ports for protocol, port in opened):
        return True
    guests = welcome(policy, accepted, snapshot.at.astimezone(datetime.UTC).date())
    source = rule.key.source
    return not (isinstance(source, CidrSource) and guests.covers(source.cidr))
