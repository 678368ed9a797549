"""What an authority has made, as one file: everything of it but the keys.

Lives here: the shape of the index, reading it, and the facts that it comes to. Must not live here: changing what is
in it (see `authorities`), keys.

The index is the truth: it is replaced as a whole, and last. A key that it does not know is a leftover of a run that
was killed.
"""

from __future__ import annotations

import datetime
from typing import Final

import msgspec
from cryptography import x509

from originlock.errors import StateError
from originlock.facts.certificates import Authority, Certificate, Leaf, RevocationList, ders_in, sha256_of
from originlock.pki.issuing import Reason
from originlock.pki.parsing import UnreadableError, certificates_in, revocation_list_of, serial_text

VERSION: Final = 1


class GenerationEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One certificate of the authority's own.

    Attributes:
        number: 1, 2, 3, ...
        pem: the certificate.
        list_number: of the last revocation list; 0 if there is none.
        list_pem: that list.
    """

    number: int
    pem: str
    list_number: int = 0
    list_pem: str | None = None

    @property
    def sha256(self) -> str:
        """Its fingerprint."""
        return fingerprint(self.pem)


class LeafEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One certificate that was issued.

    Attributes:
        name: whom to.
        pem: the certificate.
        issuer: the fingerprint of the generation that signed it.
        days: for how many it was asked for; it may have got fewer.
        has_key: whether its key is here.
    """

    name: str
    pem: str
    issuer: str
    days: int
    has_key: bool
    revoked_at: datetime.datetime | None = None
    reason: Reason = Reason.UNSPECIFIED

    @property
    def sha256(self) -> str:
        """Its fingerprint."""
        return fingerprint(self.pem)

    @property
    def serial(self) -> str:
        """Its serial, as the facts have it."""
        return serial_text(loaded(self.pem).serial_number)


class Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything of an authority but its keys; generations and leaves from the oldest to the newest."""

    version: int
    name: str
    generations: tuple[GenerationEntry, ...]
    leaves: tuple[LeafEntry, ...] = ()

    @property
    def newest(self) -> GenerationEntry:
        """The generation that issues."""
        return self.generations[-1]

    def of(self, leaf: str) -> Index:
        """The same, with the leaves of one name only: reading ten thousand others takes seconds."""
        return msgspec.structs.replace(self, leaves=tuple(each for each in self.leaves if each.name == leaf))

    def with_keys(self) -> frozenset[str]:
        """The fingerprints of all certificates whose keys are here."""
        return frozenset(
            {each.sha256 for each in self.generations} | {each.sha256 for each in self.leaves if each.has_key}
        )


def fingerprint(pem: str) -> str:
    """The fingerprint of the one certificate of a PEM text; empty if there is none."""
    return next((sha256_of(der) for der in ders_in(pem)), "")


def loaded(pem: str) -> x509.Certificate:
    """A certificate of an entry, for what the facts do not hold.

    Raises:
        UnreadableError: it is none.
    """
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        message = "what should be a certificate is none"
        raise UnreadableError(message) from error


def encoded(index: Index) -> bytes:
    """The index as JSON."""
    return msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n"


def decoded(data: bytes, name: str) -> Index:
    """The index of the authority of this name.

    Raises:
        StateError: it is none, of a newer version, or another authority's.
    """
    try:
        index = msgspec.json.decode(data, type=Index)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise damaged(name) from error
    if index.version != VERSION:
        message = f"the authority {name} was written by a newer originlock (version {index.version} of its index)"
        raise StateError(message, "use that originlock, or a newer one")
    if index.name != name or not index.generations:
        raise damaged(name)
    return index


def damaged(name: str) -> StateError:
    """What is said where what was written is not what is read."""
    message = f"what is kept of the authority {name} is damaged"
    return StateError(message, "bring its folder back from a backup")


def authority_of(index: Index) -> Authority:
    """The facts.

    Raises:
        StateError: a certificate or a list in it cannot be read.
    """
    try:
        generations = tuple(_one(each.pem) for each in index.generations)
        return Authority(
            name=index.name,
            generations=generations,
            leaves=tuple(leaf_of(each) for each in index.leaves),
            revocation_lists=tuple(
                revocation_list_of(each.list_pem, generations)
                for each in index.generations
                if each.list_pem is not None
            ),
        )
    except UnreadableError as error:
        raise damaged(index.name) from error


def leaf_of(entry: LeafEntry) -> Leaf:
    """The facts of a leaf.

    Raises:
        UnreadableError: its certificate cannot be read.
    """
    return Leaf(entry.name, _one(entry.pem), entry.issuer, entry.has_key, entry.revoked_at)


def list_of(entry: GenerationEntry) -> RevocationList | None:
    """The facts of a generation's revocation list.

    Raises:
        UnreadableError: it cannot be read.
    """
    return None if entry.list_pem is None else revocation_list_of(entry.list_pem, (_one(entry.pem),))


def _one(pem: str) -> Certificate:
    found = certificates_in(pem)
    if len(found) != 1:
        message = f"there are {len(found)} certificates where one should be"
        raise UnreadableError(message)
    return found[0]
