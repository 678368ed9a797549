"""Calls of an API: whatever comes back is a value, and the token stays here."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from tests.edges.misbehaving import answer, certificate, says, serving, silent

from originlock.edges.adapter import Document
from originlock.edges.calls import Answer, Calls, NoAnswer, Problem, Refusal, decoded
from originlock.edges.cloudflare_answers import (
    association_of,
    certificate_of,
    monitor_of,
    record_of,
    ssl_rules_of,
    zone_of_answer,
)
from originlock.edges.decode import JsonValue, UndecodableError
from originlock.errors import UsageError
from originlock.web.patience import Bounds

TOKEN = "t0ken-that-nobody-may-see"
URL = "https://api.example/x"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
ENVELOPE = st.fixed_dictionaries(
    {},
    optional={
        "success": JSON | st.booleans(),
        "errors": JSON
        | st.lists(
            st.fixed_dictionaries(
                {},
                optional={"code": JSON | st.integers(), "message": JSON | st.text(), "error_chain": JSON},
            )
        ),
        "result": JSON,
        "result_info": JSON
        | st.fixed_dictionaries({}, optional={"total_pages": JSON | st.integers(), "total_count": JSON}),
    },
)
MEMBERS = [
    "id",
    "name",
    "status",
    "name_servers",
    "account",
    "certificate",
    "enabled",
    "cert_id",
    "type",
    "content",
    "proxied",
    "rules",
    "action",
    "expression",
    "action_parameters",
    "description",
    "probe_zone",
    "ssl",
]
OBJECT = st.dictionaries(st.sampled_from(MEMBERS), JSON | st.sampled_from(["A", "set_config", "deleted"]))


def _decoded(body: bytes, status: int, retry_after: str = "") -> Answer | Refusal | None:
    try:
        return decoded(Document(URL, body), status, retry_after)
    except UndecodableError:
        return None


@given(st.binary(), st.integers(100, 599), st.text())
def test_any_bytes_are_a_value_or_the_one_error(body: bytes, status: int, retry_after: str) -> None:
    """An answer would crash the run in the middle of its acts."""
    assert _decoded(body, status, retry_after) is None or body


@given(ENVELOPE, st.integers(100, 599))
@settings(deadline=None)
def test_any_envelope_is_understood_or_refused(envelope: object, status: int) -> None:
    """A member of another type than is documented would crash the run; a refusal would be taken for success."""
    found = _decoded(json.dumps(envelope).encode(), status)
    match found:
        case Answer():
            assert isinstance(envelope, dict)
            assert envelope["success"] is True
            assert status < 400
        case Refusal(problems=problems):
            assert len(problems) <= 5
            assert all(each.message.isascii() and len(each.message) < 4000 for each in problems)
            assert found.said
        case _:
            pass


@given(JSON | OBJECT)
@settings(deadline=None)
def test_any_member_is_a_fact_or_nothing(value: JsonValue) -> None:
    """One odd record would make all the others unreadable."""
    zone_of_answer(value)
    certificate_of(value, "zone")
    association_of(value, "h", {})
    record_of(value)
    monitor_of(value)
    for condition, mode in ssl_rules_of(value):
        assert condition
        assert mode


def test_errors_are_read_with_their_chains() -> None:
    """What is wrong with a record stands in the chain alone."""
    body = {
        "success": False,
        "errors": [{"code": 1004, "message": "DNS", "error_chain": [{"code": 9005, "message": "IPv4\x1b["}]}],
    }
    found = _decoded(json.dumps(body).encode(), 400)
    assert found == Refusal(400, (Problem(1004, "DNS"), Problem(9005, "IPv4\\x1b[")))


def test_a_message_that_repeats_a_key_is_left_out() -> None:
    """A private key would stand in the journal because the edge quoted it."""
    body = {"success": False, "errors": [{"code": 1, "message": "bad: -----BEGIN PRIVATE KEY-----abc"}]}
    assert "abc" not in str(_decoded(json.dumps(body).encode(), 400))


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "ä", "x" * 2000])
def test_a_token_that_is_none_is_refused_without_being_told(token: str) -> None:
    """http.client would raise with the header's value in its message."""
    with pytest.raises(UsageError) as told:
        Calls(URL, token)
    assert not token or token not in str(told.value)


def _calls(url: str, paused: list[float], seconds: float = 5.0) -> Calls:
    return Calls(url, TOKEN, pause=paused.append, bounds=Bounds(deadline_seconds=seconds, max_bytes=10_000))


def _envelope(**members: object) -> bytes:
    return json.dumps({"success": True, "errors": [], "result": None, **members}).encode()


def test_a_redirect_is_not_followed() -> None:
    """The token would be sent to wherever a server says."""
    with serving(says(answer(b"", "307 Temporary Redirect", "Location: /elsewhere"))) as server:
        found = _calls(server.url(), []).call("POST", "zones", body={})
        assert isinstance(found, NoAnswer)
        assert found.perhaps_done
        assert len(server.heads) == 1


def test_plain_http_elsewhere_is_never_asked() -> None:
    """The token would travel for everybody to read."""
    found = _calls("http://api.example", []).call("GET", "zones")
    assert isinstance(found, NoAnswer)
    assert not found.perhaps_done
    assert "plain http" in found.reason


def test_an_answer_that_is_too_large_is_not_read() -> None:
    """A server could fill the memory."""
    with serving(says(answer(_envelope(result="x" * 20_000)))) as server:
        found = _calls(server.url(), []).call("GET", "zones")
        assert isinstance(found, NoAnswer)
        assert "more than 10,000 bytes" in found.reason


def test_a_write_that_is_not_answered_is_not_sent_again() -> None:
    """A certificate would be uploaded twice."""
    paused: list[float] = []
    with serving(silent) as server:
        found = _calls(server.url(), paused, seconds=0.3).call("POST", "zones", body={})
        assert isinstance(found, NoAnswer)
        assert found.perhaps_done
        assert len(server.heads) == 1
    assert not paused


def test_headers_that_drip_come_to_an_end() -> None:
    """A server could hold a run for ever: each byte of a header starts the socket's time limit anew."""

    def drip(connection: socket.socket, _head: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            connection.sendall(b"x")
            connection.settimeout(0.05)
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    with serving(drip) as server:
        found = _calls(server.url(), [], seconds=0.3).call("POST", "zones", body={})
        assert isinstance(found, NoAnswer)


def test_a_connection_that_is_refused_has_done_nothing() -> None:
    """What was never sent would be looked for at the edge."""
    paused: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = _calls(f"http://127.0.0.1:{port}", paused).call("POST", "zones", body={})
    assert isinstance(found, NoAnswer)
    assert not found.perhaps_done
    assert len(paused) == 2


def test_a_server_that_is_not_believed_never_sees_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sits on the way could take the token, with any certificate."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    context, trusted = certificate(tmp_path, "localhost")
    with serving(says(answer(_envelope())), context) as server:
        url = server.url("", "https", "localhost")
        found = _calls(url, []).call("POST", "zones", body={})
        assert isinstance(found, NoAnswer)
        assert not found.perhaps_done
        assert not server.heads
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert isinstance(_calls(url, []).call("GET", "zones"), Answer)
        assert f"authorization: bearer {TOKEN}" in server.heads[0].lower()


def test_a_web_page_that_echoes_the_token_does_not_tell_it() -> None:
    """A proxy's error page that shows the request would put the token into our error."""
    page = f"Authorization: Bearer {TOKEN}".encode()
    body = json.dumps({"success": False, "errors": [{"code": 1, "message": f"no {TOKEN}"}]}).encode()
    for sent, status in ((page, "403 Forbidden"), (body, "400 Bad Request"), (body, "500 Oops")):
        with serving(says(answer(sent, status=status))) as server:
            assert TOKEN not in str(_calls(server.url(), []).call("POST", "zones", body={}))


def test_a_list_that_changes_while_it_is_read_is_no_list() -> None:
    """A record that moved between two pages would be missing, and made a second time."""
    info = {"total_pages": 2, "total_count": 3}
    with serving(says(answer(_envelope(result=[{"id": "a"}], result_info=info)))) as server:
        found = _calls(server.url(), []).listed("zones", per_page=2)
        assert isinstance(found, NoAnswer)
        assert "changed while it was read" in found.reason


@pytest.mark.parametrize("result", [{}, "x", 3, True])
def test_what_is_no_list_is_none(result: object) -> None:
    """An object would be walked as if it were a list."""
    with serving(says(answer(_envelope(result=result)))) as server:
        assert isinstance(_calls(server.url(), []).listed("zones"), NoAnswer)


def test_a_list_of_too_many_pages_is_not_read() -> None:
    """A server could have itself asked for ever."""
    with serving(says(answer(_envelope(result=[], result_info={"total_pages": 10**9})))) as server:
        assert isinstance(_calls(server.url(), []).listed("zones"), NoAnswer)
        assert len(server.heads) == 1


def test_representations_tell_no_secret() -> None:
    """A traceback or a debugger's log would tell the token or a key."""
    from originlock.web.transport import Sent  # noqa: PLC0415

    sent = Sent("POST", URL, (("Authorization", f"Bearer {TOKEN}"),), b"key")
    assert TOKEN not in repr(sent)
    assert "key" not in repr(sent)
    assert TOKEN not in repr(_calls(URL, []))
    assert isinstance(sent, msgspec.Struct)
