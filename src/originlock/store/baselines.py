"""The last accepted list of each edge, with its provenance.

Lives here: one file for each edge. Must not live here: whether a list is accepted.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from originlock.errors import StateError
from originlock.facts.edge import AcceptedList
from originlock.store.directory import prepared, replaced


class BaselineFiles:
    """The accepted lists of one state directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _path(self, edge: str) -> Path:
        return self._directory / f"accepted-{edge}.json"

    def last_accepted(self, edge: str) -> AcceptedList | None:
        """The last accepted list; None if none was ever.

        Raises:
            StateError: the file is there and cannot be read: what was accepted is unknown then, not nothing.
        """
        path = self._path(edge)
        try:
            return msgspec.json.decode(path.read_bytes(), type=AcceptedList)
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"the last accepted list {path} cannot be read: {error.strerror}"
            raise StateError(message, "mend its permissions, or give another ORIGINLOCK_STATE_DIR") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = f"the last accepted list {path} is damaged"
            raise StateError(
                message, f"remove {path}: the list that ships with originlock is the baseline then"
            ) from error

    def accept(self, accepted: AcceptedList) -> None:
        """From now on this is the last accepted list of its edge.

        Raises:
            StateError: it could not be written.
        """
        last = self.last_accepted(accepted.edge)
        if last is not None and last.ranges == accepted.ranges and last.etag == accepted.etag:
            return
        prepared(self._directory)
        replaced(self._path(accepted.edge), msgspec.json.format(msgspec.json.encode(accepted), indent=1) + b"\n")
