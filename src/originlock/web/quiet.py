"""Keeping URLs out of logs: of a webhook, the path is the password.

Lives here: what is left out of the log of whoever speaks HTTP for us. Must not live here: speaking it.
"""

from __future__ import annotations

import logging


def quiet() -> None:
    """Leave out what urllib3 logs of each request at debug level: its path. Saying it twice does no more."""
    logging.getLogger("urllib3.connectionpool").addFilter(_without_paths)


def _without_paths(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG
