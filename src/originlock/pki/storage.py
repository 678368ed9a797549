"""Where an authority is kept: ``index.json`` and ``keys/SHA256.pem`` in a folder of its own.

Lives here: reading and writing both, in the order that survives being killed. Must not live here: what is issued.

A key is written before the index that knows it, and removed after the index that does not know it any more. So a key
that the index knows is always there, and one that it does not know is a leftover, which the next writer sweeps away.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from originlock.errors import StateError, UsageError
from originlock.pki import index as indexes, private_files
from originlock.pki.index import Index
from originlock.pki.keys import PrivateKey, WrongPassphraseError, encrypted, opened, public_bytes
from originlock.pki.passphrase import Passphrase

_INDEX: Final = "index.json"
_KEYS: Final = "keys"
_SUFFIX: Final = ".pem"


class AuthorityFolder:
    """The folder of one authority."""

    def __init__(self, folder: Path, name: str, passphrase: Passphrase) -> None:
        self._folder = folder
        self._name = name
        self._passphrase = passphrase

    def index(self) -> Index | None:
        """What the authority has made; None if there is none, or one whose making was interrupted.

        Raises:
            StateError: it cannot be read, is damaged or not safe.
        """
        if not private_files.looked_at(self._folder):
            return None
        data = private_files.read(self._folder / _INDEX)
        return None if data is None else indexes.decoded(data, self._name)

    def save(self, index: Index) -> None:
        """From now on this is what the authority has made.

        Raises:
            StateError: it could not be written.
        """
        private_files.replaced(self._folder / _INDEX, indexes.encoded(index))

    def swept(self) -> Index | None:
        """The index, after removing what a run that was killed has left; for whoever holds the lock.

        Raises:
            StateError: something cannot be read or removed.
        """
        private_files.made(self._folder)
        private_files.made(self._folder / _KEYS)
        index = self.index()
        known = set() if index is None else {f"{each}{_SUFFIX}" for each in index.with_keys()}
        there = private_files.listed(self._folder / _KEYS)
        unknown = [name for name in there if name not in known]
        if index is None and sum(not name.startswith(private_files.TEMPORARY) for name in unknown) > 1:
            # Nobody who is killed while making an authority leaves more than one.
            message = f"there are keys of an authority in {self._folder}, and no {_INDEX} that knows them"
            raise StateError(message, "bring it back from a backup, or move that folder away")
        if not known.issubset(there):
            # That is no work of ours: what looks like a leftover may be a key whose certificate is damaged.
            return index
        for name in unknown:
            private_files.removed(self._folder / _KEYS / name)
        for name in private_files.listed(self._folder):
            if name.startswith(private_files.TEMPORARY):
                private_files.removed(self._folder / name)
        return index

    def keep_key(self, sha256: str, key: PrivateKey) -> None:
        """Keep the key of a certificate, encrypted.

        Raises:
            UsageError: there is no passphrase.
            StateError: it could not be written.
        """
        private_files.replaced(self._key_path(sha256), encrypted(key, self._passphrase()))

    def key(self, sha256: str, pem: str) -> PrivateKey:
        """The key of a certificate.

        Raises:
            UsageError: there is no passphrase, or a wrong one.
            StateError: the key is not there, not safe, or another certificate's.
            UnreadableError: what should be its certificate is none.
        """
        path = self._key_path(sha256)
        data = private_files.read(path)
        if data is None:
            message = f"the key {path} is gone"
            raise StateError(message, "bring it back from a backup")
        try:
            key = opened(data, self._passphrase())
        except WrongPassphraseError:
            message = f"the passphrase does not open the keys of the authority {self._name}"
            raise UsageError(message, "give the one that it was made with") from None
        if not _belong_together(key, pem):
            message = f"the key {path} is not that of its certificate"
            raise StateError(message, "bring it back from a backup")
        return key

    def _key_path(self, sha256: str) -> Path:
        return self._folder / _KEYS / f"{sha256}{_SUFFIX}"


def _belong_together(key: PrivateKey, pem: str) -> bool:
    certified = indexes.loaded(pem).public_key()
    if not isinstance(certified, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return False
    return public_bytes(certified) == public_bytes(key.public_key())
