"""Our own certificate authorities, from the environment to the adapter, which is imported only here and late.

Lives here: where they are and what opens them. Must not live here: what is done with them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from originlock import pki
from originlock.wiring.settings import authority_directory

if TYPE_CHECKING:
    from originlock.pki.authorities import AuthorityFiles


def authority_files(passphrase_file: str | None = None) -> AuthorityFiles:
    """Every authority of ours; the passphrase is read where a key is needed, and not before.

    Raises:
        UsageError: the extra ``identity`` is not installed.
    """
    pki.require()
    from originlock.pki.authorities import AuthorityFiles  # noqa: PLC0415  an extra, and slow to import
    from originlock.pki.passphrase import passphrase_of  # noqa: PLC0415  ditto

    return AuthorityFiles(authority_directory(), passphrase_of(os.environ, passphrase_file))
