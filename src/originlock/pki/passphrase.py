"""The passphrase that opens the keys of an authority: from the environment or from a file, never from an argument.

Lives here: where it may come from, and what is refused. Must not live here: what it opens.

No message, and no error, holds any part of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from originlock.errors import UsageError

Passphrase: TypeAlias = Callable[[], bytes]
"""Asked only where a key is opened or encrypted: who only reads is never asked for it."""

VARIABLE: Final = "ORIGINLOCK_CA_PASSPHRASE"
FILE_VARIABLE: Final = "ORIGINLOCK_CA_PASSPHRASE_FILE"

CREDENTIALS_VARIABLE: Final = "CREDENTIALS_DIRECTORY"
"""Where a service finds the secrets that systemd gives it (systemd.exec(5)). They are root's there, with an access
control list for the service's user alone, whose mask shows as if a group could read."""

SHORTEST: Final = 15
"""NIST SP 800-63B-4, section 3.1.1.1: the shortest password that may stand alone."""

_LARGEST: Final = 1024
_FOR_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_MAKE: Final = "make one with `(umask 077; openssl rand -base64 24 > FILE)`"


def passphrase_of(variables: Mapping[str, str], file: str | None) -> Passphrase:
    """Where to read the passphrase when it is needed: the file that is named, else the environment.

    What is returned raises UsageError where there is none, two are named, a file is not safe, or it is too short.
    """

    def read() -> bytes:
        given = variables.get(CREDENTIALS_VARIABLE)
        if file is not None:
            return from_file(Path(file), given)
        said, named = variables.get(VARIABLE), variables.get(FILE_VARIABLE)
        if said and named:
            message = f"{VARIABLE} and {FILE_VARIABLE} are both set"
            raise UsageError(message, "unset one of them")
        if said:
            return _good(os.fsencode(said), VARIABLE)
        if named:
            return from_file(Path(named), given)
        message = "a passphrase is needed: the keys of an authority are encrypted with it"
        how = f"set {FILE_VARIABLE} to the file that it is in (`originlock ca` takes --passphrase-file), or {VARIABLE}"
        raise UsageError(message, f"{how}; {_MAKE}")

    return read


def from_file(path: Path, given: str | None = None) -> bytes:
    """The passphrase in a file: its one line.

    Args:
        path: of the file.
        given: the directory in which a service is given its secrets; None where this is no service.

    Raises:
        UsageError: it cannot be read, others may read it, or what is in it is no passphrase.
    """
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            data = file.read(_LARGEST + 1)
    except OSError as error:
        message = f"the passphrase file {path} cannot be read: {error.strerror}"
        raise UsageError(message, f"name another; {_MAKE}") from error
    if found.st_uid not in (0, os.geteuid()):
        message = f"the passphrase file {path} belongs to another user"
        raise UsageError(message, f"name a file of your own; {_MAKE}")
    is_given = given is not None and path.parent == Path(given) and found.st_uid == 0
    if found.st_mode & (_FOR_OTHERS & ~stat.S_IRGRP if is_given else _FOR_OTHERS):
        message = f"others may read the passphrase file {path} (mode {stat.S_IMODE(found.st_mode):o})"
        raise UsageError(message, f"chmod 600 {path}, and think of whether it is still a secret")
    return _good(data.removesuffix(b"\n").removesuffix(b"\r"), str(path))


def _good(data: bytes, where: str) -> bytes:
    if len(data) < SHORTEST:
        message = f"the passphrase in {where} is too short: fewer than {SHORTEST} characters"
        raise UsageError(message, f"take a longer one; {_MAKE}")
    if len(data) > _LARGEST or b"\n" in data or b"\x00" in data:
        message = f"what is in {where} is no passphrase: it is not one line of at most {_LARGEST} characters"
        raise UsageError(message, _MAKE)
    return data
