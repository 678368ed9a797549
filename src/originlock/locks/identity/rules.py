"""Every rule on bundles of authorities and on revocation lists, each with who says so.

Lives here: codes, severities, remedies, sources; `docs/bundles.md` is made from them. Must not live here: when a rule
applies (see `file_lint`, `bundle_lint` and `revocation_lint`).
"""

from __future__ import annotations

from typing import Final

from originlock.locks.identity.findings import BundleFinding, Rule, Severity

GUIDE: Final = "'Application Load Balancers', mutual TLS, certificate bundles"
QUOTAS: Final = "'Quotas for your Application Load Balancers'"
PEM: Final = "RFC 7468"
X509: Final = "RFC 5280"
ORIGIN_PULLS: Final = "Cloudflare, 'Authenticated Origin Pulls'"
NOT_SAID: Final = "ours: AWS does not say"

MOST_CERTIFICATES: Final = 25
"""CA certificates in a trust store; can be raised (quota L-43FE5A42)."""

MOST_SUBJECT_BYTES: Final = 10_000
"""Of all the subjects in a trust store together; can be raised (quota L-F31E307C). AWS names no unit."""

MOST_CERTIFICATE_BYTES: Final = 16 * 1024
"""Of one CA certificate; cannot be raised. Whether of DER or of PEM, AWS does not say."""

DEEPEST: Final = 4
"""Certificates in a chain; cannot be raised. Whether the client's own counts, AWS does not say."""

MOST_ENTRIES: Final = 500_000
"""Revocation entries in a trust store; can be raised (quota L-37E1617B)."""

MOST_LISTS: Final = 30
"""Revocation lists in a trust store; can be raised (quota L-332EE142)."""

SMALLEST_RSA: Final = 2048
LARGEST_RSA: Final = 8192
CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")
DIGESTS: Final = ("SHA256", "SHA384", "SHA512")
"""'Application Load Balancers', mutual TLS: RSA of 2K to 8K, ECDSA on these curves; SHA256, 384, 512 with RSA, EC and
RSASSA-PSS with MGF1."""

_CONVERT: Final = "openssl x509 -inform DER -in FILE -out bundle.pem"
_AGAIN: Final = "write the certificates anew: openssl x509 -in FILE -out bundle.pem, one after the other"
_OUT: Final = "delete these lines: only BEGIN, base64 and END belong there"


def _rules(severity: Severity, *rows: tuple[str, str, str, str]) -> dict[str, Rule]:
    return {code: Rule(code, severity, what, remedy, source) for code, what, remedy, source in rows}


FILE_RULES: Final = _rules(
    "error",
    ("file-too-large", "more bytes than are read", "is it the right file?", "ours for bundles (1 MiB); " + QUOTAS),
    ("file-empty", "nothing in it", "is it the right file?", GUIDE),
    ("der-pkcs7", "PKCS #7 (.p7b), DER", "openssl pkcs7 -inform DER -print_certs -in FILE, then its text out", GUIDE),
    ("der-pkcs12", "PKCS #12 (.p12, .pfx)", "openssl pkcs12 -cacerts -nokeys -in FILE, then its text out", GUIDE),
    ("der-private-key", "a private key, DER", "keep it away from every bundle; a bundle has certificates only", GUIDE),
    ("java-keystore", "a Java keystore", "keytool -exportcert -rfc -keystore FILE -alias NAME", GUIDE),
    ("compressed", "a compressed file", "unpack it", GUIDE),
    ("utf-16", "text in UTF-16", "save it as ASCII: iconv -f UTF-16 -t ASCII", GUIDE),
    ("web-page", "a web page", "download the file itself, not the page that shows it", GUIDE),
    ("json-document", "JSON", "take the PEM out of it: jq -r", GUIDE),
    ("not-pem", "no text at all", "a bundle is PEM: lines of text", GUIDE),
    ("byte-order-mark", "a byte order mark at the start", "save it as ASCII, without one", PEM + ", section 3"),
    ("nul-byte", "a byte 0", "save it as ASCII", PEM + ", section 3"),
    ("not-ascii", "letters beyond ASCII", "save it as ASCII; write comments in ASCII", PEM + ", section 3"),
    ("carriage-return", "line ends of Windows (CR LF)", "sed -i 's/\\r$//' FILE, or dos2unix", NOT_SAID),
    ("blank-line", "blank lines", "delete them: sed -i '/^[[:space:]]*$/d' FILE", GUIDE),
    ("comment-with-hyphen", "a comment with a `-` in it", "write the comment without it", GUIDE),
    ("comment-inside", "a comment within a block", "move it before BEGIN", PEM + ", section 3"),
    ("header-inside", "a header within a block", _OUT, PEM + ", section 2"),
    ("text-dump", "what `openssl x509 -text` prints", "openssl x509 without -text", GUIDE),
    ("bag-attributes", "what `openssl pkcs12` and `s_client` print", _OUT, GUIDE),
    ("stray-text", "text that is no comment", "delete it, or begin the line with `#`", GUIDE),
    ("bare-base64", "base64 without a BEGIN line", "put BEGIN and END lines round it", GUIDE),
    ("escaped-newlines", "`\\n` as two letters", "write real line ends: printf '%b'", GUIDE),
    ("bad-boundary", "a BEGIN or END line that is not exactly one", "five hyphens, BEGIN, the kind, five hyphens", PEM),
    ("end-without-begin", "an END line without its BEGIN line", "is the file whole? copy it again", GUIDE),
    ("begin-without-end", "a BEGIN line without its END line", "is the file whole? copy it again", GUIDE),
    ("end-of-another-kind", "an END line of another kind than BEGIN", "is the file whole? copy it again", GUIDE),
    ("spaces", "spaces at the ends of BEGIN, END or base64 lines", "delete them", PEM + ", section 3"),
    ("long-line", "base64 in lines of more than 76 letters", _AGAIN, "ours; " + PEM + ", section 2, has 64"),
    ("not-base64", "what stands in a block is not base64", "is the file whole? copy it again", PEM),
    ("empty-block", "nothing between BEGIN and END", "delete both lines", GUIDE),
    ("private-key", "a PRIVATE KEY", "take it out; was the file ever uploaded, make a new key", GUIDE),
    ("certificate-request", "a CERTIFICATE REQUEST", "have it signed; what comes back is the certificate", GUIDE),
    ("public-key", "a PUBLIC KEY", "put the certificate in, not its key", GUIDE),
    ("pkcs7-block", "PKCS #7 as PEM", "openssl pkcs7 -print_certs -in FILE, then its text out", GUIDE),
    ("trusted-certificate", "OpenSSL's TRUSTED CERTIFICATE", "openssl x509 -in FILE -out bundle.pem", GUIDE),
    ("parameters-block", "parameters of a key (EC or DH)", "delete the block", GUIDE),
    ("old-label", "X509 CERTIFICATE, as once was written", "write CERTIFICATE in BEGIN and END", PEM + ", section 5.1"),
    ("other-block", "a block of another kind", "delete it", GUIDE),
)
"""What is wrong with a file, whatever should be in it."""

FILE_WARNINGS: Final = _rules(
    "warning",
    ("no-final-newline", "the last line does not end", "end it: files that are joined would run together", PEM),
)

CERTIFICATE_RULES: Final = _rules(
    "error",
    ("der-certificate", "a certificate as DER", _CONVERT, GUIDE),
    ("der-revocation-list", "a revocation list as DER", "a bundle has certificates; lists go beside it", GUIDE),
    ("no-certificate", "no certificate", "is it the right file?", GUIDE),
    ("revocation-list", "a revocation list among the certificates", "put it into a file of its own", GUIDE),
    ("unreadable-certificate", "what stands in a block is no X.509", "is the file whole? copy it again", X509),
    ("cut-certificate", "a certificate that is cut short", "is the file whole? copy it again", X509),
    ("bytes-after-certificate", "bytes after the end of a certificate", _AGAIN, X509),
    ("not-read", "so many certificates that these were not read", "is it the right file?", "ours"),
    ("version", "X.509 version 1 or 2", "issue the authority anew: only version 3 is taken", GUIDE),
    ("certificate-too-large", "a certificate of more than 16 KB", "issue it with fewer names", QUOTAS),
    ("too-many-certificates", "more than 25 certificates", "fewer, or have quota L-43FE5A42 raised", QUOTAS),
    ("subjects-too-long", "subjects of more than 10,000 bytes", "fewer, or have quota L-F31E307C raised", QUOTAS),
    ("chain-too-deep", "a chain of more than 4 authorities", "issue from one that is nearer to the root", QUOTAS),
    ("rsa-too-small", "RSA of less than 2048 bits", "issue the authority anew, with RSA 2048 to 8192", GUIDE),
    ("rsa-too-large", "RSA of more than 8192 bits", "issue the authority anew, with RSA 2048 to 8192", GUIDE),
    ("curve", "ECDSA on another curve", "issue the authority anew, on P-256, P-384 or P-521", GUIDE),
    ("edwards-key", "Ed25519 or Ed448", "issue the authority anew, with ECDSA or RSA", GUIDE),
    ("post-quantum-key", "ML-DSA, which Cloudflare takes", "issue the authority anew, with ECDSA or RSA", GUIDE),
    ("other-key", "a key of another kind", "issue the authority anew, with ECDSA or RSA", GUIDE),
    ("weak-digest", "a signature by SHA-1, MD5 or SHA-224", "issue it anew, with SHA-256, 384 or 512", GUIDE),
    ("signature-algorithm", "another signature algorithm", "have RSA or ECDSA sign, with SHA-256, 384 or 512", GUIDE),
    ("not-an-authority", "a certificate that is no authority's", "put in who issued it", X509 + ", section 4.2.1.9"),
    ("no-constraints", "no basic constraints", "issue it anew, with CA:TRUE", X509 + ", section 4.2.1.9"),
    ("no-certificate-signing", "an authority that may not sign", "issue it anew, with keyCertSign", X509 + ", 4.2.1.3"),
    ("self-signature", "its own signature does not verify", "it was damaged or forged: get it again", X509 + ", 6.1"),
    ("expired", "expired", "take it out, and put its successor in", X509 + ", 4.1.2.5; of ALB: ours"),
    ("not-yet-valid", "not valid yet", "wait, or look at the clock of who issued it", X509 + ", 4.1.2.5; of ALB: ours"),
    ("never-valid", "it ends before it begins", "issue it anew", X509 + ", section 4.1.2.5"),
    ("shared-authority-2015", "Cloudflare's shared authority of 2015", "it expired in 2020; take it out", ORIGIN_PULLS),
    (
        "shared-authority-look-alike",
        "the name of Cloudflare's shared authority, and not it",
        "find out who put it there; do not use the file",
        "ours: known by SHA-256 only",
    ),
)
"""What is wrong with a bundle of authorities."""

CERTIFICATE_WARNINGS: Final = _rules(
    "warning",
    ("duplicate", "a certificate twice", "delete one: each counts towards the quota", NOT_SAID),
    ("uneven-lines", "base64 not in lines of 64 letters", _AGAIN, PEM + ", section 2"),
    ("large-pem", "a certificate of more than 16 KB as PEM, less as DER", "try it; AWS does not say which", QUOTAS),
    ("chain-deep", "a chain of 4 authorities", "with the client's it is 5; AWS does not say what it counts", QUOTAS),
    ("path-length", "more authorities below one than it allows", "issue from one above", X509 + ", section 4.2.1.9"),
    ("constraints-not-critical", "basic constraints not critical", "issue it anew", X509 + ", section 4.2.1.9"),
    ("no-key-usage", "no key usage", "issue it anew, with keyCertSign; some verifiers want it", X509 + ", 4.2.1.3"),
    ("purposes", "extended key usage without clientAuth", "OpenSSL lets no client in below it", "OpenSSL, x509(1)"),
    ("expires-soon", "it expires within 30 days", "put its successor beside it now", "ours"),
    ("issuer-missing", "its issuer is not in the file", "put the root in too", NOT_SAID),
    ("issuer-other-key", "who is named as its issuer here did not sign it", "put the one in that did", X509 + ", 6.1"),
    (
        "shared-authority",
        "Cloudflare's shared authority",
        "use an authority of your own: every customer of Cloudflare can reach you through this one",
        ORIGIN_PULLS,
    ),
    (
        "origin-ca-root",
        "Cloudflare's Origin CA root",
        "take it out: it signs certificates of origins, not of the edge",
        ORIGIN_PULLS,
    ),
)

REVOCATION_RULES: Final = _rules(
    "error",
    (
        "crl-der",
        "a revocation list as DER, as AWS Private CA writes it",
        "openssl crl -inform DER -in FILE -out list.pem",
        "'Application Load Balancers', mutual TLS, revocation lists",
    ),
    ("crl-der-certificate", "a certificate as DER instead of a list", "is it the right file?", GUIDE),
    ("crl-none", "no revocation list", "is it the right file?", GUIDE),
    ("crl-certificate", "a certificate in a file of a list", "put it into the bundle", GUIDE),
    ("crl-several", "several lists in one file", "one file for each", NOT_SAID),
    ("crl-unreadable", "what stands in the block is no revocation list", "is the file whole? copy it again", X509),
    ("crl-cut", "a list that is cut short", "is the file whole? copy it again", X509),
    ("crl-bytes-after", "bytes after the end of the list", "openssl crl -in FILE -out list.pem", X509),
    (
        "crl-signature-algorithm",
        "another signature algorithm",
        "have it signed by RSA or ECDSA, with SHA-256, 384 or 512",
        "'Elastic Load Balancing API reference', InvalidRevocationContent; which ones: as of certificates, ours",
    ),
    ("crl-too-many-entries", "more than 500,000 entries", "fewer, or have quota L-37E1617B raised", QUOTAS),
    ("crl-too-many-lists", "more than 30 lists", "fewer, or have quota L-332EE142 raised", QUOTAS),
    ("crl-stranger", "a list of no authority of the bundle", "put its authority in, or leave it out", X509 + ", 6.3"),
    ("crl-signature", "the named authority did not sign it", "it was damaged or forged: get it again", X509 + ", 6.3"),
    ("crl-delta", "a delta list", "give the whole list; AWS speaks of no other", NOT_SAID),
)
"""What is wrong with a revocation list."""

REVOCATION_WARNINGS: Final = _rules(
    "warning",
    (
        "crl-expired",
        "its next update is past",
        "have a new list made; OpenSSL refuses such a list, and with it every client",
        NOT_SAID,
    ),
    ("crl-expires-soon", "its next update is within a day", "have a new list made: nothing refreshes it", "ours"),
    ("crl-no-next-update", "it does not say when the next one comes", "have one made that does", X509 + ", 5.1.2.5"),
    ("crl-not-yet", "it is of the future", "look at the clock of who made it", X509 + ", section 5.1.2.4"),
    (
        "crl-negative-serials",
        "serials below 0",
        "replace these certificates: they cannot be revoked",
        "'Application Load Balancers', mutual TLS, revocation lists",
    ),
    ("crl-indirect", "a list that speaks of other issuers too", "one list for each issuer", NOT_SAID),
    ("crl-partial", "a list of some certificates, or some reasons, only", "give the whole list", NOT_SAID),
    ("crl-duplicate", "the same list twice", "leave one out", "ours"),
)

BUNDLE_RULES: Final = FILE_RULES | CERTIFICATE_RULES | FILE_WARNINGS | CERTIFICATE_WARNINGS
"""Every rule that a bundle is held against, by its code."""

LIST_RULES: Final = FILE_RULES | REVOCATION_RULES | FILE_WARNINGS | REVOCATION_WARNINGS
"""Every rule that a revocation list is held against, by its code."""

_RULES: Final = BUNDLE_RULES | LIST_RULES


def finding(code: str, message: str, *lines: int) -> BundleFinding:
    """A finding of a rule; raises KeyError where there is no such rule."""
    rule = _RULES[code]
    return BundleFinding(rule.code, rule.severity, tuple(sorted(set(lines))), message, rule.remedy)
