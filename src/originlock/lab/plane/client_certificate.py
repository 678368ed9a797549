"""A client's certificate as a load balancer tells it to targets and logs.

Here lives the formats of names, serial numbers, validity and PEM in headers and logs. Here must not live: whether a
certificate is good (see `verdict`).

Source of every format: 'Mutual authentication with TLS in Application Load Balancer' and 'Connection logs' in AWS's
user guide.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from cryptography import x509

_HEADER: Final = "X-Amzn-Mtls-Clientcert"


@dataclass(frozen=True, slots=True)
class ClientChain:
    """What a client presented, leaf first."""

    certificates: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        """The client's own."""
        return self.certificates[0]


@dataclass(frozen=True, slots=True)
class Described:
    """A leaf in words: what the connection log tells of it."""

    subject: str
    validity: str
    serial: str


def described(leaf: x509.Certificate) -> Described:
    """The subject as RFC 2253 has it, and the others as headers do.

    Raises:
        ValueError: it cannot be parsed that far.
    """
    return Described(leaf.subject.rfc4514_string(), _validity(leaf), serial_of(leaf))


def serial_of(certificate: x509.Certificate) -> str:
    """Hexadecimal in capitals, whole bytes: a leading zero is kept (``03A5B1``)."""
    digits = f"{certificate.serial_number:X}"
    return digits if len(digits) % 2 == 0 else f"0{digits}"


def verified_headers(leaf: x509.Certificate) -> tuple[tuple[str, str], ...]:
    """The five headers of ``verify``, by their default names."""
    return (
        (f"{_HEADER}-Serial-Number", serial_of(leaf)),
        (f"{_HEADER}-Issuer", leaf.issuer.rfc4514_string()),
        (f"{_HEADER}-Subject", leaf.subject.rfc4514_string()),
        (f"{_HEADER}-Validity", _validity(leaf)),
        (f"{_HEADER}-Leaf", _pem(leaf)),
    )


def passed_headers(chain: ClientChain) -> tuple[tuple[str, str], ...]:
    """The one header of ``passthrough``: the chain as it was presented."""
    return ((_HEADER, "".join(_pem(each) for each in chain.certificates)),)


def _validity(certificate: x509.Certificate) -> str:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return f"NotBefore={_moment(begins)};NotAfter={_moment(ends)}"


def _moment(when: dt.datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _pem(certificate: x509.Certificate) -> str:
    """URL-encoded, with ``+=/`` as they are.

    That leaves two characters of PEM to be encoded, so that nothing slower is needed; a test holds it against `quote`.
    """
    return certificate.public_bytes(Encoding.PEM).decode().replace(" ", "%20").replace("\n", "%0A")
