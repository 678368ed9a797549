"""Reading connection logs from their bucket: those of the days in question, within bounds.

Lives here: listing and reading log files. Must not live here: their names (see `log_files`), their lines (see
`connection_lines`), what a handshake proves.
"""

from __future__ import annotations

import datetime
import functools
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from originlock.aws.asking import read
from originlock.aws.connection_lines import handshake
from originlock.aws.log_files import LogPlace, days, place_of
from originlock.aws.presigned import NotReadError, drained
from originlock.aws.session import Sessions
from originlock.facts.trust import Handshake
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_FILES: Final = 2_000
"""Our choice: an hour and a half of a load balancer with a hundred addresses, which logs every five minutes."""

MOST_BYTES: Final = 64 * 1024 * 1024
"""Our choice: of all files together, as they lie in the bucket."""

MOST_TEXT: Final = 128 * 1024 * 1024
"""Our choice: of all files together, unpacked; a packed file can be a thousand times as long as it is."""

MOST_DAYS: Final = 31
"""Our choice: a question about longer ago is answered by nobody who looks at it now."""

_CLOCKS: Final = datetime.timedelta(minutes=5)
"""How far the clocks of this machine and of AWS may be apart (our choice; AWS refuses a request beyond that)."""

_PIECE: Final = 65_536
_GZIP: Final = 31
"""zlib: a gzip header is asked for."""


class LogReader:
    """Reads the connection logs of one place."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions = sessions
        self._place = place

    def handshakes(self, logs: str, since: datetime.datetime) -> tuple[Handshake, ...] | Unknown:
        """What is logged since a moment, in its order. Lines that cannot be read in one way alone are left out.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        what = f"the connection logs under {logs.partition('#')[0]}"
        where = place_of(logs)
        if where is None:
            return Unknown(what, "that is no place in S3")
        if self._sessions.now() - since > datetime.timedelta(days=MOST_DAYS):
            return Unknown(what, f"they are asked for since more than {MOST_DAYS} days")
        return read(what, functools.partial(self._since, where, since))

    def _since(self, where: LogPlace, since: datetime.datetime) -> tuple[Handshake, ...]:
        client = self._sessions.s3(self._place)
        keys = [key for folder in self._folders(where) for key in self._keys(client, where, folder, since)]
        found: list[Handshake] = []
        packed, text = MOST_BYTES, MOST_TEXT
        for key in keys:
            body = drained(client.get_object(Bucket=where.bucket, Key=key)["Body"], packed)
            packed -= len(body)
            for line in unpacked(body, text):
                text -= len(line) + 1
                told = handshake(line.decode("utf-8", "replace"))
                if told is not None and told.at >= since:
                    found.append(told)
        return tuple(sorted(found, key=lambda each: (each.at, each.client, each.port, each.serial)))

    def _folders(self, where: LogPlace) -> list[str]:
        """The folders of the accounts and Regions whose load balancers may be meant."""
        if where.load_balancer:
            # arn:PARTITION:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID
            _, _, _, region, account, *_ = where.load_balancer.split(":")
            return [where.folder(account, region)]
        region = self._sessions.region(self._place) or ""
        return [where.folder(self._sessions.account(self._place), region)]

    def _keys(self, client: S3Client, where: LogPlace, folder: str, since: datetime.datetime) -> Iterator[str]:
        """The files that may tell of a moment after that; each is written after all that it tells of."""
        pages = client.get_paginator("list_objects_v2")
        seen = 0
        for day in days(since, self._sessions.now() + _CLOCKS):
            for page in pages.paginate(Bucket=where.bucket, Prefix=folder + day):
                for each in page.get("Contents", []):
                    if not where.is_of(each["Key"]) or each["LastModified"] < since - _CLOCKS:
                        continue
                    seen += 1
                    if seen > MOST_FILES:
                        raise NotReadError(reason=f"there are more than {MOST_FILES:,} files")
                    yield each["Key"]


def unpacked(body: bytes, most_bytes: int) -> Iterator[bytes]:
    """The lines of a gzip file, without their ends.

    Raises:
        NotReadError: it is none, it is cut short, or it has more than that.
    """
    left, rest, packed = most_bytes, b"", body
    unpacker = zlib.decompressobj(_GZIP)
    while True:
        try:
            piece = unpacker.decompress(packed, _PIECE)
        except zlib.error:
            raise NotReadError(reason="a file is no gzip") from None
        packed = unpacker.unconsumed_tail
        left -= len(piece)
        if left < 0:
            raise NotReadError(reason="unpacked, the files have more than can be read")
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
        if len(rest) > _PIECE:
            raise NotReadError(reason="a file has no lines")
        if unpacker.eof and unpacker.unused_data:
            # Several files one behind the other are one file (RFC 1952, section 2.2).
            packed, unpacker = unpacker.unused_data, zlib.decompressobj(_GZIP)
        elif unpacker.eof:
            break
        elif not packed and not piece:
            raise NotReadError(reason="a file is cut short")
    if rest:
        yield rest
