"""THE EDGES: a module for each, and the registry of them all.

Lives here: which edges there are. Must not live here: HTTP (see `fetch`; whoever only wants to know which
edges there are does not load it), and what is true of one edge only.
"""

from __future__ import annotations

from originlock.edges import cloudflare
from originlock.edges.adapter import EdgeAdapter

EDGES: dict[str, EdgeAdapter] = {adapter.description.name: adapter for adapter in (cloudflare.ADAPTER,)}
"""Every edge by its name. A new edge is its own module and one entry here."""
