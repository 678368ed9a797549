"""A PEM file line by line: where its blocks begin and end, and what else stands there.

Lives here: the scan, pure, in one pass over the lines. Must not live here: what is in a block (see `bundles`), and
whether any of it matters.

It reads on where a strict parser stops, so that a person is told everything at once.
"""

from __future__ import annotations

import base64
import binascii
import re

import msgspec

from originlock.facts.bundle import MOST_LINES, FoundLine, LineKind, Unreadable

_BOUNDARY = re.compile(r"-----(BEGIN|END) ([A-Z0-9][A-Z0-9 .#/]{0,63})-----")
"""RFC 7468, section 3, with labels of at most 64 letters (our choice)."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_LONGEST = 76
"""Letters of a line of base64: RFC 7468, section 2, has 64, RFC 2045, section 6.8, at most 76."""

_NEARLY = re.compile(r"\b(BEGIN|END)\b[ _A-Z0-9]*(CERTIFICATE|CRL|KEY|PKCS|REQUEST)|^-{3,}", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*:( |$)")
"""RFC 1421, section 4.4, such as ``Proc-Type: 4,ENCRYPTED``."""

_SHORTEST_BARE = 40
"""Letters from which on a line outside of every block is taken for base64 that lost its BEGIN line (our choice)."""

_DUMP = re.compile(
    r"Certificate:|Certificate Revocation List|Data:|Version: |Serial Number:|Signature Algorithm:|Issuer:|Validity"
    r"|Not (Before|After) ?:|Subject( Public Key Info)?:|X509v3 |Public Key Algorithm|Modulus|Exponent|Signature Value"
    r"|([0-9a-f]{2}:){3}|Last Update:|Next Update:|Revoked Certificates"
)
"""How lines of ``openssl x509 -text`` and ``openssl crl -text`` begin, without their indents."""

_BAG = re.compile(r"Bag Attributes|friendlyName:|localKeyID:|Key Attributes|subject=|issuer=|1\.3\.6\.1\.4\.1\.311\.")
"""How lines of ``openssl pkcs12`` and of ``openssl s_client -showcerts`` begin."""


_MOST_BLOCKS = 20_000
"""Blocks that are kept (our choice: far more than any trust store can have; one too many is an error already)."""


class Block(msgspec.Struct, frozen=True):
    """A block as it was scanned.

    Attributes:
        label, first, last: as `FoundBlock` has them.
        size: in bytes, with its BEGIN and END lines.
        inside: its content decoded, or why it cannot be; None where it is of another kind than the one that is wanted.
    """

    label: str
    first: int
    last: int
    size: int
    inside: bytes | Unreadable | None


class Scan:
    """One pass over the lines of a file.

    Of blocks of another kind than the wanted one nothing is looked into, and nothing is kept: they may be private keys.
    """

    def __init__(self, wanted: str) -> None:
        """Begin a file; `wanted` is the label of the blocks whose content matters."""
        self._wanted = wanted
        self.blocks: list[Block] = []
        self.lines: list[FoundLine] = []
        self._noted: dict[LineKind, int] = {}
        self._label: str | None = None
        self._bare = 0
        self._first = 0
        self._size = 0
        self._wrong = 0
        self._inside: list[str] = []

    def feed(self, number: int, raw: str) -> None:
        """Take one line, without its newline; `number` is from 1."""
        line = self._unwrapped(number, raw)
        if self._label is not None:
            self._size += len(raw) + 1
        boundary = _BOUNDARY.fullmatch(line)
        if boundary is not None and boundary[1] == "BEGIN":
            self._begin(number, boundary[2], len(raw) + 1)
        elif boundary is not None:
            self._end(number, boundary[2])
        elif self._label is not None:
            self._take(number, line)
        else:
            kind = _outside(line, raw)
            if kind == "text" and self._bare == number - 1 and _BASE64.fullmatch(line):
                kind = "base64"  # the rest of what began before
            self._bare = number if kind == "base64" else 0
            self._note(number, kind)

    def close(self, last: int) -> None:
        """There are no more lines; `last` is the number of the last one."""
        if self._label is not None:
            self._keep(last, Unreadable("no-end"))

    def _note(self, number: int, kind: LineKind) -> None:
        noted = self._noted.get(kind, 0)
        if noted < MOST_LINES:
            self._noted[kind] = noted + 1
            self.lines.append(FoundLine(number, kind))

    def _unwrapped(self, number: int, raw: str) -> str:
        """The line without what no line should have; what it had is noted."""
        line = raw
        if not raw.isascii():
            self._note(number, "not-ascii")
        if "\0" in line:
            self._note(number, "nul")
            line = line.replace("\0", "")
        if line.endswith("\r"):
            self._note(number, "carriage-return")
            line = line[:-1]
        bare = line.strip()
        if not bare or bare == line:
            return bare
        if self._label is None and not _BOUNDARY.fullmatch(bare):
            return line
        self._note(number, "spaces")
        return bare

    def _begin(self, number: int, label: str, size: int) -> None:
        if self._label is not None:
            self._size -= size
            self._keep(number - 1, Unreadable("no-end"))
        self._label, self._first, self._size, self._wrong, self._inside = label, number, size, 0, []

    def _end(self, number: int, label: str) -> None:
        if self._label is None:
            self._note(number, "stray-end")
            return
        if label != self._label:
            self._note(number, "other-end")
        self._keep(number, self._decoded())

    def _keep(self, last: int, inside: bytes | Unreadable) -> None:
        kept = inside if self._label == self._wanted else None
        if len(self.blocks) < _MOST_BLOCKS:
            self.blocks.append(Block(self._label or "", self._first, last, self._size, kept))
        self._label = None

    def _take(self, number: int, line: str) -> None:
        """One line within a block."""
        if self._label != self._wanted:
            return
        if _BASE64.fullmatch(line):
            if len(line) > _LONGEST:
                self._note(number, "long")
            self._inside.append(line)
        elif not line:
            self._note(number, "blank")
        elif line.startswith("#"):
            self._note(number, "comment-inside")
        elif _HEADER.match(line):
            self._note(number, "header-inside")
        else:
            self._wrong = self._wrong or number

    def _decoded(self) -> bytes | Unreadable:
        if self._wrong:
            return Unreadable("not-base64", f"line {self._wrong}")
        if not self._inside:
            return Unreadable("empty")
        try:
            return base64.b64decode("".join(self._inside), validate=True)
        except binascii.Error:
            return Unreadable("not-base64", "its length or its padding is wrong")


def _outside(line: str, raw: str) -> LineKind:
    """What a line is that stands in no block."""
    if not line:
        return "blank"
    if raw.startswith("#"):
        return "hyphen-comment" if "-" in line else "comment"
    stripped = line.strip()
    patterns: tuple[tuple[bool, LineKind], ...] = (
        ("-----BEGIN" in stripped and "\\n" in stripped, "escaped"),
        (_NEARLY.search(stripped) is not None, "boundary"),
        (_BAG.match(stripped) is not None, "bag-attributes"),
        (_DUMP.match(stripped) is not None, "dump"),
        (len(stripped) >= _SHORTEST_BARE and _BASE64.fullmatch(stripped) is not None, "base64"),
    )
    return next((kind for fits, kind in patterns if fits), "text")
