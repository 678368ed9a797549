"""TLS over a line, so that what the system says and what TLS says are told apart.

Lives here: the handshake, and reading and writing through it, by OpenSSL between two buffers. Must not live here: the
socket (see `line`), and which certificates and authorities there are (see `contexts`).
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from originlock.probe.alerts import CLOSE_NOTIFY, alert_name, alert_of_reason
from originlock.probe.http import shown
from originlock.probe.line import Ended, How, Line
from originlock.probe.records import ServerWords, certificate_was_sent, is_tls, server_words

_T = TypeVar("_T")

_PIECE: Final = 16_384
_FIRST: Final = 5
_WORDS: Final = 200

_MISMATCHES: Final = {62: "hostname mismatch", 64: "IP address mismatch"}
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH: Python's own words for these hold the name."""


class _Agreed(msgspec.Struct, frozen=True):
    """What a handshake came to."""

    version: str | None
    cipher: str | None
    alpn: str | None
    certificate: bytes | None


class Tls:
    """One TLS session; nothing is sent before `handshake`.

    Raises:
        ValueError: the name cannot be sent (UnicodeError is one).
    """

    def __init__(self, line: Line, context: ssl.SSLContext, sni: str | None) -> None:
        self._line = line
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=sni.removesuffix(".") if sni else None
        )  # RFC 6066, 3: no trailing dot
        self._judges = context.verify_mode is ssl.CERT_REQUIRED
        self._theirs, self._ours = bytearray(), bytearray()
        self._agreed: _Agreed | None = None

    # --- the handshake ------------------------------------------------------------------------------------------

    def handshake(self) -> None:
        """Shake hands. With TLS 1.3 that says nothing about what the server thinks of our certificate: read first.

        Raises:
            Ended: any of them.
        """
        self._until_done(self._session.do_handshake)
        # Asked now: once a session has failed, OpenSSL answers as if its handshake had never been done.
        cipher = self._session.cipher()
        self._agreed = _Agreed(
            version=self._session.version(),
            cipher=cipher[0] if cipher else None,
            alpn=self._session.selected_alpn_protocol(),
            certificate=self._session.getpeercert(binary_form=True),
        )

    def _until_done(self, act: Callable[[], _T]) -> _T:
        """Have OpenSSL do something, with what it wants to hear and to say."""
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except ssl.SSLError as error:
                self._flush()
                raise self._end(error) from None
            else:
                self._flush()
                return done

    def _fill(self) -> None:
        piece = self._line.read()
        if not self.shaken:
            self._theirs += piece
            if not is_tls(bytes(self._theirs[:_FIRST])):
                raise Ended(How.NOT_TLS, f"it said '{shown(bytes(self._theirs))}'")
        self._incoming.write(piece)

    def _flush(self) -> None:
        data = self._outgoing.read()
        if not self.shaken:
            self._ours += data
        if data:
            self._line.write(data)

    def _end(self, error: ssl.SSLError) -> Ended:
        """What an error of OpenSSL means."""
        if isinstance(error, ssl.SSLZeroReturnError):
            return Ended(How.CLOSED)
        if isinstance(error, ssl.SSLCertVerificationError):
            return Ended(How.UNVERIFIED, _MISMATCHES.get(error.verify_code, error.verify_message[:_WORDS]))
        alert = alert_of_reason(error.reason, str(error)) or self._plain_alert()
        if alert is not None:
            return Ended(How.ALERT, alert)
        return Ended(How.NOT_TLS, f"TLS failed here: {(error.reason or str(error)).replace('_', ' ').lower()[:_WORDS]}")

    def _plain_alert(self) -> str | None:
        """The fatal alert that the server sent in the clear, where OpenSSL has no name for it."""
        fatal = [code for is_fatal, code in self.said.alerts if is_fatal and code != CLOSE_NOTIFY]
        return alert_name(fatal[-1]) if fatal and not self.shaken else None

    # --- what is said through it --------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            Ended: any of them.
        """
        self._until_done(lambda: self._session.write(data))

    def read(self) -> bytes:
        """What came, at least one byte.

        Raises:
            Ended: any of them.
        """
        piece = self._until_done(lambda: self._session.read(_PIECE))
        if not piece:
            raise Ended(How.CLOSED)
        return piece

    # --- what is known of it ------------------------------------------------------------------------------------

    @property
    def said(self) -> ServerWords:
        """What the server said in the clear."""
        return server_words(bytes(self._theirs))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The alerts in the clear that did not end the session, such as an unrecognized name."""
        return tuple(alert_name(code) for is_fatal, code in self.said.alerts if not is_fatal and code != CLOSE_NOTIFY)

    @property
    def shaken(self) -> bool:
        """Whether the handshake was completed, as far as our side knows."""
        return self._agreed is not None

    @property
    def version(self) -> str | None:
        """The version agreed upon, or that the server chose before the handshake broke off."""
        return self._agreed.version if self._agreed else self.said.version

    @property
    def cipher(self) -> str | None:
        """The cipher agreed upon."""
        return self._agreed.cipher if self._agreed else None

    @property
    def alpn(self) -> str | None:
        """The protocol agreed upon."""
        return self._agreed.alpn if self._agreed else None

    @property
    def server_certificate(self) -> str | None:
        """SHA-256 of the server's certificate (DER), in hex."""
        der = self._agreed.certificate if self._agreed else self.said.certificate
        return hashlib.sha256(der).hexdigest() if der else None

    @property
    def judged_good(self) -> bool:
        """Whether the server's certificate was judged, and is good for the name that was sent."""
        return self._judges and (self.shaken or self.said.done)

    @property
    def asked_for_certificate(self) -> bool | None:
        """Whether the server asked for a client certificate, as it showed in the first handshake.

        TLS 1.2 says so in the clear. With TLS 1.3 it shows in whether our side, in a finished handshake, sent a
        certificate (an empty one, if it has none): see `records.certificate_was_sent`.
        """
        if self.shaken and self.version == "TLSv1.3":
            return certificate_was_sent(bytes(self._ours), sha384=(self.cipher or "").endswith("SHA384"))
        return self.said.asked_for_certificate
