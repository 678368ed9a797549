"""A chain against anchors: is it good, for a client, now?

Lives here: what is asked of a leaf beyond `cryptography`'s verifier, the verifier, and a word for each way to fail.
Must not live here: revocation (see `revocation`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from originlock.middleware.parsing import UNREADABLE
from originlock.middleware.refusals import Reason, RefusedError
from originlock.middleware.settings import Trust

E = TypeVar("E", bound=x509.ExtensionType)

#: 'Mutual authentication with TLS in Application Load Balancer': the keys that one takes. `cryptography`'s verifier
#: looks at the keys of authorities, not at a leaf's.
_RSA_BITS: Final = range(2048, 8192 + 1)
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)

_BLOCK: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def read_anchors(raw: bytes) -> tuple[x509.Certificate, ...]:
    """Read authorities in PEM.

    Raises:
        ValueError: there is none, or one that cannot be read.
    """
    try:
        found = tuple(x509.load_pem_x509_certificate(block) for block in _BLOCK.findall(raw))
    except UNREADABLE as error:
        message = f"anchors: a certificate cannot be read: {type(error).__name__}"
        raise ValueError(message) from error
    if not found:
        message = "anchors: no certificate in PEM"
        raise ValueError(message)
    return found


class Verifier:
    """Anchors, and what is asked of those who come by them."""

    def __init__(self, anchors: Sequence[x509.Certificate], trust: Trust) -> None:
        self._anchors = tuple(anchors)
        # Its `max_chain_depth` counts those between leaf and anchor.
        builder = PolicyBuilder().store(Store(list(anchors))).max_chain_depth(max(trust.most_certificates - 2, 0))
        if not trust.require_extensions:
            builder = builder.extension_policies(
                ca_policy=ExtensionPolicy.webpki_defaults_ca().may_be_present(
                    x509.KeyUsage, Criticality.AGNOSTIC, _signs_certificates
                ),
                ee_policy=ExtensionPolicy.webpki_defaults_ee().may_be_present(
                    x509.SubjectAlternativeName, Criticality.AGNOSTIC, None
                ),
            )
        self._builder = builder
        self._needs_names = trust.require_extensions

    def chain(self, presented: Sequence[x509.Certificate], now: float) -> list[x509.Certificate]:
        """The way from the leaf to an anchor.

        Args:
            presented: leaf first; at least one.
            now: seconds since the epoch.

        Raises:
            RefusedError: any reason about dates, purposes, keys, names and trust.
            Exception: one of `parsing.UNREADABLE`, for a part that is looked at here first and cannot be read.
        """
        moment = dt.datetime.fromtimestamp(now, dt.UTC)
        leaf = presented[0]
        try:
            check_dates(leaf, moment)
            self._check_leaf(leaf)
            return self._builder.time(moment).build_client_verifier().verify(leaf, _between(presented)).chain
        except VerificationError as error:
            raise self._why_not(presented, moment, str(error)) from error

    def _check_leaf(self, leaf: x509.Certificate) -> None:
        # Read once: each look by class walks all of them.
        values = [each.value for each in leaf.extensions]
        constraints = _first(values, x509.BasicConstraints)
        usage = _first(values, x509.KeyUsage)
        purposes = _first(values, x509.ExtendedKeyUsage)
        if (constraints is not None and constraints.ca) or (usage is not None and usage.key_cert_sign):
            raise RefusedError(Reason.IS_AUTHORITY)
        if purposes is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
            raise RefusedError(Reason.WRONG_PURPOSE, "extendedKeyUsage without clientAuth")
        # RFC 5280, 4.2.1.12: clientAuth goes with digitalSignature or keyAgreement.
        if usage is not None and not (usage.digital_signature or usage.key_agreement):
            raise RefusedError(Reason.WRONG_PURPOSE, "keyUsage without digitalSignature")
        if not _is_accepted(leaf):
            raise RefusedError(Reason.KEY_NOT_ACCEPTED)
        if self._needs_names and _first(values, x509.SubjectAlternativeName) is None:
            raise RefusedError(Reason.NO_NAMES)

    def _why_not(self, presented: Sequence[x509.Certificate], moment: dt.datetime, told: str) -> RefusedError:
        """A word for what the verifier has found; which word is chosen decides nothing."""
        if "exceeds max depth" in told:
            return RefusedError(Reason.CHAIN_TOO_LONG, told)
        issuers = {each.issuer for each in presented}
        on_the_way = (*presented[1:], *(each for each in self._anchors if each.subject in issuers))
        if any(not each.not_valid_before_utc <= moment <= each.not_valid_after_utc for each in on_the_way):
            return RefusedError(Reason.AUTHORITY_NOT_VALID, told)
        return RefusedError(Reason.UNTRUSTED, told)


def _between(presented: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Those that may lie between leaf and anchor: each once, and no root.

    An anchor is ours, so a root that is presented leads nowhere; but one that is presented several times is its own
    issuer in many ways, and the verifier would try them all.
    """
    found: list[x509.Certificate] = []
    for each in presented[1:]:
        if each.subject != each.issuer and each not in found:
            found.append(each)
    return found


def check_dates(leaf: x509.Certificate, moment: dt.datetime) -> None:
    """See that a leaf is valid now.

    Raises:
        RefusedError: `NOT_YET_VALID` or `EXPIRED`.
    """
    if moment < leaf.not_valid_before_utc:
        raise RefusedError(Reason.NOT_YET_VALID, leaf.not_valid_before_utc.isoformat())
    if moment > leaf.not_valid_after_utc:
        raise RefusedError(Reason.EXPIRED, leaf.not_valid_after_utc.isoformat())


def _is_accepted(leaf: x509.Certificate) -> bool:
    key = leaf.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size in _RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)


def _first(values: Sequence[x509.ExtensionType], kind: type[E]) -> E | None:
    """The one of a kind; a second one `cryptography` does not read."""
    return next((each for each in values if isinstance(each, kind)), None)


def _signs_certificates(_policy: Policy, _held: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    """An authority's keyUsage may be absent; if it is there, it must let it sign certificates."""
    if usage is not None and not usage.key_cert_sign:
        message = "keyUsage without keyCertSign"
        raise ValueError(message)
