"""Loads the product once, and becomes it again and again: see `prefork`, which starts this as a program.

Lives here: what a process is given that did not begin as itself. Must not live here: anything about the product but
that it has a `main`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import originlock
from originlock.__main__ import main

#: What only some commands load, or is no part of the product's own command line.
_LATE: Final = ("originlock.lab", "originlock.middleware", "originlock.__main__")

#: What `lab exec` loads of the lab.
_LAB: Final = ("originlock.lab.entering", "originlock.lab.running")

_EXEC: Final = os.execvpe


def _modules() -> Iterator[str]:
    for found in pkgutil.walk_packages(originlock.__path__, "originlock."):
        if not found.name.startswith(_LATE):
            yield found.name


def _load() -> None:
    for name in (*_modules(), *_LAB):
        importlib.import_module(name)
    if threading.active_count() > 1:
        message = "a module starts a thread when it is loaded: a fork would leave it behind"
        raise RuntimeError(message)
    gc.collect()
    # Nothing of all this is to be looked at, and so copied, by what is forked.
    gc.freeze()


def _asked(asking: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """What is to be run, with its descriptors; None when nobody asks any more."""
    head, given, _, _ = socket.recv_fds(asking, 4, 3)
    if not head:
        return None
    asked = b""
    size = int.from_bytes(head, "big")
    while len(asked) < size:
        more = asking.recv(size - len(asked))
        if not more:
            return None
        asked += more
    return json.loads(asked), given


def _tell(told: int, number: int) -> None:
    try:
        os.write(told, b"%d\n" % number)
    except OSError:
        # Nobody wants to know.
        return


def _become(asked: dict[str, Any], out: int, err: int) -> None:
    """Be a process that was started with these arguments, this environment, directory and these streams."""
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(3, max(out, err) + 32)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    os.chdir(asked["cwd"])
    sys.argv = [str(originlock.__path__[0]) + "/__main__.py", *asked["arguments"]]
    sys.path.insert(0, asked["cwd"])
    os.execvpe = _exec  # type: ignore[assignment]  # of this process alone


def _exec(_file: str, command: list[str], variables: dict[str, str]) -> NoReturn:
    """What `lab exec` ends with: where it is to be the product again, that is loaded already."""
    words, env = list(command), dict(variables)
    if words[0] == "env":
        words.pop(0)
        while "=" in words[0]:
            name, _, env[name] = words.pop(0).partition("=")
    if words[:3] != [sys.executable, "-m", "originlock"]:
        _EXEC(command[0], command, variables)
    # As any Python process begins.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = words[3:]
    main()
    sys.exit()


def serve(asking: socket.socket) -> None:
    """Fork whatever is asked for; returns, in a process of its own, as what is to run `main`."""
    while True:
        found = _asked(asking)
        if found is None:
            os._exit(0)
        asked, (out, err, told) = found
        if os.fork() == 0:
            # Waits for the one that runs, as the server has to listen.
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asking.close()
            running = os.fork()
            if running == 0:
                os.close(told)
                _become(asked, out, err)
                return
            os.close(out)
            os.close(err)
            _tell(told, running)
            _tell(told, os.waitstatus_to_exitcode(os.waitpid(running, 0)[1]))
            os._exit(0)
        for each in (out, err, told):
            os.close(each)


if __name__ == "__main__":
    # Ctrl-C is for whoever started this; those who wait are not waited for.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _load()
    serve(socket.socket(fileno=int(sys.argv[1])))
    main()
