"""How EC2 refuses.

Here live its error codes and the refusal that carries one. Here must not live: moto, or when
something is refused.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """The error codes that the lab's EC2 refuses with ('EC2 API reference', error codes)."""

    INVALID_VALUE = "InvalidParameterValue"
    INVALID_COMBINATION = "InvalidParameterCombination"
    MISSING = "MissingParameter"
    UNSUPPORTED = "UnsupportedOperation"
    DUPLICATE = "InvalidPermission.Duplicate"
    NO_PERMISSION = "InvalidPermission.NotFound"
    NO_RULE = "InvalidSecurityGroupRuleId.NotFound"
    NO_GROUP = "InvalidGroup.NotFound"
    DUPLICATE_GROUP = "InvalidGroup.Duplicate"
    CANNOT_DELETE = "CannotDelete"
    NO_VPC = "InvalidVpcID.NotFound"
    MALFORMED_GROUP = "InvalidGroupId.Malformed"
    NO_INTERFACE = "InvalidNetworkInterfaceID.NotFound"
    NO_PREFIX_LIST = "InvalidPrefixListID.NotFound"
    FILTER_LIMIT = "FilterLimitExceeded"
    INVALID_PAGE = "InvalidNextToken"
    RULES_QUOTA = "RulesPerSecurityGroupLimitExceeded"
    GROUPS_QUOTA = "SecurityGroupsPerInterfaceLimitExceeded"
    NOT_YOURS = "AuthFailure"
    VERSION_MISMATCH = "PrefixListVersionMismatch"
    BAD_ENTRY = "InvalidPrefixListModification"
    INCORRECT_STATE = "IncorrectState"
    INVALID_REQUEST = "InvalidRequest"
    TOO_MANY_ENTRIES = "PrefixListMaxEntriesExceeded"
    IN_USE = "DependencyViolation"
    OTHER_PARAMETERS = "IdempotentParameterMismatch"
    UNAUTHORIZED = "UnauthorizedOperation"


class Refusal(Exception):  # noqa: N818 - EC2 refuses; this is not an error of the lab
    """EC2 refuses the request: an error code and a message, and nothing is changed."""

    def __init__(self, code: Code, message: str) -> None:
        """Keep the code and the message that the answer will carry."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
