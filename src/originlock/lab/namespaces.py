"""Network namespaces without a name: held by a descriptor, so that they are gone when this process is, however it ends.

Lives here: making a namespace, standing in it for a moment, running a program in it. Must not live here: what is in
it (see `network`), or what filters it (see `filters`).

`ip netns add` would mount the namespace at a path, and a killed process could not take that away. Here the kernel
counts the references: with the last descriptor and the last process in it, a namespace goes, and with it its
interfaces, addresses, rules and connections.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: From <sched.h>; Python has them from 3.12 on.
_CLONE_NEWNET: Final = 0x40000000

#: The namespace of the calling thread, which may differ from that of the process (proc(5)).
_OWN: Final = "/proc/thread-self/ns/net"

#: Far more than `ip` and `nft` take for the few lines that they get here.
_MOST_SECONDS: Final = 30.0


#: A little of all that the lab's filters need of the kernel.
_TRIED_RULES: Final = """\
table inet tried {
  set pairs { type ipv4_addr . inet_service; flags interval; }
  chain input { type filter hook input priority 0; ct state established accept; }
}
"""


class NamespaceError(Exception):
    """A namespace could not be made, or a program in it failed; the message says what it said."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace, which lives as long as its descriptor is open (or somebody is in it)."""

    descriptor: int

    @property
    def path(self) -> str:
        """Where other programs find it, while this process lives."""
        return f"/proc/{os.getpid()}/fd/{self.descriptor}"

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Let the calling thread stand in it; sockets and processes made meanwhile belong to it.

        Nothing may be awaited meanwhile: everything else on this thread would stand in it, too.
        """
        home = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _stand_in(self.descriptor)
            try:
                yield
            finally:
                _stand_in(home)
        finally:
            os.close(home)

    def run(self, command: Sequence[str], said: str = "") -> str:
        """Run a program in it to its end; returns what it printed.

        Raises:
            NamespaceError: it failed, or did not end.
        """
        try:
            with self.entered():
                ended = subprocess.run(
                    command, input=said, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False
                )
        except (OSError, subprocess.TimeoutExpired) as error:
            message = f"{command[0]}: {error}"
            raise NamespaceError(message) from error
        if ended.returncode:
            message = f"{' '.join(command)}: {ended.stderr.strip() or ended.returncode}"
            raise NamespaceError(message)
        return ended.stdout

    def set_kernel(self, setting: str, value: str) -> None:
        """Write one of its settings below /proc/sys/net.

        Raises:
            NamespaceError: it cannot be written, as in a container whose /proc/sys is read-only.
        """
        path = f"/proc/sys/net/{setting}"
        try:
            # The kernel shows there the settings of whoever looks.
            with self.entered(), open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - it is no file to keep
                file.write(value)
        except OSError as error:
            message = f"{path}: {error.strerror}"
            raise NamespaceError(message) from error

    def close(self) -> None:
        """Let it go."""
        os.close(self.descriptor)


def new_namespace() -> Namespace:
    """Make one, with nothing in it but a loopback interface that is down.

    Raises:
        NamespaceError: this process may not.
    """
    made: list[int] = []
    failed: list[OSError] = []

    def make() -> None:
        try:
            _checked(_libc().unshare(_CLONE_NEWNET))
            made.append(os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC))
        except OSError as error:
            failed.append(error)

    # In a thread of its own, which ends in there: the calling one never leaves.
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if failed:
        message = f"no network namespace can be made: {failed[0].strerror}"
        raise NamespaceError(message)
    return Namespace(made[0])


def why_none() -> str | None:
    """Why namespaces with packet filters cannot be had here, in words that end a sentence; None where they can."""
    if sys.platform != "linux":
        return f"network namespaces are Linux's, and this is {sys.platform}"
    if os.geteuid() != 0:
        return "this needs root"
    missing = [package for program, package in (("ip", "iproute2"), ("nft", "nftables")) if not shutil.which(program)]
    if missing:
        return f"{' and '.join(missing)} must be installed"
    try:
        tried = new_namespace()
    except NamespaceError as error:
        return str(error)
    try:
        tried.run(["ip", "link", "add", "one", "type", "veth", "peer", "name", "other"])
        tried.run(["nft", "-f", "-"], _TRIED_RULES)
        tried.set_kernel("ipv4/ip_forward", "1")
    except NamespaceError as error:
        return str(error)
    finally:
        tried.close()
    return None


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _stand_in(descriptor: int) -> None:
    _checked(_libc().setns(descriptor, _CLONE_NEWNET))


def _checked(returned: int) -> None:
    if returned != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
