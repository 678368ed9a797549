"""Revocation lists: whose, how old, and what happens without one."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from tests.middleware.parties import (
    CLIENT,
    FIRST,
    ROOT,
    Made,
    chain_of,
    issued,
    lists,
    look_alike,
    made,
    passed,
    passthrough,
    revoking,
    told,
    trust,
)

from originlock.lab import authority
from originlock.middleware import ClientIdentity, Reason
from originlock.middleware.revocation import read

BAD = issued()
REVOKED = revoking(FIRST, BAD.certificate)


def test_an_authority_may_be_revoked() -> None:
    """All its clients would stay in."""
    given = trust(revocations=lists(FIRST, revoking(ROOT, FIRST.certificate)))
    assert told(passthrough(given), passed(*chain_of(CLIENT))) is Reason.REVOKED


def test_the_same_serial_of_another_authority_is_nobodys() -> None:
    """A serial number is one authority's own: another's list must not shut a client out, or stand for its own."""
    elsewhere = revoking(ROOT, CLIENT.certificate)
    assert isinstance(
        told(passthrough(trust(revocations=lists(FIRST, elsewhere))), passed(*chain_of(CLIENT))), ClientIdentity
    )


def test_a_list_by_a_look_alike_is_nobodys() -> None:
    """Whoever can write a file could un-revoke: a list counts by its signature, not by its issuer's name."""
    twin = look_alike(FIRST)
    assert told(passthrough(trust(revocations=lists(twin))), passed(*chain_of(BAD))) is Reason.REVOCATION_MISSING
    shuts_out = trust(revocations=lists(FIRST, revoking(twin, CLIENT.certificate)))
    assert isinstance(told(passthrough(shuts_out), passed(*chain_of(CLIENT))), ClientIdentity)


def test_a_list_of_another_name_is_another_authoritys() -> None:
    """Two authorities may share a key, as when one is renamed; their serial numbers are their own."""
    renamed = authority.Authority(made(Made("renamed", ca=True), key=FIRST.key), FIRST.key)
    assert told(passthrough(trust(revocations=lists(renamed))), passed(*chain_of(BAD))) is Reason.REVOCATION_MISSING


def test_an_authority_that_may_not_sign_lists_signs_none() -> None:
    """RFC 5280, 6.3.3 (f)."""
    key = authority.new_key(authority.P256)
    below = authority.Authority(
        made(Made("no lists", ca=True, signs_certificates=True, signs=False, purposes=()), key=key), key
    )
    chain = (issued(below).certificate, below.certificate)
    assert isinstance(told(passthrough(), passed(*chain)), ClientIdentity)
    assert told(passthrough(trust(revocations=lists(below))), passed(*chain)) is Reason.REVOCATION_MISSING


def test_without_a_list_of_the_issuer() -> None:
    """Lists that were asked for and say nothing of a client must not let it in unless it is said."""
    assert told(passthrough(trust(revocations=lists(ROOT))), passed(*chain_of(CLIENT))) is Reason.REVOCATION_MISSING
    lenient = trust(revocations=lists(ROOT), missing="accept")
    assert isinstance(told(passthrough(lenient), passed(*chain_of(CLIENT))), ClientIdentity)


def test_a_list_past_its_date() -> None:
    """An old list hides who was revoked since; and whoever is on it is revoked all the same."""
    given = trust(revocations=lists(REVOKED, days=-1))
    assert told(passthrough(given), passed(*chain_of(CLIENT))) is Reason.REVOCATION_STALE
    assert told(passthrough(given), passed(*chain_of(BAD))) is Reason.REVOKED
    lenient = trust(revocations=lists(REVOKED, days=-1), stale="accept")
    assert isinstance(told(passthrough(lenient), passed(*chain_of(CLIENT))), ClientIdentity)
    assert told(passthrough(lenient), passed(*chain_of(BAD))) is Reason.REVOKED


def test_a_list_of_tomorrow_is_not_in_force() -> None:
    """A wrong clock or a wrong file: nobody knows who is revoked now."""
    now = dt.datetime.now(dt.UTC)
    given = trust(revocations=_list(FIRST, now + dt.timedelta(hours=2), now + dt.timedelta(days=7)))
    assert told(passthrough(given), passed(*chain_of(CLIENT))) is Reason.REVOCATION_STALE


def test_the_newest_of_several_lists_tells_the_age() -> None:
    """Two lists of one authority lie in one file while they are exchanged: that must not shut a site."""
    given = trust(revocations=lists(FIRST, days=-1) + lists(REVOKED))
    assert isinstance(told(passthrough(given), passed(*chain_of(CLIENT))), ClientIdentity)
    assert told(passthrough(given), passed(*chain_of(BAD))) is Reason.REVOKED


def test_what_is_remembered_ends_with_the_list() -> None:
    """A client would stay in on the word of a list that is old."""
    now = [dt.datetime.now(dt.UTC).timestamp()]
    given = trust(revocations=lists(FIRST, days=7))
    guard = passthrough(given, clock=lambda: now[0], cache_seconds=1e9)
    assert isinstance(told(guard, passed(*chain_of(CLIENT))), ClientIdentity)
    now[0] += 8 * 86400
    assert told(guard, passed(*chain_of(CLIENT))) is Reason.REVOCATION_STALE


def test_der_is_read_too() -> None:
    """AWS Private CA writes its lists so."""
    (one,) = read(x509.load_pem_x509_crl(lists(REVOKED)).public_bytes(Encoding.DER))
    assert one.serials == {BAD.certificate.serial_number}


def test_lists_that_cannot_be_used_are_refused_at_once() -> None:
    """A backend would start, and find out with its first client, or never."""
    now = dt.datetime.now(dt.UTC)
    partial = x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=True,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    for raw in (
        b"",
        b"hello",
        FIRST.pem.encode(),
        _list(FIRST, now, now + dt.timedelta(days=1), partial),
        _list(FIRST, now, now + dt.timedelta(days=1), x509.DeltaCRLIndicator(1)),
    ):
        with pytest.raises(ValueError, match="revocation list"):
            passthrough(trust(revocations=raw))


def test_anchors_that_cannot_be_used_are_refused_at_once() -> None:
    """Ditto."""
    for raw in (b"", b"hello", FIRST.key_pem.encode(), FIRST.pem.replace("M", "N", 5).encode()):
        with pytest.raises(ValueError, match="anchors"):
            passthrough(type(trust())(raw))


def _list(
    by: authority.Authority, begins: dt.datetime, ends: dt.datetime, critical: x509.ExtensionType | None = None
) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject)
    builder = builder.last_update(begins).next_update(ends)
    if critical is not None:
        builder = builder.add_extension(critical, critical=True)
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.PEM)
