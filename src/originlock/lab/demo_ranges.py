"""Which ranges the demo plays with: Cloudflare's own, fetched by the product, or those on record.

Lives here: asking, and saying why not. Must not live here: HTTP, reading or judging the lists.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from originlock.lab import lists
from originlock.lab.demo_stage import run_quietly

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: The product gives up after about ten seconds by itself; somebody who watches gives up earlier.
FETCH_SECONDS: Final = 7.0

#: When the lab's list was recorded. A test holds list and date against the snapshot that the product ships.
SNAPSHOT_DATE: Final = "2026-10-02"

#: The default URLs, whatever the person's own configuration says.
_NO_FILE: Final = {"ORIGINLOCK_CONFIG": os.devnull}

_LONGEST_REASON: Final = 160


@dataclass(frozen=True, slots=True)
class Published:
    """A list to be published, and where it is from."""

    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]
    said: str

    @property
    def cidrs(self) -> tuple[str, ...]:
        """Both families."""
        return self.ipv4 + self.ipv6


def ranges_to_play_with(
    folder: Path, urls: Mapping[str, str] | None = None, seconds: float = FETCH_SECONDS
) -> Published:
    """Have the product fetch Cloudflare's list, from its own URLs unless others are given; or take the snapshot."""
    environment = {**_NO_FILE, **(urls or {})}
    try:
        ended = run_quietly(("ranges", "-o", "json"), folder, environment, seconds=seconds, talk=False)
    except subprocess.TimeoutExpired:
        return _snapshot(f"no answer within {seconds:g} s")
    try:
        told: dict[str, Any] = json.loads(ended.stdout)
    except ValueError:
        return _snapshot(f"`originlock ranges` ended with {ended.returncode}")
    if ended.returncode != 0:
        return _snapshot(_reason(told, ended.returncode))
    said = f"fetched from Cloudflare just now, as {told['source']} (etag {told['etag']})"
    return Published(tuple(told["ipv4"]), tuple(told["ipv6"]), said)


def _snapshot(why: str) -> Published:
    said = f"the snapshot of {SNAPSHOT_DATE} that ships with originlock; Cloudflare could not be read: {why}"
    return Published(lists.IPV4, lists.IPV6, said)


def _reason(told: dict[str, Any], code: int) -> str:
    objections = told.get("objections") or [{"message": f"`originlock ranges` ended with {code}"}]
    reason = str(objections[0]["message"])
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}..."
