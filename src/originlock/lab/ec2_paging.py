"""How EC2 answers in pages.

Here live sizes of pages and tokens, over any items with a key to order them by. Here must not
live: what the items are.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_rules import text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Item = TypeVar("Item")

_SEPARATOR: Final = "\n"


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What MaxResults may be, and how long a page is without it (None: everything)."""

    least: int
    most: int
    default: int | None


#: 'EC2 API reference', DescribeSecurityGroups and DescribeSecurityGroupRules: 5 to 1000; if it
#: is not specified, then all items are returned.
GROUP_PAGES: Final = PageLimits(5, 1000, None)
#: 'EC2 API reference', DescribeManagedPrefixLists and GetManagedPrefixListEntries: 1 to 100.
#: They do not promise everything without it, so here a page is never longer than the most.
PREFIX_LIST_PAGES: Final = PageLimits(1, 100, 100)
#: 'EC2 API reference', GetManagedPrefixListAssociations: 5 to 255.
ASSOCIATION_PAGES: Final = PageLimits(5, 255, 255)


def page(
    found: Sequence[Item],
    params: Mapping[str, object],
    *,
    limits: PageLimits,
    key: Callable[[Item], str],
    excludes: tuple[str, ...] = (),
) -> tuple[Sequence[Item], str | None]:
    """Return one page of items that are ordered by `key`, and the token of the next.

    'EC2 API reference', Query requests, pagination: MaxResults cannot go with a list of ids
    (`excludes` names those parameters).
    """
    size = _page_size(params, limits)
    for name in excludes:
        if size is not None and params.get("MaxResults") is not None and texts(params, name):
            raise Refusal(
                Code.INVALID_COMBINATION,
                f"The parameter {name} cannot be used with the parameter MaxResults",
            )
    token = text(params, "NextToken")
    last = None if token is None else _from_token(token)
    rest = [item for item in found if last is None or key(item) > last]
    if size is None or len(rest) <= size:
        return rest, None
    return rest[:size], _to_token(key(rest[size - 1]))


def _page_size(params: Mapping[str, object], limits: PageLimits) -> int | None:
    asked = text(params, "MaxResults")
    if asked is None:
        return limits.default
    if not re.fullmatch(r"[0-9]{1,9}", asked) or not limits.least <= int(asked) <= limits.most:
        raise Refusal(
            Code.INVALID_VALUE,
            f"Value ( {asked} ) for parameter maxResults is invalid. "
            f"Expecting a value between {limits.least} and {limits.most}.",
        )
    return int(asked)


def _to_token(last: str) -> str:
    return base64.urlsafe_b64encode(f"after{_SEPARATOR}{last}".encode()).decode()


def _from_token(token: str) -> str:
    try:
        mark, _, last = base64.urlsafe_b64decode(token.encode()).decode().partition(_SEPARATOR)
    except (binascii.Error, UnicodeError):
        mark, last = "", ""
    if mark != "after":
        raise Refusal(Code.INVALID_PAGE, "The specified NextToken is not valid")
    return last
