"""Secrets from files and from the environment, never from an argument.

Lives here: reading one, and what is refused. Must not live here: what it is for.

No message, and no error, holds any part of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from originlock.errors import UsageError
from originlock.facts.secret import Hidden
from originlock.intent.telling import Secret
from originlock.schedule.systemd import CREDENTIALS

_LONGEST: Final = 4096
"""Bytes of a secret's file (our choice: a token has some 40, a URL a few hundred)."""

_GIVEN: Final = "CREDENTIALS_DIRECTORY"
"""Where a service finds the secrets that systemd gives it (systemd.exec(5))."""


class Words(msgspec.Struct, frozen=True):
    """How a secret is called in messages.

    Attributes:
        what: with its article, such as ``the API token``.
        none: the same where there is none, such as ``no API token``.
        key: the key of the configuration that names its file.
        how: how to give one.
        again: what to do if others may have seen it.
    """

    what: str
    none: str
    key: str
    how: str
    again: str


def secret_of(secret: Secret, variables: Mapping[str, str], words: Words) -> Hidden:
    """A secret, from where the configuration says that it is.

    Args:
        secret: where.
        variables: of the environment.
        words: how it is called.

    Raises:
        UsageError: it is not there, or its file is not safe.
    """
    if secret.clear is not None:
        return secret.clear
    if secret.file:
        return Hidden(from_file(_place(secret.file, variables), words))
    found = variables.get(secret.env, "").strip()
    if not found:
        message = f"the environment variable {secret.env}, which holds {words.what}, is not set"
        raise UsageError(message, words.how)
    return Hidden(found)


def _place(named: str, variables: Mapping[str, str]) -> Path:
    """Where a file is: a name without a slash is a credential's, given by systemd or in the directory of them."""
    return Path(named) if "/" in named else Path(variables.get(_GIVEN) or CREDENTIALS) / named


def from_file(path: Path, words: Words) -> str:
    """The secret in a file, without white space around it.

    Args:
        path: a leading ``~`` is the home.
        words: how it is called.

    Raises:
        UsageError: it cannot be read, others may read or change it, or what is in it is no secret.
    """
    try:
        path = path.expanduser()
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_LONGEST + 1)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"{words.what} in {path} cannot be read: {reason}"
        raise UsageError(message, f"mend {words.key}") from error
    # A group may read: that is how a Kubernetes secret comes to a process that is not root.
    if stat.S_ISREG(mode) and mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
        message = f"{words.what} in {path} may be read or changed by others on this machine"
        raise UsageError(message, f"chmod 600 {path}, and {words.again} if others may have seen this one")
    try:
        found = data.decode("ascii").strip()
    except UnicodeDecodeError:
        found = ""
    if len(data) > _LONGEST or not found:
        message = f"{path} holds {words.none}"
        raise UsageError(message, words.how)
    return found
