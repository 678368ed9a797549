"""AWS's wire protocols, as far as the lab speaks them itself: whose call it is, and errors.

Here live reading a request's service, action and parameters, and writing error bodies that
botocore parses. Here must not live: answers of success, which moto serialises.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from originlock.lab.fault_errors import AwsError

_SCOPE = re.compile(r"Credential=(?P<access_key>[^/,]+)/\d{8}/(?P<region>[^/,]+)/(?P<service>[^/,]+)/aws4_request")

#: What services beside EC2 call the same failures, and the HTTP status they use.
_QUERY_CODES: Final[Mapping[str, tuple[int, str]]] = {
    "RequestLimitExceeded": (400, "Throttling"),
    "UnauthorizedOperation": (403, "AccessDenied"),
    "Unavailable": (503, "ServiceUnavailable"),
    "InternalError": (500, "InternalFailure"),
}
#: 'Amazon S3 API reference', error responses: they have no element around the error, either.
_S3_CODES: Final[Mapping[str, tuple[int, str]]] = {
    "RequestLimitExceeded": (503, "SlowDown"),
    "UnauthorizedOperation": (403, "AccessDenied"),
    "Unavailable": (503, "ServiceUnavailable"),
}
_JSON_CODES: Final[Mapping[str, tuple[int, str]]] = {
    "RequestLimitExceeded": (400, "ThrottlingException"),
    "UnauthorizedOperation": (400, "AccessDeniedException"),
    "Unavailable": (503, "ServiceUnavailableException"),
    "InternalError": (500, "InternalServerException"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks: of which service, which action, with which parameters."""

    service: str
    action: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature says of itself: whose it is, for which Region and service."""

    access_key: str
    region: str
    service: str


def scope_of(environ: Mapping[str, object]) -> Scope | None:
    """Read the scope of a request's signature; None if there is none."""
    found = _SCOPE.search(str(environ.get("HTTP_AUTHORIZATION", "")))
    return None if found is None else Scope(**found.groupdict())


def asked(environ: Mapping[str, object], body: bytes) -> Asked:
    """Read the service from the signature's scope and the action as each protocol names it."""
    scope = scope_of(environ)
    service = scope.service if scope else ""
    service = {"elasticloadbalancing": "elbv2", "servicequotas": "service-quotas", "monitoring": "cloudwatch"}.get(
        service, service
    )
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target is not None:
        return Asked(service, str(target).rpartition(".")[2], _json_fields(body))
    query = str(environ.get("QUERY_STRING", ""))
    form = str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded")
    fields = dict(parse_qsl(query, keep_blank_values=True))
    if form:
        fields |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    action = fields.pop("Action", None)
    if action is None:
        action = f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
    fields.pop("Version", None)
    return Asked(service, action, fields)


#: The names of parameters that are somebody's secret: a call log is read, and shown, by anybody.
_SECRET: Final = frozenset({"PrivateKey"})

NOT_SHOWN: Final = "(not shown)"


def without_secrets(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """The parameters of a call as a log may hold them."""
    return {name: NOT_SHOWN if name in _SECRET else value for name, value in parameters.items()}


def _json_fields(body: bytes) -> Mapping[str, str]:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return {}
    if not isinstance(given, dict):
        return {}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error as it goes over the wire."""

    status: int
    content_type: str
    body: bytes


def error_answer(service: str, error: AwsError, *, json_protocol: bool) -> ErrorAnswer:
    """Write an error as the service's protocol has it."""
    request_id = str(uuid.uuid4())
    if service == "ec2":
        # 'EC2 API reference', Query requests, error response; the header as on the wire.
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
            f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
            f"</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        )
        return ErrorAnswer(error.status, "text/xml;charset=UTF-8", body.encode())
    if json_protocol:
        status, code = _JSON_CODES.get(error.code, (400, error.code))
        text = json.dumps({"__type": code, "message": error.message})
        return ErrorAnswer(status, "application/x-amz-json-1.1", text.encode())
    if service == "s3":
        status, code = _S3_CODES.get(error.code, (error.status, error.code))
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{escape(code)}</Code><Message>{escape(error.message)}</Message>"
            f"<RequestId>{request_id}</RequestId></Error>"
        )
        return ErrorAnswer(status, "application/xml", body.encode())
    status, code = _QUERY_CODES.get(error.code, (error.status, error.code))
    kind = "Sender" if status < 500 else "Receiver"  # noqa: PLR2004 - the class of HTTP status
    body = (
        f"<ErrorResponse><Error><Type>{kind}</Type><Code>{escape(code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return ErrorAnswer(status, "text/xml", body.encode())


_ERROR_CODE = re.compile(rb"<Code>([^<]+)</Code>")


def error_code(status: int, body: bytes) -> str | None:
    """Read the error code out of an answer, or None where it is a success."""
    if status < 400:  # noqa: PLR2004 - the class of HTTP status
        return None
    found = _ERROR_CODE.search(body)
    if found:
        return found.group(1).decode()
    try:
        given = json.loads(body)
    except ValueError:
        return f"HTTP {status}"
    code = given.get("__type") if isinstance(given, dict) else None
    return str(code).rpartition("#")[2] if code else f"HTTP {status}"
