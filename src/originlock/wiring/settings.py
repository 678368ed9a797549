"""Where the configuration and the state directory are: files and environment to a decoded configuration.

Lives here: finding and reading the file, the process's environment. Must not live here: what the keys mean.
"""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import Final

import msgspec

from originlock.edges import EDGES
from originlock.errors import ConfigError, UsageError
from originlock.facts.edge import EdgeDescription
from originlock.intent.decode import Decoded, decode

_LARGEST: Final = 4 * 1024 * 1024


class Loaded(msgspec.Struct, frozen=True):
    """A configuration as it was found.

    Attributes:
        path: the file; None if there is none (the environment and the defaults count then).
    """

    path: str | None
    decoded: Decoded

    @property
    def name(self) -> str:
        """The file's name for messages."""
        return self.path or "the environment"


def descriptions() -> tuple[EdgeDescription, ...]:
    """Every edge that is known."""
    return tuple(adapter.description for adapter in EDGES.values())


def load(explicit: str | None) -> Loaded:
    """Find, read and decode the configuration.

    Raises:
        UsageError: the file that is named cannot be read, or one that was found is not safe to trust.
        ConfigError: it is no TOML.
    """
    path = _found(explicit)
    document = {} if path is None else _parsed(path)
    return Loaded(None if path is None else str(path), decode(document, os.environ, descriptions()))


def _found(explicit: str | None) -> Path | None:
    named = explicit or os.environ.get("ORIGINLOCK_CONFIG")
    if named:
        return Path(named)
    home = Path(os.environ.get("XDG_CONFIG_HOME") or _home() / ".config")
    places = (
        Path("originlock.toml"),
        home / "originlock" / "originlock.toml",
        Path("/etc/originlock/originlock.toml"),
    )
    found = next((place for place in places if place.is_file()), None)
    if found is not None and found.stat().st_uid not in (0, os.geteuid()):
        message = f"{found} belongs to somebody else, so it is not taken for the configuration by itself"
        raise UsageError(message, f"if you trust it, say --config {found}")
    return found


def _parsed(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_LARGEST + 1)
    except OSError as error:
        message = f"the configuration {path} cannot be read: {error.strerror}"
        raise UsageError(message, "give a file with --config, or options such as --security-group") from error
    if stat.S_ISREG(mode) and mode & stat.S_IWOTH:
        message = f"the configuration {path} may be written to by everybody on this machine"
        raise UsageError(message, f"chmod o-w {path}")
    if len(data) > _LARGEST:
        raise ConfigError(str(path), (("", "it is larger than 4 MiB"),))
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), (("", f"it is not UTF-8 text (byte {error.start})"),)) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), (("", f"it is not TOML: {error}"),)) from error
    except RecursionError as error:
        raise ConfigError(str(path), (("", "it is nested too deeply"),)) from error


def _home() -> Path:
    """The user's home; in a container whose user has none, a place that is not there."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")


def state_directory() -> Path:
    """Where the journal, the lease and the accepted lists are ($ORIGINLOCK_STATE_DIR, else XDG's place)."""
    named = os.environ.get("ORIGINLOCK_STATE_DIR")
    if named:
        return Path(named)
    home = os.environ.get("XDG_STATE_HOME")
    return Path(home) / "originlock" if home else _home() / ".local" / "state" / "originlock"


def authority_directory() -> Path:
    """Where our own certificate authorities are ($ORIGINLOCK_CA_DIR, else in the state directory)."""
    named = os.environ.get("ORIGINLOCK_CA_DIR")
    return Path(named) if named else state_directory() / "ca"
