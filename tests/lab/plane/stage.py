"""A plane on loopback in a thread of its own, what is put before it, and clients that tell how they fared."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from OpenSSL import SSL

from originlock.lab import authority
from originlock.lab.blueprint import (
    Balancer,
    Behaviour,
    Blueprint,
    Certificate,
    Listener,
    MutualTls,
    Rule,
    TrustStore,
)
from originlock.lab.ground import LoopbackGround
from originlock.lab.plane.log_books import CONNECTION
from originlock.lab.plane.plane import Plane, Trouble

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from cryptography import x509

T = TypeVar("T")

NAME = "www.example.com"
ADDRESS = "198.51.100.1"
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/one/0123456789abcdef"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0123456789abcdef"

FORWARD: dict[str, object] = {"Type": "forward", "TargetGroupArn": GROUP, "Order": 1}
LOGGED = {"connection_logs.s3.enabled": "true", "access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs"}

#: A client that waits longer than this for anything has found a fault.
PATIENCE_SECONDS = 20

TLS12 = SSL.TLS1_2_VERSION
TLS13 = SSL.TLS1_3_VERSION


# --- what is put before it -----------------------------------------------------------------------------------------


SERVERS = authority.root("lab servers")


def certificate(*names: str, arn: str = "arn:aws:acm:eu-west-1:123456789012:certificate/one") -> Certificate:
    """A server's certificate."""
    issued = SERVERS.issue(authority.Leaf(names[0], names, server=True))
    return Certificate(arn, issued.chain_pem, issued.key_pem)


def fixed(body: str, status: str = "200") -> dict[str, object]:
    """A fixed response."""
    told = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": body}
    return {"Type": "fixed-response", "Order": 1, "FixedResponseConfig": told}


def rule(priority: int, action: dict[str, object], *conditions: dict[str, object]) -> Rule:
    """A listener rule."""
    return Rule(f"{BALANCER}/rule/{priority}", priority, conditions, (action,))


def https(
    mutual_tls: MutualTls | None = None,
    *,
    certificates: tuple[Certificate, ...] | None = None,
    action: dict[str, object] | None = None,
    **more: Any,  # noqa: ANN401 - of Listener
) -> Listener:
    """An HTTPS listener on 443."""
    told: dict[str, Any] = {"rules": (), "attributes": {}, "ssl_policy": None, "port": 443} | more
    return Listener(
        arn=f"{BALANCER}/listener/{told['port']}",
        protocol="HTTPS",
        certificates=(certificate(NAME),) if certificates is None else certificates,
        mutual_tls=mutual_tls or MutualTls(),
        default_actions=(action or FORWARD,),
        **told,
    )


def http(action: dict[str, object] | None = None, *rules: Rule, port: int = 80) -> Listener:
    """An HTTP listener."""
    actions = (action or FORWARD,)
    return Listener(f"{BALANCER}/listener/{port}", "HTTP", port, None, (), MutualTls(), rules, actions, {})


def verify(*trusted: authority.Authority, revocations: tuple[str, ...] = (), **more: bool) -> MutualTls:
    """Mutual TLS against a bundle."""
    store = TrustStore("arn:store", "".join(each.pem for each in trusted), revocations)
    return msgspec.structs.replace(MutualTls("verify", store), **more)


PASSTHROUGH = MutualTls("passthrough")


def blueprint(*listeners: Listener, behaviour: Behaviour | None = None, **attributes: str) -> Blueprint:
    """One load balancer; attributes have dots as double underscores."""
    told = LOGGED | {name.replace("__", "."): value for name, value in attributes.items()}
    balancer = Balancer(
        arn=BALANCER,
        name="one",
        account="123456789012",
        region="eu-west-1",
        dns_name="one-1.eu-west-1.elb.amazonaws.com",
        ipv4=(ADDRESS,),
        ipv6=(),
        admissions=(),
        listeners=listeners,
        attributes=told,
    )
    return Blueprint((balancer,), behaviour or Behaviour())


# --- the plane -----------------------------------------------------------------------------------------------------


@dataclass
class Kept:
    """A sink that keeps what it gets."""

    files: list[tuple[str, str, bytes]] = field(default_factory=list)

    def put(self, balancer: Balancer, kind: str, body: bytes, key: str) -> None:
        """Keep a file."""
        assert f"/{balancer.account}/" in key
        self.files.append((kind, key, body))

    def lines(self, kind: str) -> list[str]:
        """All lines of a kind."""
        found = (gzip.decompress(body).decode() for each, _, body in self.files if each == kind)
        return [line for text in found for line in text.splitlines()]


class Stage:
    """A plane in a thread."""

    def __init__(self, ground: LoopbackGround | None = None, **more: Any) -> None:  # noqa: ANN401 - of Plane
        self.ground = ground or LoopbackGround()
        self.sink = Kept()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.plane = self.run(self._made(more))

    async def _made(self, more: dict[str, Any]) -> Plane:
        return Plane(self.ground, self.sink, **more)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the plane's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)

    def follow(self, *listeners: Listener, **attributes: str) -> tuple[Trouble, ...]:
        """Follow a blueprint of these listeners."""
        return self.run(self.plane.follow(blueprint(*listeners, behaviour=None, **attributes)))

    def port(self, port: int = 443, address: str = ADDRESS) -> int:
        """Where a listener really is."""
        return self.ground.ports[address, port]

    def logged(self, kind: str = CONNECTION) -> list[str]:
        """All lines of a kind until now."""
        self.run(self.plane.deliver())
        return self.sink.lines(kind)

    def close(self) -> None:
        """Close the plane, and end the thread."""
        self.run(self.plane.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()


# --- clients -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """How a client fared.

    `end` is ``answer``, ``reset``, ``alert`` or ``closed``; `shaken` tells whether the client's handshake call had
    come back by then.
    """

    end: str
    shaken: bool
    said: bytes = b""

    @property
    def status(self) -> int:
        """The status of the answer."""
        return int(self.said.split(b" ", 2)[1])

    @property
    def body(self) -> str:
        """The answer's body."""
        return self.said.partition(b"\r\n\r\n")[2].decode()


@dataclass(frozen=True)
class Presents:
    """What a client has: its key, and its certificates, leaf first."""

    key: authority.PrivateKey
    certificates: tuple[x509.Certificate, ...]

    @classmethod
    def of(cls, issued: authority.Issued, *, alone: bool = False) -> Presents:
        """A certificate with its chain, or alone."""
        return cls(issued.key, (issued.certificate, *(() if alone else issued.chain)))


def request(path: str = "/", host: str = NAME, *more: str, method: str = "GET") -> bytes:
    """A request that ends its connection, unless it says otherwise."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(more or ("Connection: close",)), "", ""]
    return "\r\n".join(lines).encode()


def connected(port: int) -> socket.socket:
    """A socket that blocks, but not for ever."""
    made = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
    made.settimeout(None)
    # As settimeout would make it a socket that does not block underneath, which OpenSSL would see.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PATIENCE_SECONDS, 0))
    return made


def client(
    port: int, *, version: int = TLS13, presents: Presents | None = None, name: str | None = NAME
) -> SSL.Connection:
    """A client that is connected, and has not shaken hands. It takes any server, and sends any certificate."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    if presents is not None:
        context.use_certificate(presents.certificates[0])
        context.use_privatekey(presents.key)
        for each in presents.certificates[1:]:
            context.add_extra_chain_cert(each)
    connection = SSL.Connection(context, connected(port))
    if name is not None:
        connection.set_tlsext_host_name(name.encode())
    connection.set_connect_state()
    return connection


def asks(connection: SSL.Connection, said: bytes | None = None) -> Outcome:
    """Shake hands, ask, and read to the end."""
    shaken = False
    try:
        connection.do_handshake()
        shaken = True
        connection.sendall(request() if said is None else said)
        return Outcome("answer", shaken, read(connection))
    except SSL.ZeroReturnError:
        return Outcome("closed", shaken)
    except SSL.SysCallError as error:
        return Outcome("reset" if error.args[0] in {104, 32} else "closed", shaken)
    except SSL.Error:
        return Outcome("alert", shaken)
    finally:
        connection.close()


def read(connection: SSL.Connection) -> bytes:
    """Read until the server says goodbye; at least one byte, or its errors are raised."""
    parts: list[bytes] = []
    try:
        while True:
            parts.append(connection.recv(65536))
    except SSL.ZeroReturnError:
        if parts:
            return b"".join(parts)
        raise


def plain(port: int, said: bytes) -> bytes:
    """Ask over plain TCP, and read to the end."""
    with connected(port) as sock:
        sock.sendall(said)
        parts: list[bytes] = []
        while part := sock.recv(65536):
            parts.append(part)
        return b"".join(parts)


def presented(connection: SSL.Connection) -> Sequence[str]:
    """The names in the certificate that a server presented."""
    found = connection.get_peer_certificate(as_cryptography=True)
    assert found is not None
    return authority.names_of(found)
