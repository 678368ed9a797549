"""A Region in memory that is no kinder than AWS: load balancers, their groups, their targets, managed prefix lists.

Sources: EC2 API reference (all-or-nothing batches, Duplicate, DependencyViolation, prefix lists' versions and states),
Elastic Load Balancing API reference (SetSecurityGroups replaces the whole list), Amazon VPC quotas (IPv4 and IPv6
apart, a list counts by its size, groups per interface). Where AWS may be slow, it is: a second interface follows its
load balancer late, an entry that was put into a list lets nobody in before the change has ended, one that was taken
out shuts out at once. Every state that it was ever in is kept. Faults are given by the number of the call.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

import msgspec
from tests.properties.fake_cloud import Fault, Killed

from originlock.facts.load_balancer import Interface, InterfaceQuota, Listener, LoadBalancer, TargetHealth
from originlock.facts.networks import family, parse
from originlock.facts.origin import (
    CidrSource,
    GroupSource,
    Missing,
    PrefixList,
    PrefixListSource,
    Rule,
    RuleKey,
    RuleSpec,
    RulesQuota,
    SecurityGroup,
    Tags,
    name_of_new_prefix_list,
    parts_of_new_group,
)
from originlock.facts.snapshot import Held, Names
from originlock.facts.unknown import Unknown
from originlock.intent.policy import GroupsById, LoadBalancerNamed, Place, Target
from originlock.plan.acts import (
    Act,
    AddEntries,
    AttachGroups,
    Authorize,
    AuthorizeEgress,
    CreateGroup,
    CreatePrefixList,
    DeleteGroup,
    DeletePrefixList,
    DetachGroups,
    Entry,
    RemoveEntries,
    ResizePrefixList,
    Revoke,
    TagRules,
    UntagRules,
)
from originlock.plan.change import Change
from originlock.plan.document import Plan
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.ports.reading import Found, Search

EVERYTHING_OUT = RuleKey("-1", 0, 65535, CidrSource(parse("0.0.0.0/0")))
EVERYTHING_OUT6 = RuleKey("-1", 0, 65535, CidrSource(parse("::/0")))


@dataclasses.dataclass(frozen=True)
class Balancer:
    """A load balancer.

    Attributes:
        targets: (name, group): healthy while some rule of its group names a group of the load balancer.
        late: the groups that its second interface still has.
        lag: in how many calls that interface follows.
    """

    arn: str
    name: str
    groups: tuple[str, ...]
    listeners: tuple[Listener, ...] = (Listener("HTTPS", 443),)
    targets: tuple[tuple[str, str], ...] = ()
    addresses: str = "dualstack"
    tags: Tags = ()
    late: tuple[str, ...] | None = None
    lag: int = 0

    @property
    def sides(self) -> tuple[tuple[str, ...], ...]:
        """The groups of each of its interfaces."""
        return (self.groups, self.groups if self.late is None else self.late)


@dataclasses.dataclass(frozen=True)
class Underway:
    """A change of a list that AWS is working at.

    Attributes:
        told: what the list tells meanwhile.
        then: what it is, in so many calls.
    """

    told: PrefixList
    then: PrefixList
    calls: int


@dataclasses.dataclass(frozen=True)
class Moment:
    """Everything, at one moment.

    Attributes:
        lists: as they let in, which is not always as they are told.
        others: who else has a group: interfaces, by group.
    """

    groups: Mapping[str, SecurityGroup]
    balancers: Mapping[str, Balancer] = dataclasses.field(default_factory=dict)
    lists: Mapping[str, PrefixList] = dataclasses.field(default_factory=dict)
    underway: Mapping[str, Underway] = dataclasses.field(default_factory=dict)
    others: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def health(self, balancer: Balancer) -> dict[str, str]:
        """The state of each target: who is not let in, or not let out to, answers no check."""
        return {
            name: "healthy" if all(self._reaches(side, group) for side in balancer.sides) else "unhealthy"
            for name, group in balancer.targets
        }

    def _reaches(self, side: tuple[str, ...], target: str) -> bool:
        admitted = any(
            rule.key.source.group in side
            for rule in self.groups[target].rules
            if isinstance(rule.key.source, GroupSource)
        )
        ways = [rule.key for name in side for rule in self.groups[name].egress]
        return admitted and any(key == EVERYTHING_OUT or key.source == GroupSource(target) for key in ways)


@dataclasses.dataclass(frozen=True)
class Settings:
    """How this AWS is.

    Attributes:
        rules: rules per group and family.
        groups: groups per interface.
        slow: in how many calls what takes time is done.
        dark: what cannot be read: ``references:ID``, ``users:ID``, ``group:ID``, ``entries:ID``, ``listeners``,
            ``tags``, ``interfaces``, ``health``, ``tagged groups``, ``tagged lists``.
        ipv6: whether a new group lets everything out over IPv6 too.
    """

    rules: int = 200
    groups: int = 5
    slow: int = 0
    dark: frozenset[str] = frozenset()
    ipv6: bool = False


DENIED = "not allowed"


class FakeRegion:
    """One account and Region."""

    def __init__(self, moment: Moment, settings: Settings | None = None) -> None:
        self.moments = [moment]
        self.settings = settings or Settings()
        self.calls: list[str] = []
        self.acts: list[Act] = []
        self.faults: dict[int, Fault] = {}
        self._ids = itertools.count(1)

    @property
    def now(self) -> Moment:
        """The state at this moment."""
        return self.moments[-1]

    region = None
    """The world is one."""

    def _become(self, **changed: object) -> None:
        self.moments.append(dataclasses.replace(self.now, **changed))  # type: ignore[arg-type]  # Moment's own fields

    def _call(self, name: str) -> Fault | None:
        self.calls.append(name)
        fault = self.faults.get(len(self.calls))
        if fault is Fault.KILL_BEFORE:
            raise Killed
        self._time_goes_on()
        return fault

    def _time_goes_on(self) -> None:
        underway, lists = dict(self.now.underway), dict(self.now.lists)
        for name, each in self.now.underway.items():
            underway[name] = dataclasses.replace(each, calls=each.calls - 1)
            if each.calls <= 0:
                del underway[name]
                lists[name] = each.then
        balancers = {
            arn: dataclasses.replace(each, late=None if each.lag <= 0 else each.late, lag=each.lag - 1)
            for arn, each in self.now.balancers.items()
        }
        if (underway, lists, balancers) != (self.now.underway, self.now.lists, self.now.balancers):
            self._become(underway=underway, lists=lists, balancers=balancers)

    # -- reading ----------------------------------------------------------------------------------------------

    def _read(self, name: str) -> Moment | Unknown:
        """The state that a call sees."""
        fault = self._call(name)
        if fault is Fault.KILL_AFTER:
            raise Killed
        if fault in (Fault.UNREADABLE, Fault.DENIED, Fault.LOST_BEFORE, Fault.LOST_AFTER):
            return Unknown(name, DENIED)
        return self.moments[-2] if fault is Fault.STALE and len(self.moments) > 1 else self.now

    def _is_dark(self, what: str) -> Unknown | None:
        return Unknown(what, DENIED) if what in self.settings.dark else None

    def _group(self, seen: Moment, name: str) -> SecurityGroup | Unknown:
        return self._is_dark(f"group:{name}") or seen.groups[name]

    def find(self, target: Target) -> Found:
        """Groups by id, or those of a load balancer."""
        seen = self._read("find")
        match target:
            case GroupsById(ids):
                if isinstance(seen, Unknown):
                    return Found(dict.fromkeys(ids, seen))
                return Found({name: self._group(seen, name) for name in ids if name in seen.groups})
            case LoadBalancerNamed(name):
                if isinstance(seen, Unknown):
                    return Found({}, (seen,))
                held = next((each for each in seen.balancers.values() if each.name == name), None)
                if held is None:
                    return Found({})
                found = {each: self._group(seen, each) for each in held.groups}
                return Found(found, (), self._told_balancer(seen, held))
            case _:
                raise NotImplementedError

    def _told_balancer(self, seen: Moment, held: Balancer) -> LoadBalancer:
        interfaces = tuple(Interface(f"eni-{held.name}-{n}", tuple(sorted(side))) for n, side in enumerate(held.sides))
        return LoadBalancer(
            held.arn,
            held.name,
            "vpc-1",
            "application",
            held.addresses,
            tuple(sorted(held.groups)),
            self._is_dark("listeners") or tuple(sorted(held.listeners, key=lambda each: (each.port, each.protocol))),
            self._is_dark("interfaces") or interfaces,
            self._is_dark("health") or tuple(TargetHealth(*each) for each in sorted(seen.health(held).items())),
            self._is_dark("tags") or held.tags,
        )

    def look(self, targets: tuple[str, ...]) -> dict[str, Held | Unknown]:
        """As the reader does it: groups in one call and without their own tags, each other target in one."""
        found: dict[str, Held | Unknown] = {}
        groups = [target for target in targets if target.startswith("sg-")]
        if groups:
            seen = self._read("look")
            found |= {name: seen if isinstance(seen, Unknown) else self._looked(seen, name) for name in groups}
        for target in targets:
            if target not in found:
                seen = self._read("look")
                found[target] = seen if isinstance(seen, Unknown) else self._looked_up(seen, target)
        return found

    def _looked(self, seen: Moment, name: str) -> Held | Unknown:
        if name not in seen.groups:
            return Missing(name)
        held = self._group(seen, name)
        if isinstance(held, Unknown) or not (held.rules or held.egress):
            return held
        return SecurityGroup(name, "", "", held.rules, (), held.egress)

    def _looked_up(self, seen: Moment, target: str) -> Held | Unknown:
        if target in seen.balancers:
            unasked = Unknown(target, "it was not asked for again")
            told = self._told_balancer(seen, seen.balancers[target])
            return msgspec.structs.replace(told, listeners=unasked, tags=unasked)
        if target in seen.lists:
            return self._told_list(seen, target)
        if (parts := parts_of_new_group(target)) is not None:
            return next((g for g in seen.groups.values() if (g.vpc, g.name) == parts), Missing(target))
        new = name_of_new_prefix_list(target)
        named = sorted(name for name, held in seen.lists.items() if held.name == new)
        return self._told_list(seen, named[0]) if named else Missing(target)

    def _told_list(self, seen: Moment, name: str) -> PrefixList:
        told = seen.underway[name].told if name in seen.underway else seen.lists[name]
        dark = self._is_dark(f"entries:{name}")
        return told if dark is None else msgspec.structs.replace(told, entries=dark, descriptions=())

    def prefix_lists(self, ids: tuple[str, ...]) -> dict[str, PrefixList | Unknown]:
        """Those that there are."""
        seen = self._read("lists")
        if isinstance(seen, Unknown):
            return dict.fromkeys(ids, seen)
        return {name: self._told_list(seen, name) for name in ids if name in seen.lists}

    def rules_quota(self) -> RulesQuota | Unknown:
        """The quota."""
        seen = self._read("quota")
        return seen if isinstance(seen, Unknown) else RulesQuota(self.settings.rules, observed=True)

    def interface_quota(self) -> InterfaceQuota | Unknown:
        """The quota."""
        seen = self._read("quota")
        return seen if isinstance(seen, Unknown) else InterfaceQuota(self.settings.groups, observed=True)

    def tagged_groups(self, vpc: str, tags: Tags) -> Search:
        """The groups with these tags."""
        seen = self._is_dark("tagged groups") or self._read("tagged groups")
        if isinstance(seen, Unknown):
            return Search({}, seen)
        ours = [g.id for g in seen.groups.values() if g.vpc == vpc and set(tags) <= set(g.tags)]
        return Search({name: self._group(seen, name) for name in ours})

    def tagged_prefix_lists(self, tags: Tags) -> Search:
        """The lists with these tags."""
        seen = self._is_dark("tagged lists") or self._read("tagged lists")
        if isinstance(seen, Unknown):
            return Search({}, seen)
        ours = [held.id for held in seen.lists.values() if set(tags) <= set(held.tags)]
        return Search({name: self._told_list(seen, name) for name in ours})

    def references(self, ids: tuple[str, ...]) -> dict[str, Names | Unknown]:
        """Who names these groups in a rule of either direction."""
        seen = self._read("references")
        return {
            name: self._is_dark(f"references:{name}")
            or (seen if isinstance(seen, Unknown) else Names(tuple(sorted(referring(seen, name)))))
            for name in ids
        }

    def users(self, ids: tuple[str, ...]) -> dict[str, Names | Unknown]:
        """Which interfaces have these groups."""
        seen = self._read("users")
        return {
            name: self._is_dark(f"users:{name}")
            or (seen if isinstance(seen, Unknown) else Names(tuple(sorted(using(seen, name)))))
            for name in ids
        }

    def reader(self, place: Place) -> FakeRegion:
        """Itself, everywhere."""
        assert place == Place()
        return self

    # -- writing ----------------------------------------------------------------------------------------------

    def performer(self, plan: Plan) -> FakeRegion:
        """Itself."""
        assert plan.limits.changes_per_second >= 0
        return self

    def perform(self, acts: tuple[tuple[Place, Change, Act], ...]) -> Iterator[tuple[Change, Outcome]]:
        """One after the other, in this order."""
        for _, change, act in acts:
            fault = self._call(type(act).__name__)
            if fault is Fault.LOST_BEFORE:
                yield change, Unsure("no answer")
            elif fault in (Fault.DENIED, Fault.UNREADABLE):
                yield change, Failed("UnauthorizedOperation", "allow it")
            elif fault is Fault.DUPLICATE:
                yield change, AlreadySo("Duplicate")
            else:
                outcome = self.do(act)
                if fault is Fault.KILL_AFTER:
                    raise Killed
                yield change, Unsure("no answer") if fault is Fault.LOST_AFTER else outcome

    def do(self, act: Act) -> Outcome:
        """Do an act as AWS does: as a whole, or not at all."""
        self.acts.append(act)
        match act:
            case Authorize() | AuthorizeEgress() | Revoke() | TagRules() | UntagRules():
                return self._on_rules(act)
            case CreateGroup() | DeleteGroup():
                return self._on_group(act)
            case AttachGroups() | DetachGroups():
                return self._on_balancer(act)
            case CreatePrefixList() | DeletePrefixList() | ResizePrefixList() | AddEntries() | RemoveEntries():
                return self._on_list(act)
            case _:
                message = f"this region has no trust stores, and was asked for {type(act).__name__}"
                raise AssertionError(message)

    def _on_rules(self, act: Authorize | AuthorizeEgress | Revoke | TagRules | UntagRules) -> Outcome:
        if act.group not in self.now.groups:
            return Failed("InvalidGroup.NotFound", "see who deleted it")
        group = self.now.groups[act.group]
        after: SecurityGroup | Outcome
        match act:
            case Authorize(_, rules):
                held = self._with(group.rules, rules)
                after = held if not isinstance(held, tuple) else msgspec.structs.replace(group, rules=held)
            case AuthorizeEgress(_, rules):
                held = self._with(group.egress, rules)
                after = held if not isinstance(held, tuple) else msgspec.structs.replace(group, egress=held)
            case Revoke(_, taken):
                ids = {rule.id for rule in taken}
                if not ids <= {rule.id for rule in group.rules}:
                    after = AlreadySo("InvalidSecurityGroupRuleId.NotFound")
                else:
                    kept = tuple(rule for rule in group.rules if rule.id not in ids)
                    after = msgspec.structs.replace(group, rules=kept)
            case TagRules(_, names, tags):
                retagged = tuple(_tagged(rule, tags) if rule.id in names else rule for rule in group.rules)
                after = msgspec.structs.replace(group, rules=retagged)
            case UntagRules(_, names, tags):
                retagged = tuple(_untagged(rule, tags) if rule.id in names else rule for rule in group.rules)
                after = msgspec.structs.replace(group, rules=retagged)
            case _:
                assert_never(act)
        if not isinstance(after, SecurityGroup):
            return after
        self._become(groups={**self.now.groups, group.id: after})
        return Done()

    def _with(self, held: tuple[Rule, ...], added: tuple[RuleSpec, ...]) -> tuple[Rule, ...] | Outcome:
        keys = [rule.key for rule in held] + [spec.key for spec in added]
        if len(set(keys)) < len(keys):
            return AlreadySo("InvalidPermission.Duplicate")
        sources = [key.source for key in keys]
        if any(isinstance(source, PrefixListSource) and source.prefix_list not in self.now.lists for source in sources):
            return Failed("InvalidPrefixListID.NotFound", "make it")
        if self._counted(keys, {}) > self.settings.rules:
            return Failed("RulesPerSecurityGroupLimitExceeded", "make room")
        return held + tuple(
            Rule(f"sgr-9{next(self._ids):07x}", spec.key, spec.description, spec.tags) for spec in added
        )

    def _counted(self, keys: Iterable[RuleKey], sizes: Mapping[str, int]) -> int:
        counts = {4: 0, 6: 0}
        for key in keys:
            match key.source:
                case CidrSource(cidr):
                    counts[family(cidr)] += 1
                case PrefixListSource(name):
                    held = self.now.lists[name]
                    assert isinstance(held.weight, int)
                    counts[held.family] += sizes.get(name, held.weight)
                case _:
                    counts[4] += 1
                    counts[6] += 1
        return max(counts.values())

    def _on_group(self, act: CreateGroup | DeleteGroup) -> Outcome:
        groups = dict(self.now.groups)
        match act:
            case CreateGroup(vpc, name, _, tags):
                if any((group.vpc, group.name) == (vpc, name) for group in groups.values()):
                    return AlreadySo("InvalidGroup.Duplicate")
                made = f"sg-9{next(self._ids):07x}"
                out = [Rule(f"sgr-{made}-out", EVERYTHING_OUT)]
                out += [Rule(f"sgr-{made}-out6", EVERYTHING_OUT6)] if self.settings.ipv6 else []
                groups[made] = SecurityGroup(made, name, vpc, (), tags, tuple(out))
                self._become(groups=groups)
                return Done(made=made)
            case DeleteGroup(name):
                if name not in groups:
                    return AlreadySo("InvalidGroup.NotFound")
                if using(self.now, name) or referring(self.now, name) - {name}:
                    return Failed("DependencyViolation", "see what uses it")
                del groups[name]
                self._become(groups=groups)
                return Done()
            case _:
                assert_never(act)

    def _on_balancer(self, act: AttachGroups | DetachGroups) -> Outcome:
        """The performer's read, AWS's SetSecurityGroups, and the performer's second read."""
        held = self.now.balancers[act.load_balancer]
        match act:
            case AttachGroups(_, groups):
                after = tuple(dict.fromkeys((*held.groups, *groups)))
            case DetachGroups(_, groups, keep):
                after = tuple(name for name in held.groups if name not in groups)
                if (keep and keep not in held.groups) or not after:
                    return Failed("somebody else took it off", "apply again")
            case _:
                assert_never(act)
        if after == held.groups:
            return AlreadySo("they are")
        if not set(after) <= set(self.now.groups):
            return Failed("InvalidSecurityGroup", "see who deleted it")
        if len(after) > max(self.settings.groups, len(held.groups)):
            return Failed("InvalidConfigurationRequest", "too many groups")
        late = dataclasses.replace(held, groups=after, late=held.sides[1], lag=self.settings.slow)
        self._become(balancers={**self.now.balancers, held.arn: late})
        return Done()

    def _on_list(
        self, act: CreatePrefixList | DeletePrefixList | ResizePrefixList | AddEntries | RemoveEntries
    ) -> Outcome:
        if isinstance(act, CreatePrefixList):
            made = f"pl-9{next(self._ids):07x}"
            entries = tuple(entry.cidr for entry in act.entries)
            says = tuple(entry.description for entry in act.entries)
            then = PrefixList(made, act.name, act.family, act.size, entries, 1, "create-complete", "1", act.tags, says)
            if len(entries) > act.size:
                return Failed("PrefixListMaxEntriesExceeded", "make it larger")
            told = msgspec.structs.replace(then, state="create-in-progress")
            self._begin(told, then, msgspec.structs.replace(then, entries=(), descriptions=()))
            return Done(made=made)
        held = self.now.lists.get(act.prefix_list)
        if held is None:
            gone = "InvalidPrefixListID.NotFound"
            return AlreadySo(gone) if isinstance(act, DeletePrefixList) else Failed(gone, "see who deleted it")
        if act.prefix_list in self.now.underway:
            return Unsure("IncorrectState")
        if isinstance(act, DeletePrefixList):
            return self._deleted_list(held)
        after = self._changed_list(held, act)
        if not isinstance(after, PrefixList):
            return after
        told = msgspec.structs.replace(held, state="modify-in-progress")
        self._begin(told, after, after if isinstance(act, RemoveEntries) else held)
        return Done()

    def _begin(self, told: PrefixList, then: PrefixList, effect: PrefixList) -> None:
        underway = {**self.now.underway, then.id: Underway(told, then, self.settings.slow)}
        self._become(lists={**self.now.lists, then.id: effect}, underway=underway)

    def _deleted_list(self, held: PrefixList) -> Outcome:
        source = PrefixListSource(held.id)
        if any(rule.key.source == source for group in self.now.groups.values() for rule in group.rules):
            return Failed("DependencyViolation", "see who names it")
        self._become(lists={name: each for name, each in self.now.lists.items() if name != held.id})
        return Done()

    def _changed_list(
        self, held: PrefixList, act: ResizePrefixList | AddEntries | RemoveEntries
    ) -> PrefixList | Outcome:
        assert isinstance(held.entries, tuple)
        assert isinstance(held.weight, int)
        entries = dict(zip(held.entries, held.descriptions or [""] * len(held.entries), strict=True))
        match act:
            case ResizePrefixList(_, size):
                if size < len(entries):
                    return Failed("InvalidParameterValue", "make it larger")
                full = self._over_with(held.id, size)
                state = "modify-failed" if full else "modify-complete"
                return msgspec.structs.replace(held, weight=held.weight if full else size, state=state)
            case AddEntries(_, added):
                if any(entry.cidr in entries for entry in added):
                    return Failed("InvalidParameterValue: it exists", "leave it out")
                entries |= {entry.cidr: entry.description for entry in added}
                if len(entries) > held.weight:
                    return Failed("PrefixListMaxEntriesExceeded", "make it larger")
            case RemoveEntries(_, removed):
                if any(entry.cidr not in entries for entry in removed):
                    return Failed("InvalidParameterValue: it does not exist", "leave it out")
                for entry in removed:
                    del entries[entry.cidr]
            case _:
                assert_never(act)
        return msgspec.structs.replace(
            held,
            entries=tuple(entries),
            descriptions=tuple(entries.values()),
            version=held.version + 1,
            state="modify-complete",
        )

    def _over_with(self, name: str, size: int) -> bool:
        """Whether a group that names the list would have more rules than it may."""
        naming = [
            group.rules
            for group in self.now.groups.values()
            if any(rule.key.source == PrefixListSource(name) for rule in group.rules)
        ]
        return any(self._counted([rule.key for rule in rules], {name: size}) > self.settings.rules for rules in naming)


def _tagged(rule: Rule, tags: Tags) -> Rule:
    return msgspec.structs.replace(rule, tags=tuple(sorted({**dict(rule.tags), **dict(tags)}.items())))


def _untagged(rule: Rule, tags: Tags) -> Rule:
    return msgspec.structs.replace(rule, tags=tuple(tag for tag in rule.tags if tag not in tags))


def referring(moment: Moment, name: str) -> set[str]:
    """The groups that have a rule that names a group; itself, if it does."""
    return {
        group.id
        for group in moment.groups.values()
        if any(rule.key.source == GroupSource(name) for rule in (*group.rules, *group.egress))
    }


def using(moment: Moment, name: str) -> set[str]:
    """The interfaces that have a group."""
    found = set(moment.others.get(name, ()))
    for each in moment.balancers.values():
        found |= {f"eni-{each.name}-{n}" for n, side in enumerate(each.sides) if name in side}
    return found


__all__ = ["Balancer", "Entry", "FakeRegion", "Moment", "Settings", "Underway", "referring", "using"]
