"""The tags of what Elastic Load Balancing holds, many at a time.

Lives here: DescribeTags. Must not live here: whose a tag says that something is.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from originlock.aws.answers import CallError
from originlock.aws.asking import read
from originlock.aws.wording import code_of
from originlock.facts.origin import Tags
from originlock.facts.unknown import Unknown

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

_IN_A_CALL: Final = 20
"""Elastic Load Balancing API reference, DescribeTags: up to 20 resources."""

_GONE: Final = frozenset({"ListenerNotFound", "LoadBalancerNotFound", "TrustStoreNotFound"})


def labels_of(client: ElasticLoadBalancingv2Client, arns: Iterable[str]) -> dict[str, Tags | Unknown]:
    """The tags of these, sorted; Unknown where they cannot be read, also because it has just gone.

    Raises:
        CloudError: AWS cannot be asked at all.
    """
    wanted = list(dict.fromkeys(arns))
    found: dict[str, Tags | Unknown] = {}
    for start in range(0, len(wanted), _IN_A_CALL):
        found |= _some(client, wanted[start : start + _IN_A_CALL])
    return found


def _some(client: ElasticLoadBalancingv2Client, arns: list[str]) -> dict[str, Tags | Unknown]:
    what = "the tags of " + (arns[0] if len(arns) == 1 else f"{len(arns)} listeners or trust stores")
    answer = read(what, functools.partial(_described, client, arns))
    if answer is None:
        # One that is gone makes the whole call fail.
        if len(arns) == 1:
            return {arns[0]: Unknown(what, "it is not there any more")}
        return {arn: tags for each in arns for arn, tags in _some(client, [each]).items()}
    if isinstance(answer, Unknown):
        return dict.fromkeys(arns, answer)
    return {arn: answer.get(arn, ()) for arn in arns}


def _described(client: ElasticLoadBalancingv2Client, arns: list[str]) -> dict[str, Tags] | None:
    try:
        told = client.describe_tags(ResourceArns=arns)["TagDescriptions"]
    except CallError as error:
        if code_of(error) in _GONE:
            return None
        raise
    return {
        each.get("ResourceArn", ""): tuple(sorted((tag["Key"], tag.get("Value", "")) for tag in each.get("Tags", [])))
        for each in told
    }
