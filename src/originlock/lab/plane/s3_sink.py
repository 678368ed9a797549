"""Log files into the local S3.

Here lives the storing. Here must not live: names and contents (see `log_books`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from originlock.lab.plane.log_books import Kind, UndeliveredError, bucket_of

if TYPE_CHECKING:
    from originlock.lab.blueprint import Balancer


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials of the local AWS; they open nothing else."""

    access_key_id: str
    secret_access_key: str


class S3Sink:
    """Stores files over S3's API, in the load balancer's region."""

    def __init__(self, endpoint_url: str, keys: Keys) -> None:
        self._endpoint_url = endpoint_url
        self._keys = keys

    def put(self, balancer: Balancer, kind: Kind, body: bytes, key: str) -> None:
        """Store one file.

        Raises:
            UndeliveredError: no bucket is named, or S3 refuses.
        """
        bucket = bucket_of(balancer, kind)
        if bucket is None:
            text = f"{balancer.name}: its attributes name no bucket for its {kind} log"
            raise UndeliveredError(text)
        # Virtual-hosted buckets would need names that resolve.
        config = Config(proxies={}, connect_timeout=5, read_timeout=10, s3={"addressing_style": "path"})
        # A session of its own, as boto3's default one is not safe for threads.
        session: Any = boto3.session.Session()
        client = session.client(
            "s3",
            endpoint_url=self._endpoint_url,
            region_name=balancer.region,
            aws_access_key_id=self._keys.access_key_id,
            aws_secret_access_key=self._keys.secret_access_key,
            config=config,
        )
        try:
            client.put_object(Bucket=bucket, Key=key, Body=body)
        except (BotoCoreError, ClientError) as error:
            text = f"{balancer.name}: its {kind} log was not stored in {bucket}: {error}"
            raise UndeliveredError(text) from error
        finally:
            client.close()
