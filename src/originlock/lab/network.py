"""The lab's network: a host for each who takes part, in a namespace of its own, and a router between them.

Lives here: who is linked to whom, addresses and routes, and sockets made in a host. Must not live here: what is
filtered (see `filters`), or what is said over a socket.

    operator ─┐
    edge     ─┤
    office   ─┼─ router ─ origin (the addresses of the load balancers)
    stranger ─┘

Both ends of every link are made inside the router's namespace or a host's: nothing is ever linked to the machine's own
network, so that addresses of others (the edge's are Cloudflare's real ones) cannot meet their owners.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import TYPE_CHECKING, Final

from originlock.lab.addresses import EDGE, FRONT_IPV4, FRONT_IPV6, HOSTS, ORIGIN
from originlock.lab.namespaces import Namespace, NamespaceError, new_namespace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from originlock.lab.addresses import Host
    from originlock.lab.ground import SocketAddress

#: The router's address on every link: link-local ones, that nobody needs a route to (RFC 3927, RFC 4291).
_ROUTER_IPV4: Final = "169.254.1.1"
_ROUTER_IPV6: Final = "fe80::1"
_ROUTER: Final = (_ROUTER_IPV4, _ROUTER_IPV6)
_HOST_IPV4: Final = "169.254.1.2"
_HOST_IPV6: Final = "fe80::2"

#: Far more than the kernel takes, on the busiest machine.
_MOST_SECONDS: Final = 20.0
_PAUSE: Final = 0.002

#: The one interface of a host.
_INTERFACE: Final = "eth0"

#: As many wait to be accepted as the kernel allows by default (net.core.somaxconn).
_BACKLOG: Final = 4096

#: A client that makes a new connection for each request, from one address to one port, runs out of ports at some 470
#: a second with the kernel's own settings: 28,000 ports, each kept for a minute.
_HOST_SETTINGS: Final = (
    ("ipv4/ip_local_port_range", "1024 65535"),
    ("ipv4/tcp_tw_reuse", "1"),
)

_ROUTER_SETTINGS: Final = (("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"))


class NamespaceGround:
    """Hosts in namespaces. Use it as a context manager, or close() it."""

    filtered = True

    def __init__(self) -> None:
        """Build everything, in about a tenth of a second.

        Raises:
            NamespaceError: something could not be made; nothing is left.
        """
        self._hosts: dict[str, Namespace] = {}
        self._balancers: frozenset[str] = frozenset()
        self._router = new_namespace()
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Stand there already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Let every namespace go; harmless if they are gone."""
        gone, self._hosts = self._hosts, {}
        for namespace in gone.values():
            namespace.close()
        if gone:
            self._router.close()

    def namespace(self, host: str) -> Namespace:
        """Where a host stands.

        Raises:
            LookupError: there is no such host.
        """
        return self._hosts[host]

    # --- the network ------------------------------------------------------------------------------------------

    def _build(self) -> None:
        for setting, value in _ROUTER_SETTINGS:
            self._router.set_kernel(setting, value)
        for host in HOSTS:
            self._hosts[host.name] = new_namespace()
        # Packets to nobody are lost, as they mostly are out there; the router does not say so.
        nobody = ("route add blackhole 0.0.0.0/0", "route add blackhole ::/0")
        _ip(self._router, ["link set lo up", *nobody, *(line for host in HOSTS for line in self._link_lines(host))])
        for host in HOSTS:
            namespace = self._hosts[host.name]
            for setting, value in _HOST_SETTINGS:
                namespace.set_kernel(setting, value)
            _ip(namespace, _host_lines(host))
        for host in HOSTS:
            _await_ipv6(self._hosts[host.name], [_HOST_IPV6, *_addresses(host)])

    def _link_lines(self, host: Host) -> Sequence[str]:
        name, where = _link(host), self._hosts[host.name].path
        peer = f"name {_INTERFACE} address {_host_mac(host)} netns {where}"
        return (
            f"link add {name} address {_router_mac(host)} type veth peer {peer}",
            # Without an address of the kernel's own, which would have to be tried for a second before it is used.
            f"link set {name} addrgenmode none up",
            f"addr add {_ROUTER_IPV4}/32 dev {name}",
            f"addr add {_ROUTER_IPV6}/64 dev {name} nodad",
            # Nobody has to be asked for, so that no first packet is lost while the other end is not ready to answer.
            *(
                f"neigh add {each} lladdr {_host_mac(host)} dev {name} nud permanent"
                for each in (_HOST_IPV4, _HOST_IPV6)
            ),
            *(f"route add {_whole(address)} {_way(host, address)}" for address in _addresses(host)),
        )

    def give_balancers(self, addresses: Iterable[str]) -> None:
        """Let the origin have just these addresses, and everybody a way to them.

        Raises:
            NamespaceError: one is no address, or is somebody else's.
        """
        wanted = frozenset(str(ipaddress.ip_address(each)) for each in addresses)
        taken = wanted & {address for host in HOSTS for address in _addresses(host)}
        if taken:
            message = f"a load balancer has the address of a host of the lab: {', '.join(sorted(taken))}"
            raise NamespaceError(message)
        new, gone = sorted(wanted - self._balancers), sorted(self._balancers - wanted)
        # On the interface itself: nobody would answer for an IPv6 address that is on the loopback interface.
        origin = [
            *(f"addr replace {_whole(each)} dev {_INTERFACE} nodad" for each in new),
            *(f"addr del {_whole(each)} dev {_INTERFACE}" for each in gone),
        ]
        router = [
            *(f"route replace {_whole(each)} {_way(ORIGIN, each)}" for each in new),
            *(f"route del {_whole(each)} {_way(ORIGIN, each)}" for each in gone),
        ]
        if new or gone:
            _ip(self._hosts[ORIGIN.name], origin)
            _await_ipv6(self._hosts[ORIGIN.name], new)
            _ip(self._router, router)
        self._balancers = wanted

    # --- a ground to stand on (see `ground.Ground`) -----------------------------------------------------------

    def listening(self, host: str, address: str, port: int) -> socket.socket:
        """A socket that listens at an address of a host; raises OSError."""
        made = self._socket(host, address, socket.SOCK_STREAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((address, port))
            made.listen(_BACKLOG)
        except OSError:
            made.close()
            raise
        return made

    def outgoing(self, host: str, source: str | None, address: str, port: int) -> tuple[socket.socket, SocketAddress]:
        """A socket of a host, bound to a source address, and what to connect it to; raises OSError."""
        made = self._socket(host, address, socket.SOCK_STREAM)
        if source is not None:
            try:
                # The port is chosen at connect(), when the other end is known, so that a port serves many.
                made.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
                made.bind((source, 0))
            except OSError:
                made.close()
                raise
        return made, (address, port)

    def receiving(self, host: str, address: str, port: int) -> socket.socket:
        """A socket that receives datagrams at an address of a host; raises OSError."""
        made = self._socket(host, address, socket.SOCK_DGRAM)
        try:
            made.bind((address, port))
        except OSError:
            made.close()
            raise
        return made

    def _socket(self, host: str, address: str, kind: socket.SocketKind) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self._hosts[host].entered():
            made = socket.socket(family, kind)
        made.settimeout(0)
        return made


#: From <linux/in.h>; Python has it from 3.12 on.
_IP_BIND_ADDRESS_NO_PORT: Final = 24


def _ip(namespace: Namespace, lines: Sequence[str]) -> None:
    namespace.run(["ip", "-batch", "-"], "".join(f"{line}\n" for line in lines))


def _await_ipv6(namespace: Namespace, addresses: Sequence[str]) -> None:
    """Wait until IPv6 addresses can be reached: the kernel puts them among its own a moment after it says so."""
    wanted = {each for each in addresses if ":" in each}
    deadline = time.monotonic() + _MOST_SECONDS
    while wanted - set(namespace.run(["ip", "-6", "route", "show", "table", "local"]).split()):
        if time.monotonic() > deadline:
            message = f"the kernel does not take these addresses: {', '.join(sorted(wanted))}"
            raise NamespaceError(message)
        time.sleep(_PAUSE)


def _host_lines(host: Host) -> Sequence[str]:
    return (
        "link set lo up",
        f"link set {_INTERFACE} addrgenmode none up",
        # With the last address of a family the kernel takes away the interface's routes: the origin's come and go.
        f"addr add {_HOST_IPV4}/32 dev {_INTERFACE}",
        f"addr add {_HOST_IPV6}/64 dev {_INTERFACE} nodad",
        *(f"addr add {_whole(address)} dev {_INTERFACE} nodad" for address in _addresses(host)),
        *(f"neigh add {each} lladdr {_router_mac(host)} dev {_INTERFACE} nud permanent" for each in _ROUTER),
        f"route add 0.0.0.0/0 via {_ROUTER_IPV4} dev {_INTERFACE} onlink{_source(host.ipv4)}",
        f"route add ::/0 via {_ROUTER_IPV6} dev {_INTERFACE}{_source(host.ipv6)}",
    )


def _addresses(host: Host) -> Sequence[str]:
    """Every address of a host; the edge has those, too, at which visitors reach it."""
    front = (*FRONT_IPV4, *FRONT_IPV6) if host == EDGE else ()
    return (*host.ipv4, *host.ipv6, *front)


def _source(addresses: Sequence[str]) -> str:
    return f" src {addresses[0]}" if addresses else ""


def _whole(address: str) -> str:
    return f"{address}/{128 if ':' in address else 32}"


def _way(host: Host, address: str) -> str:
    """The router's way to an address of a host."""
    if ":" in address:
        return f"via {_HOST_IPV6} dev {_link(host)}"
    return f"via {_HOST_IPV4} dev {_link(host)} onlink"


def _router_mac(host: Host) -> str:
    """Locally administered (IEEE 802), one for each end of each link."""
    return f"02:00:00:00:01:{HOSTS.index(host):02x}"


def _host_mac(host: Host) -> str:
    return f"02:00:00:00:02:{HOSTS.index(host):02x}"


def _link(host: Host) -> str:
    """What the router calls its end of a link."""
    return f"to-{host.name}"
