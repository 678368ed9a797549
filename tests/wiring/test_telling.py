"""All channels at once, within a time; what fails is told, and holds nothing up."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import msgspec
import pytest
from tests.channels.receivers import Receiver, Talk, receiving, talking
from tests.channels.said import CHANGE, HOLE, RUN, TOKEN, told
from tests.edges.misbehaving import drips, serving

from originlock.facts.secret import Hidden
from originlock.facts.telling import On
from originlock.intent.policy import Configuration
from originlock.intent.telling import Apprise, ChannelPolicy, Email, Ping, Secret, Slack, Sns, Webhook
from originlock.ports.telling import NotSent, Sent
from originlock.wiring.telling import Begun, Came, failures, send, wishes

SECONDS = 2.0
VARIABLES = {"SECRET": "a secret to sign with"}


def clear(url: str) -> Secret:
    """A URL as it stands in the configuration."""
    return Secret(clear=Hidden(url))


def configured(*channels: ChannelPolicy) -> Configuration:
    """A configuration of these channels."""
    return Configuration(channels=channels)


def sent(configuration: Configuration, variables: dict[str, str] | None = None) -> tuple[Came, ...]:
    """What comes of telling everybody, which must be over in time."""
    messages = {each.name: told() for each in configuration.channels}
    before = time.monotonic()
    came = send(configuration, messages, RUN, SECONDS, variables=VARIABLES if variables is None else variables)
    assert time.monotonic() - before < SECONDS + 1.0
    assert "7f3c9b2e" not in repr((came, configuration))
    return came


def reason(way: Webhook | Slack | Email | Ping | Apprise | Sns, variables: dict[str, str] | None = None) -> str:
    """Why a channel was not told."""
    (came,) = sent(configured(ChannelPolicy("ops", way)), variables)
    assert isinstance(came.came, NotSent)
    return came.came.reason


def hears_all(connection: socket.socket) -> None:
    """Take whatever comes and never answer."""
    while connection.recv(65_536):
        pass


def drips_a_handshake(connection: socket.socket) -> None:
    """Begin a TLS record (RFC 8446, section 5.1: handshake, of 16,384 bytes), and go on byte by byte."""
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    while True:
        time.sleep(0.05)
        connection.sendall(b"\x00")


def test_who_hangs_holds_up_nobody() -> None:
    """One that never answers costs its own time, and the others are told meanwhile."""
    with receiving() as up, serving(drips(b"HTTP/1.1 2", b"0")) as slow, talking(hears_all) as dead:
        channels = configured(
            ChannelPolicy("slow", Webhook(clear(slow.url(f"/{TOKEN}")))),
            ChannelPolicy("mail", Email("127.0.0.1", dead, "none", "a@example.org", ("b@example.org",))),
            ChannelPolicy("up", Webhook(clear(up.url(f"/{TOKEN}")), Secret(env="SECRET"))),
        )
        first, mail, last = sent(channels)
    assert (last.channel, last.kind, last.came) == ("up", "webhook", Sent(1))
    assert isinstance(first.came, NotSent)
    assert isinstance(mail.came, NotSent)
    assert set(failures((first, mail, last))) == {"slow", "mail"}
    assert len(up.received) == 1


@pytest.mark.parametrize("talk", [hears_all, drips_a_handshake], ids=["silent", "dripping"])
def test_a_handshake_that_does_not_end(talk: Talk) -> None:
    """Before there is TLS there is no socket to cut: the time for all telling ends the waiting."""
    with talking(talk) as port:
        said = reason(Email("localhost", port, "tls", "a@example.org", ("b@example.org",)))
    assert said == "it was not done within 2 seconds" or "in time" in said


def test_a_pipe_in_the_place_of_a_secret(tmp_path: Path) -> None:
    """Opening it waits for whoever would write; the run does not."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    assert reason(Slack(Secret(file=str(pipe)))) == "it was not done within 2 seconds"


def test_no_thread_is_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of tasks: the run would end with a traceback, its record unwritten, and everything be told anew."""

    def refused(_: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert "no thread" in reason(Ping(clear("http://localhost")))


def test_only_who_has_something_to_hear() -> None:
    """No channel gets an empty message; a monitor hears of each run."""
    with receiving() as chat, receiving() as monitor:
        channels = configured(
            ChannelPolicy("chat", Webhook(clear(chat.url()))), ChannelPolicy("mon", Ping(clear(monitor.url("/m"))))
        )
        came = send(channels, {}, RUN, SECONDS)
    assert [each.channel for each in came] == ["mon"]
    assert chat.received == []
    assert [each.path for each in monitor.received] == ["/m/3"]


def test_wishes() -> None:
    """What each wants to hear of, for whoever sorts the news."""
    channels = configured(ChannelPolicy("a", Ping(clear("http://localhost")), (On.HOLE,)))
    assert wishes(channels) == {"a": frozenset({On.HOLE})}


def paths(receiver: Receiver) -> list[str]:
    """What was asked for, in order."""
    return [each.path for each in receiver.received]


def test_the_beginning_comes_before_the_end() -> None:
    """A monitor that hears of the beginning last would wait for an end that came already."""
    with receiving() as monitor:
        channels = configured(ChannelPolicy("mon", Ping(clear(monitor.url("/m")))))
        begun = Begun(channels)
        (came,) = send(channels, {}, RUN, SECONDS, begun)
        assert begun.over("mon") == Sent(1)
        assert begun.over("other") is None
    assert came.came == Sent(1)
    assert paths(monitor) == ["/m/start", "/m/3"]


def test_a_beginning_that_nobody_hears_holds_up_nothing() -> None:
    """It is in the background; that it failed is no news: the end tells."""
    with serving(drips(b"HTTP/1.1 2", b"0")) as monitor:
        channels = configured(ChannelPolicy("mon", Ping(clear(monitor.url("/m")))))
        before = time.monotonic()
        begun = Begun(channels)
        assert time.monotonic() - before < 1.0
        (came,) = send(channels, {}, RUN, SECONDS, begun)
        assert time.monotonic() - before < SECONDS + 1.0
    assert isinstance(came.came, NotSent)


def test_each_channel_in_its_own_words() -> None:
    """What goes out is what there is for it."""
    with receiving() as one, receiving() as two:
        channels = configured(
            ChannelPolicy("one", Webhook(clear(one.url()))), ChannelPolicy("two", Webhook(clear(two.url())))
        )
        send(channels, {"one": told(HOLE), "two": told(CHANGE)}, RUN, SECONDS)
    assert b'"weight":"alert"' in one.received[0].body
    assert b'"on":"hole"' not in two.received[0].body


# --- secrets ------------------------------------------------------------------------------------------------------


def private(path: Path, text: str, mode: int = 0o600) -> Secret:
    """A secret in a file."""
    path.write_text(text)
    path.chmod(mode)
    return Secret(file=str(path))


def test_secrets_from_files_and_variables(tmp_path: Path) -> None:
    """With the line break that every editor adds; a group may read, as with a Kubernetes secret."""
    with receiving() as receiver:
        variables = {"URL": f"{receiver.url()}{TOKEN}\n"}
        url = private(tmp_path / "url", f"{receiver.url()}{TOKEN}\n", 0o440)
        came = sent(configured(ChannelPolicy("a", Slack(url)), ChannelPolicy("b", Slack(Secret(env="URL")))), variables)
    assert [each.came for each in came] == [Sent(1), Sent(1)]
    assert paths(receiver) == [f"/{TOKEN}"] * 2


def test_a_credential_by_its_name(tmp_path: Path) -> None:
    """As systemd gives a service its secrets; by hand it is looked for where these are kept."""
    with receiving() as receiver:
        private(tmp_path / "chat", receiver.url(f"/{TOKEN}"), 0o440)
        chat = configured(ChannelPolicy("a", Slack(Secret(file="chat"))))
        (came,) = sent(chat, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert came.came == Sent(1)
    assert "/etc/originlock/credentials/no-such-file cannot be read" in reason(Slack(Secret(file="no-such-file")), {})


def test_a_variable_that_is_not_set() -> None:
    """Cron has another environment than a person; the message says what is missing, and where it is named."""
    assert reason(Slack(Secret(env="SLACK_URL")), {}) == (
        "the environment variable SLACK_URL, which holds the URL of the channel ops, is not set; "
        "set the variable that notify.ops.url_env names, or name a file with notify.ops.url_file"
    )


@pytest.mark.parametrize(
    "text,mode,words",
    [
        ("https://example.org/x", 0o644, "may be read or changed by others on this machine"),
        ("https://example.org/x", 0o620, "may be read or changed by others on this machine"),
        ("", 0o600, "holds no URL"),
        ("x" * 5000, 0o600, "holds no URL"),
        (TOKEN, 0o600, "must be a whole URL that begins with https://"),
        (f"http://example.org/{TOKEN}", 0o600, "speaks to 'example.org' in clear"),
        ("https://me:7f3c9b2e@example.org/", 0o600, "must not hold a user or a password"),
        (f"https://example.org/{TOKEN}\nX: y", 0o600, "line break"),
    ],
)
def test_a_file_that_will_not_do(tmp_path: Path, text: str, mode: int, words: str) -> None:
    """Each is told in words that do not tell what is in it."""
    assert words in reason(Slack(private(tmp_path / "url", text, mode)))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The path is told, for it is what is to be mended."""
    path = tmp_path / "url"
    assert reason(Slack(Secret(file=str(path)))).startswith(f"the URL of the channel ops in {path} cannot be read: No")


def test_a_secret_that_can_be_guessed() -> None:
    """A signature by a short secret proves nothing."""
    way = Webhook(clear("http://127.0.0.1:1/"), Secret(env="SECRET"))
    assert "is too short: fewer than 16 characters" in reason(way, {"SECRET": "7f3c9b2e"})


def test_a_password_that_smtp_cannot_carry() -> None:
    """It would be an error deep inside, with the password in its words."""
    way = Email("127.0.0.1", 1, "none", "a@example.org", ("b@example.org",), "me", Secret(env="P"))
    assert "characters that SMTP's login cannot carry" in reason(way, {"P": "7f3c9b2e-ü"})


def test_a_fault_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks in a channel, the run goes on, and what broke is told without its words."""

    def broken(*_: object) -> None:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr("originlock.channels.slack.body", broken)
    with receiving() as receiver:
        said = reason(Slack(clear(receiver.url())))
    assert said == "originlock's own sending failed (RuntimeError); please report it"


def test_a_topic_without_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a role cannot publish, and says so in time."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    said = reason(Sns("arn:aws:sns:eu-west-1:123456789012:ops"))
    assert "credentials" in said


def test_the_run_is_told_of_by_its_exit_code() -> None:
    """A monitor raises the alarm for all but 0."""
    with receiving() as monitor:
        channels = configured(ChannelPolicy("mon", Ping(clear(monitor.url("/m")))))
        send(channels, {}, msgspec.structs.replace(RUN, exit_code=0), SECONDS)
    assert paths(monitor) == ["/m/0"]
