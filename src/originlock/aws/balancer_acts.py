"""Setting the groups of a load balancer, whose whole list every call replaces.

Lives here: the one call, with the list read again right before it. Must not live here: which groups, and why; the look
that follows (see `app.apply`).
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
    """Read the list, and set it with what is to come or without what is to go; the answer has it as it is then."""
    bucket.wait()
    try:
        found = client.describe_load_balancers(LoadBalancerArns=[act.load_balancer])["LoadBalancers"]
        if not found:
            return Failed(f"{act.load_balancer} is not there", _AGAIN)
        before = frozenset(found[0].get("SecurityGroups", []))
        wanted = _wanted(act, before)
        if not isinstance(wanted, frozenset):
            return wanted
        enforced = found[0].get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
        if enforced in ("on", "off"):
            # Of a network load balancer: what is left out may be set to AWS's default.
            answer = client.set_security_groups(
                LoadBalancerArn=act.load_balancer,
                SecurityGroups=sorted(wanted),
                EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="on" if enforced == "on" else "off",
            )
        else:
            answer = client.set_security_groups(LoadBalancerArn=act.load_balancer, SecurityGroups=sorted(wanted))
    except CallError as error:
        return outcome_of(error)
    after = frozenset(answer.get("SecurityGroupIds", []))
    if after != wanted:
        return Unsure(f"AWS says that {act.load_balancer} has the groups {', '.join(sorted(after))} now")
    # What it shows from now on is for the look that follows, which waits until every interface shows it.
    return Done()


def _wanted(act: BalancerAct, before: frozenset[str]) -> frozenset[str] | Outcome:
    """The whole list to set; or why it is not to be set."""
    if not before:
        # A load balancer that had groups always has some: what is told is not so, and all but ours would be lost.
        return Failed(f"AWS shows no groups of {act.load_balancer}, so none were set", _AGAIN)
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
