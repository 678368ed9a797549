"""The supervisor's control socket: one line of JSON asks, one answers.

Lives here: both ends. Must not live here: what is asked (see `supervisor`, `running`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from originlock.lab.folder import short

if TYPE_CHECKING:
    from pathlib import Path

#: What is asked to what is answered; raises ValueError or LookupError where it makes no sense.
Answering: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]

_MOST_BYTES: Final = 16 * 1024 * 1024


class AskingError(Exception):
    """The supervisor did not answer, or says that it cannot; the message says why."""


async def answering(path: Path, answer: Answering) -> asyncio.Server:
    """Answer at a Unix socket from now on; raises OSError."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            said: Mapping[str, Any]
            try:
                said = await answer(json.loads(await reader.readline()))
            except (ValueError, LookupError, OSError) as error:
                said = {"error": str(error) or type(error).__name__}
            writer.write(json.dumps(said).encode() + b"\n")
            await writer.drain()

    return await asyncio.start_unix_server(serve, path, limit=_MOST_BYTES)


def ask(path: Path, question: Mapping[str, object], *, seconds: float = 30.0) -> Mapping[str, Any]:
    """Ask, and wait for the answer.

    Raises:
        AskingError: nobody answers, or the answer is an error.
    """
    try:
        with short(path) as place, contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as made:
            made.settimeout(seconds)
            made.connect(str(place))
            made.sendall(json.dumps(question).encode() + b"\n")
            with made.makefile("rb") as lines:
                said = json.loads(lines.readline(_MOST_BYTES))
    except (OSError, ValueError) as error:
        message = f"the lab's supervisor does not answer: {error}"
        raise AskingError(message) from error
    if "error" in said:
        raise AskingError(said["error"])
    answered: Mapping[str, Any] = said
    return answered
