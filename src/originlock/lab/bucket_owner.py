"""Whose a bucket is: requests that name an owner are refused where it is another's.

Here lives the one header that moto does not know. Here must not live: policies of buckets, or IAM.

'Amazon S3 user guide', verifying bucket ownership with bucket owner condition: `x-amz-expected-bucket-owner`; where the
account is another one, the request fails with 403 (Access denied).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from moto.s3.models import s3_backends

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_HEADER: Final = "HTTP_X_AMZ_EXPECTED_BUCKET_OWNER"
_REFUSAL: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)


@dataclass(frozen=True, slots=True)
class BucketOwnerRoom:
    """An application that refuses what names another owner, and hands on all else."""

    other: WSGIApplication

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Refuse, or hand on."""
        expected = environ.get(_HEADER)
        if expected is None or self._owner(environ) in {None, expected}:
            return self.other(environ, start_response)
        body = b"" if environ.get("REQUEST_METHOD") == "HEAD" else _REFUSAL
        start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]

    @staticmethod
    def _owner(environ: WSGIEnvironment) -> str | None:
        """The account of the bucket that a path names; None where there is none."""
        bucket = unquote(str(environ.get("PATH_INFO", ""))).removeprefix("/").partition("/")[0]
        held = s3_backends.bucket_accounts.get(bucket)
        return None if held is None else held[1]
