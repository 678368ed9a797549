"""Subject alternative names as text, such as ``DNS:edge.example.org``, and back.

Lives here: the four kinds that a client's certificate may be asked to have, and how any name is written.
Must not live here: which names a certificate should have.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from cryptography import x509

MOST_CHARACTERS: Final = 253
"""RFC 1035, section 2.3.4, less the root: a DNS name; a bound of our own for the other kinds."""

_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+", re.IGNORECASE)
_EMAIL: Final = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@{_LABEL}(\.{_LABEL})*")


class WrongNameError(ValueError):
    """A text is no name that a certificate may be asked to have; the message says what would be one."""


def name_of(text: str) -> x509.GeneralName:
    """The name that a text such as ``DNS:edge.example.org`` is.

    Raises:
        WrongNameError: it is none.
    """
    kind, _, value = text.partition(":")
    if len(value) > MOST_CHARACTERS:
        message = f"a name of {len(value)} characters is too long (the limit is {MOST_CHARACTERS})"
        raise WrongNameError(message)
    match kind.lower():
        case "dns" if _DNS.fullmatch(value):
            return x509.DNSName(value.lower())
        case "uri" if _URI.fullmatch(value):
            return x509.UniformResourceIdentifier(value)
        case "email" if _EMAIL.fullmatch(value):
            return x509.RFC822Name(value)
        case "ip":
            return _address(value)
        case _:
            shown = text[:_SHOWN]
            message = f"{shown!r} is no name: say DNS:edge.example.org, URI:spiffe://example.org/edge, "
            raise WrongNameError(message + "email:ops@example.org or IP:192.0.2.7")


_SHOWN: Final = 80


def _address(value: str) -> x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(value))
    except ValueError as error:
        message = f"{value[:_SHOWN]!r} is no IP address"
        raise WrongNameError(message) from error


def text_of(name: x509.GeneralName) -> str:
    """A name as text, whatever its kind; those that cannot be asked for bear OpenSSL's names for their kinds."""
    match name:
        case x509.DNSName():
            return f"DNS:{name.value}"
        case x509.UniformResourceIdentifier():
            return f"URI:{name.value}"
        case x509.RFC822Name():
            return f"email:{name.value}"
        case x509.IPAddress():
            return f"IP:{name.value}"
        case x509.DirectoryName():
            return f"DirName:{name.value.rfc4514_string()}"
        case x509.RegisteredID():
            return f"Registered ID:{name.value.dotted_string}"
        case x509.OtherName():
            return f"othername:{name.type_id.dotted_string}"
        case _:
            return f"{type(name).__name__}"
