"""Three network namespaces in a row, without a name and without a link to the outside: client, router, origin.

Lives here: making them, running things in them, filters. Must not live here: what a probe should say of them.

A namespace without a name lasts as long as a descriptor of it is open, so that nothing is left however a test ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")

_CLONE_NEWNET: Final = 0x4000_0000

_PATIENCE: Final = 10.0

CLIENT: Final = ("192.0.2.66", "2001:db8:bad::9")
ORIGIN: Final = ("198.51.100.10", "2001:db8:100::10")
"""IPv4 and IPv6, in networks for documentation (RFC 5737, RFC 3849)."""

ROUTER: Final = (("192.0.2.1", "2001:db8:bad::1"), ("198.51.100.1", "2001:db8:100::1"))
"""Towards the client, and towards the origin."""


def why_not() -> str | None:
    """Why namespaces cannot be made here; None if they can."""
    for tool in ("ip", "nft"):
        if shutil.which(tool) is None:
            return f"there is no {tool}"
    try:
        Island().close()
    except OSError as error:
        return f"no namespaces here: {error.strerror}"
    return None


class Island:
    """A network namespace.

    Raises:
        OSError: there is no right to make one.
    """

    def __init__(self) -> None:
        self._descriptor = _in_thread(_new)

    @property
    def path(self) -> str:
        """Where tools find it, as long as this process lives."""
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"

    def run(self, act: Callable[[], T]) -> T:
        """Do something in it: sockets that are made belong to it, and threads and processes that are begun."""

        def entered() -> T:
            _call("setns", self._descriptor, _CLONE_NEWNET)
            return act()

        return _in_thread(entered)

    def tool(self, *command: str, given: str | None = None) -> None:
        """Run a tool in it."""
        # The path lies in /proc of this process: a child has no use for the descriptor itself.
        self.run(lambda: subprocess.run(command, input=given, text=True, check=True, capture_output=True))

    def sysctl(self, name: str, value: str) -> None:
        """Set something of its network."""
        self.tool("sh", "-c", f"echo {value} > /proc/sys/net/{name}")

    def filters(self, *rules: str, chain: str = "input") -> None:
        """Replace the filters of a chain."""
        table = f"t_{chain}"
        lines = [f"add table inet {table}", f"flush table inet {table}"]
        lines += [f"add chain inet {table} c {{ type filter hook {chain} priority 0; policy accept; }}"]
        self.tool("nft", "-f", "-", given="\n".join([*lines, *(f"add rule inet {table} c {rule}" for rule in rules)]))

    def close(self) -> None:
        """Let it go; what is in it goes with it."""
        os.close(self._descriptor)


def _new() -> int:
    _call("unshare", _CLONE_NEWNET)
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _in_thread(act: Callable[[], T]) -> T:
    """Do something in a thread of its own: what it does to its namespace is gone with it."""
    results: list[T] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            results.append(act())
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the thread that asked
            errors.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


class Row:
    """Client, router, origin."""

    def __init__(self, client: Island, router: Island, origin: Island) -> None:
        self.client, self.router, self.origin = client, router, origin


@contextlib.contextmanager
def row() -> Iterator[Row]:
    """The three of them, with routes both ways over IPv4 and IPv6."""
    with contextlib.ExitStack() as made:
        islands = [made.enter_context(contextlib.closing(Island())) for _ in range(3)]
        client, router, origin = islands
        for island in islands:
            island.tool("ip", "link", "set", "lo", "up")
            island.sysctl("ipv6/conf/default/accept_dad", "0")  # addresses are there at once
            island.sysctl("ipv4/icmp_ratemask", "0")  # each refusal is told, not one in a second
            island.sysctl("ipv6/icmp/ratelimit", "0")
        _link(client, router, CLIENT, ROUTER[0])
        _link(origin, router, ORIGIN, ROUTER[1])
        router.sysctl("ipv4/ip_forward", "1")
        router.sysctl("ipv6/conf/all/forwarding", "1")
        client.run(_wait)
        yield Row(client, router, origin)


def _wait() -> None:
    """Wait until the origin is there: the kernel takes up to a second to notice that a link has come up.

    Raises:
        TimeoutError: it is not.
    """
    until = time.monotonic() + _PATIENCE
    for address in ORIGIN:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        while True:
            with socket.socket(family, socket.SOCK_STREAM) as sock:
                sock.settimeout(0.2)
                if sock.connect_ex((address, 1)) == errno.ECONNREFUSED:
                    break
            if time.monotonic() > until:
                raise TimeoutError(address)


def _link(island: Island, router: Island, own: tuple[str, str], gateway: tuple[str, str]) -> None:
    """A pair of interfaces, with addresses and default routes."""
    name = f"to{own[0].split('.')[0]}"
    island.tool("ip", "link", "add", "up0", "type", "veth", "peer", "name", name, "netns", router.path)
    for where, device, addresses in ((island, "up0", own), (router, name, gateway)):
        where.tool("ip", "addr", "add", f"{addresses[0]}/24", "dev", device)
        where.tool("ip", "addr", "add", f"{addresses[1]}/64", "dev", device, "nodad")
        where.tool("ip", "link", "set", device, "up")
    island.sysctl("ipv4/neigh/up0/retrans_time_ms", "100")  # a neighbour that is not there is given up early
    island.sysctl("ipv6/neigh/up0/retrans_time_ms", "100")
    for address in gateway:
        island.tool("ip", "route", "add", "default", "via", address)
