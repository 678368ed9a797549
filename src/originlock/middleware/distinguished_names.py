"""A name as a load balancer writes it, against the name in a certificate.

Lives here: reading RFC 2253 and RFC 4514 leniently (how a load balancer writes what they leave open is not documented),
and comparing values strictly. Must not live here: writing names, or deciding by them.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from cryptography import x509

#: RFC 4514, section 3, RFC 4519, and what OpenSSL calls the others.
_TYPES: Final = {
    "CN": "2.5.4.3",
    "SN": "2.5.4.4",
    "SERIALNUMBER": "2.5.4.5",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "S": "2.5.4.8",
    "STREET": "2.5.4.9",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "TITLE": "2.5.4.12",
    "GN": "2.5.4.42",
    "DC": "0.9.2342.19200300.100.1.25",
    "UID": "0.9.2342.19200300.100.1.1",
    "E": "1.2.840.113549.1.9.1",
    "EMAILADDRESS": "1.2.840.113549.1.9.1",
}

_DOTTED: Final = re.compile(r"[0-9]+(\.[0-9]+)+")

#: One attribute: its type, and a value in which a backslash takes the next character, or two hexadecimal digits, along.
#: Nothing is tried twice (``*+``): a value full of backslashes would otherwise be read in exponentially many ways.
_ATTRIBUTE: Final = re.compile(
    r"[ ]*+(?P<type>[A-Za-z0-9.-]{1,64})[ ]*+=[ ]*+(?P<value>(?:[^\\,+;\"]|\\[0-9A-Fa-f]{2}|\\.)*+)(?P<end>[,+]|\Z)"
)

_ESCAPED: Final = re.compile(rb"\\(?:([0-9A-Fa-f]{2})|(.))", re.DOTALL)


class _Attribute(NamedTuple):
    """One of a name; `oid` is empty for a type whose word is not known, and then goes with every type."""

    oid: str
    value: bytes
    opens: bool


def same(text: str, name: x509.Name) -> bool:
    """Whether a name in text is this name: the same attributes in the same order with the same values."""
    told = _read(text)
    if told is None:
        return False
    known = [
        _Attribute(each.oid.dotted_string, _bytes(each.value), place == 0)
        for rdn in reversed(name.rdns)
        for place, each in enumerate(_ordered(rdn))
    ]
    return len(told) == len(known) and all(
        one.oid in {"", other.oid} and one.opens == other.opens and _same_value(one.value, other.value)
        for one, other in zip(told, known, strict=True)
    )


def _read(text: str) -> list[_Attribute] | None:
    found: list[_Attribute] = []
    at, opens = 0, True
    while at < len(text):
        match = _ATTRIBUTE.match(text, at)
        if match is None or (match["end"] and match.end() == len(text)):
            return None
        kind = match["type"].upper().removeprefix("OID.")
        oid = kind if _DOTTED.fullmatch(kind) else _TYPES.get(kind, "")
        found.append(_Attribute(oid, _unescaped(match["value"]), opens))
        opens = match["end"] != "+"
        at = match.end()
    # Attributes of one RDN are a set: both sides are put into one order.
    return _sorted_sets(found)


def _sorted_sets(attributes: list[_Attribute]) -> list[_Attribute]:
    sets: list[list[_Attribute]] = []
    for each in attributes:
        if each.opens:
            sets.append([])
        sets[-1].append(each)
    ordered = [sorted(one, key=lambda each: each.value) for one in sets]
    return [each._replace(opens=place == 0) for one in ordered for place, each in enumerate(one)]


def _ordered(rdn: x509.RelativeDistinguishedName) -> list[x509.NameAttribute[str | bytes]]:
    return sorted(rdn, key=lambda each: _bytes(each.value))


def _unescaped(value: str) -> bytes:
    encoded = value.encode("utf-8", "surrogatepass")
    return _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else found[2], encoded)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def _same_value(told: bytes, known: bytes) -> bool:
    if told == known:
        return True
    # RFC 4514, 2.4: a value of a type without a word is its BER encoding in hexadecimal after '#'. Where its length
    # takes one byte, which goes for up to 127 bytes, the content follows the second one.
    if not told.startswith(b"#"):
        return told.strip(b" ") == known.strip(b" ")
    try:
        encoded = bytes.fromhex(told[1:].decode("ascii"))
    except ValueError:
        return False
    return len(encoded) >= 2 and encoded[1] == len(encoded) - 2 == len(known) and encoded[2:] == known  # noqa: PLR2004
