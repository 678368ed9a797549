"""originlock lets only your CDN edge reach your origin, and proves it.

Lives here: the version, and nothing else, so that importing a room stays cheap.
Must not live here: re-exports; each room is imported by its own name.
"""

from __future__ import annotations

__version__ = "0.1.0"
