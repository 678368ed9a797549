"""Whether load balancers may write their logs to a bucket.

Here lives the asking of moto's S3 for a bucket and its policy. Here must not live: the logs themselves.

'Application Load Balancers', access logs: the bucket is in the load balancer's Region, and its policy lets
`logdelivery.elasticloadbalancing.amazonaws.com` put objects below `PREFIX/AWSLogs/ACCOUNT/`. The refusal is as users
published it. The older principals, an account of AWS's own for each Region, are let through as well.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends

from originlock.lab.elb_errors import ElbCode, ElbRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping

WRITER: Final = "logdelivery.elasticloadbalancing.amazonaws.com"

_PUT: Final = "s3:PutObject"


def refuse_unwritable(bucket: str, prefix: str, *, account: str, region: str, asks_policy: bool) -> None:
    """Refuse a bucket that logs cannot be written to; `asks_policy` is whether its policy is looked at."""
    if not bucket:
        # A guess.
        raise ElbRefusal(ElbCode.VALIDATION, "A bucket must be specified where logs are enabled")
    folder = f"{prefix}/AWSLogs" if prefix else "AWSLogs"
    try:
        held = s3_backends[account]["aws"].get_bucket(bucket)
    except S3ClientError:
        held = None
    resource = f"arn:aws:s3:::{bucket}/{folder}/{account}/x"
    if held is None or held.region_name != region or (asks_policy and not _allows(held.policy, resource)):
        raise ElbRefusal(
            ElbCode.INVALID_CONFIGURATION, f"Access Denied for bucket: {bucket}. Please check S3bucket permission"
        )


def policy(bucket: str, account: str) -> Mapping[str, Any]:
    """The policy that lets load balancers of an account write all their logs to a bucket."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": WRITER},
                "Action": _PUT,
                "Resource": f"arn:aws:s3:::{bucket}/*AWSLogs/{account}/*",
            }
        ],
    }


def _allows(text: bytes | str | None, resource: str) -> bool:
    if not text:
        return False
    statements = json.loads(text).get("Statement", [])
    given = statements if isinstance(statements, list) else [statements]
    return any(
        each.get("Effect") == "Allow"
        and _is_writer(each.get("Principal"))
        and any(fnmatchcase(_PUT.lower(), action.lower()) for action in _listed(each.get("Action")))
        and any(fnmatchcase(resource, pattern) for pattern in _listed(each.get("Resource")))
        for each in given
    )


def _is_writer(principal: object) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    return WRITER in _listed(principal.get("Service")) or any(
        each == "*" or each.endswith(":root") for each in _listed(principal.get("AWS"))
    )


def _listed(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [] if value is None else [str(value)]
