"""What is wrong with a file as such, whatever should be in it: its form, its lines, its blocks.

Lives here: the rules of PEM as a load balancer takes it. Must not live here: what certificates and lists say.

'Application Load Balancers', mutual TLS, certificate bundles: PEM; comments begin with `#` and contain no `-`; no blank
lines. AWS says it of bundles; that a revocation list is read as strictly is a guess on the safe side.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from originlock.facts.bundle import MOST_LINES, FileReading, Form, FoundBlock, LineKind
from originlock.facts.words import count
from originlock.locks.identity.findings import BundleFinding
from originlock.locks.identity.rules import finding

_FORMS: Final[dict[Form, tuple[str, str]]] = {
    "empty": ("file-empty", "the file is empty"),
    "der-pkcs7": ("der-pkcs7", "this is PKCS #7 (.p7b) as DER, not PEM"),
    "der-pkcs12": ("der-pkcs12", "this is PKCS #12 (.p12 or .pfx): it may hold private keys"),
    "der-private-key": ("der-private-key", "this looks like a private key as DER; nothing of it is shown"),
    "java-keystore": ("java-keystore", "this is a Java keystore, not PEM"),
    "compressed": ("compressed", "this is a compressed file, not PEM"),
    "utf-16": ("utf-16", "this is text in UTF-16, and PEM is ASCII"),
    "web-page": ("web-page", "this is a web page, not PEM"),
    "json": ("json-document", "this is JSON, not PEM"),
    "binary": ("not-pem", "this is neither PEM nor anything else that is known"),
}
"""What is said of a whole file; what is not here depends on what the file should be."""

_LINES: Final[dict[LineKind, tuple[str, str]]] = {
    "blank": ("blank-line", "blank: a bundle may have no blank lines"),
    "hyphen-comment": ("comment-with-hyphen", "a comment that contains a '-'"),
    "comment-inside": ("comment-inside", "a comment between BEGIN and END"),
    "header-inside": ("header-inside", "a header between BEGIN and END"),
    "dump": ("text-dump", "text of `openssl x509 -text`, which a bundle may not have"),
    "bag-attributes": ("bag-attributes", "text of `openssl pkcs12` or `openssl s_client`, which a bundle may not have"),
    "base64": ("bare-base64", "base64 that stands between no BEGIN and END"),
    "escaped": ("escaped-newlines", "a whole file in one line, with \\n written out as two letters"),
    "boundary": ("bad-boundary", "nearly a BEGIN or END line, but not exactly one"),
    "stray-end": ("end-without-begin", "an END line that nothing began"),
    "other-end": ("end-of-another-kind", "an END line of another kind than the BEGIN line before it"),
    "text": ("stray-text", "neither a comment nor of a block"),
    "long": ("long-line", "base64 of more than 76 letters"),
    "spaces": ("spaces", "white space before or after what should stand there alone"),
    "carriage-return": ("carriage-return", "ended by CR LF; AWS does not say that it takes it, and it is refused here"),
    "not-ascii": ("not-ascii", "a letter beyond ASCII"),
    "nul": ("nul-byte", "a byte 0"),
}
"""What is said of a line of each kind; ``comment`` is fine."""

_LABELS: Final = {
    "CERTIFICATE REQUEST": "certificate-request",
    "NEW CERTIFICATE REQUEST": "certificate-request",
    "PUBLIC KEY": "public-key",
    "RSA PUBLIC KEY": "public-key",
    "SSH2 PUBLIC KEY": "public-key",
    "PKCS7": "pkcs7-block",
    "CMS": "pkcs7-block",
    "PKCS #7 SIGNED DATA": "pkcs7-block",
    "TRUSTED CERTIFICATE": "trusted-certificate",
    "X509 CERTIFICATE": "old-label",
    "EC PARAMETERS": "parameters-block",
    "DH PARAMETERS": "parameters-block",
    "DSA PARAMETERS": "parameters-block",
}
"""RFC 7468, sections 4 to 13, and OpenSSL's <openssl/pem.h>."""

_SHOWN: Final = 5


def form_findings(reading: FileReading) -> Iterator[BundleFinding]:
    """What the file is instead of PEM, if that is the same for bundles and lists."""
    if reading.form == "too-large":
        yield finding("file-too-large", f"the file has more than {reading.limit:,} bytes")
    elif reading.form in _FORMS:
        yield finding(*_FORMS[reading.form])
    if reading.byte_order_mark:
        yield finding("byte-order-mark", "the file starts with a byte order mark", 1)
    if reading.form == "pem" and not reading.final_newline:
        yield finding("no-final-newline", "the last line of the file has no end")


def line_findings(reading: FileReading) -> Iterator[BundleFinding]:
    """One finding for each kind of wrong line, with all their numbers."""
    found: dict[LineKind, list[int]] = {}
    for line in reading.lines:
        found.setdefault(line.kind, []).append(line.number)
    for kind, numbers in found.items():
        if kind in _LINES:
            code, words = _LINES[kind]
            yield finding(code, f"{in_lines(numbers)}: {words}", *numbers)


def in_lines(numbers: list[int]) -> str:
    """``line 3``, ``lines 3 and 5``, ``lines 3, 5, 7, 9, 11 and 20 more``."""
    listed = sorted(set(numbers))
    shown = [str(number) for number in listed[:_SHOWN]]
    more = len(listed) - len(shown)
    last = ("more" if len(listed) >= MOST_LINES else f"{more} more") if more else shown.pop() if len(shown) > 1 else ""
    return f"{'line' if len(listed) == 1 else 'lines'} {', '.join(shown)}{f' and {last}' if last else ''}"


def foreign_blocks(reading: FileReading, *wanted: str) -> Iterator[BundleFinding]:
    """A finding for each block of a kind that has no place here; `wanted` are the labels that have."""
    for block in reading.blocks:
        if block.label not in wanted:
            yield _foreign(block)


def _foreign(block: FoundBlock) -> BundleFinding:
    where = f"lines {block.first} to {block.last}"
    if block.label.endswith("PRIVATE KEY") or "PRIVATE KEY" in block.label:
        message = f"{where}: a {block.label}, which must never leave where it is used; nothing of it is shown"
        return finding("private-key", message, block.first)
    code = _LABELS.get(block.label, "other-block")
    return finding(code, f"{where}: a block of the kind {block.label}", block.first)


def block_in_words(block: FoundBlock) -> str:
    """``lines 1 to 20``, for the beginning of a message."""
    return f"lines {block.first} to {block.last}"


def too_many(limit: int, number: int, thing: str, quota: str) -> str:
    """A message on a quota that can be raised."""
    return f"{count(number, thing)}: a trust store takes {limit:,} unless its quota {quota} was raised"
