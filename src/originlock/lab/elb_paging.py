"""How load balancing answers in pages.

Here live sizes of pages and markers. Here must not live: what the items are.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final, TypeVar

from originlock.lab.elb_errors import ElbCode, ElbRefusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Item = TypeVar("Item")

#: 'Elastic Load Balancing API reference', PageSize of every Describe: 1 to 400. No default is
#: documented; the most that can be asked is what is given.
MOST: Final = 400

_MARK: Final = "after\n"


def page(
    found: Sequence[Item], params: Mapping[str, Any], *, key: Callable[[Item], str]
) -> tuple[Sequence[Item], str | None]:
    """Return one page of items, ordered by `key`, and the marker of the next."""
    asked = params.get("PageSize")
    size = MOST if asked is None else int(asked)
    if not 1 <= size <= MOST:
        raise ElbRefusal(ElbCode.VALIDATION, f"The page size must be between 1 and {MOST}: {size}")
    marker = params.get("Marker")
    last = None if marker is None else _from_marker(str(marker))
    rest = [item for item in sorted(found, key=key) if last is None or key(item) > last]
    if len(rest) <= size:
        return rest, None
    return rest[:size], base64.urlsafe_b64encode(f"{_MARK}{key(rest[size - 1])}".encode()).decode()


def _from_marker(marker: str) -> str:
    try:
        text = base64.urlsafe_b64decode(marker.encode()).decode()
    except (binascii.Error, UnicodeError):
        text = ""
    if not text.startswith(_MARK):
        # The API reference names no code for it.
        raise ElbRefusal(ElbCode.VALIDATION, "The marker is not valid")
    return text.removeprefix(_MARK)
