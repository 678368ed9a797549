"""Roles: the credentials of one that is assumed, from one's own, and again before they end.

Lives here: AssumeRole and the life of its credentials. Must not live here: clients (see `session`), and which role.
"""

from __future__ import annotations

import datetime
import re
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypedDict

import botocore.exceptions
from botocore.credentials import DeferredRefreshableCredentials

from originlock.aws.wording import in_words

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

    from originlock.intent.policy import Place

Now = Callable[[], datetime.datetime]
"""The time, with time zone."""

_LONGEST_NAME: Final = 64
_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_+=,.@-]")
"""STS API reference, AssumeRole, RoleSessionName: 2 to 64 characters of A-Z, a-z, 0-9 and _+=,.@-"""


_REFUSED_OR_LOST: Final = (
    botocore.exceptions.ClientError,
    botocore.exceptions.ConnectionError,
    botocore.exceptions.HTTPClientError,
)


class RoleNotAssumedError(botocore.exceptions.BotoCoreError):
    """A role cannot be assumed; a call that would need it was not sent."""

    fmt = "the role {role} cannot be assumed: {reason}"


class Credentials(TypedDict):
    """What botocore asks of those who fetch credentials for it."""

    access_key: str
    secret_key: str
    token: str
    expiry_time: str


def session_name(host: str) -> str:
    """The name under which CloudTrail tells of us: ``originlock-HOST``, in the characters that STS takes."""
    return _NOT_IN_A_NAME.sub("-", f"originlock-{host}")[:_LONGEST_NAME]


def credentials_of(place: Place, sts: STSClient, now: Now) -> DeferredRefreshableCredentials:
    """The credentials of a place's role: assumed at their first use, and again a quarter of an hour before they end.

    They may be used from several threads, and so may the client: botocore has one of them assume the role again.

    Args:
        place: one that names a role.
        sts: a client that speaks as the person does.
        now: the time by which they end.
    """
    request: AssumeRoleRequestTypeDef = {
        "RoleArn": place.role or "",
        "RoleSessionName": session_name(socket.gethostname()),
    }
    if place.external_id is not None:
        request["ExternalId"] = place.external_id
    return DeferredRefreshableCredentials(
        lambda: _assumed(sts, request, now),
        "assume-role",
        time_fetcher=now,
    )


def _assumed(sts: STSClient, request: AssumeRoleRequestTypeDef, now: Now) -> Credentials:
    """Assume the role.

    Raises:
        RoleNotAssumedError: STS refuses, or cannot be asked.
        NoCredentialsError, CredentialRetrievalError: there are none to assume it with, as for any call.
    """
    role = request["RoleArn"]
    try:
        given = sts.assume_role(**request)["Credentials"]
    except _REFUSED_OR_LOST as error:
        raise RoleNotAssumedError(role=role, reason=in_words(error)) from error
    if given["Expiration"] <= now():
        ended = f"its credentials ended on {given['Expiration']:%Y-%m-%d %H:%M} by the clock of this machine"
        raise RoleNotAssumedError(role=role, reason=ended)
    return {
        "access_key": given["AccessKeyId"],
        "secret_key": given["SecretAccessKey"],
        "token": given["SessionToken"],
        "expiry_time": given["Expiration"].isoformat(),
    }
