"""Files of certificates and of revocation lists, read as they are: everything in them, with its line.

Lives here: what a file is, its blocks parsed, and who in it signed whom. Must not live here: whether a load balancer
takes it (see `originlock.locks.identity.bundle_lint`).

Nothing of a private key is looked into or kept.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from originlock.facts.bundle import (
    BundleReading,
    Fault,
    FileReading,
    Form,
    FoundBlock,
    FoundCertificate,
    FoundList,
    RevocationReading,
    Unreadable,
)
from originlock.facts.certificates import ders_in, sha256_of
from originlock.pki.parsing import MOST_CERTIFICATE_BYTES, certificate_of
from originlock.pki.pem_lines import Block, Scan
from originlock.pki.signatures import issued_by, list_signature, list_signed_by

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

CERTIFICATE: Final = "CERTIFICATE"
REVOCATION_LIST: Final = "X509 CRL"
"""RFC 7468, sections 5 and 6."""

MOST_BUNDLE_BYTES: Final = 1_048_576
"""Our choice: more than 25 certificates of 16 KB, the quotas of a trust store, have as base64."""

MOST_LIST_BYTES: Final = 50 * 1024 * 1024
"""'Quotas for your Application Load Balancers': revocation list file size."""

_MOST_READ: Final = 400
"""Certificates of a file that are parsed (our choice: a trust store has 25 unless its quota was raised)."""

_MOST_CHECKS: Final = 2_000
"""Signatures of a file that are checked (our choice: a second or so)."""

_MOST_LINES: Final = 2_000_000
"""Our choice: as lines of 64 letters, a list of 50 MB has fewer than half as many."""

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_UTF8: Final = b"\xef\xbb\xbf"
_MARKS: Final[tuple[tuple[bytes, Form], ...]] = (
    (b"\xfe\xed\xfe\xed", "java-keystore"),  # sun.security.provider.JavaKeyStore, MAGIC
    (b"\xce\xce\xce\xce", "java-keystore"),  # com.sun.crypto.provider.JceKeyStore, JCEKS_MAGIC
    (b"\x1f\x8b", "compressed"),  # RFC 1952, section 2.3.1
    (b"PK\x03\x04", "compressed"),  # PKWARE's APPNOTE, 4.3.7
    (b"BZh", "compressed"),
    (b"\xfd7zXZ\x00", "compressed"),
)


def read_bundle(data: bytes) -> BundleReading:
    """Read what should be a bundle of authorities: every block, every line of which something is to be said.

    It never raises for what is in the file.
    """
    form = _form(data, MOST_BUNDLE_BYTES)
    if form != "pem":
        return FileReading(form, len(data), MOST_BUNDLE_BYTES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reading, blocks = _scanned(data, CERTIFICATE, MOST_BUNDLE_BYTES)
        return msgspec.structs.replace(reading, blocks=_with_signers(_certificates(blocks)))


def read_revocation_list(data: bytes, authorities: Sequence[str] = ()) -> RevocationReading:
    """Read what should be one revocation list.

    Args:
        data: the file.
        authorities: those that may have signed it, as PEM; what of them cannot be read is left out.

    It never raises for what is in the file.
    """
    form = _form(data, MOST_LIST_BYTES)
    if form != "pem":
        return FileReading(form, len(data), MOST_LIST_BYTES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reading, blocks = _scanned(data, REVOCATION_LIST, MOST_LIST_BYTES)
        known = _loaded(authorities)
        found = tuple(_found(block, None if block.inside is None else _list(block.inside, known)) for block in blocks)
        return msgspec.structs.replace(reading, blocks=found)


# --- the file as a whole ---------------------------------------------------------------------------


def _form(data: bytes, limit: int) -> Form:
    """What the file is, by its first bytes."""
    if len(data) > limit:
        return "too-large"
    if not data.strip():
        return "empty"
    for mark, form in _MARKS:
        if data.startswith(mark):
            return form
    if data.startswith(_UTF16) or data[1:20:2] == b"\0" * 10:
        return "utf-16"
    if data.count(b"\n") > _MOST_LINES:
        return "binary"
    if data[:1] == b"\x30" and data[1:2] >= b"\x80":
        return _der_form(data)
    return _text_form(data)


def _text_form(data: bytes) -> Form:
    start = data.removeprefix(_UTF8).lstrip()[:1]
    if b"-----BEGIN" in data and start not in b"{[":
        return "pem"
    if start == b"<":
        return "web-page"
    if start and start in b"{[":
        return "json"
    controls = sum(byte < 32 and byte not in b"\t\n\v\f\r" for byte in data[:4096])  # noqa: PLR2004  ASCII's controls
    return "binary" if controls > len(data[:4096]) // 20 else "pem"


_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_DATA: Final = bytes.fromhex("06092a864886f70d0107")
"""RFC 5652, sections 4 and 5: the types of what PKCS #7 holds."""


def _der_form(data: bytes) -> Form:
    """What a DER file is: by parsing where that is harmless, by its first elements otherwise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if _parses(x509.load_der_x509_certificate, data):
            return "der-certificate"
        if _parses(x509.load_der_x509_crl, data):
            return "der-revocation-list"
    head = data[2 + (data[1] & 0x7F) :][:24] if data[1] != 0x80 else data[2:26]  # noqa: PLR2004  X.690, 8.1.3
    if _SIGNED_DATA in head[:11]:
        return "der-pkcs7"
    # RFC 7292, section 4: version 3, then a ContentInfo.
    if head[:3] == b"\x02\x01\x03" and _DATA in data[:48]:
        return "der-pkcs12"
    # RFC 5958 and RFC 8017, appendix A.1.2 have version 0, RFC 5915 has 1; an encrypted one begins with PBES2's OID.
    if head[:3] in {b"\x02\x01\x00", b"\x02\x01\x01"} or bytes.fromhex("2a864886f70d01050d") in head[:16]:
        return "der-private-key"
    return "binary"


def _parses(load: object, data: bytes) -> bool:
    try:
        load(data)  # type: ignore[operator]
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        return False
    return True


def _scanned(data: bytes, label: str, limit: int) -> tuple[FileReading, tuple[Block, ...]]:
    marked = data.startswith(_UTF8)
    # Latin-1 takes any byte; what is not ASCII is noted, and is no base64.
    text = data.removeprefix(_UTF8).decode("latin-1")
    scan, number = Scan(label), 0
    for number, line in enumerate(_split(text), 1):
        scan.feed(number, line)
    scan.close(number)
    reading = FileReading(
        "pem",
        len(data),
        limit,
        lines=tuple(scan.lines),
        byte_order_mark=marked,
        final_newline=text.endswith("\n"),
    )
    return reading, tuple(scan.blocks)


def _split(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _found(block: Block, content: FoundCertificate | FoundList | Unreadable | None) -> FoundBlock:
    return FoundBlock(block.label, block.first, block.last, block.size, content)


# --- certificates ----------------------------------------------------------------------------------


def _certificates(blocks: Sequence[Block]) -> tuple[FoundBlock, ...]:
    found: list[FoundBlock] = []
    for block in blocks:
        if block.inside is None:
            found.append(_found(block, None))
        elif len(found) >= _MOST_READ:
            found.append(_found(block, Unreadable("not-read")))
        else:
            found.append(_found(block, _certificate(block.inside)))
    return tuple(found)


def _certificate(inside: bytes | Unreadable) -> FoundCertificate | Unreadable:
    if isinstance(inside, Unreadable):
        return inside
    if len(inside) > MOST_CERTIFICATE_BYTES:
        return Unreadable("too-large", f"{len(inside):,} bytes")
    try:
        loaded = x509.load_der_x509_certificate(inside)
        certificate = certificate_of(inside)
    except x509.InvalidVersion as error:
        return Unreadable("version", f"it says {error.parsed_version + 1}")
    except ValueError as error:
        return _unreadable(inside, error)
    subject = max(len(loaded.subject.public_bytes()), len(certificate.subject.encode()))
    key_id, constraints = _extension(loaded, x509.SubjectKeyIdentifier), _extension(loaded, x509.BasicConstraints)
    return FoundCertificate(
        certificate=certificate,
        version=loaded.version.value + 1,
        der_bytes=len(inside),
        subject_bytes=subject,
        key_id=None if key_id is None else key_id.value.digest.hex(),
        constraints="absent" if constraints is None else "critical" if constraints.critical else "not-critical",
    )


def _extension(loaded: x509.Certificate, kind: type[_Kind]) -> x509.Extension[_Kind] | None:
    try:
        return loaded.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


_WORDS: Final = 160
"""Letters of the parser's own words that are repeated."""


def _unreadable(der: bytes, error: ValueError) -> Unreadable:
    """Why DER could not be parsed: first whether its length is what it says."""
    said = _said_length(der)
    if said is not None and said != len(der):
        fault: Fault = "cut" if said > len(der) else "surplus"
        return Unreadable(fault, f"it says that it has {said:,} bytes, and there are {len(der):,}")
    return Unreadable("unreadable", ascii(str(error))[1:-1][:_WORDS])


def _said_length(der: bytes) -> int | None:
    """How long a SEQUENCE says that it is, with its head (X.690, section 8.1.3); None if it is no such thing."""
    if len(der) < 2 or der[0] != 0x30 or der[1] in {0x80, 0xFF}:  # noqa: PLR2004  ditto
        return None
    if der[1] < 0x80:  # noqa: PLR2004  ditto
        return 2 + der[1]
    octets = der[1] & 0x7F
    return None if octets > 4 or len(der) < 2 + octets else 2 + octets + int.from_bytes(der[2 : 2 + octets])  # noqa: PLR2004


def _with_signers(blocks: tuple[FoundBlock, ...]) -> tuple[FoundBlock, ...]:
    """The blocks, each certificate with those of the others that signed it."""
    loaded: dict[str, x509.Certificate] = {}
    for block in blocks:
        if isinstance(block.content, FoundCertificate):
            certificate = block.content.certificate
            loaded[certificate.sha256] = x509.load_der_x509_certificate(ders_in(certificate.pem)[0])
    by_subject: dict[bytes, list[str]] = {}
    for name, each in loaded.items():
        by_subject.setdefault(each.subject.public_bytes(), []).append(name)
    signers: dict[str, tuple[str, ...] | None] = {}
    left = _MOST_CHECKS
    for name, each in loaded.items():
        named = [other for other in by_subject.get(each.issuer.public_bytes(), ()) if other != name]
        left -= len(named)
        tried = tuple(other for other in named if issued_by(each, loaded[other])) if left >= 0 else None
        signers[name] = tried
    return tuple(_signed(block, signers) for block in blocks)


def _signed(block: FoundBlock, signers: dict[str, tuple[str, ...] | None]) -> FoundBlock:
    if not isinstance(block.content, FoundCertificate):
        return block
    known = signers[block.content.certificate.sha256]
    return msgspec.structs.replace(block, content=msgspec.structs.replace(block.content, signers=known))


# --- revocation lists ------------------------------------------------------------------------------


def _loaded(authorities: Sequence[str]) -> dict[str, x509.Certificate]:
    found: dict[str, x509.Certificate] = {}
    for pem in authorities:
        for der in ders_in(pem):
            try:
                found[sha256_of(der)] = x509.load_der_x509_certificate(der)
            except (ValueError, x509.InvalidVersion):
                continue
    return found


def _list(inside: bytes | Unreadable, known: dict[str, x509.Certificate]) -> FoundList | Unreadable:
    if isinstance(inside, Unreadable):
        return inside
    try:
        return _read_list(inside, known)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension) as error:
        return _unreadable(inside, ValueError(str(error)))


def _read_list(der: bytes, known: dict[str, x509.Certificate]) -> FoundList:
    read = x509.load_der_x509_crl(der)
    scope = next((e.value for e in read.extensions if isinstance(e.value, x509.IssuingDistributionPoint)), None)
    named = {name: each for name, each in known.items() if each.subject == read.issuer}
    return FoundList(
        sha256=sha256_of(der),
        issuer=read.issuer.rfc4514_string(),
        signature=list_signature(read),
        this_update=read.last_update_utc,
        next_update=read.next_update_utc,
        entries=len(read),
        negative=sum(each.serial_number < 0 for each in read),
        delta=any(isinstance(each.value, x509.DeltaCRLIndicator) for each in read.extensions),
        indirect=scope is not None and scope.indirect_crl,
        partial=scope is not None and _partial(scope),
        named=tuple(named),
        signers=tuple(name for name, each in named.items() if list_signed_by(read, each)),
    )


def _partial(scope: x509.IssuingDistributionPoint) -> bool:
    return bool(
        scope.only_contains_user_certs
        or scope.only_contains_ca_certs
        or scope.only_contains_attribute_certs
        or scope.only_some_reasons
    )
