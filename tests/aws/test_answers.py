"""What AWS's errors mean, one by one."""

from __future__ import annotations

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from originlock.aws.answers import CallError, end_of_reading, outcome_of
from originlock.aws.wording import code_of, in_words
from originlock.errors import CloudError, UsageError, Whose
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure

SAID = "what AWS says"


def refusal(code: str, status: int = 400, said: str = SAID, tried_before: int = 0) -> exceptions.ClientError:
    """An error as botocore raises it for an answer of AWS."""
    return exceptions.ClientError(
        {
            "Error": {"Code": code, "Message": said},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "r",
                "HostId": "h",
                "HTTPHeaders": {},
                "RetryAttempts": tried_before,
            },
        },
        "AuthorizeSecurityGroupIngress",
    )


@pytest.mark.parametrize(
    "error, outcome",
    [
        (refusal("InvalidPermission.Duplicate"), AlreadySo),
        (refusal("InvalidPermission.NotFound"), AlreadySo),
        (refusal("InvalidSecurityGroupRuleId.NotFound"), AlreadySo),
        (refusal("RequestLimitExceeded", 503), Unsure),
        (refusal("Throttling"), Unsure),
        (refusal("InternalError", 500), Unsure),
        (refusal("Unavailable", 503), Unsure),
        (refusal("ServiceUnavailable", 503), Unsure),
        (refusal("SomethingNew", 502), Unsure),
        (refusal("", 500), Unsure),
        (refusal("RulesPerSecurityGroupLimitExceeded"), Failed),
        (refusal("UnauthorizedOperation", 403), Failed),
        (refusal("AccessDenied", 403), Failed),
        (refusal("InvalidGroup.NotFound"), AlreadySo),
        (refusal("InvalidSecurityGroup"), AlreadySo),
        (refusal("InvalidPrefixListModification"), AlreadySo),
        (refusal("DependencyViolation"), Failed),
        (refusal("InvalidParameterValue"), Failed),
        (refusal("ExpiredToken"), Failed),
        (refusal("SomethingNew"), Failed),
        (refusal("InvalidParameterValue", tried_before=1), Unsure),
        (exceptions.ConnectionClosedError(endpoint_url="u"), Unsure),
        (exceptions.ReadTimeoutError(endpoint_url="u"), Unsure),
        (exceptions.ConnectTimeoutError(endpoint_url="u"), Unsure),
        (exceptions.EndpointConnectionError(endpoint_url="u", error="e"), Unsure),
        (exceptions.HTTPClientError(error="e"), Unsure),
        (ResponseParserError("cut"), Unsure),
        (exceptions.NoCredentialsError(), Failed),
        (exceptions.CredentialRetrievalError(provider="p", error_msg="e"), Failed),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else f"{code_of(value) or type(value).__name__}",
)
def test_how_an_act_ended(error: Exception, outcome: type[Outcome]) -> None:
    """A refusal would be tried for ever, an unclear answer taken for a clear one, or success for a failure."""
    assert isinstance(error, CallError)
    ended = outcome_of(error)
    assert isinstance(ended, outcome), ended
    assert not isinstance(ended, Done)
    if isinstance(ended, Failed):
        assert ended.remedy
    assert ended.message == in_words(error)


def test_remedies_are_to_the_point() -> None:
    """A person would be sent the wrong way."""
    full = outcome_of(refusal("RulesPerSecurityGroupLimitExceeded"))
    assert isinstance(full, Failed)
    assert "L-0EA8095F" in full.remedy
    denied = outcome_of(refusal("UnauthorizedOperation", 403))
    assert isinstance(denied, Failed)
    assert "IAM policy" in denied.remedy


@pytest.mark.parametrize(
    "error",
    [
        exceptions.NoCredentialsError(),
        exceptions.PartialCredentialsError(provider="p", cred_var="v"),
        exceptions.CredentialRetrievalError(provider="p", error_msg="e"),
        exceptions.TokenRetrievalError(provider="p", error_msg="e"),
        exceptions.UnauthorizedSSOTokenError(),
        refusal("AuthFailure", 401),
        refusal("ExpiredToken"),
        refusal("RequestExpired"),
        refusal("InvalidClientTokenId", 403),
        refusal("SignatureDoesNotMatch", 403),
    ],
    ids=lambda error: code_of(error) or type(error).__name__,
)
def test_missing_or_bad_credentials_end_the_reading(error: Exception) -> None:
    """An account that cannot be asked would look like one in which nothing can be read, or like an empty one."""
    end = end_of_reading(error)
    assert isinstance(end, CloudError)
    assert end.whose is Whose.YOURS
    assert "log in" in end.remedy


def test_a_line_that_is_cut_ends_the_reading() -> None:
    """Every group would be called unknown, one by one, where the network is down."""
    end = end_of_reading(exceptions.EndpointConnectionError(endpoint_url="u", error="e"))
    assert isinstance(end, CloudError)
    assert end.whose is Whose.AWS


@pytest.mark.parametrize(
    "error",
    [
        refusal("UnauthorizedOperation", 403),
        refusal("RequestLimitExceeded", 503),
        refusal("InternalError", 500),
        exceptions.ReadTimeoutError(endpoint_url="u"),
        ResponseParserError("cut"),
    ],
    ids=lambda error: code_of(error) or type(error).__name__,
)
def test_anything_else_leaves_one_thing_unknown(error: Exception) -> None:
    """One thing that may not be read would hide everything else."""
    assert end_of_reading(error) is None


def test_words_are_one_bounded_line() -> None:
    """AWS's encoded authorization message is thousands of letters, and nobody's business."""
    said = "You are not authorized.\nEncoded authorization failure message: " + "x" * 5000
    words = in_words(refusal("UnauthorizedOperation", 403, said))
    assert words == "AuthorizeSecurityGroupIngress: UnauthorizedOperation: You are not authorized."
    assert len(in_words(refusal("Other", said="y" * 5000))) <= 303
    assert "\n" not in in_words(refusal("Other", said="one\ntwo"))


def test_a_region_or_profile_that_is_wrong_is_wrong_usage() -> None:
    """A slip in an option would be called a fault of AWS."""
    from originlock.aws.session import unusable  # noqa: PLC0415  beside what it is about

    for error in (exceptions.NoRegionError(), exceptions.ProfileNotFound(profile="p")):
        assert isinstance(unusable(error), UsageError)
