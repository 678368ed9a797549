"""The little HTTP/1.1 that a probe speaks (RFC 9112).

Lives here: writing one request, and reading the start of an answer, pure and bounded. Must not live here: sockets, and
what an answer proves.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from originlock import __version__

MAX_HEAD: Final = 16_384
"""Bytes of an answer's head that are read: as much as common servers allow a request (nginx 32 KiB, Node.js 16 KiB)."""

MAX_BODY: Final = 4_096
"""Bytes of a body that are read: `/cdn-cgi/trace` has fewer than 1,000."""

KEPT: Final = frozenset(
    {
        "age",
        "cf-cache-status",
        "cf-mitigated",
        "cf-ray",
        "content-type",
        "location",
        "retry-after",
        "server",
        "via",
    }
)
"""Headers that are kept as evidence. Cookies are not: they can be somebody's session."""

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

_VALUE: Final = 200
_BODY_KEPT: Final = 1_024
_STATUS_LINE: Final = re.compile(rb"HTTP/\d(?:\.\d)? ([1-9]\d\d)(?:[ \t][^\r\n]*)?\r?\n")
_BEGINNING: Final = b"HTTP/"
_END: Final = re.compile(rb"\r?\n\r?\n")
_UNSAFE: Final = re.compile(r"[^\x21-\x7e]")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_INTERIM: Final = range(100, 200)
_SWITCHED: Final = 101
_WITHOUT_BODY: Final = frozenset({101, 204, 304})


class Answer(msgspec.Struct, frozen=True):
    """The start of an answer.

    Attributes:
        status: of the final answer, or of an interim one if no other came.
        headers: (lower-case name, value) in order, those of `KEPT`, bounded and safe for a terminal.
        head_ended: whether the empty line came.
        body_at: where the body begins in what was read.
        body: its first bytes, as they were sent.
        length: of the body if declared; None if it is not, and 0 where there is none.
        chunked: whether the body comes in chunks.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    head_ended: bool = False
    body_at: int = 0
    body: bytes = b""
    length: int | None = None
    chunked: bool = False

    @property
    def whole(self) -> bool:
        """Whether no more need be read: all of it is there, or as much as is wanted."""
        if not self.head_ended:
            return False
        if self.length is not None and len(self.body) >= self.length:
            return True
        return len(self.body) >= MAX_BODY or (self.chunked and self.body.endswith(b"0\r\n\r\n"))

    @property
    def body_start(self) -> str:
        """The first bytes of the body as text, without chunks and control characters."""
        plain = _unchunked(self.body) if self.chunked else self.body
        return _CONTROL.sub("\ufffd", plain[:_BODY_KEPT].decode("utf-8", "replace").replace("\r\n", "\n"))


class NotYet(msgspec.Struct, frozen=True):
    """These bytes can still become an answer."""


class NotHttp(msgspec.Struct, frozen=True):
    """These bytes are no answer, and will not be; and how they begin, safe for a terminal."""

    start: str


def request(host: str, path: str) -> bytes:
    """One GET. It carries nothing that names a person or a session.

    Raises:
        ValueError: the host or the path has a character that does not belong there, a line break among them.
    """
    if not host or not path.startswith("/") or _UNSAFE.search(host + path):
        message = "a request needs a host and a path of visible ASCII characters, and the path a slash to begin with"
        raise ValueError(message)
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: originlock/{__version__}",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii")


class Reading:
    """An answer that is being read, piece by piece; each byte is looked at a few times, however small the pieces."""

    def __init__(self) -> None:
        self._raw = bytearray()
        self._total = 0
        self._looked_at = 0
        self._interim: Answer | None = None
        self._final: Answer | None = None
        self._refuted = False

    @property
    def begun(self) -> bool:
        """Whether a byte came."""
        return self._total > 0

    @property
    def head_ended(self) -> bool:
        """Whether the head of the final answer is there."""
        return self._final is not None

    @property
    def enough(self) -> bool:
        """Whether no more need be read: all is there, or as much as is wanted, or it will be no answer."""
        if self._final is None:
            return self._refuted or self._total >= MAX_HEAD
        return self._refuted or self._with_body(self._final).whole

    def feed(self, piece: bytes) -> None:
        """Take the next bytes; what goes beyond the bounds is let go."""
        piece = piece[: MAX_HEAD + MAX_BODY - self._total]
        self._total += len(piece)
        self._raw += piece
        while self._final is None and not self._refuted and self._passed_interim():
            pass

    def result(self) -> Answer | NotYet | NotHttp:
        """What the bytes are that came so far. Interim answers are passed over, if another follows."""
        if self._final is not None:
            return self._with_body(self._final)
        found = _one(bytes(self._raw))
        return self._interim if self._interim and isinstance(found, NotYet) else found

    def _passed_interim(self) -> bool:
        """Take up the next head if it is there; whether it was an interim one, so that another follows."""
        at = max(0, self._looked_at - 3)  # the length of an empty line's end, less one
        end = _END.search(self._raw, at, MAX_HEAD)
        newline = self._looked_at == 0 or self._raw.find(b"\n", self._looked_at) != -1
        self._looked_at = len(self._raw)
        if end is None:
            unlike = not self._raw.startswith(_BEGINNING[: len(self._raw)])
            self._refuted = unlike or (newline and b"\n" in self._raw and not _STATUS_LINE.match(self._raw))
            return False
        found = _one(bytes(self._raw))
        if not isinstance(found, Answer):
            self._refuted = True
            return False
        if found.status in _INTERIM and found.status != _SWITCHED:
            self._interim = msgspec.structs.replace(found, head_ended=False, body=b"")
            del self._raw[: end.end()]
            self._looked_at = 0
            return True
        self._final = found
        return False

    def _with_body(self, head: Answer) -> Answer:
        return msgspec.structs.replace(head, body=bytes(self._raw[head.body_at :]))


def _one(raw: bytes) -> Answer | NotYet | NotHttp:
    """The first answer in these bytes; what follows its head is its body."""
    if raw[: len(_BEGINNING)] != _BEGINNING[: len(raw)]:
        return NotHttp(shown(raw))
    line = _STATUS_LINE.match(raw)
    if line is None:
        return NotHttp(shown(raw)) if b"\n" in raw or len(raw) >= MAX_HEAD else NotYet()
    end = _END.search(raw, line.end() - 2, MAX_HEAD)
    fields = _fields(raw[line.end() : end.start() if end else MAX_HEAD])
    status = int(line[1])
    return Answer(
        status,
        tuple((name, _value(name, value)) for name, value in fields if name in KEPT),
        end is not None,
        end.end() if end else 0,
        raw[end.end() :] if end else b"",
        0 if status in _WITHOUT_BODY else _length(fields),
        any(name == "transfer-encoding" and "chunked" in value.lower() for name, value in fields),
    )


def _fields(head: bytes) -> list[tuple[str, str]]:
    """Every line of a head that has a name and a value."""
    fields = []
    for line in head.decode("latin-1").split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.strip():
            fields.append((name.strip().lower(), value.strip()))
    return fields


def _length(fields: list[tuple[str, str]]) -> int | None:
    value = next((value for name, value in fields if name == "content-length"), "")
    # Longer ones are no length of anything, and int() would take long.
    return int(value) if value.isascii() and value.isdigit() and len(value) < len("1000000000000") else None


def _value(name: str, value: str) -> str:
    """A value, bounded and safe for a terminal; a Location loses its query, which can hold a token."""
    if name == "location":
        value = re.split(r"[?#]", value, maxsplit=1)[0]
        value = re.sub(r"//[^/@]*@", "//", value)  # nor does it keep a user and a password
    return _CONTROL.sub("\ufffd", value.replace("\n", " ")[:_VALUE])


def _unchunked(body: bytes) -> bytes:
    """The content of chunks, as far as they are whole or begun."""
    content, at = bytearray(), 0
    while (line_end := body.find(b"\r\n", at)) != -1:
        size = body[at:line_end].split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size) or int(size, 16) == 0:
            break
        start = line_end + 2
        content += body[start : start + int(size, 16)]
        at = start + int(size, 16) + 2
    return bytes(content)


def shown(raw: bytes) -> str:
    """How bytes begin, on one line, safe for a terminal."""
    return ascii(raw[:80].split(b"\n")[0].rstrip(b"\r").decode("latin-1"))[1:-1]
