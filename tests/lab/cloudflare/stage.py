"""An edge on loopback in a thread, an origin with real TLS behind it, and a visitor in front."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509

from originlock.lab.addresses import FRONT_IPV4
from originlock.lab.authority import Authority, Issued, Leaf, root
from originlock.lab.cloudflare.records import Grant, Held, Record, Zone
from originlock.lab.cloudflare.state import CloudflareState, new_id
from originlock.lab.edge.proxy import Doors, Edge
from originlock.lab.ground import LoopbackGround

T = TypeVar("T")

#: Where the origin of the tests is, and its name.
ADDRESS = "198.51.100.10"
BALANCER = "blog-1.eu-west-1.elb.amazonaws.com"
HOST = "www.example.org"
FRONT = FRONT_IPV4[0]


@dataclass
class Told:
    """One request as the origin got it."""

    target: str
    headers: dict[str, str]
    certificate: x509.Certificate | None
    connection: int


@dataclass
class Origin:
    """A server of one listener: it tells what came, and answers what it is given."""

    ground: LoopbackGround
    port: int = 443
    context: ssl.SSLContext | None = None
    address: str = ADDRESS
    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    told: list[Told] = field(default_factory=list)
    #: What is done with each connection instead of serving it.
    instead: Callable[[socket.socket], None] | None = None
    _connections: int = 0

    def __post_init__(self) -> None:
        """Listen at once."""
        self.listening = self.ground.listening("origin", self.address, self.port)
        self.listening.settimeout(None)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        # A thread that waits in accept() is woken by this, not by close() alone.
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listening.accept()
            except OSError:
                return
            self._connections += 1
            threading.Thread(target=self._serve, args=(sock, self._connections), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        if self.instead is not None:
            self.instead(sock)
            return
        try:
            stream = sock if self.context is None else self.context.wrap_socket(sock, server_side=True)
            with stream:
                while self._one(stream, number):
                    pass
        except OSError:
            sock.close()

    def _one(self, stream: socket.socket, number: int) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            more = stream.recv(65536)
            if not more:
                return False
            data += more
        head = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        encoded = stream.getpeercert(binary_form=True) if isinstance(stream, ssl.SSLSocket) else None
        certificate = None if encoded is None else x509.load_der_x509_certificate(encoded)
        self.told.append(Told(head[0].split(" ")[1], headers, certificate, number))
        stream.sendall(self.answer)
        return True


def server_context(issued: Issued, *, clients: str | None = None, required: bool = False) -> ssl.SSLContext:
    """A server's context; with `clients`, authorities whose certificates it asks clients for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder) / "chain.pem"
        chain.touch(mode=0o600)
        chain.write_text(issued.key_pem + issued.chain_pem)
        context.load_cert_chain(chain)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=clients)
    return context


@dataclass
class Answer:
    """What a visitor got."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Stage:
    """Everything together."""

    state: CloudflareState
    ground: LoopbackGround
    authority: Authority
    edge: Edge
    loop: asyncio.AbstractEventLoop
    names: dict[str, tuple[str, ...]]
    zone: Zone
    origins: list[Origin] = field(default_factory=list)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the edge's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def origin(self, port: int = 443, *, context: ssl.SSLContext | None = None, tls: bool = True) -> Origin:
        """An origin whose certificate the edge believes."""
        if tls and context is None:
            context = server_context(self.authority.issue(Leaf(HOST, (HOST,), server=True)))
        made = Origin(self.ground, port, context if tls else None)
        self.origins.append(made)
        return made

    def set(self, name: str, value: object) -> None:
        """Change a setting of the zone."""
        self.state.held.settings[self.zone.id, name] = Held(value)

    def record(self, content: str, *, kind: str = "CNAME", name: str = HOST, proxied: bool = True) -> Record:
        """Put a record into the zone."""
        now = self.state.now()
        made = Record(new_id(), self.zone.id, kind, name, content, proxied, 1, now, now)
        self.state.held.records[made.id] = made
        return made

    def connected(self, port: int = 443, *, sni: str | None = HOST, **tls: object) -> socket.socket:
        """A visitor's connection to the edge."""
        sock = socket.create_connection(("127.0.0.1", self.ground.ports[FRONT, port]), timeout=15)
        if port not in {443, 8443}:
            return sock
        context = ssl.create_default_context(cadata=self.authority.pem)
        for name, value in tls.items():
            setattr(context, name, value)
        context.check_hostname = sni is not None
        return context.wrap_socket(sock, server_hostname=sni)

    def get(
        self, target: str = "/", *, port: int = 443, host: str = HOST, sni: str | None = None, **headers: str
    ) -> Answer:
        """What a visitor gets."""
        connection = http.client.HTTPConnection(host)
        connection.sock = self.connected(port, sni=sni or host)
        with connection.sock:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", target, headers={"Host": host, **named})
            response = connection.getresponse()
            body = response.read()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


@contextmanager
def staged() -> Iterator[Stage]:
    """An edge that runs, with one active zone; nothing is left of it afterwards."""
    ground, authority, state = LoopbackGround(), root("lab edge"), CloudflareState()
    account = state.add_account("ours")
    state.add_token(account.id, (Grant("Zone Write"),))
    now = state.now()
    zone = Zone(new_id(), "example.org", account.id, (), (), now, now, status="active")
    state.held.zones[zone.id] = zone
    names: dict[str, tuple[str, ...]] = {BALANCER: (ADDRESS,)}
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    doors = Doors((FRONT,), (443, 8443), (80,))
    edge = Edge(ground, state, authority, lambda name: names.get(name, ()), doors=doors)
    stage = Stage(state, ground, authority, edge, loop, names, zone)
    stage.run(edge.start())
    try:
        yield stage
    finally:
        stage.run(edge.close())
        for origin in stage.origins:
            origin.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
