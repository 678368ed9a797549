"""What OpenSSL is given for each sort of connection: authorities, versions, protocols, client certificates.

Lives here: making `ssl` contexts, once for each sort. Must not live here: connecting.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

import msgspec

from originlock.errors import ExitCode, OriginlockError, Whose
from originlock.facts.probing import Ask, ClientCertificate

_HERE: Final = Path(__file__).parent

PUBLIC_KEYS: Final = {
    ClientCertificate.STRANGER: _HERE / "stranger.pem",
    ClientCertificate.LOOK_ALIKE: _HERE / "look-alike.pem",
}
"""Certificates with their keys that everybody has: what accepts them accepts everybody."""

_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

_CIPHERS: Final = "DEFAULT:@SECLEVEL=0"
"""A probe takes what a careless client would take: that a server is weak is no lock."""


class CertificateError(OriginlockError):
    """The client certificate cannot be used."""

    exit_code = ExitCode.USAGE
    whose = Whose.YOURS


class _Sort(msgspec.Struct, frozen=True):
    verifies: bool
    certificate: ClientCertificate
    newest_tls: str
    alpn: tuple[str, ...]


class Contexts:
    """Makes contexts, and keeps them. Not for use by several threads: make what is wanted before they start.

    Args:
        own_certificate: a PEM file with a certificate, its chain and its key; it is in no error and no evidence.
    """

    def __init__(self, own_certificate: Path | None = None) -> None:
        self._own = own_certificate
        self._made: dict[_Sort, ssl.SSLContext] = {}

    def context(self, ask: Ask, *, verifies: bool) -> ssl.SSLContext:
        """The context for this connection.

        Args:
            ask: what is asked for.
            verifies: whether the server's certificate must be good for its name, by the system's authorities (or those
                of SSL_CERT_FILE); else any will do.

        Raises:
            CertificateError: the own certificate is not there or cannot be used.
            ValueError: there is no such version of TLS.
        """
        sort = _Sort(verifies, ask.certificate, ask.newest_tls, ask.alpn)
        if sort not in self._made:
            self._made[sort] = self._new(sort)
        return self._made[sort]

    def _new(self, sort: _Sort) -> ssl.SSLContext:
        if sort.newest_tls not in _VERSIONS:
            message = f"there is no version {sort.newest_tls!r} of TLS"
            raise ValueError(message)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = _VERSIONS[sort.newest_tls]
        context.set_ciphers(_CIPHERS)
        if sort.alpn:
            context.set_alpn_protocols(list(sort.alpn))
        if sort.verifies:
            context.load_default_certs()
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if sort.certificate is not ClientCertificate.NONE:
            self._load(context, sort.certificate)
        return context

    def _load(self, context: ssl.SSLContext, certificate: ClientCertificate) -> None:
        path = PUBLIC_KEYS.get(certificate, self._own)
        if path is None:
            what = "a probe with an own client certificate was asked for, and none was named"
            raise CertificateError(what, "name the file with the certificate and its key")
        try:
            # Without a password OpenSSL would ask for one on the terminal.
            context.load_cert_chain(path, password="")
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            reason = error.reason if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
            what = f"the own client certificate cannot be used: {reason or type(error).__name__}"
            remedy = "it has to be a PEM file with a certificate, its chain and its key, without a password"
            raise CertificateError(what, remedy) from None
