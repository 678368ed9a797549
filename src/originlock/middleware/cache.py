"""What was found out about a chain, for as long as it can be said again.

Lives here: a table of bounded size whose entries end. Must not live here: what makes them end.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")


class Entry(NamedTuple, Generic[V]):
    """Something that was found out.

    Attributes:
        value: it.
        until: seconds since the epoch, from which it cannot be said any more.
        generation: of what it was found out with.
    """

    value: V
    until: float
    generation: int


class Cache(Generic[V]):
    """The entries that were used last. Any number of threads may use it."""

    def __init__(self, entries: int) -> None:
        self._most = entries
        self._entries: OrderedDict[bytes, Entry[V]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes, now: float, generation: int) -> V | None:
        """What can still be said."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if now >= entry.until or generation != entry.generation:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return entry.value

    def put(self, key: bytes, entry: Entry[V]) -> None:
        """Remember, and forget what was not used for longest."""
        if self._most < 1:
            return
        with self._lock:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)
