"""What can be read off TLS records as they pass, before encryption and from lengths alone (RFC 5246, RFC 8446).

Lives here: pure reading of bytes that a peer, or our own TLS, sent. Must not live here: sockets, keys, decryption.

Every reader takes what there is: bytes may end in the middle of anything, and may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

_ALERT: Final = 21
_HANDSHAKE: Final = 22
_APPLICATION_DATA: Final = 23
_HEADER: Final = 5
_LONGEST: Final = 16384 + 2048
"""Bytes of a record's content, at most (RFC 5246, 6.2.3; RFC 8446 allows less)."""

_PLAIN_ALERT: Final = 2
"""Bytes of an alert in the clear: level and description. An encrypted one is longer."""

_SERVER_HELLO: Final = 2
_CERTIFICATE: Final = 11
_CERTIFICATE_REQUEST: Final = 13
_SERVER_HELLO_DONE: Final = 14
_MESSAGE_HEADER: Final = 4
_SUPPORTED_VERSIONS: Final = 43
_VERSIONS: Final = {0x0300: "SSLv3", 0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}
_NEWEST: Final = "TLSv1.3"

_AROUND_FINISHED: Final = 4 + 1 + 16
"""Bytes of a record that holds only a TLS 1.3 Finished, beside the hash: its header, the content type, the tag."""


class Record(msgspec.Struct, frozen=True):
    """One record: its content type, and as much of its content as there is."""

    kind: int
    content: bytes


class ServerWords(msgspec.Struct, frozen=True):
    """What a server said in the clear.

    Attributes:
        tls: whether the bytes are TLS records as far as they go; None without a byte.
        version: what the server chose, such as ``TLSv1.2``; None if it did not come to that.
        asked_for_certificate: TLS 1.2: whether a CertificateRequest was among its messages. None while that is open,
            and with TLS 1.3, which encrypts it.
        certificate: TLS 1.2: the server's certificate (DER); None where it did not come, or is encrypted.
        done: TLS 1.2: whether all that the server says before it waits for us is there.
        alerts: (fatal or not, description) in the clear, in order.
    """

    tls: bool | None = None
    version: str | None = None
    asked_for_certificate: bool | None = None
    certificate: bytes | None = None
    done: bool = False
    alerts: tuple[tuple[bool, int], ...] = ()


def is_tls(start: bytes) -> bool:
    """Whether these first bytes, however few, can be the start of a TLS record."""
    kind_known = not start or start[0] in (_ALERT, _HANDSHAKE)
    version_known = len(start) < 2 or start[1] == 3  # noqa: PLR2004 - the major version of all of them
    length = int.from_bytes(start[3:_HEADER], "big") if len(start) >= _HEADER else 0
    return kind_known and version_known and length <= _LONGEST


def records(raw: bytes) -> Iterator[Record]:
    """The records in these bytes; the last may be cut off."""
    at = 0
    while at + _HEADER <= len(raw):
        end = at + _HEADER + int.from_bytes(raw[at + 3 : at + _HEADER], "big")
        yield Record(raw[at], raw[at + _HEADER : end])
        at = end


def server_words(raw: bytes) -> ServerWords:
    """What a server said in the clear, from the first bytes that it sent."""
    if not raw:
        return ServerWords()
    if not is_tls(raw):
        return ServerWords(tls=False)
    messages, alerts = bytearray(), []
    hidden = False
    for record in records(raw):
        match record.kind:
            case 20:
                hidden = True
            case 21 if len(record.content) == _PLAIN_ALERT:
                alerts.append((record.content[0] == 2, record.content[1]))  # noqa: PLR2004 - 1 warning, 2 fatal
            case 22 if not hidden:
                messages += record.content
            case _:
                continue
    return msgspec.structs.replace(_said(bytes(messages)), alerts=tuple(alerts))


def _said(messages: bytes) -> ServerWords:
    """What a server's messages in the clear say."""
    words = ServerWords(tls=True)
    at = 0
    while at + _MESSAGE_HEADER <= len(messages):
        kind, length = messages[at], int.from_bytes(messages[at + 1 : at + _MESSAGE_HEADER], "big")
        body = messages[at + _MESSAGE_HEADER : at + _MESSAGE_HEADER + length]
        words = _heard(words, kind, body, whole=len(body) == length)
        at += _MESSAGE_HEADER + length
    return words


def _heard(words: ServerWords, kind: int, body: bytes, *, whole: bool) -> ServerWords:
    """What is known after one more message."""
    if kind == _SERVER_HELLO:
        return msgspec.structs.replace(words, version=_version(body))
    if words.version in (_NEWEST, None) or not whole:
        return words
    if kind == _CERTIFICATE_REQUEST:
        return msgspec.structs.replace(words, asked_for_certificate=True)
    if kind == _CERTIFICATE:
        # Lengths of three bytes each: of all certificates, then of the first.
        first = body[6 : 6 + int.from_bytes(body[3:6], "big")]
        return msgspec.structs.replace(words, certificate=first or None)
    if kind == _SERVER_HELLO_DONE:
        return msgspec.structs.replace(words, done=True, asked_for_certificate=words.asked_for_certificate or False)
    return words


def _version(hello: bytes) -> str | None:
    """The version that a ServerHello chose: from its extension, or from its old field."""
    chosen = int.from_bytes(hello[:2], "big")
    at = 2 + 32  # past the version and the random bytes
    at += 1 + (hello[at] if len(hello) > at else 0)  # past the session's id
    at += 2 + 1 + 2  # past the cipher suite, the compression, the length of the extensions
    while at + 4 <= len(hello):
        kind, length = int.from_bytes(hello[at : at + 2], "big"), int.from_bytes(hello[at + 2 : at + 4], "big")
        if kind == _SUPPORTED_VERSIONS and length == 2:  # noqa: PLR2004 - bytes of one version
            chosen = int.from_bytes(hello[at + 4 : at + 6], "big")
        at += 4 + length
    return _VERSIONS.get(chosen)


def certificate_was_sent(own: bytes, *, sha384: bool) -> bool:
    """Whether our own side of a finished TLS 1.3 handshake held a Certificate message, told from lengths alone.

    A client sends one if, and only if, the server asked for it, be it an empty one (RFC 8446, 4.4.2). Encrypted is
    then more than a lone Finished, however it is cut into records.

    Args:
        own: every byte that our side sent up to the end of the handshake, and none after it.
        sha384: whether the cipher's hash is SHA-384; else it is SHA-256 (RFC 8446, B.4).
    """
    encrypted = sum(len(record.content) for record in records(own) if record.kind == _APPLICATION_DATA)
    return encrypted > _AROUND_FINISHED + (48 if sha384 else 32)
