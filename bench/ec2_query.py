"""EC2's query protocol for the stand-in: numbered parameters in, XML and errors out.

Lives here: reading requests, pages, tags, errors. Must not live here: any one call, or HTTP.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

OWNER: Final = "123456789012"

_XMLNS: Final = "http://ec2.amazonaws.com/doc/2016-11-15/"

Parameters = Mapping[str, str]
Tags = tuple[tuple[str, str], ...]


class Code(enum.StrEnum):
    """Errors of EC2 ('EC2 API reference', error codes)."""

    UNKNOWN = "InvalidAction"
    DUPLICATE = "InvalidPermission.Duplicate"
    NO_PERMISSION = "InvalidPermission.NotFound"
    NO_GROUP = "InvalidGroup.NotFound"
    NO_RULE = "InvalidSecurityGroupRuleId.NotFound"
    NO_LIST = "InvalidPrefixListID.NotFound"
    OTHER_VERSION = "PrefixListVersionMismatch"
    LIST_FULL = "PrefixListMaxEntriesExceeded"
    LATER = "RequestLimitExceeded"


class RefusedError(Exception):
    """An error of EC2."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return 503 if self.code is Code.LATER else 400

    @property
    def body(self) -> bytes:
        """It as XML."""
        error = f"<Error><Code>{self.code}</Code><Message>{escape(str(self))}</Message></Error>"
        return f"<Response><Errors>{error}</Errors><RequestID>{uuid.uuid4()}</RequestID></Response>".encode()


def body_of(action: str, members: str) -> bytes:
    """An answer of success."""
    head = f'<{action}Response xmlns="{_XMLNS}"><requestId>{uuid.uuid4()}</requestId>'
    return f"{head}{members}</{action}Response>".encode()


def filters(given: Parameters) -> list[tuple[str, list[str]]]:
    """The filters of a request: names with their values."""
    found = []
    number = 1
    while name := given.get(f"Filter.{number}.Name"):
        found.append((name, numbered(given, f"Filter.{number}.Value")))
        number += 1
    return found


def numbered(given: Parameters, name: str) -> list[str]:
    """The values of `name.1`, `name.2` and so on."""
    return [value for key, value in given.items() if key.startswith(f"{name}.")]


def page(items: list[str], given: Parameters) -> tuple[str, str]:
    """The items of the page that is asked for, and the token of the next: where it begins."""
    start = int(given.get("NextToken", "0"))
    end = start + int(given.get("MaxResults", "1000"))
    token = f"<nextToken>{end}</nextToken>" if end < len(items) else ""
    return "".join(items[start:end]), token


def tags(given: Parameters, start: str) -> Tags:
    """Tags of a request."""
    found = []
    number = 1
    while key := given.get(f"{start}.{number}.Key"):
        found.append((key, given.get(f"{start}.{number}.Value", "")))
        number += 1
    return tuple(found)


def xml_tags(held: Tags) -> str:
    """Tags of an answer."""
    items = "".join(f"<item><key>{escape(key)}</key><value>{escape(value)}</value></item>" for key, value in held)
    return f"<tagSet>{items}</tagSet>"
