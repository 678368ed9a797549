"""What a fault answers with: the error that the service itself would give for the call.

Here live the errors by kind of fault, service and parameters. Here must not live: when a fault
befalls a call (see `faults`), or the writing of an error (see `wire`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from originlock.lab.faults import FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class AwsError:
    """An error as AWS answers it."""

    status: int
    code: str
    message: str


#: 'EC2 API reference', error codes, with the HTTP status that EC2 sends. What other services
#: call the first four, `wire` knows.
THROTTLED: Final = AwsError(503, "RequestLimitExceeded", "Request limit exceeded.")
_EVERYWHERE: Final[Mapping[FaultKind, AwsError]] = {
    FaultKind.THROTTLE: THROTTLED,
    FaultKind.SERVER_ERROR: AwsError(500, "InternalError", "An internal error has occurred"),
    FaultKind.UNAVAILABLE: AwsError(503, "Unavailable", "The service is unavailable. Please try again shortly."),
    FaultKind.ACCESS_DENIED: AwsError(
        403, "UnauthorizedOperation", "You are not authorized to perform this operation."
    ),
}

#: 'Elastic Load Balancing API reference', errors of its actions.
_LOAD_BALANCING: Final[Mapping[FaultKind, AwsError]] = {
    FaultKind.QUOTA: AwsError(
        400, "InvalidConfigurationRequest", "The maximum number of security groups per load balancer has been reached."
    ),
    FaultKind.DUPLICATE: AwsError(400, "DuplicateLoadBalancerName", "A load balancer with the specified name exists."),
    FaultKind.IN_USE: AwsError(400, "ResourceInUse", "A specified resource is in use."),
    FaultKind.CONFLICT: AwsError(400, "OperationNotPermitted", "This operation is not allowed."),
}

#: 'EC2 API reference', error codes: of rules and groups, and of prefix lists where they differ.
_EC2: Final[Mapping[FaultKind, AwsError]] = {
    FaultKind.QUOTA: AwsError(
        400,
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
    ),
    FaultKind.DUPLICATE: AwsError(400, "InvalidPermission.Duplicate", "the specified rule already exists"),
    FaultKind.IN_USE: AwsError(400, "DependencyViolation", "The resource has a dependent object"),
    FaultKind.CONFLICT: AwsError(400, "IncorrectState", "The resource is not in a state for this request."),
}
_PREFIX_LISTS: Final[Mapping[FaultKind, AwsError]] = {
    FaultKind.QUOTA: AwsError(
        400, "PrefixListMaxEntriesExceeded", "You've reached the maximum number of entries for the prefix list."
    ),
    FaultKind.DUPLICATE: AwsError(400, "InvalidPrefixListModification", "An entry with the CIDR already exists."),
    FaultKind.CONFLICT: AwsError(400, "PrefixListVersionMismatch", "The prefix list has the incorrect version number."),
}
_GROUPS: Final[Mapping[FaultKind, AwsError]] = {
    FaultKind.QUOTA: AwsError(
        400, "SecurityGroupLimitExceeded", "The maximum number of security groups has been reached."
    ),
    FaultKind.DUPLICATE: AwsError(400, "InvalidGroup.Duplicate", "The security group already exists"),
}


def error_of(kind: FaultKind, service: str, action: str, parameters: Mapping[str, str]) -> AwsError | None:
    """Return the error that a fault answers with, or None where it answers otherwise."""
    if kind in _EVERYWHERE:
        return _EVERYWHERE[kind]
    if service == "elbv2":
        return _no_balancing(parameters) if kind is FaultKind.NOT_FOUND else _LOAD_BALANCING.get(kind)
    if kind is FaultKind.NOT_FOUND:
        return _not_found(parameters)
    special: Mapping[FaultKind, AwsError] = {}
    if "PrefixList" in action:
        special = _PREFIX_LISTS
    elif action == "CreateSecurityGroup":
        special = _GROUPS
    return special.get(kind) or _EC2.get(kind)


def _no_balancing(parameters: Mapping[str, str]) -> AwsError:
    named = {"TargetGroupArn": "TargetGroup", "ListenerArn": "Listener"}
    for parameter, what in named.items():
        if any(name.startswith(parameter) for name in parameters):
            return AwsError(400, f"{what}NotFound", f"One or more {what.lower()}s not found")
    return AwsError(400, "LoadBalancerNotFound", "One or more load balancers not found")


def _not_found(parameters: Mapping[str, str]) -> AwsError:
    by_rule = next(
        (
            value
            for name, value in parameters.items()
            if name.startswith("SecurityGroupRuleId") or value.startswith("sgr-")
        ),
        None,
    )
    if by_rule is not None:
        return AwsError(
            400,
            "InvalidSecurityGroupRuleId.NotFound",
            f"The security group rule ID '{by_rule}' does not exist",
        )
    listed = parameters.get("PrefixListId") or parameters.get("PrefixListId.1")
    if listed is not None:
        return AwsError(400, "InvalidPrefixListID.NotFound", f"The prefix list ID '{listed}' does not exist")
    group = parameters.get("GroupId") or parameters.get("GroupId.1") or "sg-00000000"
    return AwsError(400, "InvalidGroup.NotFound", f"The security group '{group}' does not exist")
