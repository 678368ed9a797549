"""Doing acts in AWS: side by side, paced; a refusal is an outcome.

Lives here: the write calls of rules and tags, and who does which act. Must not live here: the write calls of groups,
load balancers and prefix lists (see `group_acts`, `balancer_acts`, `list_acts`); which acts, in which order, and what
follows a refusal.
"""

from __future__ import annotations

import concurrent.futures
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, assert_never

from originlock.aws import balancer_acts, decode, group_acts, list_acts, trust_acts
from originlock.aws.answers import CallError, outcome_of
from originlock.aws.calling import called
from originlock.aws.pacing import TokenBucket
from originlock.aws.session import SIDE_BY_SIDE, Sessions
from originlock.facts.origin import OpaqueSource, RuleSpec, Tags
from originlock.intent.policy import Place
from originlock.plan.acts import (
    Act,
    AddEntries,
    Authorize,
    AuthorizeEgress,
    BalancerAct,
    CreateGroup,
    CreatePrefixList,
    DeleteGroup,
    DeletePrefixList,
    GroupAct,
    ListAct,
    RemoveEntries,
    ResizePrefixList,
    Revoke,
    RuleAct,
    TagRules,
    UntagRules,
)
from originlock.plan.change import Change
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.plan.trust_acts import EdgeAct, StoreAct

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import TagSpecificationTypeDef


class AwsPerformer:
    """Does acts, at most so many of one kind a second in one place."""

    def __init__(self, sessions: Sessions, changes_per_second: float) -> None:
        self._sessions = sessions
        self._per_second = changes_per_second
        self._buckets: dict[tuple[Place, str], TokenBucket] = {}

    def perform(self, acts: tuple[tuple[Place, Change, Act], ...]) -> Iterator[tuple[Change, Outcome]]:
        """Do them all, side by side; yields each outcome as soon as it is known."""
        # Buckets are made here, in one thread.
        ready = [(self._ready(place, act), change) for place, change, act in acts]
        if len(ready) == 1:
            perform, change = ready[0]
            yield change, perform()
            return
        with concurrent.futures.ThreadPoolExecutor(min(SIDE_BY_SIDE, len(ready))) as pool:
            futures = {pool.submit(perform): change for perform, change in ready}
            for future in concurrent.futures.as_completed(futures):
                yield futures[future], future.result()

    def _ready(self, place: Place, act: Act) -> Callable[[], Outcome]:
        """The call that does an act, with all that it needs."""
        bucket = self._bucket(place, act)
        if isinstance(act, BalancerAct):
            return functools.partial(balancer_acts.performed, self._sessions.elbv2(place), bucket, act)
        if isinstance(act, StoreAct):
            return functools.partial(trust_acts.performed, self._sessions, place, bucket, act)
        if isinstance(act, EdgeAct):
            message = f"{type(act).__name__} is none of AWS's"
            raise TypeError(message)
        return functools.partial(_performed, self._sessions.ec2(place), bucket, act)

    def _bucket(self, place: Place, act: Act) -> TokenBucket:
        key = (place, type(act).__name__)
        if key not in self._buckets:
            self._buckets[key] = TokenBucket(self._per_second)
        return self._buckets[key]


def _performed(client: EC2Client, bucket: TokenBucket, act: RuleAct | GroupAct | ListAct) -> Outcome:
    match act:
        case CreateGroup() | DeleteGroup() | AuthorizeEgress():
            return group_acts.performed(client, bucket, act)
        case CreatePrefixList() | DeletePrefixList() | ResizePrefixList() | AddEntries() | RemoveEntries():
            return list_acts.performed(client, bucket, act)
        case Authorize():
            return _authorized(client, bucket, act)
        case Revoke(group, rules):
            ids = [rule.id for rule in rules]
            return called(bucket, lambda: client.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=ids))
        case TagRules(_, ids, tags):
            return called(bucket, lambda: client.create_tags(Resources=[*ids], Tags=decode.encoded_tags(tags)))
        case UntagRules(_, ids, tags):
            return called(bucket, lambda: client.delete_tags(Resources=[*ids], Tags=decode.encoded_tags(tags)))
        case _:
            assert_never(act)


def _authorized(client: EC2Client, bucket: TokenBucket, act: Authorize) -> Outcome:
    """Add rules: one call, for AWS takes or refuses it as a whole; one for each set of tags, if there are several."""
    made: list[str] = []
    for tags in sorted({spec.tags for spec in act.rules}):
        rules = [spec for spec in act.rules if spec.tags == tags]
        outcome = _authorized_alike(client, bucket, act.group, rules, tags)
        if not isinstance(outcome, Done):
            # A part is done already: what is left must be looked up, whatever was said of this call.
            return Unsure(outcome.message) if made and isinstance(outcome, AlreadySo | Failed) else outcome
        made += outcome.rule_ids
    return Done(tuple(made))


def _authorized_alike(client: EC2Client, bucket: TokenBucket, group: str, rules: list[RuleSpec], tags: Tags) -> Outcome:
    if any(isinstance(spec.key.source, OpaqueSource) for spec in rules):
        return Failed("a rule whose source is not understood cannot be asked for", "put it back by hand")
    bucket.wait()
    labels = decode.encoded_tags(tags)
    specifications: list[TagSpecificationTypeDef] = (
        [{"ResourceType": "security-group-rule", "Tags": labels}] if labels else []
    )
    try:
        answer = client.authorize_security_group_ingress(
            GroupId=group, IpPermissions=decode.permissions(rules), TagSpecifications=specifications
        )
    except CallError as error:
        return outcome_of(error)
    return Done(tuple(rule["SecurityGroupRuleId"] for rule in answer.get("SecurityGroupRules", [])))
