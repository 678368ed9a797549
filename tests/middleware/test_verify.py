"""Verify: the load balancer has verified, and its five headers must speak of one certificate."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from tests.middleware.parties import (
    CLIENT,
    FIRST,
    ROOT,
    Made,
    issued,
    lists,
    made,
    passed,
    replaced,
    revoking,
    told,
    trust,
    verified,
    verify,
)

from originlock.lab import authority
from originlock.middleware import ClientIdentity, Reason, Verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.middleware.parties import Headers

P = "x-amzn-mtls-clientcert-"
OTHERS = issued()


def of(**more: bytes | None) -> Headers:
    """The five headers of a right client, with other values of some."""
    headers = verified(CLIENT.certificate)
    for name, value in more.items():
        headers = replaced(headers, P + name.replace("_", "-"), value)
    return headers


def value(name: str, leaf: authority.Issued = CLIENT) -> bytes:
    """One of them."""
    return dict(verified(leaf.certificate))[(P + name).encode()]


def test_a_right_client_is_told_in_full() -> None:
    """An application would decide by something that the certificate does not say."""
    identity = told(verify(), of())
    assert isinstance(identity, ClientIdentity)
    assert identity.mode == "verify"
    assert identity.sha256 == CLIENT.certificate.fingerprint(hashes.SHA256()).hex()
    assert identity.serial.encode() == value("serial-number")
    assert identity.subject.encode() == value("subject")


def other(name: str, given: bytes | None) -> Callable[[], Headers]:
    """The five of a right client, one with another value."""
    return lambda: replaced(verified(CLIENT.certificate), P + name, given)


def doubled(name: str) -> Callable[[], Headers]:
    """The five of a right client, one of them twice."""
    return lambda: [*of(), ((P + name).encode(), value(name))]


FIVE = ("serial-number", "issuer", "subject", "validity", "leaf")
#: A name may have commas, so that two in one are just another name.
JOINED = (Reason.DOUBLED, Reason.INCONSISTENT, Reason.INCONSISTENT, Reason.DOUBLED, Reason.DOUBLED)

CASES: dict[str, tuple[Callable[[], Headers], Reason | None]] = {
    "right": (of, None),
    "serial-in-small-letters": (lambda: of(serial_number=value("serial-number").lower()), None),
    "serial-with-a-zero": (lambda: of(serial_number=b"0" + value("serial-number")), None),
    "absent": (list, Reason.ABSENT),
    **{f"without-{name}": (other(name, None), Reason.INCOMPLETE) for name in FIVE},
    **{f"doubled-{name}": (doubled(name), Reason.DOUBLED) for name in FIVE},
    **{
        f"joined-{name}": (other(name, value(name) + b"," + value(name)), reason)
        for name, reason in zip(FIVE, JOINED, strict=True)
    },
    "another-client's-serial": (other("serial-number", value("serial-number", OTHERS)), Reason.INCONSISTENT),
    "another-client's-leaf": (other("leaf", value("leaf", OTHERS)), Reason.INCONSISTENT),
    "other-issuer": (lambda: of(issuer=b"CN=client root"), Reason.INCONSISTENT),
    "other-subject": (lambda: of(subject=b"CN=admin"), Reason.INCONSISTENT),
    "longer-subject": (lambda: of(subject=b"CN=edge,O=Example"), Reason.INCONSISTENT),
    "no-subject": (lambda: of(subject=b""), Reason.INCONSISTENT),
    "subject-is-no-name": (lambda: of(subject=b"edge"), Reason.INCONSISTENT),
    "subject-with-a-line": (lambda: of(subject=b"CN=edge\r\nx: y"), Reason.MALFORMED),
    "subject-is-not-utf8": (lambda: of(subject=b"CN=\xff"), Reason.MALFORMED),
    "other-validity": (
        lambda: of(validity=b"NotBefore=2020-01-01T00:00:00Z;NotAfter=2040-01-01T00:00:00Z"),
        Reason.INCONSISTENT,
    ),
    "validity-is-none": (lambda: of(validity=b"always"), Reason.MALFORMED),
    "serial-is-none": (lambda: of(serial_number=b"0x12"), Reason.MALFORMED),
    "serial-has-a-sign": (lambda: of(serial_number=b"-1"), Reason.MALFORMED),
    "serial-of-other-digits": (lambda: of(serial_number="\u0661".encode()), Reason.MALFORMED),
    "serial-without-end": (lambda: of(serial_number=b"1" * 16000), Reason.MALFORMED),
    "leaf-is-none": (lambda: of(leaf=b"hello"), Reason.MALFORMED),
    "two-leaves": (lambda: of(leaf=value("leaf") + value("leaf")), Reason.CHAIN_TOO_LONG),
    "oversized-leaf": (lambda: of(leaf=b"A" * 16385), Reason.OVERSIZED),
    "oversized-subject": (lambda: of(subject=b"A" * 16385), Reason.OVERSIZED),
    "passthrough-header": (lambda: [*of(), *passed(CLIENT.certificate)], Reason.UNEXPECTED_HEADER),
    "passthrough-header-alone": (lambda: passed(CLIENT.certificate), Reason.UNEXPECTED_HEADER),
    "expired": (lambda: verified(issued(days=-1).certificate), Reason.EXPIRED),
    "not-yet-valid": (lambda: verified(issued(starts_in_days=1).certificate), Reason.NOT_YET_VALID),
}


@pytest.mark.parametrize("case", CASES)
def test_each_is_let_in_or_has_its_own_reason(case: str) -> None:
    """Somebody gets in who must not, or a person is told the wrong reason."""
    headers, reason = CASES[case]
    found = told(verify(), headers())
    assert isinstance(found, ClientIdentity) if reason is None else found is reason


def test_expiry_is_ignored_where_the_listener_ignores_it() -> None:
    """`IgnoreClientCertificateExpiry` would be without effect."""
    headers = verified(issued(days=-1).certificate)
    assert isinstance(told(verify(Verify(ignore_expiry=True)), headers), ClientIdentity)


def test_an_expiry_that_comes_later_counts() -> None:
    """What is remembered must not outlive the certificate."""
    now = [dt.datetime.now(dt.UTC).timestamp()]
    guard = verify(clock=lambda: now[0], cache_seconds=1e9)
    assert isinstance(told(guard, of()), ClientIdentity)
    now[0] = CLIENT.certificate.not_valid_after_utc.timestamp() + 1
    assert told(guard, of()) is Reason.EXPIRED


def test_trust_verifies_once_more() -> None:
    """A trust store is a copy of its own age: a backend that wants to know by its own list could not."""
    ours = Verify(trust(FIRST, ROOT))
    assert isinstance(told(verify(ours), of()), ClientIdentity)
    assert told(verify(Verify(trust(authority.root("other")))), of()) is Reason.UNTRUSTED
    assert told(verify(ours), verified(issued(server=True, client=False).certificate)) is Reason.WRONG_PURPOSE
    gone = Verify(trust(FIRST, revocations=lists(revoking(FIRST, CLIENT.certificate))))
    assert told(verify(gone), of()) is Reason.REVOKED


def test_without_trust_the_listener_is_believed() -> None:
    """The load balancer takes leaves without names, and so must this."""
    assert isinstance(told(verify(), verified(made(Made(names=(), usage=False)))), ClientIdentity)


def test_names_need_not_be_compared() -> None:
    """Where a load balancer writes a name in a way that is not known here, a site would be shut."""
    guard = verify(Verify(compare_names=False))
    assert isinstance(told(guard, of(subject=b"?")), ClientIdentity)
    assert told(guard, of(serial_number=b"12")) is Reason.INCONSISTENT


def test_expiry_cannot_be_ignored_and_verified() -> None:
    """One of the two would silently not be done."""
    with pytest.raises(ValueError, match="ignore_expiry"):
        Verify(trust(), ignore_expiry=True)
