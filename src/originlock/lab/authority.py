"""Certificate authorities in memory, for every server and client of the lab, the bad ones too.

Here lives making authorities, certificates and revocation lists by their properties, right or wrong ones. Here must
not live: what is to be thought of them, or files that are kept.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

#: Kinds of keys; all but the last two are among those that a load balancer takes (the facts on its trust stores).
P256: Final = "p256"
P384: Final = "p384"
RSA2048: Final = "rsa2048"
RSA1024: Final = "rsa1024"
ED25519: Final = "ed25519"

#: Clocks of hosts that check may be a little behind.
_BEFORE: Final = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a certificate is to be like.

    `names` are host names or addresses; `days` may be negative, for one that has expired, and `starts_in_days`
    positive, for one that is not valid yet; `client` and `server` are its extended key usages (neither: none).
    """

    common_name: str
    names: tuple[str, ...] = ()
    key: str = P256
    days: float = 30
    starts_in_days: float = 0
    client: bool = False
    server: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate, its chain without the root, and its key."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: PrivateKey

    @property
    def chain_pem(self) -> str:
        """The chain, leaf first."""
        return "".join(pem(each) for each in (self.certificate, *self.chain))

    @property
    def key_pem(self) -> str:
        """The private key, PKCS 8, not encrypted."""
        return _key_pem(self.key)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority: a root of its own, or one below another; `above` are those up to the root, without it."""

    certificate: x509.Certificate
    key: PrivateKey
    above: tuple[x509.Certificate, ...] = ()
    _revoked: list[int] = field(default_factory=list)

    @property
    def pem(self) -> str:
        """Its certificate."""
        return pem(self.certificate)

    @property
    def key_pem(self) -> str:
        """Its private key, PKCS 8, not encrypted."""
        return _key_pem(self.key)

    def issue(self, leaf: Leaf) -> Issued:
        """Issue a certificate."""
        key = new_key(leaf.key)
        builder = _begun(leaf.common_name, self.certificate.subject, key, leaf.days, leaf.starts_in_days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs=True), critical=True)
        builder = builder.add_extension(_authority_key(self.key), critical=False)
        if leaf.names:
            names = x509.SubjectAlternativeName([_name(each) for each in leaf.names])
            builder = builder.add_extension(names, critical=False)
        purposes = [ExtendedKeyUsageOID.CLIENT_AUTH] * leaf.client + [ExtendedKeyUsageOID.SERVER_AUTH] * leaf.server
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        return Issued(_signed(builder, self.key), self._chain(), key)

    def below(self, common_name: str, *, key: str = P256, days: float = 365) -> Authority:
        """Make an authority below this one."""
        private = new_key(key)
        certificate = _authority(common_name, self.certificate.subject, private, self.key, days)
        return Authority(certificate, private, self._chain())

    def _chain(self) -> tuple[x509.Certificate, ...]:
        is_root = self.certificate.subject == self.certificate.issuer
        return self.above if is_root else (self.certificate, *self.above)

    def revoke(self, certificate: x509.Certificate) -> None:
        """Put a certificate on the next revocation list."""
        self._revoked.append(certificate.serial_number)

    def revocation_list_pem(self, *, days: float = 7) -> str:
        """The revocation list now; with negative days, one whose nextUpdate has passed."""
        now = dt.datetime.now(dt.UTC)
        until = now + dt.timedelta(days=days)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(min(now, until) - _BEFORE).next_update(until)
        builder = builder.add_extension(x509.CRLNumber(1 + len(self._revoked)), critical=False)
        builder = builder.add_extension(_authority_key(self.key), critical=False)
        for serial in self._revoked:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(min(now, until) - _BEFORE)
            builder = builder.add_revoked_certificate(one.build())
        return builder.sign(self.key, _digest(self.key)).public_bytes(serialization.Encoding.PEM).decode()


def root(common_name: str, *, key: str = P256, days: float = 3650, starts_in_days: float = 0) -> Authority:
    """Make a root."""
    private = new_key(key)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    return Authority(_authority(common_name, name, private, private, days, starts_in_days), private)


def read(certificate_pem: bytes, key_pem: bytes) -> Authority:
    """A root from its certificate and its key; what it has revoked is not in them.

    Raises:
        ValueError: they are none, or a key of a kind that the lab does not make.
    """
    key = serialization.load_pem_private_key(key_pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        message = f"not a key of the lab: {type(key).__name__}"
        raise ValueError(message)  # noqa: TRY004 - a fault of what was given, as all others here
    return Authority(x509.load_pem_x509_certificate(certificate_pem), key)


def self_signed(leaf: Leaf) -> Issued:
    """A certificate that nobody vouches for."""
    key = new_key(leaf.key)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, leaf.common_name)])
    builder = _begun(leaf.common_name, name, key, leaf.days, leaf.starts_in_days)
    if leaf.names:
        names = x509.SubjectAlternativeName([_name(each) for each in leaf.names])
        builder = builder.add_extension(names, critical=False)
    return Issued(_signed(builder, key), (), key)


def pem(certificate: x509.Certificate) -> str:
    """One certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def new_key(kind: str) -> PrivateKey:
    """Make a key.

    Raises:
        ValueError: there is no such kind.
    """
    match kind:
        case "p256":
            return ec.generate_private_key(ec.SECP256R1())
        case "p384":
            return ec.generate_private_key(ec.SECP384R1())
        case "rsa2048":
            return rsa.generate_private_key(65537, 2048)
        case "rsa1024":
            return rsa.generate_private_key(65537, 1024)  # noqa: S505 - so that its refusal can be tried
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            message = f"there is no kind of key {kind!r}"
            raise ValueError(message)


def _authority(
    common_name: str,
    issuer: x509.Name,
    key: PrivateKey,
    signer: PrivateKey,
    days: float,
    starts_in_days: float = 0,
) -> x509.Certificate:
    builder = _begun(common_name, issuer, key, days, starts_in_days)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs=False), critical=True)
    return _signed(builder.add_extension(_authority_key(signer), critical=False), signer)


def _begun(
    common_name: str, issuer: x509.Name, key: PrivateKey, days: float, starts_in_days: float
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    until = now + dt.timedelta(days=days)
    begins = now + dt.timedelta(days=starts_in_days) if starts_in_days else min(now, until) - _BEFORE
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, signer: PrivateKey) -> x509.Certificate:
    return builder.sign(signer, _digest(signer))


def _digest(signer: PrivateKey) -> hashes.SHA256 | None:
    return None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _authority_key(signer: PrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())


def _key_pem(key: PrivateKey) -> str:
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return encoded.decode()


def _usage(*, signs: bool) -> x509.KeyUsage:
    """A leaf signs; an authority signs certificates and revocation lists."""
    return x509.KeyUsage(
        digital_signature=signs,
        key_cert_sign=not signs,
        crl_sign=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def names_of(certificate: x509.Certificate) -> Sequence[str]:
    """The DNS names of a certificate; none if it has no such extension."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return found.value.get_values_for_type(x509.DNSName)
