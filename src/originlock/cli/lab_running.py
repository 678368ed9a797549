"""The lab that runs, for the commands that speak to it.

Lives here: finding it, and what it says of itself as data. Must not live here: any command, or words for people.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from originlock.errors import StateError, UsageError

if TYPE_CHECKING:
    from originlock.lab.folder import Folder
    from originlock.lab.running import RunningLab


def lab_folder() -> Folder:
    """Where the lab is, or would be."""
    from originlock.lab.folder import usual_folder  # noqa: PLC0415  --help needs no lab

    return usual_folder(os.environ)


def running_lab() -> RunningLab:
    """The lab that runs.

    Raises:
        UsageError: none does.
    """
    from originlock.lab.running import found  # noqa: PLC0415  ditto

    there = found(lab_folder())
    if there is None:
        message = "no lab runs"
        raise UsageError(message, "bring it up: originlock lab up")
    return there


def status_data(there: RunningLab) -> dict[str, object]:
    """What a lab says of itself, for machines.

    Raises:
        StateError: it does not answer.
    """
    from originlock.lab.addresses import CLIENTS  # noqa: PLC0415  ditto
    from originlock.lab.control_socket import AskingError  # noqa: PLC0415  ditto

    state = there.state
    try:
        now = there.status()
    except AskingError as error:
        raise StateError(str(error), "take it down and bring it up again: originlock lab down") from error
    return {
        "running": True,
        "folder": str(there.folder.path),
        "process_id": state.process_id,
        "packet_filters": state.filtered,
        "why_not": state.why_not,
        "aws_url": state.aws_url,
        "cloudflare_url": state.cloudflare_url,
        "authority": str(there.folder.authority),
        "hosts": {host.name: [*host.ipv4, *host.ipv6] for host in CLIENTS} if state.filtered else {},
        **now,
    }
