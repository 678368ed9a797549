"""What a rollback must have read before it says whom it lets in."""

from __future__ import annotations

import datetime

from originlock.facts.load_balancer import LoadBalancer
from originlock.facts.networks import parse
from originlock.facts.origin import CidrSource, PrefixListSource, Rule, RuleKey, SecurityGroup
from originlock.facts.snapshot import Snapshot
from originlock.intent.policy import LoadBalancerNamed, Policy
from originlock.locks.network.unwinding import questions
from originlock.plan.acts import AttachGroups
from originlock.plan.questions import AskGroups, AskPrefixLists

BALANCER = LoadBalancer("arn:lb", "web", "vpc-1", "application", "ipv4", ("sg-own",), (), (), (), ())
POLICY = Policy("blog", LoadBalancerNamed("web"))
BACK = (AttachGroups("arn:lb", ("sg-a",)),)


def group(*sources: CidrSource | PrefixListSource) -> SecurityGroup:
    """The group that comes back, with a rule for each source."""
    rules = tuple(Rule(f"sgr-{n}", RuleKey("tcp", 443, 443, each), "", ()) for n, each in enumerate(sources))
    return SecurityGroup("sg-a", "sg-a", "vpc-1", rules)


def snapshot(*groups: SecurityGroup) -> Snapshot:
    """The load balancer, without the group that was detached from it."""
    at = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
    return Snapshot(at, {each.id: each for each in groups}, load_balancer=BALANCER)


def test_the_group_that_comes_back_is_read_first() -> None:
    """Nothing would be known of whom it lets in."""
    assert AskGroups(("sg-a",)) in questions(POLICY, snapshot(), BACK)


def test_the_lists_that_it_names_are_read_too() -> None:
    """The rollback would be done, and then be called unknown for a list that nobody had asked for."""
    held = group(PrefixListSource("pl-1"), CidrSource(parse("192.0.2.0/24")), PrefixListSource("pl-2"))
    assert AskPrefixLists(("pl-1", "pl-2")) in questions(POLICY, snapshot(held), BACK)
    assert questions(POLICY, snapshot(group(CidrSource(parse("192.0.2.0/24")))), BACK) == []
