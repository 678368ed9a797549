"""One visit, for the demo: `python -m originlock.lab.demo_visit HOST [ADDRESS [PORT]]`, run in one of the lab's hosts.

Lives here: one request over a fresh TLS connection, with the certificate checked, and one line about it. Must not live
here: judging (the product's probes are not used: the demo would else be its own witness).
"""

from __future__ import annotations

import http.client
import socket
import ssl
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A SYN is sent again after one and after three seconds (Linux): nothing that answers takes as long.
SECONDS: Final = 3.0

_HTTPS: Final = 443


def visit(host: str, address: str, port: int) -> str:
    """Ask a server for the root of a site; returns what came, such as ``HTTP 200`` or ``no answer (timed out)``."""
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((address, port), timeout=SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            secure.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(secure)
            answer.begin()
            return f"HTTP {answer.status}"
    except TimeoutError:
        return "no answer (timed out)"
    except ConnectionRefusedError:
        return "refused"
    except ConnectionResetError:
        return "reset"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}"


def main(arguments: Sequence[str]) -> int:
    """Visit and tell."""
    host, *where = arguments
    address = where[0] if where else host
    port = int(where[1]) if where[1:] else _HTTPS
    print(visit(host, address, port))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
