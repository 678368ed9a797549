"""A message by e-mail, given to a server that takes it in.

Lives here: the mail with its headers, and SMTP within its time. Must not live here: what is told.
"""

from __future__ import annotations

import html
import re
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import IO, Final, Protocol, cast

import msgspec

from originlock.channels.tries import PACE, Again, Pace, tried
from originlock.facts.runs import Run
from originlock.facts.secret import Hidden, without
from originlock.intent.telling import Email
from originlock.notify.message import Message
from originlock.ports.telling import NotSent, Sent
from originlock.web.patience import Cord

_LONGEST_SUBJECT: Final = 200
"""Characters (our choice): one line of a list of mails."""

_MOST_HEARD: Final = 65_536
"""Bytes of all that a server says in one conversation (our choice; a usual one is below 1,000)."""

_WORDS: Final = 200
"""Characters of a server's words that are repeated."""

_TEMPORARY: Final = range(400, 500)
"""RFC 5321, section 4.2.1: the server may take it at another time."""

_LABEL: Final = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


def mail(message: Message, sender: str, to: tuple[str, ...], identifier: str) -> EmailMessage:
    """The mail: text, and the same in HTML.

    Args:
        message: what is told.
        sender: an address.
        to: addresses.
        identifier: its Message-ID, the same at each try.
    """
    made = EmailMessage(policy=SMTP)
    made["Subject"] = one_line(message.subject, _LONGEST_SUBJECT)
    made["From"] = sender
    made["To"] = ", ".join(to)
    made["Date"] = formatdate(usegmt=True)
    made["Message-ID"] = identifier
    # RFC 3834: nobody's absence is to answer it.
    made["Auto-Submitted"] = "auto-generated"
    made["X-Originlock-Weight"] = message.weight.name.lower()
    made.set_content(message.text, cte="quoted-printable")
    made.add_alternative(_in_html(message), subtype="html", cte="quoted-printable")
    return made


def one_line(text: str, longest: int) -> str:
    """A text on one line, whatever is in it: a line break in a subject would begin another header."""
    flat = "".join(letter if letter.isprintable() else " " for letter in text)
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"


def _in_html(message: Message) -> str:
    items = []
    for each in message.notices:
        whose = f"<b>{html.escape(each.origin)}</b>: " if each.origin else ""
        remedy = f"<br>What to do: {html.escape(each.remedy)}" if each.remedy else ""
        items.append(f"<li>{each.weight.name.lower()}: {whose}{html.escape(each.text)}{remedy}</li>")
    return f"<html><body><ul>{''.join(items)}</ul></body></html>\n"


class MailChannel:
    """A server that takes mail in."""

    def __init__(self, email: Email, password: Hidden | None = None, pace: Pace = PACE) -> None:
        """Remember where, from whom and for whom."""
        self._email = email
        self._password = password
        self._hidden = () if password is None else (password,)
        self._pace = pace
        self._called: Final = f"{email.host}:{email.port}"

    def __repr__(self) -> str:
        """The server alone."""
        return f"MailChannel({self._called!r})"

    def send(self, message: Message | None, run: Run, seconds: float) -> Sent | NotSent:  # noqa: ARG002  of a run all is in the message
        """Send a message; its Message-ID is the same at each try, so that a mailbox may know it again."""
        if message is None:
            return Sent(0)
        identifier = make_msgid(domain=self._email.sender.rpartition("@")[2])
        made = mail(message, self._email.sender, self._email.to, identifier)
        return tried(lambda cord: self._once(made, cord), seconds, self._pace)

    def _once(self, made: EmailMessage, cord: Cord) -> Sent | NotSent | Again:
        conversation = _Conversation(self._email, self._password, cord)
        try:
            refused = conversation.held(made)
        except smtplib.SMTPException as error:
            return self._meant(error, conversation)
        except ssl.SSLError as error:
            words = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.reason
            return NotSent(f"{self._called}: TLS failed: {self._clean(words)}")
        except OSError as error:
            if not cord.left():
                return Again(f"{self._called} did not answer in time")
            return Again(f"{self._called}: no connection: {self._clean(error.strerror or str(error))}")
        finally:
            conversation.close()
        if refused:
            said = "; ".join(f"{address} ({code})" for address, (code, _) in sorted(refused.items()))
            return Sent(but=f"{self._called} did not take it for {said}")
        return Sent()

    def _meant(self, error: smtplib.SMTPException, conversation: _Conversation) -> NotSent | Again:
        doing = f"{self._called} refused {conversation.doing}"
        match error:
            case smtplib.SMTPRecipientsRefused(recipients=refused):
                code, words = next(iter(refused.values()))
                reason = f"{doing}: {code} {self._clean(words)}"
            case smtplib.SMTPAuthenticationError(smtp_code=code):
                # Not in its own words: a server may repeat what it was given.
                reason = f"{self._called} does not let {self._email.user} in with this password ({code})"
            case smtplib.SMTPResponseException(smtp_code=code, smtp_error=words):
                reason = f"{doing}: {code} {self._clean(words)}"
            case smtplib.SMTPServerDisconnected() if conversation.heard_too_much:
                return NotSent(f"{self._called} says more than {_MOST_HEARD:,} bytes")
            case smtplib.SMTPServerDisconnected() if not conversation.cord.left():
                return Again(f"{self._called} did not answer in time")
            case smtplib.SMTPServerDisconnected():
                return Again(f"{self._called} ended the connection at {conversation.doing}")
            case _:
                return NotSent(f"{doing}: {self._clean(str(error))}")
        return Again(reason) if code in _TEMPORARY else NotSent(reason)

    def _clean(self, words: str | bytes) -> str:
        text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
        return without(one_line(text, _WORDS), self._hidden)


class _Heard(msgspec.Struct):
    """How much a server has said."""

    count: int = 0


class _Lines:
    """What a server says, line by line, and no more than it needs to."""

    def __init__(self, file: IO[bytes], heard: _Heard) -> None:
        self._file = file
        self._heard = heard

    def readline(self, size: int) -> bytes:
        """The next line."""
        line = self._file.readline(size)
        self._heard.count += len(line)
        if self._heard.count > _MOST_HEARD:
            message = f"it says more than {_MOST_HEARD:,} bytes"
            raise OSError(message)
        return line

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _WithFile(Protocol):
    """What smtplib reads its answers from: a file that it makes where there is none."""

    file: object
    sock: socket.socket | None


def _bounded(server: _WithFile, heard: _Heard) -> None:
    if server.file is None and server.sock is not None:
        server.file = _Lines(server.sock.makefile("rb"), heard)


class _Server(smtplib.SMTP):
    """A server, asked in clear at first; bounded in what it may say."""

    def __init__(self, email: Email, cord: Cord, heard: _Heard) -> None:
        """Connect, and hear its greeting."""
        self._said = heard
        cord.tie(lambda: self.sock)
        super().__init__(email.host, email.port, timeout=_timeout(cord), local_hostname=_own_name())

    def getreply(self) -> tuple[int, bytes]:
        """One answer."""
        _bounded(cast("_WithFile", self), self._said)
        return super().getreply()


class _TlsServer(smtplib.SMTP_SSL):
    """A server with TLS from the first byte; bounded in what it may say."""

    def __init__(self, email: Email, cord: Cord, heard: _Heard) -> None:
        """Connect, and hear its greeting."""
        self._said = heard
        cord.tie(lambda: self.sock)
        own = _own_name()
        super().__init__(email.host, email.port, timeout=_timeout(cord), local_hostname=own, context=_tls())

    def getreply(self) -> tuple[int, bytes]:
        """One answer."""
        _bounded(cast("_WithFile", self), self._said)
        return super().getreply()


class _Conversation:
    """One conversation with a server; its socket hangs on the cord."""

    def __init__(self, email: Email, password: Hidden | None, cord: Cord) -> None:
        self.cord = cord
        self.doing = "the connection"
        self._email = email
        self._password = password
        self._heard = _Heard()
        self._server: _Server | _TlsServer | None = None

    def held(self, made: EmailMessage) -> dict[str, tuple[int, bytes]]:
        """Hold it; who was refused, where others were not."""
        kind = _TlsServer if self._email.tls == "tls" else _Server
        server = self._server = kind(self._email, self.cord, self._heard)
        if self._email.tls == "starttls":
            self.doing = "STARTTLS"
            server.starttls(context=_tls())
        if self._password is not None:
            self.doing = "the login"
            server.login(self._email.user, self._password.text)
        self.doing = "the mail"
        return server.send_message(made, self._email.sender, self._email.to)

    @property
    def heard_too_much(self) -> bool:
        """Whether it was ended because the server does not come to an end."""
        return self._heard.count > _MOST_HEARD

    def close(self) -> None:
        """End it without a word: what it was for is done, and a server may take its time to say good-bye."""
        if self._server is not None:
            self._server.close()


def _timeout(cord: Cord) -> float:
    return max(cord.left(), 0.001)  # a socket takes no zero for a time limit


def _own_name() -> str:
    """How this machine calls itself; without asking any name server, as smtplib would."""
    name = socket.gethostname()
    return name if _LABEL.fullmatch(name) else "localhost"


def _tls() -> ssl.SSLContext:
    """TLS with the system's store of authorities, or that of SSL_CERT_FILE (OpenSSL looks there itself)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
