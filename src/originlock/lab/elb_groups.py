"""Which security groups a load balancer may have.

Here live the refusals, over frozen views. Here must not live: moto, or the setting of groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from originlock.lab.elb_errors import ElbCode, ElbRefusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from originlock.lab.ec2_state import GroupView

#: 'Amazon VPC quotas', security groups: security groups per network interface, L-2AFB9258.
DEFAULT_GROUPS_QUOTA: Final = 5


def refuse_bad_groups(asked: Sequence[str], known: Iterable[GroupView], vpc_id: str, quota: int) -> None:
    """Refuse groups that do not exist, are of another VPC, or are too many for an interface.

    The API reference names the codes InvalidSecurityGroup ("does not exist") and
    InvalidConfigurationRequest. That the latter is for the other two, and its texts, are those
    of the older API, as users report them: hashicorp/terraform issue 30261 for another VPC,
    boto/boto3 issue 177 for too many. They are guesses for this API.

    'Amazon VPC quotas' bound rules times groups to 1,000 as quotas that can be had, and name no
    error for a call; so nothing is refused for it here.
    """
    by_id = {group.group_id: group for group in known}
    for group_id in asked:
        group = by_id.get(group_id)
        if group is None:
            # The text: kubernetes-sigs/aws-load-balancer-controller issue 2371.
            raise ElbRefusal(ElbCode.NO_GROUP, f"The security group '{group_id}' does not exist")
        if group.vpc_id != vpc_id:
            raise ElbRefusal(
                ElbCode.INVALID_CONFIGURATION,
                f'Security group "{group_id}" does not belong to VPC "{vpc_id}"',
            )
    if len(set(asked)) > quota:
        raise ElbRefusal(
            ElbCode.INVALID_CONFIGURATION,
            "The maximum number of security groups per load balancer has been reached.",
        )
