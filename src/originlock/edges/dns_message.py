"""One DNS question and its answer, as bytes.

Lives here: the wire format of queries, and of the answers to them, as far as `zone add` needs it; pure and bounded.
Must not live here: sockets, whom to ask, what the records mean. Why this is here: docs/adr/0014-dns-queries.md.
Source: RFC 1035, sections 3.3 and 4; AAAA: RFC 3596; SRV: RFC 2782; CAA: RFC 8659.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable
from typing import Final

import msgspec

from originlock.facts.dns import NamedRecord, RecordType

CODES: Final[dict[RecordType, int]] = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "SRV": 33,
    "CAA": 257,
}
_KINDS: Final = {code: kind for kind, code in CODES.items()}

NO_ERROR: Final = 0
NO_SUCH_NAME: Final = 3
"""Response codes (RFC 1035, section 4.1.1)."""

_IN: Final = 1
_ANSWER: Final = 0x8000
_TRUNCATED: Final = 0x0200
_CODE: Final = 0x000F
_POINTER: Final = 0xC0
_LONGEST_LABEL: Final = 63
_LONGEST_NAME: Final = 255
"""RFC 1035, sections 2.3.4 and 4.1."""

_MOST_RECORDS: Final = 500
"""Of one answer (our choice: one name's records of one type)."""


class DnsMessageError(Exception):
    """Bytes that are no answer to the question, or a name that cannot be asked for; the message says why."""


class DnsMessage(msgspec.Struct, frozen=True):
    """An answer.

    Attributes:
        code: the response code.
        truncated: whether it has to be asked for again over TCP.
        records: of the answer section, of the types that are known.
    """

    code: int
    truncated: bool
    records: tuple[NamedRecord, ...] = ()


def query(number: int, name: str, kind: RecordType) -> bytes:
    """A question for whoever is responsible: recursion is not asked for.

    Raises:
        DnsMessageError: there can be no such name.
    """
    return struct.pack(">6H", number, 0, 1, 0, 0, 0) + _encoded(name) + struct.pack(">2H", CODES[kind], _IN)


def _encoded(name: str) -> bytes:
    labels = name.rstrip(".").split(".")
    try:
        parts = [label.encode("ascii") for label in labels]
    except UnicodeEncodeError as error:
        message = f"{name!a} is not ASCII"
        raise DnsMessageError(message) from error
    encoded = b"".join(bytes([len(part)]) + part for part in parts if len(part) <= _LONGEST_LABEL) + b"\0"
    if not all(0 < len(part) <= _LONGEST_LABEL for part in parts) or len(encoded) > _LONGEST_NAME:
        message = f"{name[:80]!a} is no name"
        raise DnsMessageError(message)
    return encoded


def answer(body: bytes, number: int, name: str, kind: RecordType) -> DnsMessage:
    """Understand an answer to `query` of the same arguments.

    Raises:
        DnsMessageError: it is none; never anything else, whatever the bytes are.
    """
    try:
        return _answer(body, number, name, kind)
    except (struct.error, IndexError, ValueError) as error:
        message = "the answer breaks off, or is no DNS message"
        raise DnsMessageError(message) from error


def _answer(body: bytes, number: int, name: str, kind: RecordType) -> DnsMessage:
    got, flags, questions, answers = struct.unpack_from(">4H", body)
    struct.unpack_from(">6H", body)
    if got != number or not flags & _ANSWER or questions != 1:
        message = "it is no answer to this question"
        raise DnsMessageError(message)
    asked, at = _name(body, 12)
    if asked != name.rstrip(".").lower() or struct.unpack_from(">2H", body, at) != (CODES[kind], _IN):
        message = "it answers another question"
        raise DnsMessageError(message)
    if answers > _MOST_RECORDS:
        message = f"it has {answers} records"
        raise DnsMessageError(message)
    code, truncated = flags & _CODE, bool(flags & _TRUNCATED)
    return DnsMessage(code, truncated, () if truncated else _records(body, at + 4, answers))


def _records(body: bytes, at: int, count: int) -> tuple[NamedRecord, ...]:
    found: list[NamedRecord] = []
    for _ in range(count):
        owner, at = _name(body, at)
        code, of_class, _, length = struct.unpack_from(">2HIH", body, at)
        at += 10
        if at + length > len(body):
            message = "the answer breaks off"
            raise DnsMessageError(message)
        kind = _KINDS.get(code)
        if kind is not None and of_class == _IN:
            found.append(NamedRecord(owner, kind, _CONTENTS[kind](body, at, at + length)))
        at += length
    return tuple(found)


def _name(body: bytes, at: int) -> tuple[str, int]:
    """A name, and where what follows it begins. Pointers lead back only, so that there is an end."""
    labels: list[str] = []
    after, limit, size = -1, at, 0
    while True:
        length = body[at]
        if length & _POINTER == _POINTER:
            target = ((length & ~_POINTER) << 8) | body[at + 1]
            after = at + 2 if after < 0 else after
            if target >= limit:
                message = "a name points forward"
                raise DnsMessageError(message)
            at = limit = target
            continue
        if length > _LONGEST_LABEL:
            message = "a label is too long"
            raise DnsMessageError(message)
        at += 1
        if not length:
            return ".".join(labels), after if after >= 0 else at
        size += length + 1
        part = body[at : at + length]
        if size > _LONGEST_NAME or len(part) < length:
            message = "a name is too long"
            raise DnsMessageError(message)
        labels.append(_label(part))
        at += length


def _label(part: bytes) -> str:
    """A label in lower case; what is not printable, or would look like something else, as RFC 1035 5.1 escapes it."""
    plain = (chr(each).lower() if _plain(each) else f"\\{each:03d}" for each in part)
    return "".join(plain)


def _plain(byte: int) -> bool:
    return (chr(byte).isalnum() and byte < 128) or byte in b"-_*"  # noqa: PLR2004  ASCII


def _address4(body: bytes, at: int, end: int) -> str:
    return str(ipaddress.IPv4Address(body[at:end]))


def _address6(body: bytes, at: int, end: int) -> str:
    return str(ipaddress.IPv6Address(body[at:end]))


def _target(skipped: int) -> Callable[[bytes, int, int], str]:
    def read(body: bytes, at: int, end: int) -> str:
        name, after = _name(body, at + skipped)
        if after != end:
            message = "a record is longer than what is in it"
            raise DnsMessageError(message)
        return name

    return read


def _text(body: bytes, at: int, end: int) -> str:
    """The strings of a TXT as one (RFC 7208, section 3.3, and others join them without a space)."""
    found = b""
    while at < end:
        length = body[at]
        if at + 1 + length > end:
            message = "a text is longer than its record"
            raise DnsMessageError(message)
        found += body[at + 1 : at + 1 + length]
        at += 1 + length
    return found.decode("utf-8", "backslashreplace")


def _caa(body: bytes, at: int, end: int) -> str:
    flags, length = body[at], body[at + 1]
    if at + 2 + length > end:
        message = "a tag is longer than its record"
        raise DnsMessageError(message)
    tag = body[at + 2 : at + 2 + length].decode("ascii", "backslashreplace")
    value = body[at + 2 + length : end].decode("utf-8", "backslashreplace")
    return f'{flags} {tag} "{value}"'


_CONTENTS: Final[dict[RecordType, Callable[[bytes, int, int], str]]] = {
    "A": _address4,
    "AAAA": _address6,
    "CNAME": _target(0),
    "NS": _target(0),
    "MX": _target(2),
    "SRV": _target(6),
    "TXT": _text,
    "CAA": _caa,
}
