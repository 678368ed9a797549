"""A machine that is driven by hand, and the things that it is shown: for the tests of lanes that wait."""

from __future__ import annotations

import msgspec

from originlock.facts.load_balancer import Interface, LoadBalancer, TargetHealth
from originlock.facts.networks import Cidr, parse
from originlock.facts.origin import (
    CidrSource,
    PrefixList,
    PrefixListSource,
    Rule,
    RuleKey,
    RuleSpec,
    SecurityGroup,
    Tags,
    new_group,
    new_prefix_list,
)
from originlock.facts.snapshot import Held
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Limits, Overrides
from originlock.plan.acts import (
    Act,
    AttachGroups,
    Authorize,
    CreateGroup,
    CreatePrefixList,
    DetachGroups,
    Entry,
    RemoveEntries,
    Revoke,
)
from originlock.plan.change import Contribution, Draft, Effect, Expectation, Phase, Wait
from originlock.plan.document import Plan, PlanFrame, composed
from originlock.plan.lane import LaneReport
from originlock.plan.machine import Finished, Look, Machine, Pause, Perform
from originlock.plan.outcomes import Outcome

VPC, NAME, LIST_NAME = "vpc-1", "originlock-blog", "originlock-blog-ipv4"
NEW_GROUP, NEW_LIST = new_group(VPC, NAME), new_prefix_list(LIST_NAME)
LB, OURS, OTHER, LIST = "arn:aws:elb:lb/web", "sg-ours", "sg-other", "pl-ours"
TAGS: Tags = (("originlock:origin", "blog"),)
EDGE, OLD = parse("104.16.0.0/13"), parse("198.51.100.0/24")


def key(source: str = EDGE) -> RuleKey:
    """tcp/443 from a CIDR or a list."""
    named = CidrSource(parse(source)) if "." in source else PrefixListSource(source)
    return RuleKey("tcp", 443, 443, named)


def spec(source: str = EDGE) -> RuleSpec:
    """The same, as it is asked for."""
    return RuleSpec(key(source), "", TAGS)


def group(name: str, *sources: str, tags: Tags = TAGS) -> SecurityGroup:
    """A group with a rule for each of these, whose id is `sgr-` and the source."""
    return SecurityGroup(name, NAME, VPC, tuple(Rule(f"sgr-{source}", key(source)) for source in sources), tags)


def prefix_list(*entries: Cidr, state: str = "modify-complete", size: int = 10, tags: Tags = TAGS) -> PrefixList:
    """Our list with these entries."""
    return PrefixList(LIST, LIST_NAME, 4, size, entries, 1, state, tags=tags)


def balancer(*groups: str, behind: tuple[str, ...] | None = None, health: str = "healthy") -> LoadBalancer:
    """A load balancer with these groups; its second interface may still show others."""
    interfaces = (
        Interface("eni-1", tuple(sorted(groups))),
        Interface("eni-2", tuple(sorted(groups if behind is None else behind))),
    )
    targets = (TargetHealth("web/i-1:80", health),)
    return LoadBalancer(LB, "web", VPC, "application", "ipv4", tuple(sorted(groups)), (), interfaces, targets, ())


def draft(phase: Phase, act: Act, origin: str = "blog") -> Draft:
    """A draft with the effect that its phase suggests."""
    effect = {Phase.WIDEN: Effect.WIDEN, Phase.NARROW: Effect.NARROW}.get(phase, Effect.NEUTRAL)
    return Draft(origin, phase, effect, act, "because")


MAKE_GROUP = draft(Phase.PREPARE, CreateGroup(VPC, NAME, "ours", TAGS))
FILL_NEW = draft(Phase.WIDEN, Authorize(NEW_GROUP, (spec(),)))
FILL = draft(Phase.WIDEN, Authorize(OURS, (spec(),)))
ATTACH_NEW = draft(Phase.WIDEN, AttachGroups(LB, (NEW_GROUP,)))
ATTACH = draft(Phase.WIDEN, AttachGroups(LB, (OURS,)))
DETACH = draft(Phase.NARROW, DetachGroups(LB, (OTHER,), OURS))
REVOKE = draft(Phase.NARROW, Revoke(OTHER, (Rule(f"sgr-{OLD}", key(OLD)),)))
MAKE_LIST = draft(Phase.PREPARE, CreatePrefixList(LIST_NAME, 4, 10, (Entry(EDGE, "edge"),), TAGS))
TAKE_OUT = draft(Phase.NARROW, RemoveEntries(LIST, (Entry(OLD, "edge"),)))


def wait(target: str, before: Phase, on: str, **more: object) -> Wait:
    """One target waits for another."""
    return msgspec.structs.replace(Wait("blog", target, before, on), **more)


def plan(drafts: list[Draft], expected: list[Expectation], waits: list[Wait], **more: float) -> Plan:
    """A plan of these; `settle` seconds of patience, `no_prove`."""
    overrides = Overrides(no_prove=bool(more.get("no_prove")))
    frame = PlanFrame((), Limits(0, more.get("settle", 0)), overrides, accepted=None)
    return composed(frame, (Contribution(drafts=tuple(drafts), expectations=tuple(expected), waits=tuple(waits)),))


class Driver:
    """A machine, and what is asked of it and told to it, one step a line."""

    def __init__(self, of: Plan) -> None:
        self.machine = Machine(of)
        self.waited = 0.0

    def acts(self, **outcomes: Outcome) -> list[Act]:
        """The acts that it wants done now; those whose kind has an outcome here (`_` for `-`) are answered with it."""
        step = self.machine.next()
        assert isinstance(step, Perform), step
        for change, act in step.acts:
            outcome = outcomes.get(str(act.__struct_config__.tag).replace("-", "_"))
            assert outcome is not None, f"{act} was not thought of"
            self.machine.acted(change.id, outcome)
        return [act for _, act in step.acts]

    def look(self, **seen: Held | Unknown) -> tuple[str, ...]:
        """The targets that it wants looked at now, answered with what is given, in the order of their names."""
        step = self.machine.next()
        while isinstance(step, Pause):
            self.waited += step.seconds
            step = self.machine.next()
        assert isinstance(step, Look), step
        assert len(step.targets) == len(seen), step
        for target, held in zip(step.targets, seen.values(), strict=True):
            self.machine.seen(target, held)
        return step.targets

    def look_until_it_acts(self, held: Held | Unknown) -> None:
        """Show the same thing again and again, until it wants something else than a look."""
        for _ in range(100):
            step = self.machine.next()
            match step:
                case Pause(seconds):
                    self.waited += seconds
                case Look(targets):
                    for target in targets:
                        self.machine.seen(target, held)
                case _:
                    return
        message = "it looks for ever"
        raise AssertionError(message)

    def end(self) -> dict[str, LaneReport]:
        """How each lane ended, by target; it must have ended."""
        step = self.machine.next()
        assert step == Finished(), step
        return {report.target: report for report in self.machine.reports()}
