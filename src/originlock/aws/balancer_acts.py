"""Setting the groups of a load balancer, whose whole list every call replaces.

Lives here: the one call, with the list read again right before and after it. Must not live here: which groups, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from originlock.aws.answers import CallError, outcome_of
from originlock.aws.pacing import TokenBucket
from originlock.plan.acts import AttachGroups, BalancerAct, DetachGroups
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

_AGAIN = "run `originlock apply` again: it goes on from what AWS holds then"


def performed(client: ElasticLoadBalancingv2Client, bucket: TokenBucket, act: BalancerAct) -> Outcome:
    """Read the list, set it with what is to come or without what is to go, and read it again."""
    bucket.wait()
    try:
        before = _groups(client, act.load_balancer)
        wanted = _wanted(act, before)
        if not isinstance(wanted, frozenset):
            return wanted
        client.set_security_groups(LoadBalancerArn=act.load_balancer, SecurityGroups=sorted(wanted))
        after = _groups(client, act.load_balancer)
    except CallError as error:
        return outcome_of(error)
    if after != wanted:
        return Unsure(f"{act.load_balancer} shows the groups {', '.join(sorted(after))} after they were set")
    return Done()


def _wanted(act: BalancerAct, before: frozenset[str]) -> frozenset[str] | Outcome:
    """The whole list to set; or why it is not to be set."""
    match act:
        case AttachGroups(_, groups):
            return before.union(groups) if not before.issuperset(groups) else AlreadySo("they are attached")
        case DetachGroups(_, groups, keep):
            left = before.difference(groups)
            if keep and keep not in before:
                return Failed(f"somebody else took {keep} off, so nothing was detached", _AGAIN)
            if not left:
                return Failed("nothing would be left, so nothing was detached", _AGAIN)
            return left if left != before else AlreadySo("they are detached")
        case _:
            assert_never(act)


def _groups(client: ElasticLoadBalancingv2Client, arn: str) -> frozenset[str]:
    answer = client.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    return frozenset(group for each in answer for group in each.get("SecurityGroups", []))
