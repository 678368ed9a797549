"""Passthrough: the load balancer has verified nothing, so all of it is done here."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.middleware.parties import (
    CLIENT,
    FIRST,
    NAME,
    OTHER,
    ROOT,
    Made,
    chain_of,
    issued,
    lists,
    look_alike,
    made,
    passed,
    passthrough,
    pem_header,
    pems,
    revoking,
    told,
    trust,
)

from originlock.lab import authority
from originlock.middleware import ClientIdentity, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.middleware.parties import Headers

BEARER = b"x-amzn-mtls-clientcert"


def test_a_right_client_is_told_in_full() -> None:
    """An application would decide by something that the certificate does not say."""
    identity = told(passthrough(), passed(*chain_of(CLIENT)))
    leaf = CLIENT.certificate
    assert identity == ClientIdentity(
        mode="passthrough",
        subject="CN=edge",
        issuer="CN=first",
        serial=f"{leaf.serial_number:X}".zfill(2 * ((leaf.serial_number.bit_length() + 7) // 8)),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        sha256=leaf.fingerprint(hashes.SHA256()).hex(),
        dns_names=(NAME,),
        certificate=leaf.public_bytes(Encoding.DER),
    )
    assert "certificate" not in repr(identity)


@cache
def _deep(count: int) -> authority.Issued:
    below = ROOT
    for number in range(count):
        below = below.below(f"depth {number}")
    return issued(below)


def _revoked_authority() -> Headers:
    return passed(*chain_of(CLIENT))


def _expired_intermediate() -> Headers:
    return passed(*chain_of(issued(ROOT.below("old", days=-1))))


def _look_alike() -> Headers:
    twin = look_alike(ROOT)
    assert twin.certificate.subject == ROOT.certificate.subject
    return passed(issued(twin).certificate, twin.certificate)


def _one(like: Made) -> Callable[[], Headers]:
    return lambda: passed(made(like))


CASES: dict[str, tuple[Callable[[], Headers], Reason | None]] = {
    "intermediate": (lambda: passed(*chain_of(CLIENT)), None),
    "straight": (lambda: passed(*chain_of(issued(ROOT))), None),
    "root-presented-too": (lambda: passed(*chain_of(CLIENT), ROOT.certificate), None),
    "p384": (lambda: passed(*chain_of(issued(key=authority.P384))), None),
    "rsa2048": (lambda: passed(*chain_of(issued(key=authority.RSA2048))), None),
    "no-purpose-named": (_one(Made(purposes=())), None),
    "client-and-server": (
        _one(Made(purposes=(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH))),
        None,
    ),
    "four-deep": (lambda: passed(*chain_of(_deep(2))), None),
    "five-deep": (lambda: passed(*chain_of(_deep(3))), Reason.CHAIN_TOO_LONG),
    "five-presented": (lambda: passed(*chain_of(_deep(3)), ROOT.certificate), Reason.CHAIN_TOO_LONG),
    "absent": (list, Reason.ABSENT),
    "other-authority": (lambda: passed(*chain_of(issued(OTHER))), Reason.UNTRUSTED),
    "other-authority-presents-our-root": (
        lambda: passed(issued(OTHER).certificate, ROOT.certificate),
        Reason.UNTRUSTED,
    ),
    "look-alike": (_look_alike, Reason.UNTRUSTED),
    "intermediate-missing": (lambda: passed(CLIENT.certificate), Reason.UNTRUSTED),
    "self-signed": (
        lambda: passed(authority.self_signed(authority.Leaf("edge", (NAME,))).certificate),
        Reason.UNTRUSTED,
    ),
    "leaf-issues-a-leaf": (
        lambda: passed(
            issued(authority.Authority(CLIENT.certificate, CLIENT.key, CLIENT.chain)).certificate, *chain_of(CLIENT)
        ),
        Reason.UNTRUSTED,
    ),
    "unknown-critical-extension": (_one(Made(critical=ObjectIdentifier("1.3.6.1.4.1.99999.1"))), Reason.UNTRUSTED),
    "weak-intermediate": (
        lambda: passed(*chain_of(issued(ROOT.below("weak", key=authority.RSA1024)))),
        Reason.UNTRUSTED,
    ),
    "expired": (lambda: passed(*chain_of(issued(days=-1))), Reason.EXPIRED),
    "not-yet-valid": (lambda: passed(*chain_of(issued(starts_in_days=1))), Reason.NOT_YET_VALID),
    "expired-intermediate": (_expired_intermediate, Reason.AUTHORITY_NOT_VALID),
    "for-servers": (lambda: passed(*chain_of(issued(client=False, server=True))), Reason.WRONG_PURPOSE),
    "not-for-signing": (_one(Made(signs=False)), Reason.WRONG_PURPOSE),
    "any-purpose": (_one(Made(purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,))), Reason.WRONG_PURPOSE),
    "authority-as-leaf": (lambda: passed(FIRST.certificate), Reason.IS_AUTHORITY),
    "leaf-that-is-an-authority": (_one(Made(ca=True)), Reason.IS_AUTHORITY),
    "leaf-that-signs-certificates": (_one(Made(signs_certificates=True)), Reason.IS_AUTHORITY),
    "anchor-as-leaf": (lambda: passed(ROOT.certificate), Reason.IS_AUTHORITY),
    "rsa1024": (lambda: passed(*chain_of(issued(key=authority.RSA1024))), Reason.KEY_NOT_ACCEPTED),
    "ed25519": (lambda: passed(*chain_of(issued(key=authority.ED25519))), Reason.KEY_NOT_ACCEPTED),
    "no-names": (lambda: passed(*chain_of(issued(names=()))), Reason.NO_NAMES),
    "doubled": (lambda: 2 * passed(*chain_of(CLIENT)), Reason.DOUBLED),
    "joined": (lambda: [(BEARER, b",".join(2 * [passed(*chain_of(CLIENT))[0][1]]))], Reason.DOUBLED),
    "joined-with-a-space": (lambda: [(BEARER, b", ".join(2 * [passed(*chain_of(CLIENT))[0][1]]))], Reason.DOUBLED),
    "oversized": (lambda: [(BEARER, b"A" * (16 * 1024 + 1))], Reason.OVERSIZED),
    "sixteen-kilobytes": (lambda: [(BEARER, b"A" * (16 * 1024))], Reason.MALFORMED),
    "empty": (lambda: [(BEARER, b"")], Reason.MALFORMED),
    "no-pem": (lambda: [(BEARER, b"hello")], Reason.MALFORMED),
    "not-ascii": (lambda: [(BEARER, "ä".encode())], Reason.MALFORMED),
    "not-encoded": (lambda: [(BEARER, pems(CLIENT.certificate).encode())], Reason.MALFORMED),
    "line-break": (lambda: [(BEARER, passed(CLIENT.certificate)[0][1] + b"\r\nx-admin: 1")], Reason.MALFORMED),
    "nul": (lambda: [(BEARER, passed(CLIENT.certificate)[0][1] + b"%00")], Reason.MALFORMED),
    "words-before": (lambda: pem_header("subject=edge\n" + pems(CLIENT.certificate)), Reason.MALFORMED),
    "words-between": (
        lambda: pem_header(pems(CLIENT.certificate) + "# and\n" + pems(FIRST.certificate)),
        Reason.MALFORMED,
    ),
    "cut": (lambda: [(BEARER, passed(CLIENT.certificate)[0][1][:-40])], Reason.MALFORMED),
    "der-with-more-after-it": (
        lambda: pem_header(_pem(CLIENT.certificate.public_bytes(Encoding.DER) + b"\0")),
        Reason.MALFORMED,
    ),
    "pem-of-something-else": (lambda: pem_header(_pem(b"\x30\x03\x02\x01\x01")), Reason.MALFORMED),
    "padding-inside": (
        lambda: pem_header(pems(CLIENT.certificate).replace("-----\nMIIB", "-----\nMIIB====")),
        Reason.MALFORMED,
    ),
    "no-line-break-at-the-end": (
        lambda: pem_header(pems(CLIENT.certificate).replace("\n-----END", "-----END")),
        Reason.MALFORMED,
    ),
    "private-key": (lambda: pem_header(CLIENT.key_pem), Reason.MALFORMED),
    "verify-headers": (
        lambda: [*passed(*chain_of(CLIENT)), (b"x-amzn-mtls-clientcert-subject", b"CN=edge")],
        Reason.UNEXPECTED_HEADER,
    ),
    "verify-headers-alone": (lambda: [(b"x-amzn-mtls-clientcert-leaf", b"x")], Reason.UNEXPECTED_HEADER),
}


def _pem(der: bytes) -> str:
    import base64  # noqa: PLC0415 - for this alone

    return f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(der).decode()}\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("case", CASES)
def test_each_is_let_in_or_has_its_own_reason(case: str) -> None:
    """Somebody gets in who must not, or a person is told the wrong reason."""
    headers, reason = CASES[case]
    found = told(passthrough(), headers())
    if reason is None:
        assert isinstance(found, ClientIdentity)
    else:
        assert found is reason


@pytest.mark.parametrize("case", [case for case, (_, reason) in CASES.items() if reason not in {None, Reason.ABSENT}])
def test_optional_lets_in_nobody_with_a_bad_certificate(case: str) -> None:
    """What is optional is the certificate, not that it is good."""
    headers, reason = CASES[case]
    assert told(passthrough(optional=True), headers()) is reason


def test_optional_lets_in_who_shows_none() -> None:
    """A site that asks for certificates here and there could not be served."""
    assert told(passthrough(optional=True), []) is None


def test_both_ways_to_encode_are_taken() -> None:
    """AWS documents ``+=/`` as they are, and shows ``%3D``: a chain with either must not be refused."""
    text = next(text for text in (pems(*chain_of(issued())) for _ in range(50)) if "+" in text and "=" in text)
    for safe in ("+=/", ""):
        assert isinstance(told(passthrough(), pem_header(text, safe)), ClientIdentity)


def test_a_plus_sign_stays_one() -> None:
    """`unquote_plus` makes spaces of the plus signs in base64: the bug that real backends have."""
    text = next(text for text in (pems(*chain_of(issued())) for _ in range(50)) if "+" in text)
    assert unquote_plus(quote(text, safe="+=/")) != text
    assert isinstance(told(passthrough(), pem_header(text)), ClientIdentity)


def test_line_endings_and_the_case_of_names_count_for_nothing() -> None:
    """Nobody promises how a header's name or a PEM's line is written."""
    text = pems(*chain_of(CLIENT)).replace("\n", "\r\n")
    ((_, value),) = pem_header(text)
    for name in (b"X-Amzn-Mtls-Clientcert", b"X-AMZN-MTLS-CLIENTCERT", b"x-amzn-mtls-clientcert"):
        assert isinstance(told(passthrough(), [(name, value)]), ClientIdentity)


def test_an_underscore_is_no_hyphen() -> None:
    """A load balancer lets such a name of a client's own through; it must never be taken for its own."""
    ((_, value),) = passed(*chain_of(CLIENT))
    assert told(passthrough(), [(b"x_amzn_mtls_clientcert", value)]) is Reason.ABSENT


def test_an_anchor_out_of_its_dates_lets_nobody_in() -> None:
    """`cryptography` refuses it, and the log must say why."""
    old = authority.root("old", days=-1)
    assert told(passthrough(trust(old)), passed(issued(old).certificate)) is Reason.AUTHORITY_NOT_VALID


def test_an_intermediate_may_be_an_anchor() -> None:
    """As in a load balancer's trust store: clients that send their leaf alone could not be served."""
    assert isinstance(told(passthrough(trust(FIRST)), passed(CLIENT.certificate)), ClientIdentity)


def test_certificates_by_cloudflares_recipe_need_a_word() -> None:
    """Its leaves have no names: they are refused unless said, and nothing else is let in by saying it."""
    plain = made(Made(names=(), usage=False, purposes=()))
    strict, lenient = passthrough(), passthrough(trust(require_extensions=False))
    assert told(strict, passed(plain)) is Reason.NO_NAMES
    assert isinstance(told(lenient, passed(plain)), ClientIdentity)
    for case, (headers, reason) in CASES.items():
        if reason not in {None, Reason.NO_NAMES}:
            assert told(lenient, headers()) is reason, case


def test_an_authority_without_key_usage_needs_a_word() -> None:
    """`openssl req -x509` makes such, and Cloudflare's recipe uses it."""
    key = authority.new_key(authority.P256)
    below = authority.Authority(
        made(Made("plain authority", ca=True, usage=False, names=(), purposes=()), key=key), key
    )
    chain = (issued(below).certificate, below.certificate)
    assert told(passthrough(), passed(*chain)) is Reason.UNTRUSTED
    assert isinstance(told(passthrough(trust(require_extensions=False)), passed(*chain)), ClientIdentity)


def test_an_authority_that_may_not_sign_stays_one_without_the_extensions() -> None:
    """What is optional is that keyUsage is there, not what it says."""
    key = authority.new_key(authority.P256)
    below = authority.Authority(made(Made("signs nothing", ca=True, names=(), purposes=()), key=key), key)
    chain = (issued(below).certificate, below.certificate)
    assert told(passthrough(trust(require_extensions=False)), passed(*chain)) is Reason.UNTRUSTED


@pytest.mark.parametrize("most, reason", [(1, Reason.CHAIN_TOO_LONG), (2, Reason.CHAIN_TOO_LONG), (3, None)])
def test_the_length_of_chains_can_be_set(most: int, reason: Reason | None) -> None:
    """A leaf, one between and the root are three: one less must be refused, or the limit does nothing."""
    found = told(passthrough(trust(most_certificates=most)), passed(*chain_of(CLIENT)))
    assert isinstance(found, ClientIdentity) if reason is None else found is reason


def test_the_clock_decides() -> None:
    """A certificate would be good before it begins or after it ends, by a second."""
    leaf = CLIENT.certificate
    second = dt.timedelta(seconds=1)
    for when, reason in (
        (leaf.not_valid_before_utc - second, Reason.NOT_YET_VALID),
        (leaf.not_valid_after_utc + second, Reason.EXPIRED),
    ):
        guard = passthrough(clock=when.timestamp)
        assert told(guard, passed(*chain_of(CLIENT))) is reason
    guard = passthrough(clock=leaf.not_valid_after_utc.timestamp)
    assert isinstance(told(guard, passed(*chain_of(CLIENT))), ClientIdentity)


def test_a_revoked_client_is_refused() -> None:
    """`cryptography`'s verifier knows nothing of revocation."""
    good, bad = issued(), issued()
    given = trust(revocations=lists(revoking(FIRST, bad.certificate)))
    assert isinstance(told(passthrough(given), passed(*chain_of(good))), ClientIdentity)
    assert told(passthrough(given), passed(*chain_of(bad))) is Reason.REVOKED


def test_what_is_read_late_is_refused_too() -> None:
    """`cryptography` reads a certificate's parts when they are asked for, and raises only then; found by fuzzing."""
    der = bytearray(issued(ROOT).certificate.public_bytes(Encoding.DER))
    at = der.index(b"client root")
    der[at] = 0xFF  # the issuer's name is no UTF-8 any more
    assert told(passthrough(), pem_header(_pem(bytes(der)))) is Reason.MALFORMED
