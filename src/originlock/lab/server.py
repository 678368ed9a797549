"""The local AWS as a process: `python -m originlock.lab.server`.

Here lives the start and the end of the process. Here must not live: anything that is answered.
It prints one line of JSON, {"url": ...}, when it answers, and ends on SIGTERM, or with
`--while-stdin` when its standard input ends, which it does when its parent dies.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from originlock.lab.corrections import install

if TYPE_CHECKING:
    from collections.abc import Sequence

    from originlock.lab.keepalive import Server


def build(port: int = 0, *, follower: Path | None = None) -> Server:
    """Correct moto and return a server that listens but does not yet answer; `follower` is a Unix socket."""
    settings, history = install()

    # Only now: these import moto's parts, which the corrections must come before.
    from moto.ec2.models import ec2_backends  # noqa: PLC0415
    from moto.moto_api._internal.models import moto_api_backend  # noqa: PLC0415
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415
        DomainDispatcherApplication,
        create_backend_app,
    )

    from originlock.lab.bucket_owner import BucketOwnerRoom  # noqa: PLC0415
    from originlock.lab.control import ControlRoom  # noqa: PLC0415
    from originlock.lab.follower import Follower  # noqa: PLC0415
    from originlock.lab.keepalive import Server  # noqa: PLC0415
    from originlock.lab.middleware import Lab  # noqa: PLC0415
    from originlock.lab.presigned import OPEN, PresignedRoom  # noqa: PLC0415
    from originlock.lab.price_list import PriceListRoom, PriceListState  # noqa: PLC0415

    prices = PriceListState()

    def reset() -> None:
        moto_api_backend.reset()
        OPEN.clear()
        prices.reset()
        # Left over, each Region that was ever asked would be filled again at every reset.
        for account in ec2_backends.values():
            account.clear()

    lab = Lab(
        aws=PriceListRoom(
            PresignedRoom(BucketOwnerRoom(DomainDispatcherApplication(create_backend_app))),
            prices,
        ),
        settings=settings,
        history=history,
        reset_moto=reset,
        prices=prices,
        follower=None if follower is None else Follower(follower),
    )
    return Server(ControlRoom(lab), port)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="python -m originlock.lab.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: a free one)")
    parser.add_argument("--ready-file", type=Path, help="write the ready line there, too")
    parser.add_argument("--while-stdin", action="store_true", help="end when standard input ends")
    parser.add_argument("--follower", type=Path, help="Unix socket of whoever follows what is changed")
    given = parser.parse_args(arguments)

    # In the main thread, so that the interpreter ends in order (and coverage is written).
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if given.while_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    server = build(given.port, follower=given.follower)
    ready = json.dumps({"url": server.url})
    if given.ready_file is not None:
        part = given.ready_file.with_suffix(".part")
        part.write_text(ready + "\n", encoding="utf-8")
        part.replace(given.ready_file)
    print(ready, flush=True)
    try:
        server.serve_forever(poll_interval=60)
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


def _end_with_stdin() -> None:
    """End the process when standard input ends."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
