"""A file of certificates, or of a revocation list, as it was found: line by line, nothing judged.

Lives here: the frozen reading of such a file. Must not live here: parsing (see `originlock.pki.bundles`), and whether a
load balancer takes the file (see `originlock.locks.identity`).
"""

from __future__ import annotations

import datetime
from typing import Final, Literal

import msgspec

from originlock.facts.certificates import Certificate

MOST_LINES: Final = 1_000
"""Lines of one kind that a reading tells at most (our choice: nobody reads more)."""

Form = Literal[
    "pem",
    "empty",
    "too-large",
    "der-certificate",
    "der-revocation-list",
    "der-private-key",
    "der-pkcs7",
    "der-pkcs12",
    "java-keystore",
    "compressed",
    "utf-16",
    "web-page",
    "json",
    "binary",
]
"""What a file is as a whole, by its first bytes. Only what is ``pem`` was read line by line."""

LineKind = Literal[
    "blank",
    "comment",
    "hyphen-comment",
    "comment-inside",
    "header-inside",
    "dump",
    "bag-attributes",
    "base64",
    "escaped",
    "boundary",
    "stray-end",
    "other-end",
    "text",
    "long",
    "spaces",
    "carriage-return",
    "not-ascii",
    "nul",
]
"""What is to be said of a line.

``comment`` begins with ``#``; ``hyphen-comment`` holds a ``-`` as well. ``comment-inside`` and ``header-inside`` stand
within a block, as do some of ``blank``. ``dump`` is of ``openssl x509 -text``, ``bag-attributes`` of ``openssl
pkcs12``. ``base64`` stands outside of every block. ``escaped`` has ``\\n`` as two letters. ``boundary`` is nearly one.
``stray-end`` ends nothing, ``other-end`` another kind of block. ``long`` is base64 of more than 76 letters. ``spaces``,
``carriage-return``, ``not-ascii`` and ``nul`` stand beside what the line is otherwise.
"""

Fault = Literal["no-end", "empty", "not-base64", "cut", "surplus", "too-large", "version", "unreadable", "not-read"]
"""Why nothing is known of what stands in a block.

``cut``: it says that it is longer; ``surplus``: bytes follow; ``too-large``: to be parsed; ``version``: it says one
that there is not; ``unreadable``: it is no X.509; ``not-read``: there were too many before it.
"""


class Unreadable(msgspec.Struct, frozen=True, tag="unreadable"):
    """A block whose content is not known.

    Attributes:
        words: more on it, for a person; empty where the fault says all. It repeats nothing of the content.
    """

    fault: Fault
    words: str = ""


class FoundCertificate(msgspec.Struct, frozen=True, tag="found-certificate"):
    """A certificate in a file, with what matters to a load balancer beside what `Certificate` tells.

    Attributes:
        version: of X.509, 1 to 3.
        der_bytes: its own size.
        subject_bytes: the larger of the sizes of its subject as DER and as RFC 4514 writes it.
        key_id: its subject key identifier, lower-case hex; None where it has none.
        constraints: its basic constraints: absent, or there and critical or not.
        signers: the fingerprints of those certificates of the file, other than itself, whose key verifies its
            signature; None if there were too many to try.
    """

    certificate: Certificate
    version: int
    der_bytes: int
    subject_bytes: int
    key_id: str | None
    constraints: Literal["absent", "critical", "not-critical"]
    signers: tuple[str, ...] | None = ()


class FoundList(msgspec.Struct, frozen=True, tag="found-list"):
    """A revocation list in a file, of whomever.

    Attributes:
        sha256: of its DER.
        issuer: as RFC 4514 writes it.
        signature: the algorithm that it is signed with, such as ``ECDSA SHA256``.
        next_update: when it has to be followed by another; None if it does not say.
        entries: how many certificates it revokes.
        negative: how many of these have a serial below 0.
        delta: whether it tells only what changed since another (RFC 5280, section 5.2.4).
        indirect: whether it also speaks of certificates of other issuers (section 5.2.5).
        partial: whether it speaks of some certificates, or some reasons, only (section 5.2.5).
        named: the fingerprints of those authorities that were given and that have its issuer's name.
        signers: those of `named` whose key verifies its signature.
    """

    sha256: str
    issuer: str
    signature: str
    this_update: datetime.datetime
    next_update: datetime.datetime | None
    entries: int
    negative: int
    delta: bool
    indirect: bool
    partial: bool
    named: tuple[str, ...]
    signers: tuple[str, ...]


class FoundBlock(msgspec.Struct, frozen=True):
    """What stands between a BEGIN and an END line.

    Attributes:
        label: as those lines say it, such as ``CERTIFICATE`` or ``PRIVATE KEY``; at most 64 letters.
        first, last: the numbers of these lines, from 1.
        size: in bytes, with these lines.
        content: what it is; None if it is of a kind that is not looked into.
    """

    label: str
    first: int
    last: int
    size: int
    content: FoundCertificate | FoundList | Unreadable | None


class FoundLine(msgspec.Struct, frozen=True):
    """A line of which something is to be said; its number is from 1. What it says is not kept."""

    number: int
    kind: LineKind


class FileReading(msgspec.Struct, frozen=True):
    """A whole file.

    Attributes:
        form: what it is; unless it is ``pem``, nothing below is known but the size.
        size: in bytes; of what is ``too-large``, those that were read.
        limit: how many are read at most.
        lines: those of which something is to be said, in their order, at most `MOST_LINES` of a kind; a
            line may be there more than once.
        byte_order_mark: whether it starts with the one of UTF-8.
        final_newline: whether its last line ends.
    """

    form: Form
    size: int
    limit: int
    blocks: tuple[FoundBlock, ...] = ()
    lines: tuple[FoundLine, ...] = ()
    byte_order_mark: bool = False
    final_newline: bool = True

    def certificates(self) -> tuple[tuple[FoundBlock, FoundCertificate], ...]:
        """Those that could be read, each with its block."""
        return tuple((block, block.content) for block in self.blocks if isinstance(block.content, FoundCertificate))

    def lists(self) -> tuple[tuple[FoundBlock, FoundList], ...]:
        """The revocation lists that could be read, each with its block."""
        return tuple((block, block.content) for block in self.blocks if isinstance(block.content, FoundList))


BundleReading = FileReading
"""The reading of what should be a bundle of authorities."""

RevocationReading = FileReading
"""The reading of what should be one revocation list."""
