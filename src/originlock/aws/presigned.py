"""Reading what a presigned address opens: bounded, verified, and without ever saying the address.

The address is a credential: for ten minutes whoever has it reads what AWS holds. So it is in no error, and in no log:
botocore and urllib3 would say it where somebody has switched on their debug logs.

Lives here: one GET. Must not live here: which addresses, and what is behind them.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Final
from urllib.parse import urlsplit

import botocore.exceptions
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from botocore.response import StreamingBody
from botocore.utils import get_environ_proxies

_OK: Final = 200
_SOCKET_SECONDS: Final = 20
"""How long one piece may take to come (our choice: as any other call to AWS)."""

_WHOLE_SECONDS: Final = 120
"""How long all of it may take (our choice: the largest revocation list, 50 MB, at 4 Mbit/s)."""

_PIECE: Final = 65_536

_MARK: Final = "X-Amz-Signature"
_TALKATIVE: Final = ("botocore.parsers", "botocore.httpsession", "botocore.endpoint", "urllib3.connectionpool")


class _Silence(logging.Filter):
    """Lets no record through that has a presigned address in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record may be logged."""
        raised = "" if record.exc_info is None else str(record.exc_info[1])
        return _MARK not in record.getMessage() and _MARK not in raised


_SILENCE: Final = _Silence()
for _name in _TALKATIVE:
    logging.getLogger(_name).addFilter(_SILENCE)


class NotReadError(botocore.exceptions.BotoCoreError):
    """Something could not be read whole; why is said without any address."""

    fmt = "it could not be read: {reason}"


def opened(address: str, endpoint: str, most_bytes: int, authorities: str | bool) -> bytes:  # noqa: FBT001  botocore's
    """What an address opens.

    Args:
        address: https; or http of the very endpoint that gave it, as of a local AWS.
        endpoint: the URL of the service that gave it.
        most_bytes: more than this is refused.
        authorities: whom TLS trusts: a file, or True for botocore's own.

    Raises:
        NotReadError: it is no such address, nothing came in time, or too much, or something else than was asked for.
    """
    if not _may_be_asked(address, endpoint):
        raise NotReadError(reason="it is not https")
    # get_environ_proxies only looks at host and scheme. The stub knows less of `verify` and `timeout` than the code.
    taken: Any = URLLib3Session
    session: URLLib3Session = taken(
        verify=authorities, proxies=get_environ_proxies(address), timeout=_SOCKET_SECONDS, max_pool_connections=1
    )
    try:
        return _body(session.send(AWSRequest(method="GET", url=address, stream_output=True).prepare()), most_bytes)
    except NotReadError:
        raise
    except botocore.exceptions.BotoCoreError as error:
        # Its own words, and those of what it came from, may hold the address.
        raise NotReadError(reason=type(error).__name__) from None
    finally:
        session.close()


def _may_be_asked(address: str, endpoint: str) -> bool:
    try:
        asked, gave = urlsplit(address), urlsplit(endpoint)
        same = (asked.hostname, asked.port) == (gave.hostname, gave.port)
    except ValueError:
        return False
    return asked.scheme == "https" or (asked.scheme == gave.scheme == "http" and same)


def _body(answer: AWSResponse, most_bytes: int) -> bytes:
    raw: Any = answer.raw
    if answer.status_code != _OK:
        raw.close()
        raise NotReadError(reason=f"it answers {answer.status_code}")
    length = answer.headers.get("Content-Length", "")
    declared = int(length) if length.isascii() and length.isdigit() else None
    if declared is not None and declared > most_bytes:
        raw.close()
        raise NotReadError(reason=f"it has more than {most_bytes:,} bytes")
    whole: Any = declared
    return drained(StreamingBody(raw, whole), most_bytes)


def drained(body: StreamingBody, most_bytes: int) -> bytes:
    """All that a stream has, piece by piece.

    Raises:
        NotReadError: it has more than that, or takes too long.
        BotoCoreError: it broke off.
    """
    until, found, whole = time.monotonic() + _WHOLE_SECONDS, bytearray(), False
    try:
        while piece := body.read(_PIECE):
            found += piece
            if len(found) > most_bytes:
                raise NotReadError(reason=f"it has more than {most_bytes:,} bytes")
            if time.monotonic() > until:
                raise NotReadError(reason=f"it did not come within {_WHOLE_SECONDS} seconds")
        whole = True
    finally:
        if not whole:
            # What is left of it must not be taken for the answer to another call.
            body.close()
    return bytes(found)
