"""Our own authorities, kept in files: making one, issuing, renewing, revoking, retiring.

Lives here: the operations, each one atomic, one writer at a time. Must not live here: X.509 structures (see
`issuing`), files (see `storage`), and what is done with a certificate afterwards.
"""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from originlock.errors import RefusedError, TargetError, UsageError
from originlock.facts.certificates import Authority, Certificate, Leaf, RevocationList
from originlock.pki import finding, index as indexes, issuing, private_files
from originlock.pki.index import Index
from originlock.pki.issuing import Reason
from originlock.pki.keys import KeyKind, plain
from originlock.pki.making import Maker, Wish
from originlock.pki.parsing import UnreadableError
from originlock.pki.passphrase import Passphrase
from originlock.pki.storage import AuthorityFolder

WAIT_SECONDS: Final = 30.0
"""How long to wait for another writer: making a large RSA key takes seconds."""

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_NAME: Final = 32
"""Those of trust stores (Elastic Load Balancing API, CreateTrustStore), in small letters: names of folders."""

_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LEAF: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LONGEST_LEAF: Final = 64
"""Labels of DNS (RFC 1123, section 2.1), as the name becomes one; and X.520's ub-common-name."""


def no_passphrase() -> NoReturn:
    """The passphrase of whoever only reads.

    Raises:
        UsageError: always.
    """
    message = "a passphrase is needed, and none was asked for"
    raise UsageError(message, "give one with --passphrase-file, or with ORIGINLOCK_CA_PASSPHRASE")


class AuthorityFiles:
    """Every authority of one folder. Reading needs no passphrase."""

    def __init__(self, folder: Path, passphrase: Passphrase = no_passphrase) -> None:
        self._folder = folder
        self._passphrase = passphrase

    # --- reading -------------------------------------------------------------------------------------------------

    def names(self) -> tuple[str, ...]:
        """The names of all authorities, sorted.

        Raises:
            StateError: the folder cannot be read, or others can.
        """
        found = (name for name in private_files.listed(self._folder) if _is_name(name))
        return tuple(name for name in found if (self._folder / name / "index.json").exists())

    def authority(self, name: str) -> Authority | None:
        """The facts of an authority; None if there is none of this name.

        Raises:
            StateError: it cannot be read, is damaged, or others can read it.
        """
        index = self._index(name)
        return None if index is None else indexes.authority_of(index)

    def private_key(self, name: str, sha256: str) -> bytes:
        """The private key of a leaf, as PEM (PKCS #8, not encrypted). Never to be printed or logged.

        Raises:
            TargetError: there is no such leaf, or its key is not here.
            UsageError: there is no passphrase, or a wrong one.
            StateError: it cannot be read.
        """
        index = self._index(name)
        found = () if index is None else index.leaves
        entry = next((each for each in found if each.sha256 == sha256), None)
        if entry is None or not entry.has_key:
            why = "there is no such leaf" if entry is None else "only a request was signed"
            message = f"the key of {sha256[:16]} is not here: {why}"
            raise TargetError(message, f"see `originlock ca show {name}`")
        return plain(self._room(name).key(sha256, entry.pem))

    def _index(self, name: str) -> Index | None:
        if not _is_name(name) or not private_files.looked_at(self._folder):
            return None
        return self._room(name).index()

    def _room(self, name: str) -> AuthorityFolder:
        return AuthorityFolder(self._folder / name, name, self._passphrase)

    # --- making --------------------------------------------------------------------------------------------------

    def init(
        self,
        name: str,
        now: datetime.datetime,
        *,
        key: KeyKind = KeyKind.P256,
        days: int = issuing.AUTHORITY_DAYS,
    ) -> Authority:
        """Make an authority.

        Raises:
            UsageError: it cannot have this name, or there is no passphrase.
            RefusedError: there is one of this name already.
            StateError: it cannot be written.
        """
        if not _is_name(name):
            message = f"an authority cannot be called {name[:_LONGEST_LEAF]!r}"
            raise UsageError(
                message, f"take up to {_LONGEST_NAME} small letters and digits, with single hyphens between"
            )
        self._passphrase()
        with self._alone():
            room = self._room(name)
            if room.swept() is not None:
                message = f"there is an authority {name} already"
                raise RefusedError(message, f"take another name, or see `originlock ca show {name}`")
            index = Maker(room, Index(indexes.VERSION, name, ()), now).next_generation(key, days)
            room.save(index)
        return indexes.authority_of(index)

    def issue(self, name: str, leaf: str, now: datetime.datetime, wish: Wish | None = None) -> Leaf:
        """Issue a certificate to somebody who has none that is good.

        Raises:
            UsageError: a name or a request is none, there is no passphrase, or it would outlive its authority.
            RefusedError: there is a good one already, or the authority has ended.
            TargetError: there is no such authority.
            StateError: it cannot be read or written.
        """
        if _LEAF.fullmatch(leaf) is None or len(leaf) > _LONGEST_LEAF:
            message = f"nothing can be issued to {leaf[:_LONGEST_LEAF]!r}"
            raise UsageError(message, f"take up to {_LONGEST_LEAF} letters, digits, dots and hyphens")
        with self._changing(name) as (room, index):
            good = indexes.authority_of(index.of(leaf)).newest_leaf(leaf, now)
            if good is not None:
                message = f"{leaf} has a certificate that is good until {good.certificate.not_after:%Y-%m-%d}"
                raise RefusedError(message, f"renew it: originlock ca renew {name} {leaf}")
            changed, entry = Maker(room, index, now).leaf(leaf, wish or Wish())
            room.save(changed)
        return indexes.leaf_of(entry)

    def renew(self, name: str, leaf: str, now: datetime.datetime, wish: Wish | None = None) -> Leaf:
        """Issue a certificate that follows the last one of this name which is not revoked: same names, same length.

        Its key is new, of the same kind; where only a request was signed, it is that request's, or the wish's.

        Raises:
            TargetError: there is no such authority, or none to follow.
            UsageError, RefusedError, StateError: as `issue`.
        """
        with self._changing(name) as (room, index):
            before = [each for each in index.leaves if each.name == leaf and each.revoked_at is None]
            if not before:
                message = f"{name} has issued nothing to {leaf[:_LONGEST_LEAF]} that is not revoked"
                raise TargetError(message, f"issue one: originlock ca issue {name} LEAF")
            changed, entry = Maker(room, index, now).following(before[-1], wish or Wish())
            room.save(changed)
        return indexes.leaf_of(entry)

    def renew_authority(
        self,
        name: str,
        now: datetime.datetime,
        *,
        key: KeyKind | None = None,
        days: int = issuing.AUTHORITY_DAYS,
    ) -> Certificate:
        """Make the next generation of an authority, which issues from now on; the others stay until they are retired.

        Raises:
            TargetError: there is no such authority.
            UsageError: there is no passphrase, or not the one of the other generations.
            StateError: it cannot be read or written.
        """
        with self._changing(name) as (room, index):
            # Its key is not needed, but a wrong passphrase would lock the next one away under another.
            room.key(index.newest.sha256, index.newest.pem)
            changed = Maker(room, index, now).next_generation(key, days)
            room.save(changed)
        return indexes.authority_of(changed).generations[-1]

    # --- revoking ------------------------------------------------------------------------------------------------

    def revoke(
        self, name: str, which: str, now: datetime.datetime, reason: Reason = Reason.UNSPECIFIED
    ) -> tuple[Leaf, ...]:
        """Revoke the certificate of a serial, or all of a name; the lists of their generations are made anew.

        Returns:
            Those that were not revoked before; none if all were.

        Raises:
            TargetError: there is no such authority, or nothing was issued by that serial or name.
            UsageError: there is no passphrase, or a wrong one.
            StateError: it cannot be read or written.
        """
        with self._changing(name) as (room, index):
            meant = finding.meant(index, which)
            if not meant:
                message = f"{name} has issued nothing with the serial or name {which[:_LONGEST_LEAF]}"
                raise TargetError(message, f"see `originlock ca show {name}`")
            new = {each.sha256 for each in meant if each.revoked_at is None}
            if not new:
                return ()
            changed = Maker(room, index, now).revoking(new, reason)
            room.save(changed)
        return tuple(indexes.leaf_of(each) for each in changed.leaves if each.sha256 in new)

    def refresh_revocation_lists(
        self, now: datetime.datetime, names: Sequence[str] | None = None
    ) -> tuple[tuple[str, RevocationList], ...]:
        """Make every revocation list anew that has less than a third of its time left.

        Args:
            now: the moment.
            names: which authorities; None for all.

        Returns:
            The new lists, each with its authority's name. Where none is due no passphrase is asked for.

        Raises:
            TargetError: there is no such authority.
            UsageError: there is no passphrase, or a wrong one.
            StateError: it cannot be read or written.
        """
        found: list[tuple[str, RevocationList]] = []
        for name in self.names() if names is None else names:
            index = self._index(name)
            if index is not None and not finding.has_due_lists(index, now):
                continue
            with self._changing(name) as (room, current):
                due = finding.due_lists(current, now)
                changed = Maker(room, current, now).with_lists(due)
                room.save(changed)
            lists = (indexes.list_of(each) for each in changed.generations if each.sha256 in due)
            found += [(name, each) for each in lists if each is not None]
        return tuple(found)

    # --- retiring ------------------------------------------------------------------------------------------------

    def retire(
        self, name: str, now: datetime.datetime, sha256: str | None = None, *, with_good_leaves: bool = False
    ) -> Certificate:
        """Forget a generation, its key, and what it issued: the oldest, unless its fingerprint (or its start) is given.

        Raises:
            TargetError: there is no such authority, or no such generation.
            RefusedError: it is the one that issues, or something that it issued is still good.
            StateError: it cannot be read or written.
        """
        with self._changing(name) as (room, index):
            entry = finding.old_generation(index, sha256)
            authority = indexes.authority_of(index)
            good = [
                leaf.name
                for leaf in authority.leaves
                if leaf.issuer == entry.sha256 and leaf.revoked_at is None and leaf.certificate.not_after >= now
            ]
            if good and not with_good_leaves:
                shown = ", ".join(sorted(set(good))[:_SHOWN])
                message = f"generation {entry.number} of {name} is still needed: {len(good)} leaves are good ({shown})"
                remedy = f"have them replaced (originlock ca renew {name} LEAF), then revoke them, each by its serial"
                raise RefusedError(message, remedy)
            room.save(
                msgspec.structs.replace(
                    index,
                    generations=tuple(each for each in index.generations if each != entry),
                    leaves=tuple(each for each in index.leaves if each.issuer != entry.sha256),
                )
            )
            room.swept()
        return authority.generations[index.generations.index(entry)]

    # --- one writer ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        private_files.made(self._folder)
        with private_files.locked(self._folder, WAIT_SECONDS):
            yield

    @contextlib.contextmanager
    def _changing(self, name: str) -> Iterator[tuple[AuthorityFolder, Index]]:
        """Hold the lock, with the authority as it is now.

        Raises:
            TargetError: there is no such authority.
            StateError: it cannot be read, or something that is read of it meanwhile is damaged.
        """
        if self._index(name) is None:
            raise unknown(name, self.names())
        with self._alone():
            room = self._room(name)
            index = room.swept()
            if index is None:
                raise unknown(name, self.names())
            try:
                yield room, index
            except UnreadableError as error:
                raise indexes.damaged(name) from error


_SHOWN: Final = 5


def unknown(name: str, names: Sequence[str]) -> TargetError:
    """What is said where there is no authority of this name."""
    known = f"there are {', '.join(names)}" if names else "there is none"
    message = f"there is no authority {name[:_LONGEST_LEAF]!r} ({known})"
    return TargetError(message, "make one: originlock ca init NAME")


def _is_name(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None
