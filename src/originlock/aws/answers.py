"""What AWS's errors mean: for a read, Unknown or an end; for an act, an outcome.

Lives here: the codes that EC2 and others share. Must not live here: retrying (botocore) and what follows (the machine).
"""

from __future__ import annotations

from typing import Final

import botocore.exceptions
import botocore.parsers

from originlock.aws.roles import RoleNotAssumedError
from originlock.aws.session import unusable
from originlock.aws.wording import code_of, in_words
from originlock.errors import CloudError, OriginlockError, Whose
from originlock.plan.outcomes import AlreadySo, Failed, Outcome, Unsure

CallError = (
    botocore.exceptions.ClientError,
    botocore.exceptions.BotoCoreError,
    botocore.parsers.ResponseParserError,
)
"""Everything that a call can raise: AWS's own refusals, and what happens on the way there and back."""

UNPARSED: Final = (AttributeError, TypeError, ValueError, OverflowError, MemoryError, RecursionError)
"""What botocore's parsers (1.44, of JSON and of CBOR) raise where a body is none of AWS's, besides their own error."""

_NO_CREDENTIALS: Final = (
    botocore.exceptions.NoCredentialsError,
    botocore.exceptions.PartialCredentialsError,
    botocore.exceptions.CredentialRetrievalError,
    botocore.exceptions.NoAuthTokenError,
    botocore.exceptions.SSOError,
    botocore.exceptions.TokenRetrievalError,
)

# EC2 API reference, "Error codes".
_BAD_CREDENTIALS: Final = frozenset(
    {
        "AuthFailure",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "MissingAuthenticationToken",
        "IncompleteSignature",
    }
)
DENIED: Final = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})
"""The codes of what IAM does not allow."""

_ALREADY: Final = frozenset(
    {
        "InvalidPermission.Duplicate",
        "InvalidPermission.NotFound",
        "InvalidSecurityGroupRuleId.NotFound",
        # Somebody else put the entry in, or took it out, since the list was looked at.
        "InvalidPrefixListModification",
        # A group that was made a moment ago need not be known everywhere yet (EC2 developer guide, eventual
        # consistency); one that is gone has nothing left to be taken out of. Either way a look tells.
        "InvalidGroup.NotFound",
        "InvalidSecurityGroup",
    }
)
_LATER: Final = frozenset(
    {
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "InternalError",
        "InternalFailure",
        "ServiceUnavailable",
        "Unavailable",
        "RequestTimeout",
        "SlowDown",
        # A prefix list is being changed, or was changed since it was looked at: look again.
        "IncorrectState",
        "PrefixListVersionMismatch",
    }
)
_SERVER_ERRORS: Final = 500

_AGAIN: Final = "run `originlock apply` again: it goes on from what AWS holds then"


def end_of_reading(error: BaseException) -> OriginlockError | None:
    """The error to raise if AWS cannot be asked at all; None if just this one thing stays unknown."""
    if isinstance(error, RoleNotAssumedError):
        return _without_role(error)
    if isinstance(error, (*_NO_CREDENTIALS, botocore.exceptions.EndpointConnectionError)):
        return unusable(error)
    if code_of(error) in _BAD_CREDENTIALS:
        return CloudError(
            f"AWS does not take the credentials: {in_words(error)}",
            "log in again, and check the clock of this machine",
            whose=Whose.YOURS,
        )
    return None


def _without_role(error: RoleNotAssumedError) -> CloudError:
    """That a role cannot be assumed is the person's to mend if STS says so; otherwise it may do in a while."""
    if isinstance(error.__cause__, botocore.exceptions.ClientError) and code_of(error.__cause__) not in _LATER:
        remedy = "check the ARN, the role's trust policy, the external_id that it asks for, and your sts:AssumeRole"
        return CloudError(f"AWS: {error}", remedy, whose=Whose.YOURS)
    return CloudError(f"AWS: {error}", "check the clock, the network, the Region and AWS_ENDPOINT_URL, and try again")


def outcome_of(error: BaseException) -> Outcome:
    """How an act ended that raised this."""
    code, said = code_of(error), in_words(error)
    if code in _ALREADY:
        return AlreadySo(said)
    if code in _LATER or _status(error) >= _SERVER_ERRORS or _was_tried_before(error):
        return Unsure(said)
    if code == "RulesPerSecurityGroupLimitExceeded":
        remedy = "the group is full: raise the quota L-0EA8095F, or take out rules that are not needed, and apply again"
        return Failed(said, remedy)
    if code == "DependencyViolation":
        return Failed(said, f"see what still uses it; then {_AGAIN}")
    if code in DENIED:
        return Failed(said, f"allow the call in the IAM policy, which `originlock iam-policy` prints; then {_AGAIN}")
    if code or isinstance(error, _NO_CREDENTIALS):
        return Failed(said, f"mend what AWS says; then {_AGAIN}")
    return Unsure(said)


def _was_tried_before(error: BaseException) -> bool:
    """Whether botocore had sent the call before: the first try may have been done, and only its answer lost."""
    if isinstance(error, botocore.exceptions.ClientError):
        return bool(error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0))
    return False


def _status(error: BaseException) -> int:
    if isinstance(error, botocore.exceptions.ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return 0
