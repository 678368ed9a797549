"""The control room of a local cloud, from the outside.

Lives here: its client, over HTTP. Must not live here: what can be asked (see `control`, `cloudflare.control`).
"""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Room:
    """Asks what stands under `/originlock-lab/` of a cloud."""

    url: str

    def get(self, what: str) -> Any:  # noqa: ANN401 - JSON
        """Ask; raises OSError."""
        return self._ask("GET", what)

    def post(self, what: str, given: object = None) -> Any:  # noqa: ANN401 - JSON
        """Change something; raises OSError."""
        return self._ask("POST", what, given)

    def delete(self, what: str) -> Any:  # noqa: ANN401 - JSON
        """Take something away; raises OSError."""
        return self._ask("DELETE", what)

    def _ask(self, method: str, what: str, given: object = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(  # noqa: S310 - http on the loopback address
            f"{self.url}/originlock-lab/{what}",
            method=method,
            data=None if given is None else json.dumps(given).encode(),
            headers={"Content-Type": "application/json"},
        )
        # Never through a proxy of the environment.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=_SECONDS) as answer:
            return json.load(answer)
