"""Files that are no good as a bundle or as a revocation list, each with the code that must be said of it.

Lives here: the files. Must not live here: the making of what is in them (see `making`).
"""

from __future__ import annotations

import dataclasses
import gzip
import json
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from tests.pki import making
from tests.pki.making import DAY, NOW, Made, altered_list, ec_key, list_pem, made, name, revocation_list, rsa_key

from originlock.facts.certificates import pem_of

SEEDS: Final = Path(__file__).parents[2] / "fuzz" / "seeds"
SHARED: Final = (SEEDS / "cloudflare-2019.pem").read_text(encoding="ascii")
SHARED_2015: Final = (SEEDS / "cloudflare-2015.pem").read_text(encoding="ascii")

ROOT: Final = made("root")
PEM: Final = ROOT.pem
BODY: Final = PEM.splitlines()[1:-1]
KEY: Final = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
CLIENT: Final = ROOT.below("client", extensions=[(x509.BasicConstraints(ca=False, path_length=None), True)])


@dataclasses.dataclass(frozen=True)
class Case:
    """A file, the code that must be said of it, and the line that must be named (0 where none is)."""

    title: str
    data: bytes
    code: str
    line: int = 0
    also: frozenset[str] = frozenset()
    """Codes that are said too, and rightly."""


def bad(title: str, text: str | bytes, code: str, line: int = 0, *also: str) -> Case:
    """A case, of text or of bytes."""
    data = text if isinstance(text, bytes) else text.encode()
    return Case(title, data, code, line, frozenset(also))


def labelled(label: str) -> str:
    """The root's PEM under another label."""
    return PEM.replace("CERTIFICATE", label)


def block(*body: str) -> str:
    """PEM of a certificate with these lines in it."""
    return "\n".join(["-----BEGIN CERTIFICATE-----", *body, "-----END CERTIFICATE-----", ""])


def chain(length: int, path_length: int | None = None) -> list[Made]:
    """Authorities, each signed by the one before."""
    top: making.Extension = (x509.BasicConstraints(ca=True, path_length=path_length), True)
    found = [made("link 0", ec_key(10), extensions=[top, making.usage()])]
    for number in range(1, length):
        found.append(found[-1].below(f"link {number}", 10 + number))
    return found


def joined(*authorities: Made) -> str:
    """A bundle of them."""
    return "".join(each.pem for each in authorities)


SHARED_NAME: Final = x509.load_pem_x509_certificate(SHARED.encode()).subject
LONG: Final = [made(name(f"long {n}", organizational_unit_name=str(n) * 600)) for n in range(18)]
TWIN: Final = made("root", ec_key(5))
BELOW_TWIN: Final = TWIN.below("below the other root")
CRL: Final = list_pem(revocation_list(ROOT, 5, 6))

FOUR_HYPHENS: Final = ("bad-boundary", 1, "bare-base64", "end-without-begin", "no-certificate")

FORMS: Final = (
    bad("empty", "", "file-empty"),
    bad("white space", " \n\n", "file-empty"),
    bad("too large", b"#" * 1_048_577, "file-too-large"),
    bad("DER", ROOT.der, "der-certificate"),
    bad("DER of a list", revocation_list(ROOT, 5).public_bytes(Encoding.DER), "der-revocation-list"),
    bad("DER of a key", ec_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), "der-private-key"),
    bad("p7b", pkcs7.serialize_certificates([ROOT.certificate], Encoding.DER), "der-pkcs7"),
    bad(
        "p12",
        pkcs12.serialize_key_and_certificates(b"x", None, None, [ROOT.certificate], NoEncryption()),
        "der-pkcs12",
    ),
    bad("jks", bytes.fromhex("feedfeed00000002") + bytes(40), "java-keystore"),
    bad("gzip", gzip.compress(PEM.encode()), "compressed"),
    bad("UTF-16", PEM.encode("utf-16"), "utf-16"),
    bad("web page", "<!DOCTYPE html>\n<html></html>\n", "web-page"),
    bad("JSON", json.dumps({"result": {"certificate": PEM}}), "json-document"),
    bad("noise", bytes(range(256)), "not-pem"),
)

LINES: Final = (
    bad("BOM", b"\xef\xbb\xbf" + PEM.encode(), "byte-order-mark", 1),
    bad("NUL", PEM.replace("\nMII", "\n\0MII"), "nul-byte", 2),
    bad("letters", f"# caf\u00e9\n{PEM}", "not-ascii", 1),
    bad("CR LF", PEM.replace("\n", "\r\n"), "carriage-return", 1),
    bad("blank between", f"{PEM}\n{SHARED}", "blank-line", len(PEM.splitlines()) + 1, "shared-authority"),
    bad("comment", f"# our-own\n{PEM}", "comment-with-hyphen", 1),
    bad("comment inside", block("# ours", *BODY), "comment-inside", 2, "uneven-lines"),
    bad("header inside", block("X-Owner: ops", *BODY), "header-inside", 2, "uneven-lines"),
    bad("openssl -text", f"Certificate:\n    Data:\n        Version: 3 (0x2)\n{PEM}", "text-dump", 1),
    bad("openssl pkcs12", f"Bag Attributes\n    friendlyName: root\nsubject=CN = root\n{PEM}", "bag-attributes", 1),
    bad("words", f"our own root\n{PEM}", "stray-text", 1),
    bad("base64 alone", "\n".join(BODY) + "\n", "bare-base64", 1, "no-certificate"),
    bad("escaped", PEM.replace("\n", "\\n") + "\n", "escaped-newlines", 1, "no-certificate"),
    bad(
        "four hyphens",
        PEM.replace("-----BEGIN", "----BEGIN"),
        "bad-boundary",
        1,
        "bare-base64",
        "end-without-begin",
        "no-certificate",
    ),
    bad("END alone", f"{PEM}-----END CERTIFICATE-----\n", "end-without-begin", len(PEM.splitlines()) + 1),
    bad("no END", PEM.replace("-----END CERTIFICATE-----\n", ""), "begin-without-end", 1),
    bad("END of another", PEM.replace("END CERTIFICATE", "END X509 CRL"), "end-of-another-kind", len(PEM.splitlines())),
    bad("indented", PEM.replace("-----BEGIN", "  -----BEGIN"), "spaces", 1),
    bad("one long line", block("".join(BODY)), "long-line", 2, "uneven-lines"),
    bad("not base64", block("!!!!", *BODY), "not-base64", 1),
    bad("bad padding", block(*BODY, "A"), "not-base64", 1),
    bad("nothing in it", block(), "empty-block", 1),
)

BLOCKS: Final = (
    bad("key", PEM + KEY, "private-key", len(PEM.splitlines()) + 1),
    bad("OpenSSH key", PEM + labelled("OPENSSH PRIVATE KEY"), "private-key", len(PEM.splitlines()) + 1),
    bad("request", labelled("CERTIFICATE REQUEST"), "certificate-request", 1, "no-certificate"),
    bad(
        "public key",
        ec_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "public-key",
        1,
        "no-certificate",
    ),
    bad("PKCS #7", pkcs7.serialize_certificates([ROOT.certificate], Encoding.PEM), "pkcs7-block", 1, "no-certificate"),
    bad("trusted", labelled("TRUSTED CERTIFICATE"), "trusted-certificate", 1, "no-certificate"),
    bad("parameters", labelled("EC PARAMETERS") + PEM, "parameters-block", 1),
    bad("old label", labelled("X509 CERTIFICATE"), "old-label", 1, "no-certificate"),
    bad("PGP", labelled("PGP PUBLIC BLOCK"), "other-block", 1, "no-certificate"),
    bad("list", PEM + CRL, "revocation-list", len(PEM.splitlines()) + 1),
    bad("comments only", "# nothing yet\n", "no-certificate"),
)

CERTIFICATES: Final = (
    bad("no X.509", pem_of(bytes.fromhex("3003020101")), "unreadable-certificate", 1),
    bad("cut", pem_of(ROOT.der[:-40]), "cut-certificate", 1),
    bad("surplus", pem_of(ROOT.der + b"\0\0"), "bytes-after-certificate", 1),
    bad("far too many", block("AAAA") * 401, "not-read", 1201, "too-many-certificates", "unreadable-certificate"),
    bad("version 1", making.of_version_1("old"), "version", 1, "no-constraints"),
    bad("version 2", making.of_version_2("odd"), "version", 1),
    bad("17 KB", made("fat", more=[making.padding(17_000)]).pem, "certificate-too-large", 1),
    bad("70 KB", made("fat", more=[making.padding(70_000)]).pem, "certificate-too-large", 1),
    bad("26", joined(*(made(f"root {n}") for n in range(26))), "too-many-certificates"),
    bad("subjects", joined(*LONG), "subjects-too-long"),
    bad("RSA 1024", made("weak", rsa_key(1024)).pem, "rsa-too-small", 1),
    bad(
        "RSA 8200",
        PEM + ROOT.below("huge", public=rsa.RSAPublicNumbers(65537, (1 << 8199) + 1).public_key()).pem,
        "rsa-too-large",
        len(PEM.splitlines()) + 1,
    ),
    bad("K-256", made("curve", ec.generate_private_key(ec.SECP256K1())).pem, "curve", 1),
    bad("Ed25519", made("edwards", ed25519.Ed25519PrivateKey.generate()).pem, "edwards-key", 1, "signature-algorithm"),
    bad(
        "Ed448",
        PEM + ROOT.below("edwards", public=ed448.Ed448PrivateKey.generate().public_key()).pem,
        "edwards-key",
        len(PEM.splitlines()) + 1,
    ),
    bad(
        "ML-DSA",
        PEM + ROOT.below("quantum", public=mldsa.MLDSA65PrivateKey.generate().public_key()).pem,
        "post-quantum-key",
        len(PEM.splitlines()) + 1,
    ),
    bad(
        "X25519",
        PEM + ROOT.below("exchange", public=x25519.X25519PrivateKey.generate().public_key()).pem,
        "other-key",
        len(PEM.splitlines()) + 1,
    ),
    bad("SHA-224", made("weak", digest=hashes.SHA224()).pem, "weak-digest", 1),
    bad("SHA3", made("new", digest=hashes.SHA3_256()).pem, "signature-algorithm", 1),
    bad("client", PEM + CLIENT.pem, "not-an-authority", len(PEM.splitlines()) + 1),
    bad("no constraints", made("silent", extensions=[making.usage()]).pem, "no-constraints", 1),
    bad(
        "may not sign", made("mute", extensions=[making.CA, making.usage(signs=False)]).pem, "no-certificate-signing", 1
    ),
    bad("damaged", making.damaged(ROOT), "self-signature", 1),
    bad("expired", made("past", starts=NOW - 9 * DAY, ends=NOW - DAY).pem, "expired", 1),
    bad("of the future", made("next", starts=NOW + DAY).pem, "not-yet-valid", 1),
    bad("ends first", making.that_ends_first("odd"), "never-valid", 1),
    bad("deep", joined(*chain(5)), "chain-too-deep", 37, "chain-deep"),
    bad("shared of 2015", SHARED_2015, "shared-authority-2015", 1),
    bad("look-alike", made(SHARED_NAME).pem, "shared-authority-look-alike", 1),
    bad("same serial", made("any", serial=0x5791BA9556C22E61).pem, "shared-authority-look-alike", 1),
    bad(
        "same key identifier",
        made(
            "any",
            more=[(x509.SubjectKeyIdentifier(bytes.fromhex("43594b2b698b80e111336a57cd5738da9e7dc5eb")), False)],
        ).pem,
        "shared-authority-look-alike",
        1,
    ),
)

BAD_BUNDLES: Final = (*FORMS, *LINES, *BLOCKS, *CERTIFICATES)
"""Each is refused."""

ODD_BUNDLES: Final = (
    bad("no newline", PEM.rstrip("\n"), "no-final-newline"),
    bad("twice", PEM + PEM, "duplicate", 1),
    bad(
        "76 letters",
        block(*("".join(BODY)[at : at + 76] for at in range(0, len("".join(BODY)), 76))),
        "uneven-lines",
        1,
    ),
    bad("13 KB", made("plump", more=[making.padding(12_500)]).pem, "large-pem", 1),
    bad("four", joined(*chain(4)), "chain-deep", 28),
    bad("path length", joined(*chain(3, path_length=1)), "path-length", 1),
    bad(
        "constraints not critical",
        made("soft", extensions=[(making.CA[0], False), making.usage()]).pem,
        "constraints-not-critical",
        1,
    ),
    bad("no key usage", made("bare", extensions=[making.CA]).pem, "no-key-usage", 1),
    bad("for servers", made("web", more=[making.for_servers()]).pem, "purposes", 1),
    bad("soon", made("soon", ends=NOW + 20 * DAY).pem, "expires-soon", 1),
    bad("no root", ROOT.below("between").pem, "issuer-missing", 1),
    bad("another root", PEM + BELOW_TWIN.pem, "issuer-other-key", len(PEM.splitlines()) + 1),
    bad("shared", SHARED, "shared-authority", 1),
    bad(
        "Origin CA",
        made(
            name(
                "x",
                organization_name="CloudFlare, Inc.",
                organizational_unit_name="CloudFlare Origin SSL Certificate Authority",
            )
        ).pem,
        "origin-ca-root",
        1,
    ),
)
"""Of each something is to be said, but it is taken."""

NAMELESS: Final = made("stranger", ec_key(3))
DER_LIST: Final = revocation_list(ROOT, 5).public_bytes(Encoding.DER)

BAD_LISTS: Final = (
    bad("DER", DER_LIST, "crl-der"),
    bad("certificate as DER", ROOT.der, "crl-der-certificate"),
    bad("too large", b"#" * (50 * 1024 * 1024 + 1), "file-too-large"),
    bad("empty", "", "file-empty"),
    bad("nothing", "# nothing\n", "crl-none"),
    bad("certificate", PEM, "crl-certificate", 1, "crl-none"),
    bad("two", CRL + CRL, "crl-several", 1),
    bad("no list", making.as_list_pem(bytes.fromhex("3003020101")), "crl-unreadable", 1),
    bad("cut", making.as_list_pem(DER_LIST[:-30]), "crl-cut", 1),
    bad("surplus", making.as_list_pem(DER_LIST + b"\0"), "crl-bytes-after", 1),
    bad("blank line", f"\n{CRL}", "blank-line", 1),
    bad("dump", f"Certificate Revocation List (CRL):\n{CRL}", "text-dump", 1),
    bad("SHA-224", list_pem(revocation_list(ROOT, digest=hashes.SHA224())), "crl-signature-algorithm", 1),
    bad("delta", list_pem(revocation_list(ROOT, more=[(x509.DeltaCRLIndicator(3), True)])), "crl-delta", 1),
    bad("of a stranger", list_pem(revocation_list(NAMELESS)), "crl-stranger", 1),
    bad("of another of that name", list_pem(revocation_list(TWIN)), "crl-signature", 1),
)
"""Each is refused as a list of the root's."""

ODD_LISTS: Final = (
    bad("overdue", list_pem(revocation_list(ROOT, made_at=NOW - 9 * DAY, due=NOW - DAY)), "crl-expired", 1),
    bad("soon due", list_pem(revocation_list(ROOT, due=NOW + DAY / 2)), "crl-expires-soon", 1),
    bad("never due", making.without_next_update(ROOT), "crl-no-next-update", 1),
    bad("of the future", list_pem(revocation_list(ROOT, made_at=NOW + DAY)), "crl-not-yet", 1),
    bad(
        "below 0",
        altered_list(
            ROOT, revocation_list(ROOT, 0x7A7B), lambda tbs: tbs.replace(b"\x02\x02\x7a\x7b", b"\x02\x02\xfa\x7b", 1)
        ),
        "crl-negative-serials",
        1,
    ),
    bad("indirect", list_pem(revocation_list(ROOT, more=[making.scope(indirect=True)])), "crl-indirect", 1),
    bad("partial", list_pem(revocation_list(ROOT, more=[making.scope(users=True)])), "crl-partial", 1),
    bad("no newline", CRL.rstrip("\n"), "no-final-newline"),
)
"""Of each something is to be said, but it is taken."""

GOOD_BUNDLES: Final = {
    "one": PEM,
    "comments": f"# our own\n{PEM}# and no other\n",
    "RSA": made("rsa", rsa_key(2048)).pem,
    "P-384": made("p384", ec.generate_private_key(ec.SECP384R1()), digest=hashes.SHA384()).pem,
    "P-521": made("p521", ec.generate_private_key(ec.SECP521R1()), digest=hashes.SHA512()).pem,
    "chain of three": joined(*chain(3)),
    "twenty-five": joined(*(made(f"root {n}") for n in range(25))),
}
"""Nothing is to be said of these."""
