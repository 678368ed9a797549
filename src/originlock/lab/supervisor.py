"""The lab's supervisor, `python -m originlock.lab.supervisor`: everything of the lab starts and ends with it.

Lives here: the start, in order, and the end, in the reverse. Must not live here: what any part does.

The local AWS is a process of its own, as moto needs its one lock; all else is in this one, which listens in every
host. It prints one line of JSON for each step, {"doing": WORDS}, and at last {"ready": true}, or {"failed": WHY}. It
ends on SIGTERM or SIGINT, or with `--while-stdin` when its standard input ends. However it ends, nothing is left but
files in its folder, and those only if it was killed: namespaces go with their last descriptor, and the local AWS ends
when its own standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import os
import resource
import signal
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from originlock.errors import OriginlockError
from originlock.lab import authority
from originlock.lab.addresses import CLIENTS, FRONT_IPV4, FRONT_IPV6
from originlock.lab.cloudflare import names as cloudflare_names
from originlock.lab.cloudflare.api import IPS, CloudflareApi
from originlock.lab.cloudflare.control import EVERYTHING, SHARED_PATH, CloudflareRoom
from originlock.lab.cloudflare.records import Grant
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.control_socket import answering
from originlock.lab.edge.proxy import Doors, Edge
from originlock.lab.entering import host_files
from originlock.lab.folder import Folder, State, short
from originlock.lab.following import Following, follower
from originlock.lab.ground import LoopbackGround
from originlock.lab.keepalive import Server
from originlock.lab.lists import IPV4_PATH, IPV6_PATH
from originlock.lab.name_server import NameServer, addresses
from originlock.lab.namespaces import NamespaceError, why_none
from originlock.lab.network import NamespaceGround
from originlock.lab.packet_filter import PacketFilter
from originlock.lab.plane.plane import Plane
from originlock.lab.plane.s3_sink import Keys, S3Sink
from originlock.lab.process import ACCESS_KEY, SECRET_KEY, LabStartError, LocalAws
from originlock.lab.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from originlock.lab.ground import Ground
    from originlock.lab.name_server import Lookup

#: For those who want a lab without packet filters although one with them could be had.
WITHOUT_FILTERS: Final = "ORIGINLOCK_LAB_WITHOUT_FILTERS"

#: Another lab of the same folder may be going down just now.
_LOCK_TRIES: Final = 20
_LOCK_PAUSE: Final = 0.05


#: Where everything is at the loopback address, each door is a port that somebody has to look up.
_FEW_DOORS: Final = Doors((FRONT_IPV4[0], FRONT_IPV6[0]), (443,), (80,))


class _NotStartedError(Exception):
    """It did not come up; the message says why."""


def _say(**what: object) -> None:
    """Tell whoever started this; who listens no more does not matter."""
    with contextlib.suppress(OSError):
        print(json.dumps(what), flush=True)


class Supervisor:
    """Everything that runs."""

    def __init__(self, folder: Folder, ground: NamespaceGround | None, why_not: str | None) -> None:
        """Prepare what needs no event loop; nothing answers yet."""
        self.folder = folder
        self.why_not = why_not
        self.hosts = ground
        self.ground: Ground = ground or LoopbackGround()
        self.guard = None if ground is None else PacketFilter(ground)
        self.cloudflare = CloudflareState()
        self.cloudflare_api = Server(CloudflareRoom(CloudflareApi(self.cloudflare)))
        self.authority = authority.root("originlock lab")
        self._relays: list[Relay] = []

    async def run(self, stack: contextlib.AsyncExitStack, ended: asyncio.Event) -> None:
        """Bring everything up, say so, and wait for the end; the stack takes it down."""
        _say(doing="the local AWS")
        following = stack.enter_context(short(self.folder.follower))
        self.aws = LocalAws(follower=following)
        self.aws.start()
        stack.callback(self.aws.stop)
        self._end_with_aws(stack, ended)
        _say(doing="the data plane")
        self.plane = Plane(self.ground, S3Sink(self.aws.url, Keys(ACCESS_KEY, SECRET_KEY)))
        stack.push_async_callback(self.plane.close)
        self.following = Following(self.plane, self.hosts, self.guard)
        stack.callback((await follower(following, self.following)).close)
        _say(doing="Cloudflare, and its edge")
        await self._cloudflare(stack)
        if self.hosts is not None:
            _say(doing="name servers and relays in the hosts")
            await self._names_and_relays(stack, self.hosts)
        control = stack.enter_context(short(self.folder.control))
        stack.callback((await answering(control, self._answer)).close)
        self.folder.write_state(self._state())
        _say(ready=True)
        await ended.wait()

    def _end_with_aws(self, stack: contextlib.AsyncExitStack, ended: asyncio.Event) -> None:
        """A lab without its AWS would be neither up nor down."""
        if self.aws.process_id is None or not hasattr(os, "pidfd_open"):
            return
        loop = asyncio.get_running_loop()
        held = os.pidfd_open(self.aws.process_id)
        stack.callback(os.close, held)

        def gone() -> None:
            loop.remove_reader(held)
            ended.set()

        loop.add_reader(held, gone)
        stack.callback(loop.remove_reader, held)

    async def _cloudflare(self, stack: contextlib.AsyncExitStack) -> None:
        threading.Thread(target=self.cloudflare_api.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        stack.callback(self.cloudflare_api.server_close)
        stack.callback(self.cloudflare_api.shutdown)
        account = self.cloudflare.add_account("lab")
        grants = tuple(Grant(name, resource) for name, resource in EVERYTHING)
        self.token = self.cloudflare.add_token(account.id, grants).secret
        doors = Doors() if self.ground.filtered else _FEW_DOORS
        self.edge = Edge(
            self.ground, self.cloudflare, self.authority, lambda name: addresses(name, self._sources), doors=doors
        )
        await self.edge.start()
        stack.push_async_callback(self.edge.close)

    @property
    def _sources(self) -> Sequence[Lookup]:
        """Who knows names."""
        return self.following.look_up, functools.partial(cloudflare_names.look_up, self.cloudflare)

    async def _names_and_relays(self, stack: contextlib.AsyncExitStack, hosts: NamespaceGround) -> None:
        names = NameServer(self._sources)
        stack.push_async_callback(names.close)
        await names.start(hosts, [host.name for host in CLIENTS])
        stack.push_async_callback(self._close_relays)
        for url in (self.aws.url, self.cloudflare_api.url):
            await self._relay(hosts, int(url.rpartition(":")[2]))

    async def _relay(self, hosts: NamespaceGround, port: int) -> None:
        for host in CLIENTS:
            relay = Relay(hosts.listening(host.name, "127.0.0.1", port), port)
            await relay.start()
            self._relays.append(relay)

    async def _close_relays(self) -> None:
        for relay in self._relays:
            await relay.close()

    def write_files(self) -> None:
        """Write what programs in the hosts read; raises OSError."""
        host_files(self.folder)
        self.folder.authority.write_text(self.authority.pem, encoding="ascii")
        self.folder.authority_key.write_text(self.authority.key_pem, encoding="ascii")
        self.folder.trusted.write_bytes(self.authority.pem.encode() + _trusted_here())

    def _state(self) -> State:
        names = [] if self.hosts is None else [host.name for host in CLIENTS]
        return State(
            process_id=os.getpid(),
            filtered=self.hosts is not None,
            why_not=self.why_not,
            namespaces={} if self.hosts is None else {name: self.hosts.namespace(name).path for name in names},
            region=self.aws.region,
            aws_url=self.aws.url,
            lists=_lists(self.cloudflare_api.url),
            cloudflare_url=f"{self.cloudflare_api.url}/client/v4",
            cloudflare_token=self.token,
        )

    # --- what is asked at the control socket ------------------------------------------------------------------

    async def _answer(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        match question:
            case {"ask": "status"}:
                return self._status()
            case {"ask": "drop", "cidr": str(cidr), "host": str(host)}:
                await asyncio.to_thread(self._guarded().drop, cidr, host)
            case {"ask": "drop-nothing"}:
                if self.guard is not None:
                    await asyncio.to_thread(self.guard.drop_nothing)
            case {"ask": "edge", "down": bool(down)}:
                await self.edge.set_down(down)
            case {"ask": "deliver-logs"}:
                await self.plane.deliver()
            case {"ask": "relay", "port": int(port)}:
                if self.hosts is not None:
                    await self._relay(self.hosts, port)
            case _:
                message = f"nothing answers {question!r}"
                raise LookupError(message)
        return {}

    def _guarded(self) -> PacketFilter:
        if self.guard is None:
            message = f"this lab does not filter packets: {self.why_not}"
            raise ValueError(message)
        return self.guard

    def _status(self) -> Mapping[str, Any]:
        ports = self.ground.ports if isinstance(self.ground, LoopbackGround) else {}
        return {
            "load_balancers": [
                {
                    "name": each.name,
                    "dns_name": each.dns_name,
                    "addresses": [*each.ipv4, *each.ipv6],
                    "listeners": [f"{listener.protocol}:{listener.port}" for listener in each.listeners],
                }
                for each in self.following.newest.balancers
            ],
            "loopback": [
                {"address": address, "port": port, "is_at": f"127.0.0.1:{real}"}
                for (address, port), real in sorted(ports.items())
            ],
        }


def _lists(url: str) -> dict[str, str]:
    """The variables that send originlock to the lab for what the edge publishes."""
    return {
        "ORIGINLOCK_EDGES_CLOUDFLARE_API_URL": url + IPS,
        "ORIGINLOCK_EDGES_CLOUDFLARE_IPV4_URL": url + IPV4_PATH,
        "ORIGINLOCK_EDGES_CLOUDFLARE_IPV6_URL": url + IPV6_PATH,
        "ORIGINLOCK_EDGES_CLOUDFLARE_SHARED_CA_URL": url + SHARED_PATH,
    }


def _trusted_here() -> bytes:
    """The authorities that the machine trusts; none where it has no file of them."""
    place = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    try:
        return Path(place).read_bytes()
    except OSError:
        return b""


def _stand() -> tuple[NamespaceGround | None, str | None]:
    """Hosts in namespaces; or none, and why not."""
    if os.environ.get(WITHOUT_FILTERS):
        return None, f"{WITHOUT_FILTERS} is set"
    why = why_none()
    if why is not None:
        return None, why
    try:
        return NamespaceGround(), None
    except NamespaceError as error:
        return None, str(error)


async def _supervise(folder: Folder) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    async with contextlib.AsyncExitStack() as stack:
        _say(doing="the hosts and their packet filters")
        ground, why_not = _stand()
        if ground is not None:
            stack.callback(ground.close)
        supervisor = Supervisor(folder, ground, why_not)
        supervisor.write_files()
        await supervisor.run(stack, ended)


def _locked(folder: Folder) -> int:
    for _ in range(_LOCK_TRIES):
        held = folder.locked()
        if held is not None:
            return held
        time.sleep(_LOCK_PAUSE)
    message = f"another lab is at {folder.path}"
    raise _NotStartedError(message)


def _end_with_stdin() -> None:
    """End the process when standard input ends."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to end; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m originlock.lab.supervisor", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where it keeps its files")
    parser.add_argument("--while-stdin", action="store_true", help="end when standard input ends")
    given = parser.parse_args(arguments)
    os.umask(0o077)
    # Each visitor of a listener is an open file, and so is each connection of the edge: as many as one may have.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    folder = Folder(given.folder)
    try:
        folder.prepare()
        lock = _locked(folder)
    except (OriginlockError, _NotStartedError) as error:
        _say(failed=str(error))
        return 1
    folder.clear()
    if given.while_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        asyncio.run(_supervise(folder))
    except (LabStartError, NamespaceError, OSError) as error:
        _say(failed=str(error))
        return 1
    finally:
        folder.leave()
        os.close(lock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
