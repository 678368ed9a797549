"""The examples, from a client's TLS handshake with the lab's load balancer to the application's answer.

The load balancer tells what it sends to its targets; just that is sent to the example, over a socket.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from tests.lab.plane.stage import NAME as HOST, PASSTHROUGH, Presents, Stage, asks, client, https, request, verify
from tests.middleware.parties import CLIENT, NAME, OTHER, ROOT, issued
from tests.middleware.serving import asked, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.middleware.parties import Headers

pytestmark = pytest.mark.lab

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "middleware"
ECHO = "/.well-known/originlock-certificate"
FRAMEWORKS = ("starlette", "flask", "django")
BOTH = pytest.mark.parametrize("mode", ["passthrough", "verify"])


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A load balancer."""
    made = Stage()
    yield made
    made.close()


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    """Each."""
    name: str = request.param
    return name


@pytest.fixture
def example(framework: str, mode: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[int]:
    """The port of an example, behind a load balancer on loopback."""
    anchors = tmp_path / "ca.pem"
    anchors.write_text(ROOT.pem)
    for name, value in {"ALB_SUBNETS": "127.0.0.1/32", "ALB_MODE": mode, "CLIENT_CA": str(anchors)}.items():
        monkeypatch.setenv(name, value)
    loaded = _loaded(framework, monkeypatch)
    with serving(getattr(loaded, "app", None) or loaded.application, is_asgi=framework == "starlette") as port:
        yield port


def _loaded(framework: str, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - a module
    import sys  # noqa: PLC0415 - for this alone

    name = f"{framework}_app"
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)  # Django looks its routes up by the module's name
    spec.loader.exec_module(module)
    return module


def forwarded(stage: Stage, mode: str, presents: Presents | None, *more: str) -> Headers:
    """What the load balancer sends to its targets for a client."""
    stage.follow(https(PASSTHROUGH if mode == "passthrough" else verify(ROOT)))
    said = request("/", HOST, "Connection: close", *more)
    headers: dict[str, str] = json.loads(asks(client(stage.port(), presents=presents), said).body)["headers"]
    return [(name.encode(), value.encode()) for name, value in headers.items() if name != "host"]


@BOTH
def test_a_right_client_is_known_by_name(stage: Stage, example: int, mode: str) -> None:
    """The example would not do what it is for."""
    status, body = asked(example, forwarded(stage, mode, Presents.of(CLIENT)))
    sha256 = CLIENT.certificate.fingerprint(hashes.SHA256()).hex()
    assert status == 200
    assert json.loads(body) == {"subject": "CN=edge", "sha256": sha256, "names": [NAME]}


@BOTH
def test_what_a_client_writes_itself_is_refused(stage: Stage, example: int, mode: str) -> None:
    """Headers of the other mode, or an answer that was sent twice, over real servers."""
    other = "Leaf" if mode == "passthrough" else ""
    name = f"X-Amzn-Mtls-Clientcert{'-' if other else ''}{other}"
    assert asked(example, forwarded(stage, mode, Presents.of(CLIENT), f"{name}: x"))[0] == 403
    headers = forwarded(stage, mode, Presents.of(CLIENT))
    doubled = [header for header in headers if b"mtls" in header[0]]
    assert doubled
    for each in doubled:
        assert asked(example, [*headers, each])[0] == 403


@BOTH
def test_health_checks_have_no_certificate(example: int, mode: str) -> None:
    """All targets would fall ill."""
    assert asked(example, [], "/healthz") == (200, b"ok\n"), mode
    assert asked(example, [])[0] == 403


@BOTH
def test_the_echo_shows_the_clients_certificate(stage: Stage, example: int, mode: str) -> None:
    """A proof reads it there."""
    headers = forwarded(stage, mode, Presents.of(CLIENT))
    status, body = asked(example, headers, ECHO)
    assert status == 200
    assert json.loads(body)["client_certificate_sha256"] == CLIENT.certificate.fingerprint(hashes.SHA256()).hex()


@pytest.mark.parametrize("mode", ["passthrough"])
@pytest.mark.parametrize("who", ["nobody", "stranger", "expired", "forged"])
def test_passthrough_lets_everybody_reach_the_example(stage: Stage, example: int, mode: str, who: str) -> None:
    """Whom the load balancer does not look at, the example has to."""
    presents = {"stranger": Presents.of(issued(OTHER)), "expired": Presents.of(issued(days=-1))}.get(who)
    more = ["X-Amzn-Mtls-Clientcert: -----BEGIN%20CERTIFICATE-----%0AMIIB%0A"] if who == "forged" else []
    headers = forwarded(stage, mode, presents, *more)
    assert asked(example, headers)[0] == 403
    status, body = asked(example, headers, ECHO)
    assert status == (403 if who == "forged" else 200)
    if presents is not None:
        told = json.loads(body)["client_certificate_sha256"]
        assert told == presents.certificates[0].fingerprint(hashes.SHA256()).hex()


def test_every_framework_has_its_example() -> None:
    """One that is not tried here would rot."""
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {f"{each}_app" for each in FRAMEWORKS}
