"""What S3 gives a bucket that is made: it is closed and encrypted from its first moment.

Here live the two settings that moto leaves out. Here must not live: what they do to requests, buckets of log files (see
`log_buckets`).

'AWS News Blog', Amazon S3 Block Public Access, update of 2023-04-27: all four settings are on for every new bucket, by
whichever way it is made, in all Regions. 'Amazon S3 user guide', using server-side encryption with Amazon S3 managed
keys: SSE-S3 is the base level of encryption of every bucket since 2023-01-05; 'Amazon S3 API reference',
DeleteBucketEncryption: sets it back to that. That ACLs are disabled, too, is not corrected: nothing here sets one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CLOSED: Final[Mapping[str, str]] = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), "true"
)
_SSE_S3: Final = "AES256"


def made_closed(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a way to make a bucket, as `S3Backend.create_bucket` is one, after which it is closed and encrypted."""

    def create_bucket(backend: Any, bucket_name: str, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - moto's objects
        made = real(backend, bucket_name, *args, **more)
        backend.put_public_access_block(bucket_name, dict(_CLOSED))
        encrypt(backend, bucket_name)
        return made

    return create_bucket


def encrypt(backend: Any, bucket_name: str) -> None:  # noqa: ANN401 - moto's backend
    """Have a bucket encrypt with keys of S3's own; what deleting its configuration comes to."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": _SSE_S3}, "BucketKeyEnabled": False}
    backend.put_bucket_encryption(bucket_name, {"Rule": rule})
