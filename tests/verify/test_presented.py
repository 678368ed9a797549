"""What shows which client certificate the edge presents, and what does not."""

from __future__ import annotations

import datetime

import pytest
from tests.verify.probes import SIGNS, probed, through

from originlock.facts.networks import AddressSet, parse
from originlock.facts.probing import Outcome, Verdict
from originlock.facts.trust import Handshake
from originlock.verify.presented import logged, passed

PORT = 8443
AT = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
EDGE = AddressSet.of([parse("192.0.2.0/24")])


def test_the_listener_for_a_moment_is_known_by_its_answer() -> None:
    """The edge presents our certificate, and it is not believed."""
    assert passed(through(204), SIGNS, PORT).verdict is Verdict.KEPT


@pytest.mark.parametrize("status", [200, 301, 403, 404, 502])
def test_another_answer_on_its_port_proves_nothing(status: int) -> None:
    """A rule of the edge leads the port to a listener that asks nobody, and the lock closes on an edge without ours."""
    assert passed(through(status), SIGNS, PORT).verdict is Verdict.UNKNOWN


def test_who_is_refused_there_presents_something_else() -> None:
    """An edge that presents another certificate passes."""
    assert passed(through(520, None), SIGNS, PORT).verdict is Verdict.BROKEN
    assert passed(probed(Outcome.TIMED_OUT), SIGNS, PORT).verdict is Verdict.UNKNOWN


def _connection(serial: str, port: int = 443, client: str = "192.0.2.1") -> Handshake:
    return Handshake(AT, client, port, serial, "-")


def test_plain_http_in_the_logs_says_nothing_of_certificates() -> None:
    """Visitors by http, whom a listener redirects, keep the lock from ever closing."""
    found = (_connection("0a"), _connection("", port=80))
    assert logged(found, EDGE, (443,), "0a").verdict is Verdict.KEPT
    assert logged(found, EDGE, (80, 443), "0a").verdict is Verdict.BROKEN


@pytest.mark.parametrize("serial", ["", "0b"])
def test_one_connection_of_the_edge_without_ours_is_enough(serial: str) -> None:
    """A hostname that the edge presents nothing for is shut out."""
    assert logged((_connection("0a"), _connection(serial)), EDGE, (443,), "0a").verdict is Verdict.BROKEN
    assert logged((_connection(serial, client="198.51.100.1"),), EDGE, (443,), "0a").verdict is Verdict.UNKNOWN
