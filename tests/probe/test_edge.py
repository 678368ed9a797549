"""The verdicts are right: the lab's edge, its pages, its cache, its errors; recorded by a probe, and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.lab.cloudflare.stage import ADDRESS, BALANCER, FRONT, HOST, Stage, server_context, staged
from tests.probe import peers

from originlock.edges.cloudflare import DESCRIPTION
from originlock.facts.probing import Ask, Outcome, Probed, Verdict
from originlock.lab.authority import Leaf
from originlock.lab.cloudflare.records import Switches
from originlock.probe.prober import SocketProber
from originlock.probe.vantage import TRACE_PATH, trace
from originlock.verify.through import served

pytestmark = pytest.mark.lab


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """An edge whose certificates this machine believes."""
    with staged() as made:
        (tmp_path / "roots.pem").write_text(made.authority.pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
        yield made


def probed(stage: Stage, path: str = "/?originlock=1", *, port: int = 443, host: str = HOST) -> Probed:
    """One probe of the edge."""
    where = stage.ground.ports[FRONT, port]
    ask = Ask("127.0.0.1", where, tls=port == 443, sni=host if port == 443 else None, host=host, path=path)
    (answer,) = SocketProber().probe((ask,))
    return answer


def answers(*headers: str, status: str = "200 OK") -> bytes:
    """An answer of an origin."""
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Length: 5", *headers, "", "hello"]).encode()


def origin(stage: Stage, answer: bytes = answers(), **more: object) -> None:
    """An origin behind the edge, that answers this."""
    stage.record(BALANCER)
    made = stage.origin(**more)  # type: ignore[arg-type]
    made.answer = answer


def resetting(stage: Stage) -> None:
    """An origin that resets what the edge says."""
    stage.record(BALANCER)
    stage.origin().instead = peers.reset_after_hearing


def switched(switches: Switches) -> Callable[[Stage], None]:
    """An edge that answers in the origin's place."""

    def prepare(stage: Stage) -> None:
        origin(stage)
        stage.state.held.switches[stage.zone.id] = switches

    return prepare


def expired(stage: Stage) -> None:
    """A zone with Full (strict), and an origin whose certificate has expired."""
    stage.set("ssl", "strict")
    issued = stage.authority.issue(Leaf(HOST, (HOST,), server=True, days=-1))
    stage.record(BALANCER)
    stage.origin(context=server_context(issued))


def pointing(to: str) -> Callable[[Stage], None]:
    """A record that points to where nobody serves."""

    def prepare(stage: Stage) -> None:
        stage.record(to)

    return prepare


class Cell(NamedTuple):
    """How the edge is prepared, what is asked, and what should come of it."""

    prepare: Callable[[Stage], None]
    outcome: Outcome
    status: int
    verdict: Verdict
    cache: str | None = None
    path: str = "/?originlock=1"
    port: int = 443


CELLS = {
    "served, not cached": Cell(origin, Outcome.HTTP, 200, Verdict.KEPT, "DYNAMIC"),
    "served, a first time": Cell(origin, Outcome.HTTP, 200, Verdict.KEPT, "MISS", "/x.css?originlock=1"),
    "served, never to be kept": Cell(
        lambda stage: origin(stage, answers("Cache-Control: private")),
        Outcome.HTTP,
        200,
        Verdict.KEPT,
        "BYPASS",
        "/x.css?originlock=1",
    ),
    "an error of the origin": Cell(
        lambda stage: origin(stage, answers(status="503 Busy")), Outcome.HTTP, 503, Verdict.KEPT, "DYNAMIC"
    ),
    "a redirect of the origin": Cell(
        lambda stage: origin(stage, answers("Location: /in", status="302 Found")),
        Outcome.REDIRECT,
        302,
        Verdict.KEPT,
        "DYNAMIC",
    ),
    "a challenge": Cell(switched(Switches(challenge=True)), Outcome.HTTP, 403, Verdict.UNKNOWN),
    "an Access team": Cell(switched(Switches(access="team")), Outcome.REDIRECT, 302, Verdict.UNKNOWN),
    "a worker": Cell(switched(Switches(worker="made here")), Outcome.HTTP, 200, Verdict.UNKNOWN),
    "no such zone": Cell(lambda _: None, Outcome.HTTP, 409, Verdict.UNKNOWN),
    "525, a reset of the origin": Cell(resetting, Outcome.HTTP, 525, Verdict.BROKEN),
    "521, nobody listens": Cell(pointing(BALANCER), Outcome.HTTP, 521, Verdict.BROKEN),
    "526, an origin's certificate has expired": Cell(expired, Outcome.HTTP, 526, Verdict.BROKEN),
    "530, an origin without an address": Cell(pointing("nowhere.example.net"), Outcome.HTTP, 530, Verdict.BROKEN),
}


@pytest.mark.parametrize("name", CELLS)
def test_what_the_edge_answers(stage: Stage, name: str) -> None:
    """A page of the edge would be taken for the origin's, or the origin's for the edge's."""
    cell = CELLS[name]
    cell.prepare(stage)
    answer = probed(stage, cell.path, port=cell.port)
    evidence = answer.evidence
    assert (answer.outcome, evidence.status) == (cell.outcome, cell.status), answer
    assert evidence.header("server") == "cloudflare"
    assert evidence.header("cf-ray")
    assert evidence.header("cf-cache-status") == cell.cache
    finding = served(answer, DESCRIPTION.signs)
    assert finding.verdict is cell.verdict, finding


def test_a_page_of_the_cache(stage: Stage) -> None:
    """A page that the edge had kept would prove that the origin serves it."""
    origin(stage)
    first, second = (probed(stage, "/x.css?originlock=1") for _ in range(2))
    fresh = probed(stage, "/x.css?originlock=2")
    found = [
        (each.evidence.header("cf-cache-status"), served(each, DESCRIPTION.signs).verdict)
        for each in (first, second, fresh)
    ]
    assert found == [("MISS", Verdict.KEPT), ("HIT", Verdict.UNKNOWN), ("MISS", Verdict.KEPT)]
    assert second.evidence.header("age") is not None


def test_port_80_of_the_edge(stage: Stage) -> None:
    """A redirect to HTTPS, which the edge makes by itself, would prove that the origin serves it."""
    origin(stage, port=80, tls=False)
    stage.set("always_use_https", "on")
    answer = probed(stage, port=80)
    assert (answer.outcome, answer.evidence.header("location")) == (Outcome.REDIRECT, f"https://{HOST}/")
    assert served(answer, DESCRIPTION.signs).verdict is Verdict.UNKNOWN


def test_what_the_edge_calls_this_machine(stage: Stage) -> None:
    """The vantage would not be known, or the query of a probe hide it."""
    origin(stage)
    answer = probed(stage, TRACE_PATH)
    found = trace(answer.evidence.body_start)
    assert found is not None
    assert (found.ip, found.host, found.tunnelled) == ("127.0.0.1", HOST, False)
    assert answer.evidence.certificate_problem == ""


def test_an_answer_that_did_not_come_through_the_edge(stage: Stage) -> None:
    """The origin itself, asked straight, would be taken for the edge."""
    origin(stage)
    ask = Ask("127.0.0.1", stage.ground.ports[ADDRESS, 443], tls=True, sni=HOST, host=HOST)
    (answer,) = SocketProber().probe((ask,))
    assert answer.outcome is Outcome.HTTP
    assert served(answer, DESCRIPTION.signs).verdict is Verdict.UNKNOWN


def test_an_edge_that_is_down(stage: Stage) -> None:
    """An edge that is not reached says nothing of the origin, of itself."""
    where = stage.ground.ports[FRONT, 443]
    stage.run(stage.edge.close())
    ask = Ask("127.0.0.1", where, tls=True, sni=HOST, host=HOST)
    (answer,) = SocketProber().probe((ask,))
    assert answer.outcome is Outcome.REFUSED
    assert served(answer, DESCRIPTION.signs).verdict is Verdict.UNKNOWN


def test_an_edge_with_another_name(stage: Stage) -> None:
    """A name that the edge has no certificate for ends in its certificate's problem, or its alert."""
    origin(stage)
    answer = probed(stage, host="www.other.example")
    assert answer.evidence.certificate_problem or answer.outcome is Outcome.ALERT, answer
    assert served(answer, DESCRIPTION.signs).verdict is not Verdict.KEPT
