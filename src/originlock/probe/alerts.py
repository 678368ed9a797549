"""TLS alerts by name.

Lives here: the names of RFC 8446 (section 6), and how OpenSSL and Python name the same. Must not live here: reading
records (see `records`), and what an alert proves.
"""

from __future__ import annotations

from typing import Final

CLOSE_NOTIFY: Final = 0

ALERTS: Final[dict[int, str]] = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
"""IANA's registry "TLS Alerts", reserved ones among them: old servers send those too."""

_PREFIXES: Final = ("SSLV3_ALERT_", "TLSV1_ALERT_", "TLSV13_ALERT_")

_WITHOUT_ALERT: Final = frozenset(
    {
        "TLSV1_UNSUPPORTED_EXTENSION",
        "TLSV1_CERTIFICATE_UNOBTAINABLE",
        "TLSV1_UNRECOGNIZED_NAME",
        "TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE",
        "TLSV1_BAD_CERTIFICATE_HASH_VALUE",
    }
)
"""Reasons of received alerts that do not have the word in their name (OpenSSL 3, sslerr.h: codes above 1000)."""

_SPELLINGS: Final = {"user_cancelled": "user_canceled"}

_NO_PROTOCOL: Final = "no application protocol"
"""How OpenSSL's text names alert 120, for which Python has no reason (seen with 3.11 and OpenSSL 3.0)."""

_UNNAMED: Final = "alert number "
"""How OpenSSL 3's text goes on for an alert in general (ssl/record: "SSL alert number N")."""


def alert_name(code: int) -> str:
    """The name of an alert; one that is in no registry is named by its number, such as ``alert_117``."""
    return ALERTS.get(code, f"alert_{code}")


def alert_of_reason(reason: str | None, text: str) -> str | None:
    """The name of the alert that an `ssl.SSLError` stands for; None if it is of another kind.

    Args:
        reason: its `reason`; None where Python has no name for OpenSSL's number.
        text: its words.
    """
    if reason is None:
        words = text.lower()
        if _NO_PROTOCOL in words:
            return "no_application_protocol"
        number = words.partition(_UNNAMED)[2].split(" ")[0]
        return alert_name(int(number)) if number.isascii() and number.isdigit() else None
    if reason in _WITHOUT_ALERT:
        return reason.removeprefix("TLSV1_").lower()
    for prefix in _PREFIXES:
        if reason.startswith(prefix):
            name = reason.removeprefix(prefix).lower()
            return _SPELLINGS.get(name, name)
    return None
