"""An AWS in memory that is no kinder than AWS: for the property tests over the whole of planning and applying.

Source of each behaviour: EC2 API reference (all-or-nothing batches, Duplicate, NotFound) and Amazon VPC quotas (IPv4
and IPv6 apart, a group reference counts in both). Every state that it was ever in is kept, so that a test can look
at each moment. Faults are given by the number of the call.
"""

from __future__ import annotations

import contextlib
import datetime
import enum
import itertools
from collections.abc import Iterable, Iterator
from typing import assert_never

import msgspec

from originlock.facts.edge import (
    AcceptedList,
    EdgeDescription,
    EdgeLimits,
    FormReading,
    PublishedForm,
    Ranges,
    UnreadableForm,
)
from originlock.facts.load_balancer import InterfaceQuota
from originlock.facts.networks import family
from originlock.facts.origin import (
    CidrSource,
    GroupSource,
    PrefixList,
    PrefixListSource,
    Rule,
    RulesQuota,
    SecurityGroup,
    Tags,
)
from originlock.facts.snapshot import Held, Names, Resolution
from originlock.facts.unknown import Unknown
from originlock.intent.policy import GroupsById, Place, Target
from originlock.plan.acts import Act, Authorize, Revoke, RuleAct, TagRules, UntagRules
from originlock.plan.change import Change
from originlock.plan.document import Plan
from originlock.plan.journal import Event, Intended
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.ports.reading import Found, Search

GROUP = "sg-00000000000000001"
State = dict[str, tuple[Rule, ...]]
"""The rules of every group at one moment."""


class Fault(enum.Enum):
    """What can go wrong with one call."""

    LOST_BEFORE = "the call never arrives, and there is no answer"
    LOST_AFTER = "the call is done, and there is no answer"
    DENIED = "the call is refused"
    DUPLICATE = "the answer is 'already so', which may not be true"
    KILL_BEFORE = "we die before the call"
    KILL_AFTER = "we die after the call"
    STALE = "a read shows the state before the last change"
    UNREADABLE = "a read is refused"


class Killed(BaseException):
    """The process is gone."""


class FakeCloud:
    """One account and Region."""

    def __init__(self, groups: State, quota: int = 60, prefix_lists: dict[str, PrefixList] | None = None) -> None:
        self.states: list[State] = [dict(groups)]
        self.quota = quota
        self.lists = prefix_lists or {}
        self.calls: list[str] = []
        self.faults: dict[int, Fault] = {}
        self._ids = itertools.count(1)

    @property
    def now(self) -> State:
        """The state at this moment."""
        return self.states[-1]

    def _fault(self, name: str) -> Fault | None:
        self.calls.append(name)
        fault = self.faults.get(len(self.calls))
        if fault is Fault.KILL_BEFORE:
            raise Killed
        return fault

    # -- reading ----------------------------------------------------------------------------------------------

    def _read(self, name: str, ids: tuple[str, ...]) -> dict[str, SecurityGroup | Unknown]:
        fault = self._fault(name)
        state = self.states[-2] if fault is Fault.STALE and len(self.states) > 1 else self.now
        if fault in (Fault.UNREADABLE, Fault.DENIED, Fault.LOST_BEFORE, Fault.LOST_AFTER):
            return {group: Unknown(f"security group {group}", "not allowed") for group in ids}
        found: dict[str, SecurityGroup | Unknown] = {
            group: SecurityGroup(group, group, "vpc-1", state[group]) for group in ids if group in state
        }
        if fault is Fault.KILL_AFTER:
            raise Killed
        return found

    @property
    def region(self) -> str | None:
        """The world is one."""
        return None

    def find(self, target: Target) -> Found:
        """The groups by id."""
        assert isinstance(target, GroupsById)
        return Found(self._read("find", target.ids))

    def look(self, targets: tuple[str, ...]) -> dict[str, Held | Unknown]:
        """The rules as they are now."""
        return {**self._read("groups", targets)}

    def prefix_lists(self, ids: tuple[str, ...]) -> dict[str, PrefixList | Unknown]:
        """Those that there are."""
        return {name: self.lists[name] for name in ids if name in self.lists}

    def rules_quota(self) -> RulesQuota | Unknown:
        """The quota."""
        return RulesQuota(self.quota, observed=True)

    def interface_quota(self) -> InterfaceQuota | Unknown:
        """The quota."""
        return InterfaceQuota(5, observed=True)

    def tagged_groups(self, vpc: str, tags: Tags) -> Search:
        """None are."""
        raise NotImplementedError

    def references(self, ids: tuple[str, ...]) -> dict[str, Names | Unknown]:
        """None are."""
        raise NotImplementedError

    def users(self, ids: tuple[str, ...]) -> dict[str, Names | Unknown]:
        """None are."""
        raise NotImplementedError

    def tagged_prefix_lists(self, tags: Tags) -> Search:
        """None are."""
        raise NotImplementedError

    def reader(self, place: Place) -> FakeCloud:
        """Itself, everywhere."""
        assert place == Place()
        return self

    # -- writing ----------------------------------------------------------------------------------------------

    def performer(self, plan: Plan) -> FakeCloud:
        """Itself."""
        assert plan.limits.changes_per_second >= 0
        return self

    def perform(self, acts: tuple[tuple[Place, Change, Act], ...]) -> Iterator[tuple[Change, Outcome]]:
        """One after the other, in this order."""
        for _, change, act in acts:
            fault = self._fault(type(act).__name__)
            if fault is Fault.LOST_BEFORE:
                yield change, Unsure("no answer")
            elif fault in (Fault.DENIED, Fault.UNREADABLE):
                yield change, Failed("UnauthorizedOperation", "allow it")
            elif fault is Fault.DUPLICATE:
                yield change, AlreadySo("InvalidPermission.Duplicate")
            else:
                outcome = self.do(act)
                if fault is Fault.KILL_AFTER:
                    raise Killed
                yield change, Unsure("no answer") if fault is Fault.LOST_AFTER else outcome

    def do(self, act: Act) -> Outcome:
        """Do an act as AWS does: as a whole, or not at all."""
        assert isinstance(act, RuleAct)
        held = {rule.id: rule for rule in self.now[act.group]}
        match act:
            case Authorize():
                refused = self._add(act, held)
            case Revoke():
                refused = self._take(act, held)
            case TagRules(_, ids, tags):
                refused = self._retag({name: dict(held[name].tags + tags) for name in ids}, held)
            case UntagRules(_, ids, tags):
                kept = {name: dict(tag for tag in held[name].tags if tag not in tags) for name in ids}
                refused = self._retag(kept, held)
            case _:
                assert_never(act)
        if refused is not None:
            return refused
        self.states.append({**self.now, act.group: tuple(held.values())})
        return Done()

    def _add(self, act: Authorize, held: dict[str, Rule]) -> Outcome | None:
        keys = {rule.key for rule in held.values()}
        if any(spec.key in keys for spec in act.rules) or len({s.key for s in act.rules}) < len(act.rules):
            return AlreadySo("InvalidPermission.Duplicate")
        for spec in act.rules:
            name = f"sgr-{next(self._ids):017x}"
            held[name] = Rule(name, spec.key, spec.description, spec.tags)
        full = Failed("RulesPerSecurityGroupLimitExceeded", "make room")
        return full if self._over(held.values()) else None

    @staticmethod
    def _take(act: Revoke, held: dict[str, Rule]) -> Outcome | None:
        if any(rule.id not in held for rule in act.rules):
            return AlreadySo("InvalidSecurityGroupRuleId.NotFound")
        for rule in act.rules:
            del held[rule.id]
        return None

    @staticmethod
    def _retag(tags: dict[str, dict[str, str]], held: dict[str, Rule]) -> Outcome | None:
        for name, now in tags.items():
            held[name] = msgspec.structs.replace(held[name], tags=tuple(sorted(now.items())))
        return None

    def _over(self, rules: Iterable[Rule]) -> bool:
        counts = {4: 0, 6: 0}
        for rule in rules:
            match rule.key.source:
                case CidrSource(cidr):
                    counts[family(cidr)] += 1
                case PrefixListSource(name):
                    held = self.lists[name]
                    assert isinstance(held.weight, int)
                    counts[held.family] += held.weight
                case GroupSource():
                    counts[4] += 1
                    counts[6] += 1
                case _:
                    pass
        return max(counts.values()) > self.quota


class FakeEdges:
    """An edge whose published forms are given."""

    def __init__(self, snapshot: Ranges, readings: tuple[FormReading, ...]) -> None:
        self._snapshot = snapshot
        self._readings = readings

    def description(self, edge: str) -> EdgeDescription:
        """An edge that may publish anything global."""
        return EdgeDescription(edge, edge, EdgeLimits(8, 16), (), self._snapshot, "2026-10-02")

    def start(self, _edge: str) -> FakeEdges:
        """Nothing to wait for."""
        return self

    def readings(self) -> tuple[FormReading, ...]:
        """The forms."""
        return self._readings


def forms(*lists: Ranges | None) -> tuple[FormReading, ...]:
    """Published forms with these lists; None is one that cannot be had."""
    return tuple(
        UnreadableForm(name, (name,), "fetch", "no answer")
        if ranges is None
        else PublishedForm(name, (name,), tuple(ranges.ipv4), tuple(ranges.ipv6), "etag")
        for name, ranges in zip(("json", "text"), lists, strict=True)
    )


class FakeClock:
    """A clock that stands still but for sleeping."""

    def __init__(self) -> None:
        self.slept = 0.0

    def now(self) -> datetime.datetime:
        """A fixed day, and what was slept."""
        return datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC) + datetime.timedelta(seconds=self.slept)

    def sleep(self, seconds: float) -> None:
        """No waiting."""
        self.slept += seconds


class FakeResolver:
    """Resolves every name to the same addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    def resolve(self, hostnames: tuple[str, ...]) -> dict[str, Resolution | Unknown]:
        """The same for each."""
        return {name: Resolution(name, self._addresses) for name in hostnames}


class FakeState:
    """A state directory in memory: journal, accepted list, lease; what is written in it survives a kill."""

    def __init__(self, last: AcceptedList | None = None) -> None:
        self.written: list[Event] = []
        self.last = last

    def append(self, events: tuple[Event, ...], *, sync: bool = True) -> None:
        """Through JSON, as on disk; an intent that is not synced is a fault."""
        assert sync or not any(isinstance(event, Intended) for event in events)
        for event in events:
            self.written.append(msgspec.json.decode(msgspec.json.encode(event), type=Event))

    def events(self) -> tuple[Event, ...]:
        """All of them."""
        return tuple(self.written)

    def last_accepted(self, _edge: str) -> AcceptedList | None:
        """The last one."""
        return self.last

    def accept(self, accepted: AcceptedList) -> None:
        """Now this one."""
        self.last = accepted

    @contextlib.contextmanager
    def held(self, _what_for: str, _wait_seconds: float) -> Iterator[None]:
        """Nobody else is there."""
        yield

    @contextlib.contextmanager
    def deferred(self) -> Iterator[FakeState]:
        """Nobody interrupts."""
        yield self

    def asked(self) -> bool:
        """Nobody interrupts."""
        return False

    def say(self, text: str) -> None:
        """Nobody listens."""
