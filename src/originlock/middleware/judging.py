"""What the headers of either mode come to: an identity, or a refusal.

Lives here: what is looked at in each mode, in which order, and how long its outcome holds. Must not live here:
requests, peers, or what is remembered (see `guard`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from cryptography import x509

from originlock.middleware import chains, distinguished_names, parsing, pem, revocation
from originlock.middleware.identity import ClientIdentity
from originlock.middleware.refusals import Reason, RefusedError
from originlock.middleware.reloading import Reloading
from originlock.middleware.settings import HEADER_BYTES, Passthrough, Trust, Verify

#: 'Quotas for your Application Load Balancers': 25 authorities of 16 KB each, raisable; revocation lists of 50 MB.
_ANCHOR_BYTES: Final = 4 * 1024 * 1024
_REVOCATION_BYTES: Final = 50 * 1024 * 1024

#: RFC 5280, 4.1.2.2: a serial number has at most 20 bytes; one more for a leading zero.
_SERIAL: Final = re.compile(rb"[0-9A-Fa-f]{1,42}")

_VALIDITY: Final = re.compile(
    rb"NotBefore=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z;NotAfter=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z"
)

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")


class Verdict(NamedTuple):
    """Who it is, and until when that holds, in seconds since the epoch."""

    identity: ClientIdentity
    until: float


class Judge(Protocol):
    """Either mode."""

    @property
    def generation(self) -> int:
        """Changes with what is judged by."""

    def judged(self, values: Sequence[bytes], now: float) -> Verdict:
        """Who it is. Raises `RefusedError`."""

    def leaf(self, values: Sequence[bytes]) -> bytes:
        """The DER of what is said to be the client's certificate, unverified. Raises `RefusedError`."""


def judge_of(mode: Passthrough | Verify, reload_seconds: float) -> Judge:
    """The one for a mode.

    Raises:
        OSError: a file cannot be read.
        ValueError: there is nothing in it that can be used.
    """
    if isinstance(mode, Passthrough):
        return _PassthroughJudge(_Trusted(mode.trust, reload_seconds))
    return _VerifyJudge(mode, None if mode.trust is None else _Trusted(mode.trust, reload_seconds))


class _Trusted:
    """Authorities and revocation lists, as new as can be had."""

    def __init__(self, trust: Trust, every: float) -> None:
        self.trust = trust
        self._verifier: Reloading[chains.Verifier] = Reloading(
            trust.anchors,
            lambda raw: chains.Verifier(chains.read_anchors(raw), trust),
            most_bytes=_ANCHOR_BYTES,
            every=every,
        )
        self._lists = (
            None
            if trust.revocations is None
            else Reloading(trust.revocations, revocation.read, most_bytes=_REVOCATION_BYTES, every=every)
        )

    @property
    def generation(self) -> int:
        """Goes up with either; looks for something new."""
        self._verifier.current()
        if self._lists is None:
            return self._verifier.generation
        self._lists.current()
        return self._verifier.generation + self._lists.generation

    def until(self, presented: Sequence[x509.Certificate], now: float) -> float:
        """See that a chain is good, and tell until when it is."""
        try:
            chain = self._verifier.current().chain(presented, now)
            ends = min(each.not_valid_after_utc.timestamp() for each in chain)
            if self._lists is None:
                return ends
            return min(ends, revocation.check(self._lists.current(), chain, self.trust, now))
        except parsing.UNREADABLE as error:
            raise RefusedError(Reason.MALFORMED, type(error).__name__) from error


class _PassthroughJudge:
    """One header, and nobody has looked at it yet."""

    def __init__(self, trusted: _Trusted) -> None:
        self._trusted = trusted

    @property
    def generation(self) -> int:
        return self._trusted.generation

    def judged(self, values: Sequence[bytes], now: float) -> Verdict:
        ders = self._ders(values)
        presented = [parsing.certificate(der) for der in ders]
        until = self._trusted.until(presented, now)
        return Verdict(parsing.identity("passthrough", presented[0], ders[0]), until)

    def leaf(self, values: Sequence[bytes]) -> bytes:
        return self._ders(values)[0]

    def _ders(self, values: Sequence[bytes]) -> tuple[bytes, ...]:
        pem.check_one_value(values[0], HEADER_BYTES)
        return pem.certificates(values[0], self._trusted.trust.most_certificates)


class _VerifyJudge:
    """Five headers of a load balancer that has verified: do they speak of one certificate, and of one that is valid?"""

    def __init__(self, mode: Verify, trusted: _Trusted | None) -> None:
        self._mode = mode
        self._trusted = trusted

    @property
    def generation(self) -> int:
        return 0 if self._trusted is None else self._trusted.generation

    def judged(self, values: Sequence[bytes], now: float) -> Verdict:
        der = self.leaf(values)
        leaf = parsing.certificate(der)
        identity = parsing.identity("verify", leaf, der)
        _check_serial(values[0], identity)
        _check_validity(values[3], identity)
        if self._mode.compare_names:
            _check_name(values[1], leaf.issuer)
            _check_name(values[2], leaf.subject)
        if self._trusted is not None:
            return Verdict(identity, self._trusted.until([leaf], now))
        if self._mode.ignore_expiry:
            return Verdict(identity, float("inf"))
        chains.check_dates(leaf, dt.datetime.fromtimestamp(now, dt.UTC))
        return Verdict(identity, identity.not_after.timestamp())

    def leaf(self, values: Sequence[bytes]) -> bytes:
        serial, issuer, subject, validity, leaf = values
        for value in (issuer, subject):
            if len(value) > HEADER_BYTES:
                raise RefusedError(Reason.OVERSIZED, f"{len(value)} bytes")
        for value in (serial, validity, leaf):
            pem.check_one_value(value, HEADER_BYTES)
        found = pem.certificates(leaf, 1)
        return found[0]


def fingerprint(der: bytes) -> str:
    """The SHA-256 of a certificate, lower-case hexadecimal."""
    return hashlib.sha256(der).hexdigest()


def serial_of(der: bytes) -> str | None:
    """The serial number of a certificate, as a load balancer writes it; None if it cannot be read."""
    try:
        return parsing.serial(parsing.certificate(der).serial_number)
    except (RefusedError, *parsing.UNREADABLE):
        return None


def _check_serial(value: bytes, identity: ClientIdentity) -> None:
    if _SERIAL.fullmatch(value) is None:
        raise RefusedError(Reason.MALFORMED, "no serial number")
    if int(value, 16) != int(identity.serial, 16):
        raise RefusedError(Reason.INCONSISTENT, "serial number")


def _check_validity(value: bytes, identity: ClientIdentity) -> None:
    found = _VALIDITY.fullmatch(value)
    if found is None:
        raise RefusedError(Reason.MALFORMED, "no validity")
    wanted = (f"{each:%Y-%m-%dT%H:%M:%S}".zfill(19).encode() for each in (identity.not_before, identity.not_after))
    if found.groups() != tuple(wanted):
        raise RefusedError(Reason.INCONSISTENT, "validity")


def _check_name(value: bytes, name: x509.Name) -> None:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(Reason.MALFORMED, "a name that is not UTF-8") from error
    if _CONTROLS.search(text) is not None:
        raise RefusedError(Reason.MALFORMED, "a name with control characters")
    if not distinguished_names.same(text, name):
        raise RefusedError(Reason.INCONSISTENT, "issuer or subject")
