"""Adding a zone: against the lab's Cloudflare over HTTP, and an old name server over DNS."""

from __future__ import annotations

import datetime as dt
import socket
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from tests.edges.conftest import Flare
from tests.edges.old_name_server import OldNameServer, name_server

from originlock.app.zone_add import ZonePorts, ZoneRequest, missed_records, zone_added
from originlock.edges import dns_query
from originlock.edges.cloudflare_calls import ACCOUNTS, ZONE_ADD, permissions_for
from originlock.edges.cloudflare_zones import CloudflareZones
from originlock.edges.dns_query import NameServer, answers
from originlock.errors import ExitCode, OriginlockError, TargetError, UsageError
from originlock.facts.dns import Delegation, NamedRecord, ZoneAdded
from originlock.facts.unknown import Unknown
from originlock.lab.world_cloudflare import account, active_zone
from originlock.report.document import as_text
from originlock.report.zone_add import exit_code_of_zone, zone_data, zone_document
from originlock.wiring.edge_account import DnsNameServers, name_server as named_server

_getaddrinfo = socket.getaddrinfo

NAME = "example.net"
TEXT = """
@ 300 IN A 192.0.2.1
@ 300 IN MX 10 mail.example.net.
@ 300 IN TXT "v=spf1 mx -all"
@ 300 IN CAA 0 issue "letsencrypt.org"
www 300 IN CNAME example.net.
mail 300 IN A 192.0.2.2
shop 300 IN AAAA 2001:db8::5
odd 300 IN A 192.0.2.9
google._domainkey 300 IN TXT "{key}" "{key}" "{key}"
_dmarc 300 IN CNAME dmarc.mail.example.
""".format(key="k" * 250)
FOUND = [
    {"type": "A", "name": NAME, "content": "192.0.2.1", "ttl": 1},
    {"type": "MX", "name": NAME, "content": "mail.example.net", "priority": 10, "ttl": 1},
    {"type": "TXT", "name": NAME, "content": '"v=spf1 mx -all"', "ttl": 1},
    {"type": "CNAME", "name": f"www.{NAME}", "content": NAME, "ttl": 1, "proxied": True},
]
MISSED = (
    NamedRecord("_dmarc.example.net", "CNAME", "dmarc.mail.example"),
    NamedRecord(NAME, "CAA", '0 issue "letsencrypt.org"'),
    NamedRecord("google._domainkey.example.net", "TXT", "k" * 750),
    NamedRecord("mail.example.net", "A", "192.0.2.2"),
    NamedRecord("shop.example.net", "AAAA", "2001:db8::5"),
)


@dataclass
class Hall:
    """A clock that moves when somebody waits, and what was said meanwhile."""

    flare: Flare
    said: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    delegated_after: float = float("inf")

    def now(self) -> dt.datetime:
        """Cloudflare's time is ours."""
        return self.flare.clock.time

    def sleep(self, seconds: float) -> None:
        """Let time pass; the registrar may act meanwhile."""
        self.waits.append(seconds)
        self.flare.clock.pass_by(seconds)
        if sum(self.waits) >= self.delegated_after:
            self.flare.client.control("POST", "zone", {"name": NAME, "delegated": True})

    def say(self, text: str) -> None:
        """Keep it."""
        self.said.append(text)

    def ports(self, *grants: str) -> ZonePorts:
        """All ports."""
        token = self.flare.client.token
        if grants:
            token = account(self.flare.client.url, "ours", [(each, "*") for each in grants]).token
        registry = CloudflareZones(f"{self.flare.client.url}/client/v4", token, pause=lambda _: None)
        return ZonePorts(registry, DnsNameServers(), self, self)


@pytest.fixture
def hall(flare: Flare, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """A token, a clock, and no resolver that would be asked for what is not there."""

    def known(host: str, *rest: Any, **more: Any) -> Any:  # noqa: ANN401  as socket has it
        if str(host).endswith(".example"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return _getaddrinfo(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    flare.client.control("POST", "findable", {"name": NAME, "records": FOUND})
    return Hall(flare)


def _added(hall: Hall, server: OldNameServer | None = None, **more: object) -> ZoneAdded:
    servers = () if server is None else (server.address,)
    return zone_added(msgspec.structs.replace(ZoneRequest(NAME, servers=servers), **more), hall.ports())


def test_a_zone_is_made_and_what_the_import_missed_is_told(hall: Hall) -> None:
    """The mail would stop with the change of name servers, and nobody was told."""
    with name_server(TEXT) as server:
        added = _added(hall, server)
        assert (added.created, added.records, added.missed, added.notes) == (True, 4, MISSED, ())
        assert added.zone.status == "pending"
        assert len(added.zone.name_servers) == 2
        again = _added(hall, server, hostnames=("odd.example.net", "www.elsewhere.example"))
        assert not again.created
        assert not isinstance(again.missed, Unknown)
        assert NamedRecord("odd.example.net", "A", "192.0.2.9") in again.missed
        assert not [name for name, _ in server.asked if "elsewhere" in name]
    assert exit_code_of_zone(added) == ExitCode.PENDING


def test_a_wildcard_is_told_once(hall: Hall) -> None:
    """A hundred names that a wildcard answers for would be told as missed."""
    with name_server("@ 300 IN A 192.0.2.1\n* 300 IN CNAME example.net.\nmail 300 IN A 192.0.2.2\n") as server:
        assert _added(hall, server).missed == (
            NamedRecord("*.example.net", "CNAME", NAME),
            NamedRecord("mail.example.net", "A", "192.0.2.2"),
        )


def test_old_name_servers_that_nobody_can_ask_are_unknown(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """'Nothing was missed' would be said where nothing was seen."""
    monkeypatch.setattr(dns_query, "ANSWER_SECONDS", 0.05)
    unresolved = _added(hall)
    assert isinstance(unresolved.missed, Unknown)
    assert "ns1.registrar.example: its address cannot be found" in unresolved.missed.reason
    with name_server(TEXT) as server:
        server.silent = True
        silent = _added(hall, server)
        server.silent, server.refuses = False, True
        refusing = _added(hall, server)
    assert isinstance(silent.missed, Unknown)
    assert "does not answer within" in silent.missed.reason
    assert isinstance(refusing.missed, Unknown)
    assert "refuses" in refusing.missed.reason
    assert "could not be told" in as_text(zone_document(refusing), colour=False)


def test_the_first_server_that_answers_is_enough() -> None:
    """One dead name server of two would leave everything unknown."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody, name_server(TEXT) as server:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        nobody.close()
        found = answers((NameServer("127.0.0.1", port), named_server(server.address)), ((NAME, "A"), (NAME, "TXT")))
    assert found == {
        (NAME, "A"): (NamedRecord(NAME, "A", "192.0.2.1"),),
        (NAME, "TXT"): (NamedRecord(NAME, "TXT", "v=spf1 mx -all"),),
    }


@pytest.mark.parametrize(
    "said, server",
    [
        ("ns1.example", NameServer("ns1.example")),
        ("192.0.2.1", NameServer("192.0.2.1")),
        ("192.0.2.1:5353", NameServer("192.0.2.1", 5353)),
        ("2001:db8::1", NameServer("2001:db8::1")),
        ("[2001:db8::1]", NameServer("2001:db8::1")),
        ("[2001:db8::1]:5353", NameServer("2001:db8::1", 5353)),
    ],
)
def test_name_servers_as_people_write_them(said: str, server: NameServer) -> None:
    """An IPv6 address would be taken for a host with a port."""
    assert named_server(said) == server


def test_it_waits_until_the_registrar_has_acted(hall: Hall) -> None:
    """It would end before, or wait for ever; the check may be asked for once an hour."""
    hall.delegated_after = 1000
    added = _added(hall, wait_seconds=8000.0)
    assert added.zone.status == "active"
    assert exit_code_of_zone(added) == ExitCode.DONE
    assert 3600 <= sum(hall.waits) < 3700
    assert len([path for _, path in hall.flare.asked() if path.endswith("activation_check")]) == 3  # one is the lab's
    assert any("waiting" in each for each in hall.said)


def test_it_waits_no_longer_than_it_is_told(hall: Hall) -> None:
    """A job in CI would hang."""
    added = _added(hall, wait_seconds=40.0)
    assert added.zone.status == "pending"
    assert hall.waits == [15.0, 15.0, 10.0]


def test_a_zone_that_is_active_is_left_alone(hall: Hall) -> None:
    """Records would be imported into a zone that serves already."""
    active_zone(hall.flare.client, NAME)
    before = len(hall.flare.asked())
    added = _added(hall)
    assert (added.created, added.zone.status) == (False, "active")
    assert {method for method, _ in hall.flare.asked(before)} == {"GET"}


def test_a_zone_is_not_made_twice_when_the_answer_is_lost(hall: Hall) -> None:
    """1061 would be shown for a zone that was made a moment ago."""
    hall.flare.fault("drop-after", method="POST", path="zones")
    assert _added(hall).created


@pytest.mark.parametrize("kind", ["drop-before", "status", "garbage"])
def test_a_zone_that_was_perhaps_made_is_not_called_made(hall: Hall, kind: str) -> None:
    """A person would set name servers for a zone that is not there."""
    hall.flare.fault(kind, method="POST", path="zones")
    if kind == "garbage":
        hall.flare.fault("denied", method="GET", path="zones", at=2)
    with pytest.raises(TargetError, match="cannot be told"):
        _added(hall)


def test_a_zone_of_somebody_else_says_so(hall: Hall) -> None:
    """The code 1061 would be all that a person is told."""
    other = account(hall.flare.client.url, "somebody else")
    other.call("POST", "zones", {"name": NAME, "account": {"id": other.account_id}})
    with pytest.raises(TargetError, match="the token does not see it"):
        _added(hall)


def test_an_import_and_a_check_that_are_refused_are_noted(hall: Hall) -> None:
    """The zone is there; an error would look as if it were not."""
    hall.flare.fault("denied", method="POST", path="zones/*/scan")
    hall.flare.fault("denied", method="PUT", path="zones/*/activation_check")
    added = _added(hall)
    assert added.created
    assert [("import" in each, "activation" in each) for each in added.notes] == [(True, False), (False, True)]
    assert all("lacks the permission" in each for each in added.notes)


def test_the_account_is_found_or_has_to_be_named(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zone would be made in whichever account comes first."""
    two = (("1", "one"), ("2", "two"))
    monkeypatch.setattr(CloudflareZones, "accounts", lambda _: two)
    with pytest.raises(UsageError, match=r"2 accounts: one \(1\), two \(2\)"):
        _added(hall)
    monkeypatch.setattr(CloudflareZones, "accounts", lambda _: Unknown("accounts", "denied"))
    with pytest.raises(UsageError, match="denied"):
        _added(hall)
    assert _added(hall, account=hall.flare.client.account_id).created


def test_the_permissions_that_are_listed_are_enough_and_none_too_many(hall: Hall) -> None:
    """The token that the documentation has people make would not do, or do too much."""
    listed = permissions_for((*ZONE_ADD, ACCOUNTS))
    assert listed == ("Account Settings Read", "DNS Write", "Zone Write")
    request = ZoneRequest(NAME, account=hall.flare.client.account_id)
    needed = permissions_for(ZONE_ADD)
    with pytest.raises(OriginlockError, match='"Zone'):
        zone_added(request, hall.ports(*(each for each in needed if not each.startswith("Zone"))))
    without_dns = zone_added(request, hall.ports("Zone Write"))
    assert '"DNS Write"' in without_dns.notes[0]
    assert isinstance(without_dns.missed, Unknown)
    whole = zone_added(ZoneRequest("other.example", account=request.account), hall.ports(*needed))
    assert whole.created
    assert not whole.notes


def test_what_was_missed_is_compared_by_what_it_says() -> None:
    """Quotes, capitals and final dots would be told as missed records."""
    held = (
        NamedRecord("A.example", "TXT", '"x" "y"'),
        NamedRecord("a.example", "MX", "Mail.Example."),
    )
    answered = {
        ("a.example", "TXT"): (NamedRecord("a.example", "TXT", "xy"),),
        ("a.example", "MX"): (NamedRecord("a.example", "MX", "mail.example"),),
    }
    assert missed_records("a.example", held, answered) == ()  # type: ignore[arg-type]


def test_the_report_says_what_to_do_and_steers_no_terminal() -> None:
    """A record of a stranger's could paint the terminal; the registrar's part would be left out."""
    zone = Delegation("z", NAME, "pending", ("ada.ns", "bob.ns"), ("ns1.old",))
    evil = NamedRecord("x.example.net", "TXT", "\x1b]0;evil\x07")
    added = ZoneAdded(zone, created=True, records=3, missed=(evil,), notes=("odd \x1b[31m",))
    text = as_text(zone_document(added), colour=False)
    assert "\x1b" not in text
    for word in ("ada.ns", "bob.ns", "ns1.old", "DNSSEC", "x.example.net"):
        assert word in text
    data = zone_data(added)
    assert data["missed"] == [{"name": "x.example.net", "type": "TXT", "content": "\x1b]0;evil\x07"}]
    assert zone_data(msgspec.structs.replace(added, missed=Unknown("a", "b")))["missed"] is None
