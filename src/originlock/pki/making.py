"""What an authority makes: the next generation, a leaf, a revocation list.

Lives here: from an index and a wish to a new index, with the keys that it needs written before. Must not live here:
locks, and when any of it may be done (see `authorities`).
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Final, NamedTuple

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from originlock.errors import RefusedError, UsageError
from originlock.facts.certificates import pem_of, sha256_of
from originlock.pki import issuing
from originlock.pki.index import GenerationEntry, Index, LeafEntry, leaf_of, loaded
from originlock.pki.issuing import Dates, Reason, Revoked, Subject
from originlock.pki.keys import KeyKind, PrivateKey, PublicKey, kind_of, new_key
from originlock.pki.names import WrongNameError, name_of
from originlock.pki.parsing import UnreadableError, certificate_of
from originlock.pki.requests import request_of, usable
from originlock.pki.storage import AuthorityFolder


class Wish(msgspec.Struct, frozen=True):
    """What a leaf should be like.

    Attributes:
        names: its subject alternative names, such as ``DNS:edge.example.org``; none for those of the request or of the
            one that it follows, else for one that is made from its name.
        days: how long it is good; None for that of the one that it follows, else a year, or as long as its authority.
        key: the kind of its key; None for that of the one that it follows, else P-256.
        request: a certificate signing request as PEM: its key never was here, and does not come here.
    """

    names: tuple[str, ...] = ()
    days: int | None = None
    key: KeyKind | None = None
    request: bytes | None = None


class _Plan(NamedTuple):
    """What a leaf will be: decided before anything is made."""

    names: tuple[x509.GeneralName, ...]
    days: int
    dates: Dates
    key: KeyKind | PublicKey
    """The kind of a new key, or one whose other half is elsewhere."""


class Maker:
    """Makes for one authority, at one moment."""

    def __init__(self, room: AuthorityFolder, index: Index, now: datetime.datetime) -> None:
        self._room = room
        self._index = index
        self._now = now

    def next_generation(self, kind: KeyKind | None, days: int) -> Index:
        """One more certificate of the authority's own, of the same kind as the last one unless another is named."""
        last = self._index.generations[-1] if self._index.generations else None
        number = 1 if last is None else last.number + 1
        if kind is None:
            kind = KeyKind.P256 if last is None else kind_of(_key_of(last.pem))
        key = new_key(kind)
        dates = issuing.authority_dates(self._now, days)
        entry = GenerationEntry(
            number, self._kept(issuing.authority_certificate(self._index.name, number, key, dates), key)
        )
        return msgspec.structs.replace(self._index, generations=(*self._index.generations, entry))

    def leaf(self, name: str, wish: Wish) -> tuple[Index, LeafEntry]:
        """A leaf, from the newest generation.

        Raises:
            UsageError: what is wished for cannot be.
            RefusedError: the authority has ended.
        """
        asked: tuple[str, ...] = ()
        key: KeyKind | PublicKey = wish.key or KeyKind.P256
        if wish.request is not None:
            key, asked = _request(wish.request)
        names = tuple(dict.fromkeys((*wish.names, *asked))) or issuing.default_names(name, self._index.name)
        return self._made(name, self._planned(names, wish.days, issuing.LEAF_DAYS, key))

    def following(self, before: LeafEntry, wish: Wish) -> tuple[Index, LeafEntry]:
        """A leaf that follows another.

        Raises:
            UsageError: what is wished for cannot be.
            RefusedError: the authority has ended.
        """
        certificate = leaf_of(before).certificate
        key: KeyKind | PublicKey
        if wish.request is not None:
            key, _ = _request(wish.request)
        elif before.has_key:
            key = wish.key or kind_of(certificate.key)
        else:
            key = usable(loaded(before.pem).public_key())
        names = wish.names or certificate.names
        return self._made(before.name, self._planned(names, wish.days, before.days, key))

    def revoking(self, which: Collection[str], reason: Reason) -> Index:
        """The leaves of these fingerprints revoked, and the lists of their generations made anew."""
        moment = self._now.replace(microsecond=0)
        leaves = tuple(
            msgspec.structs.replace(each, revoked_at=moment, reason=reason) if each.sha256 in which else each
            for each in self._index.leaves
        )
        generations = {each.issuer for each in leaves if each.sha256 in which}
        self._index = msgspec.structs.replace(self._index, leaves=leaves)
        return self.with_lists(generations)

    def with_lists(self, which: Collection[str]) -> Index:
        """The revocation lists of these generations made anew.

        What has expired stays in them: a listener may be told to ignore expiry, and would take it again.
        """
        return msgspec.structs.replace(
            self._index,
            generations=tuple(
                self._with_list(each) if each.sha256 in which else each for each in self._index.generations
            ),
        )

    # --- one at a time -------------------------------------------------------------------------------------------

    def _with_list(self, generation: GenerationEntry) -> GenerationEntry:
        issuer, key = self._signer(generation)
        number = generation.list_number + 1
        revoked = [
            Revoked(loaded(each.pem).serial_number, each.revoked_at, each.reason)
            for each in self._index.leaves
            if each.issuer == generation.sha256 and each.revoked_at is not None
        ]
        dates = issuing.list_dates(self._now, issuing.LIST_DAYS, issuer)
        made = issuing.revocation_list(issuer, key, number, revoked, dates)
        pem = made.public_bytes(Encoding.PEM).decode()
        return msgspec.structs.replace(generation, list_number=number, list_pem=pem)

    def _planned(self, names: tuple[str, ...], days: int | None, usual: int, key: KeyKind | PublicKey) -> _Plan:
        issuer = loaded(self._index.newest.pem)
        dates = issuing.leaf_dates(self._now, days or usual, issuer)
        again = f"make its next generation: originlock ca renew {self._index.name} --authority"
        if dates.ends <= self._now:
            message = f"the authority {self._index.name} has ended ({issuer.not_valid_after_utc:%Y-%m-%d})"
            raise RefusedError(message, again)
        if days is not None and self._now + datetime.timedelta(days=days) > issuer.not_valid_after_utc:
            message = f"in {days} days the authority {self._index.name} will have ended"
            raise UsageError(message, f"take fewer, or {again}")
        return _Plan(_general(names), days or usual, dates, key)

    def _made(self, name: str, plan: _Plan) -> tuple[Index, LeafEntry]:
        issuer, issuer_key = self._signer(self._index.newest)
        own = new_key(plan.key) if isinstance(plan.key, KeyKind) else None
        public_key = own.public_key() if own is not None else plan.key
        assert not isinstance(public_key, KeyKind)  # noqa: S101  either it is one, and `own` its key, or it is a key
        subject = Subject(name, self._index.name, plan.names)
        certificate = issuing.leaf_certificate(subject, public_key, issuer, issuer_key, plan.dates)
        entry = LeafEntry(name, self._kept(certificate, own), self._index.newest.sha256, plan.days, own is not None)
        return msgspec.structs.replace(self._index, leaves=(*self._index.leaves, entry)), entry

    def _signer(self, generation: GenerationEntry) -> tuple[x509.Certificate, PrivateKey]:
        key = self._room.key(generation.sha256, generation.pem)
        return loaded(generation.pem), key

    def _kept(self, certificate: x509.Certificate, key: PrivateKey | None) -> str:
        """A new certificate as PEM, after its key was kept."""
        der = certificate.public_bytes(Encoding.DER)
        if key is not None:
            self._room.keep_key(sha256_of(der), key)
        return pem_of(der)


_REQUESTED: Final = "make one with `openssl req -new`, and name its file with --csr"


def _request(pem: bytes) -> tuple[PublicKey, tuple[str, ...]]:
    try:
        request = request_of(pem)
    except UnreadableError as error:
        raise UsageError(str(error), _REQUESTED) from error
    return request.public_key, request.names


def _general(names: tuple[str, ...]) -> tuple[x509.GeneralName, ...]:
    if len(names) > issuing.MOST_NAMES:
        message = f"{len(names)} names are too many (the limit is {issuing.MOST_NAMES})"
        raise UsageError(message, "issue several certificates")
    try:
        return tuple(name_of(each) for each in names)
    except WrongNameError as error:
        raise UsageError(str(error), "mend that name") from error


def _key_of(pem: str) -> str:
    """How the facts describe the key of one of our own certificates."""
    return certificate_of(loaded(pem).public_bytes(Encoding.DER)).key
