"""The edge's cache: what it keeps, for how long, and what it says of it in ``cf-cache-status``.

Here lives judging and keeping answers. Here must not live: asking origins.

All from 'Default cache behavior', 'Cloudflare cache responses' and 'Cache by status code'.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from originlock.lab.edge.messages import Request, Response

#: Kept by these endings alone, and robots.txt; HTML and JSON are not.
_ENDINGS: Final = """
    7z avi avif apk bin bmp bz2 class css csv doc docx dmg ejs eot eps exe flac gif gz ico iso jar jpg jpeg js mid
    midi mkv mp3 mp4 ogg otf pdf pict pls png ppt pptx ps rar svg svgz swf tar tif tiff ttf webm webp woff woff2 xls
    xlsx zip zst
"""
EXTENSIONS: Final = frozenset(_ENDINGS.split())

#: 'Network ports': proxied, with caching disabled.
UNCACHED_PORTS: Final = frozenset({2052, 2053, 2082, 2083, 2086, 2087, 2095, 2096, 8443, 8880})

#: How long, in seconds, where the origin says nothing.
DEFAULT_SECONDS: Final[Mapping[int, float]] = {
    **dict.fromkeys((200, 206, 301), 7200.0),
    **dict.fromkeys((302, 303), 1200.0),
    **dict.fromkeys((404, 410), 180.0),
}

_FORBIDDING: Final = ("private", "no-store", "no-cache")

#: No more answers are kept.
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer in the cache."""

    response: Response
    since: float
    until: float


@dataclass(slots=True)
class Cache:
    """Answers by scheme, host and target: the query is part of the key."""

    clock: Callable[[], float] = time.monotonic
    _kept: dict[tuple[str, str, str], Kept] = field(default_factory=dict)

    def found(self, scheme: str, host: str, target: str) -> tuple[Kept | None, bool]:
        """What is kept, and whether it is fresh."""
        kept = self._kept.get((scheme, host, target))
        return kept, kept is not None and self.clock() < kept.until

    def put(self, scheme: str, host: str, target: str, response: Response) -> bool:
        """Keep an answer, if it may be kept; whether it was."""
        seconds = lifetime(response)
        if seconds <= 0:
            self._kept.pop((scheme, host, target), None)
            return False
        if len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        now = self.clock()
        self._kept[scheme, host, target] = Kept(response, now, now + seconds)
        return True

    def clear(self) -> None:
        """Purge everything."""
        self._kept.clear()


def eligible(request: Request, port: int) -> bool:
    """Whether an answer to this could be kept at all; if not, its status is DYNAMIC."""
    path = request.target.partition("?")[0].lower()
    name = path.rpartition("/")[2]
    known = name == "robots.txt" or ("." in name and name.rpartition(".")[2] in EXTENSIONS)
    return known and request.method in {"GET", "HEAD"} and port not in UNCACHED_PORTS


def forbidden(response: Response) -> bool:
    """Whether the origin says not to keep it; its status is then BYPASS."""
    control = response.header("cache-control").lower()
    directives = {part.strip().partition("=")[0] for part in control.split(",")}
    zero = re.search(r"(?:^|[,\s])(?:s-maxage|max-age)=0+(?:$|[,\s])", control) is not None
    return bool(directives & set(_FORBIDDING)) or zero or bool(response.header("set-cookie"))


def lifetime(response: Response) -> float:
    """For how many seconds an answer is fresh; 0 if it is not kept."""
    if forbidden(response):
        return 0.0
    control = response.header("cache-control").lower()
    for directive in ("s-maxage", "max-age"):
        said = re.search(rf"(?:^|[,\s]){directive}=(\d{{1,9}})", control)
        if said is not None:
            return float(said.group(1))
    return DEFAULT_SECONDS.get(response.status, 0.0)
