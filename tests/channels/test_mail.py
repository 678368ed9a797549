"""E-mail against a real SMTP server, and against servers that do wrong on purpose."""

from __future__ import annotations

import contextlib
import email
import email.policy
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from hypothesis import given, strategies as st
from tests.channels.receivers import QUICK, Talk, free_port, talking
from tests.channels.said import RUN, told
from tests.edges.misbehaving import certificate

from originlock.channels.mail import MailChannel, mail, one_line
from originlock.facts.secret import Hidden
from originlock.facts.telling import On
from originlock.intent.telling import Email, Secret
from originlock.notify.notices import Notice, Weight
from originlock.ports.telling import NotSent, Sent

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

SECONDS = 2.5
PASSWORD = "p4ssw0rd-7f3c9b2e"
FROM, OPS, NIGHT = "originlock@example.org", "ops@example.org", "night@example.org"
IN_CLEAR = Email("127.0.0.1", 0, "none", FROM, (OPS, NIGHT))
LOGGED_IN = msgspec.structs.replace(IN_CLEAR, host="localhost", user="originlock", password=Secret(env="P"))


@dataclass
class Box:
    """Keeps what was delivered; refuses whom it is told to."""

    refused: dict[str, str] = field(default_factory=dict)
    answer: str = "250 OK"
    envelopes: list[Envelope] = field(default_factory=list)
    in_tls: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  as aiosmtpd has it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  ditto
        """Take a mail."""
        self.envelopes.append(envelope)
        self.in_tls.append(session.ssl is not None)
        return self.answer

    def only(self) -> EmailMessage:
        """The one mail that came."""
        (envelope,) = self.envelopes
        return _read(envelope)


def _read(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    return email.message_from_bytes(envelope.content, policy=email.policy.default)


def lets_in(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:  # noqa: ANN401  as aiosmtpd has it
    """Let in who knows the password."""
    known = isinstance(data, LoginPassword) and data.password == PASSWORD.encode() and data.login == b"originlock"
    return AuthResult(success=known, handled=known)


@contextlib.contextmanager
def box(
    kept: Box | None = None, *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[Box, int]]:
    """A mail server for the length of a block, and its port; one with encryption asks for a login."""
    kept, port, secured = kept or Box(), free_port(), starttls is not None or tls is not None
    controller = Controller(
        kept,
        hostname="127.0.0.1",
        port=port,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=starttls is not None,
        auth_require_tls=tls is None,
        authenticator=lets_in if secured else None,
        auth_required=secured,
    )
    controller.start()
    try:
        yield kept, port
    finally:
        controller.stop()


Encryption = Literal["starttls", "tls"]
encryptions = pytest.mark.parametrize("tls", ["starttls", "tls"])


def encrypted(tls: Encryption, context: ssl.SSLContext) -> contextlib.AbstractContextManager[tuple[Box, int]]:
    """A mail server with one of the two."""
    return box(starttls=context) if tls == "starttls" else box(tls=context)


def sent(settings: Email, port: int, password: str | None = None) -> Sent | NotSent:
    """What comes of sending, which must be over in time and must not tell the password."""
    hidden = None if password is None else Hidden(password)
    channel = MailChannel(msgspec.structs.replace(settings, port=port), hidden, QUICK)
    before = time.monotonic()
    came = channel.send(told(), RUN, SECONDS)
    assert time.monotonic() - before < SECONDS + 1.0
    assert "7f3c9b2e" not in repr((came, channel))
    return came


@pytest.fixture(autouse=True)
def nothing_is_told(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Whatever happens, no log at any level and no stream tells the password."""
    with caplog.at_level(logging.DEBUG, "originlock"):
        yield
    assert "7f3c9b2e" not in caplog.text
    assert "7f3c9b2e" not in "".join(capfd.readouterr())


def test_it_arrives() -> None:
    """Who it is from and for, what it is about, as text and as HTML, and that nobody's absence is to answer it."""
    with box() as (kept, port):
        assert sent(IN_CLEAR, port) == Sent(1)
    (envelope,) = kept.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (FROM, [OPS, NIGHT])
    came = kept.only()
    assert (came["From"], came["To"]) == (FROM, f"{OPS}, {NIGHT}")
    assert came["Subject"] == told().subject
    assert came["Auto-Submitted"] == "auto-generated"
    assert came["Date"].datetime.tzinfo is not None
    assert came["Message-ID"].endswith("@example.org>")
    text, html = came.get_body(("plain",)), came.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == told().text
    assert "443 &lt;all&gt; &amp; more<br>What to do: remove the rule sgr-1</li>" in html.get_content()


@encryptions
def test_encrypted_and_logged_in(tls: Encryption, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual way: the server's certificate is believed, and the login is inside."""
    context, trusted = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    settings = msgspec.structs.replace(LOGGED_IN, tls=tls)
    with encrypted(tls, context) as (kept, port):
        assert sent(settings, port, PASSWORD) == Sent(1)
    # aiosmtpd tells of STARTTLS alone; the other server speaks nothing but TLS.
    assert kept.in_tls == [tls == "starttls"]


@encryptions
def test_a_wrong_password(tls: Encryption, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not tried again: accounts are shut after a few."""
    context, trusted = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    settings = msgspec.structs.replace(LOGGED_IN, tls=tls)
    with encrypted(tls, context) as (kept, port):
        came = sent(settings, port, "wrong-7f3c9b2e")
    assert came == NotSent(f"localhost:{port} does not let originlock in with this password (535)")
    assert kept.envelopes == []


@encryptions
def test_a_certificate_that_is_not_believed(tls: Encryption, tmp_path: Path) -> None:
    """Whoever is in the way gets neither the password nor the mail, and is not asked twice."""
    context, _ = certificate(tmp_path, "localhost")
    settings = msgspec.structs.replace(LOGGED_IN, tls=tls)
    with encrypted(tls, context) as (kept, port):
        came = sent(settings, port, PASSWORD)
    assert came == NotSent(f"localhost:{port}: TLS failed: self-signed certificate")
    assert kept.envelopes == []


def test_encryption_that_is_not_offered() -> None:
    """Somebody in the way may have taken the offer out: nothing is sent in clear instead."""
    settings = msgspec.structs.replace(LOGGED_IN, tls="starttls")
    with box() as (kept, port):
        came = sent(settings, port, PASSWORD)
    assert isinstance(came, NotSent)
    assert "refused STARTTLS: STARTTLS extension not supported" in came.reason
    assert kept.envelopes == []


def test_nobody_takes_it() -> None:
    """An address that is wrong stays wrong."""
    with box(Box({OPS: "550 5.1.1 no such user", NIGHT: "550 5.1.1 no such user"})) as (_, port):
        came = sent(IN_CLEAR, port)
    assert came == NotSent(f"127.0.0.1:{port} refused the mail: 550 5.1.1 no such user")


def test_some_take_it() -> None:
    """It is sent, and not again: those who have it would have it with each run."""
    with box(Box({NIGHT: "550 5.1.1 no such user"})) as (kept, port):
        came = sent(IN_CLEAR, port)
    assert came == Sent(1, f"127.0.0.1:{port} did not take it for {NIGHT} (550)")
    assert len(kept.envelopes) == 1


def test_another_time() -> None:
    """A server that greylists asks for another try."""
    with box(Box(answer="451 4.7.1 try again later")) as (kept, port):
        came = sent(IN_CLEAR, port)
    assert came == NotSent(f"127.0.0.1:{port} refused the mail: 451 4.7.1 try again later (2 tries)")
    first, second = (_read(each) for each in kept.envelopes)
    assert first["Message-ID"] == second["Message-ID"]


def says(*lines: bytes) -> Talk:
    """Say a line for each that is heard, and then nothing."""

    def talk(connection: socket.socket) -> None:
        for line in lines:
            connection.sendall(line)
            if not connection.recv(65_536):
                return
        while connection.recv(65_536):
            pass

    return talk


def drips(start: bytes, piece: bytes, pause: float = 0.05) -> Talk:
    """Begin, and never come to an end."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            time.sleep(pause)
            connection.sendall(piece)

    return talk


def repeats(connection: socket.socket) -> None:
    """Refuse every login, and say with what."""
    connection.sendall(b"220 hello\r\n")
    connection.recv(65_536)
    connection.sendall(b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n")
    while connection.recv(65_536):
        connection.sendall(f"454 {PASSWORD} no\r\n".encode())


WRONG = {
    "does not want to": (says(b"554 5.7.1 not from there\r\n"), "refused the connection: 554 5.7.1 not from there"),
    "is too busy": (says(b"421 4.3.2 too busy\r\n"), "refused the connection: 421 4.3.2 too busy (2 tries)"),
    "never speaks": (says(b""), "did not answer in time (2 tries)"),
    "drips a greeting": (drips(b"220 ", b"x"), "did not answer in time (2 tries)"),
    "drips lines": (drips(b"220-hello\r\n", b"220-hello\r\n"), "did not answer in time (2 tries)"),
    "says without end": (drips(b"220-hello\r\n", b"220-hello\r\n" * 1000, 0.0), "says more than 65,536 bytes"),
    "says one endless line": (drips(b"220 ", b"x" * 65_536, 0.0), "500 Line too long"),
    "hangs up": (lambda _: None, "ended the connection at the connection"),
    "speaks HTTP": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "refused the connection"),
    "stops in the middle": (
        says(b"220 hello\r\n", b"250-hello\r\n250 AUTH PLAIN\r\n", b"235 OK\r\n"),
        "did not answer in time",
    ),
    "repeats what it should not": (repeats, "does not let originlock in with this password (454)"),
    "steers the terminal": (says(b"554 \x1b[2J\x07 gone\r\n"), "refused the connection: 554  [2J  gone"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_a_server_can_do(what: str) -> None:
    """Each ends in time, with a reason that a person can read."""
    talk, words = WRONG[what]
    settings = msgspec.structs.replace(LOGGED_IN, tls="none")
    with talking(talk) as port:
        came = sent(settings, port, PASSWORD)
    assert isinstance(came, NotSent)
    assert words in came.reason
    assert came.reason.isprintable()


def test_nobody_is_there() -> None:
    """A refused connection is tried again, and told."""
    port = free_port()
    assert sent(IN_CLEAR, port) == NotSent(f"127.0.0.1:{port}: no connection: Connection refused (2 tries)")


def test_nothing_to_tell() -> None:
    """No mail says that nothing happened."""
    assert MailChannel(IN_CLEAR).send(None, RUN, 5.0) == Sent(0)


@given(st.text(), st.text())
def test_no_text_becomes_a_header(said: str, origin: str) -> None:
    """A line break in the name of a rule would begin a header, such as another recipient."""
    notice = Notice(On.HOLE, Weight.ALERT, origin, f"{said}\r\nBcc: evil@example.org", said)
    made = mail(told(notice), FROM, (OPS,), "<1@example.org>")
    read = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert read["Bcc"] is None
    assert read["To"] == OPS
    assert "\n" not in read["Subject"]
    assert all(len(line) <= 998 for line in made.as_bytes().split(b"\r\n"))


def test_a_long_subject() -> None:
    """A list of mails shows one line."""
    assert len(one_line("x" * 1000, 200)) == 200
