"""A site: an origin whose hostname is proxied by the lab's edge, and the commands that are tried on it.

Lives here: the zone, requests through the edge, and a product that is stopped at a call while something is spoilt. Must
not live here: what is thought of the end (see the tests), the lab and the origin (see `stage`).
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from tests import prefork
from tests.story.stage import BODY, SECONDS

from originlock.lab.addresses import OFFICE
from originlock.lab.lists import IPV4, IPV6
from originlock.lab.namespaces import Namespace
from originlock.lab.world import tcp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.story.stage import OpenOrigin, Stage

    from originlock.lab.process import LocalAws

ZONE: Final = "example.org"

#: Asks for a hostname through the edge, over IPv4 and over IPv6, and says what came of each.
ASK: Final = """
import http.client, socket, ssl, sys
for family in (socket.AF_INET, socket.AF_INET6):
    try:
        where = socket.getaddrinfo(sys.argv[1], 443, family, socket.SOCK_STREAM)[0][4]
        with socket.socket(family, socket.SOCK_STREAM) as plain:
            plain.settimeout(5)
            plain.connect(where)
            connection = http.client.HTTPSConnection(sys.argv[1])
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=sys.argv[1])
            connection.request("GET", "/")
            answer = connection.getresponse()
            print(answer.status, answer.read().decode()[:20], flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""

EVERYBODY: Final = tcp(443, ipv4=[("0.0.0.0/0", None)], ipv6=[("::/0", None)])

SERVED: Final = [f"200 {BODY}"] * 2


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Everything on stdout, as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Started:
    """A command that runs, and what it says in files of its own."""

    process: prefork.Process
    out: IO[bytes]
    err: IO[bytes]

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self.process.poll()


@dataclass(frozen=True, slots=True)
class Zone:
    """The lab's Cloudflare with one zone, in which names are proxied with Full (strict)."""

    stage: Stage
    id: str
    token: str

    @classmethod
    def of(cls, stage: Stage, **settings: object) -> Zone:
        """Make the zone; all that the lab's Cloudflare held before is gone.

        `settings` are of the lab's Cloudflare. By default the edge makes a new connection to the origin for each
        request and goes to IPv4, so that its two addresses of that family are used in turn.
        """
        room = stage.running.cloudflare
        stage.running.set_edge_down(False)
        room.post("reset")
        seed = room.post("seed", {"account": "lab"})
        room.post("settings", {"idle_seconds": 0, "origin_family": "ipv4", "connect_seconds": 0.5, **settings})
        given = {"name": ZONE, "account": {"id": seed["account_id"]}, "type": "full"}
        made = cls(stage, _call(stage, seed["token"], "POST", "/zones", given)["id"], seed["token"])
        room.post("zone", {"name": ZONE, "delegated": True})
        made.call("PUT", "/activation_check")
        made.call("PATCH", "/settings/ssl", {"value": "strict"})
        return made

    def call(self, method: str, path: str, given: object = None) -> Any:  # noqa: ANN401 - JSON
        """Call the lab's Cloudflare as any client does, for something of this zone."""
        return _call(self.stage, self.token, method, f"/zones/{self.id}{path}", given)

    def record(self, name: str, kind: str, content: str, *, proxied: bool = False) -> None:
        """Add a DNS record."""
        given = {"type": kind, "name": name, "content": content, "proxied": proxied, "ttl": 1}
        self.call("POST", "/dns_records", given)

    def site(self, name: str = "shop", hostname: str = f"www.{ZONE}") -> Site:
        """Make an open origin, and have its hostname proxied to it."""
        origin = self.stage.open_origin(name, hostname)
        self.record(hostname, "CNAME", origin.dns_name, proxied=True)
        return Site(self, origin)


@dataclass(frozen=True, slots=True)
class Site:
    """An open origin behind the lab's edge."""

    zone: Zone
    origin: OpenOrigin

    @property
    def stage(self) -> Stage:
        """Where it plays."""
        return self.zone.stage

    # --- commands -----------------------------------------------------------------------------------------------

    @property
    def options(self) -> Sequence[str]:
        """The command line's options that lock this origin to its edge, whatever else lets somebody in."""
        return ("--load-balancer", self.origin.name, "--foreign", "remove", "--hostname", self.origin.hostname)

    def configured(self, *sections: str, target: str = "", named: bool = True, **keys: str) -> Sequence[str]:
        """Write a configuration of this origin, and return the options that name it.

        Args:
            sections: further sections, such as a ``[[origins.shop.exceptions]]``.
            target: what is locked; by default the load balancer.
            named: whether the hostname stands in it.
            keys: of the network lock, as TOML has them; by default foreign rules are removed.
        """
        number = sum(1 for _ in self.stage.folder.glob("*.toml"))
        path = self.stage.folder / f"{self.origin.name}-{number}.toml"
        network = {"foreign": '"remove"', **keys}
        lines = [
            "[origins.shop]",
            target or f'load_balancer = "{self.origin.name}"',
            f'hostnames = ["{self.origin.hostname}"]' if named else "",
            "[origins.shop.network]",
            *(f"{name} = {value}" for name, value in network.items()),
            *sections,
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return ("--config", str(path))

    def state(self, host: str = "operator") -> Path:
        """The state directory of whoever runs the product for this origin in a host."""
        return self.stage.folder / f"state-{self.origin.name}-{host}"

    @contextlib.contextmanager
    def started(self, *arguments: str, host: str = "operator", wrapped: Sequence[str] = ()) -> Iterator[Started]:
        """Start `originlock ARGUMENTS` in a host; whatever happens it has ended afterwards.

        `wrapped` stands before the product's command line, such as ``env NAME=VALUE``.
        """
        # The lab's own publisher of lists answers in every host, the stage's in one.
        state = f"ORIGINLOCK_STATE_DIR={self.state(host)}"
        command = (*wrapped, "env", state, *prefork.COMMAND, *arguments)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            line, streams = self.stage.entering(host, *command), {"out": out.fileno(), "err": err.fileno()}
            process = prefork.start(line, **streams, env=self.stage.environment, cwd=Path.cwd())
            try:
                yield Started(process, out, err)
            finally:
                process.kill()
                process.wait()

    def run(self, *arguments: str, host: str = "operator", wrapped: Sequence[str] = ()) -> Ended:
        """Run `originlock ARGUMENTS` in a host to its end."""
        with self.started(*arguments, host=host, wrapped=wrapped) as process:
            return ended(process)

    @property
    def exceptions(self) -> Sequence[str]:
        """The office as an exception, in a configuration."""
        said = 'owner = "ops@example.org"\nreason = "office"\nexpires = 2099-12-31'
        return [
            f'[[origins.shop.exceptions]]\nsource = "{address}/{128 if ":" in address else 32}"\n{said}'
            for address in (*OFFICE.ipv4, *OFFICE.ipv6)
        ]

    def apply(self, *options: str) -> Sequence[str]:
        """The arguments of an `apply` that asks nobody."""
        return ("apply", "--yes", "-o", "json", *(options or self.options))

    def spoilt(
        self,
        action: str,
        arguments: Sequence[str],
        spoil: Callable[[], object],
        *,
        at: int = 1,
        host: str = "operator",
        having: str | None = None,
    ) -> Ended:
        """Run `originlock ARGUMENTS` to its end, and spoil something when a call of an action is done and not answered.

        Whatever the product does before that call it does in a whole world, and whatever it does after it in a spoilt
        one. With `at`, it is not the first such call of this origin but a later one; `having` is what a parameter of
        it is, by default the group, or the load balancer where its groups are swapped.
        """
        aws = self.stage.running.aws
        mine = self.origin.arn if action == "SetSecurityGroups" else self.origin.group_id
        aws.add_fault("hang-after", action=action, at=at, having=having or mine)
        with self.started(*arguments, host=host) as process:
            try:
                _wait_until_hanging(aws, process)
                spoil()
            finally:
                aws.release()
            return ended(process)

    def asked(self, host: str = "stranger") -> list[str]:
        """Ask for the hostname from a host, over IPv4 and IPv6: a status and the body, or an error's name."""
        return self.stage.inside(host, "python3", "-c", ASK, self.origin.hostname).stdout.splitlines()

    def shut(self) -> None:
        """Let in the edge's ranges alone on 443, as a lock does, without the product."""
        ec2 = self.stage.running.aws.client("ec2")
        ranges = tcp(443, ipv4=[(each, None) for each in IPV4], ipv6=[(each, None) for each in IPV6])
        ec2.authorize_security_group_ingress(GroupId=self.origin.group_id, IpPermissions=[ranges])
        ec2.revoke_security_group_ingress(GroupId=self.origin.group_id, IpPermissions=[EVERYBODY])

    def open_to_all(self, port: int) -> None:
        """Let in everybody on one more port."""
        opened = tcp(port, ipv4=[("0.0.0.0/0", None)], ipv6=[("::/0", None)])
        ec2 = self.stage.running.aws.client("ec2")
        ec2.authorize_security_group_ingress(GroupId=self.origin.group_id, IpPermissions=[opened])

    def admitted(self) -> set[str]:
        """Whom the load balancer's groups let in on 443 now, as CIDRs."""
        seen = next(each for each in self.stage.running.aws.blueprint().balancers if each.name == self.origin.name)
        return {cidr for each in seen.admissions if each.from_port <= 443 <= each.to_port for cidr in each.cidrs}


def ended(process: Started) -> Ended:
    """Wait for a command that was started."""
    code = process.process.wait(SECONDS)
    return Ended(code, prefork.text(process.out), prefork.text(process.err))


@contextlib.contextmanager
def without_routes(stage: Stage, host: str, *versions: int) -> Iterator[None]:
    """Take away a host's ways out over IPv4 or IPv6."""
    taken = [(version, inside(stage, host, "ip", f"-{version}", "route", "show", "default")) for version in versions]
    try:
        for version, _ in taken:
            inside(stage, host, "ip", f"-{version}", "route", "del", "default")
        yield
    finally:
        for version, route in taken:
            inside(stage, host, "ip", f"-{version}", "route", "replace", *route.split())


#: Neighbours are found all the same, as a firewall further on would have it.
_NO_ANSWERS: Final = """
table inet firewall {
  chain input {
    type filter hook input priority 0; policy drop;
    iifname "lo" accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
  }
}
"""


@contextlib.contextmanager
def behind_a_firewall(stage: Stage, host: str) -> Iterator[None]:
    """Lose every answer that comes to a host, without a word."""
    inside(stage, host, "nft", _NO_ANSWERS)
    try:
        yield
    finally:
        inside(stage, host, "nft", "delete table inet firewall")


def listening(stage: Stage, host: str, address: str, port: int) -> socket.socket:
    """A socket of this process that listens at an address of a host."""
    namespace = Namespace(os.open(stage.running.state.namespaces[host], os.O_RDONLY | os.O_CLOEXEC))
    try:
        with namespace.entered():
            return socket.create_server(
                (address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET, backlog=64
            )
    finally:
        namespace.close()


def inside(stage: Stage, host: str, *command: str) -> str:
    """Run a tool in a host, which must do what it is told; returns what it prints."""
    done = stage.inside(host, *command)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _wait_until_hanging(aws: LocalAws, process: Started) -> None:
    while process.poll() is None:
        with contextlib.suppress(TimeoutError):
            aws.wait_until_hanging(0.2)
            return
    ended_too_early = ended(process)
    raise AssertionError(ended_too_early)


def _call(stage: Stage, token: str, method: str, path: str, given: object = None) -> Any:  # noqa: ANN401 - JSON
    request = urllib.request.Request(  # noqa: S310 - http on the loopback address
        stage.running.state.cloudflare_url + path,
        method=method,
        data=None if given is None else json.dumps(given).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)["result"]
