"""Our own certificate authorities, and everything that is read out of a certificate.

Lives here: X.509 with `cryptography`: parsing, issuing, revoking, keys and where they are kept.
Must not live here: deciding which certificate is wanted where (see `originlock.locks.identity`), AWS, the edge.

Every module of this room but this one needs the extra ``originlock[identity]``: ask `require` before they are imported.
"""

from __future__ import annotations

import importlib.util

from originlock.errors import UsageError


def require() -> None:
    """See that what this room needs is installed.

    Raises:
        UsageError: it is not.
    """
    if importlib.util.find_spec("cryptography") is None:
        message = "certificates need the extra `identity`, and its package cryptography is not installed"
        raise UsageError(message, 'pip install "originlock[identity]"')
