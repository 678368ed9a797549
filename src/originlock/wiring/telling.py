"""Telling people: from the configuration to channels, and all of them at once, within a time.

Lives here: which channel stands behind which kind, a thread for each, and that none holds anything up.
Must not live here: what is told (see `originlock.notify`), how a channel sends (see `originlock.channels`).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, assert_never

import msgspec

from originlock.errors import OriginlockError, UsageError
from originlock.facts.runs import Run
from originlock.facts.secret import Hidden
from originlock.facts.telling import On
from originlock.intent.addresses import URL
from originlock.intent.kinds import WrongValueError
from originlock.intent.policy import Configuration, Place
from originlock.intent.telling import Apprise, ChannelPolicy, Email, Ping, Secret, Slack, Sns, Webhook
from originlock.notify.message import Message
from originlock.ports.telling import Channel, Monitor, NotSent, Sent
from originlock.wiring.secrets import Words, secret_of

_GRACE_SECONDS: Final = 0.5
"""How much longer the waiting side waits, so that the channel's own account is preferred (our choice)."""

_BEGIN_SECONDS: Final = 5.0
"""How long a monitor may take to hear that a run begins (our choice): it is in the background, and is then given up."""

_SHORTEST_SECRET: Final = 16
"""Characters of what messages are signed with (our choice: openssl rand -base64 24 gives 32)."""


class Came(msgspec.Struct, frozen=True):
    """What came of sending to one channel.

    Attributes:
        channel: its name.
        kind: of channel.
        came: of sending.
    """

    channel: str
    kind: str
    came: Sent | NotSent


class Begun:
    """Monitors that are being told, in the background, that a run begins."""

    def __init__(self, configuration: Configuration, variables: Mapping[str, str] = os.environ) -> None:
        """Begin; return at once."""
        self._errands = {
            each.name: _Errand(_beginning(each, variables), _BEGIN_SECONDS)
            for each in configuration.channels
            if isinstance(each.way, Ping)
        }

    def over(self, channel: str) -> Sent | NotSent | None:
        """Wait until one monitor was told, or was given up: what came of it; None if it is no monitor."""
        errand = self._errands.get(channel)
        return None if errand is None else errand.outcome()


def wishes(configuration: Configuration) -> dict[str, frozenset[On]]:
    """What each channel wants to be told of, by its name."""
    return {each.name: frozenset(each.on) for each in configuration.channels}


def send(
    configuration: Configuration,
    messages: Mapping[str, Message],
    run: Run,
    seconds: float,
    begun: Begun | None = None,
    variables: Mapping[str, str] = os.environ,
) -> tuple[Came, ...]:
    """Send to each channel what there is for it, all at once; what fails is in the answer, and nothing is raised.

    Args:
        configuration: names the channels.
        messages: by channel; monitors are told of every run, with a message or without.
        run: what they are of.
        seconds: by when this returns, whatever the other sides do.
        begun: so that no monitor hears of the beginning after the end.
        variables: of the environment; channels may have secrets there.

    Returns:
        Of each channel that something was sent to, in the order of the configuration.
    """
    errands = [
        (each, _Errand(_sending(each, messages.get(each.name), run, begun, variables), seconds))
        for each in configuration.channels
        if each.name in messages or isinstance(each.way, Ping)
    ]
    return tuple(Came(each.name, kind_of(each), errand.outcome()) for each, errand in errands)


def failures(came: tuple[Came, ...]) -> dict[str, str]:
    """Why, of each channel that did not take it."""
    return {each.channel: each.came.reason for each in came if isinstance(each.came, NotSent)}


def kind_of(channel: ChannelPolicy) -> str:
    """The kind of a channel, as the configuration has it."""
    return str(channel.way.__struct_config__.tag)


_Work = Callable[[float], Sent | NotSent]
"""What is done within so many seconds."""


class _Errand:
    """Something that a thread of its own is sending."""

    def __init__(self, work: _Work, seconds: float) -> None:
        """Start; return at once."""
        self._work = work
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._done = threading.Event()
        self._came: Sent | NotSent = NotSent(f"it was not done within {seconds:g} seconds")
        # A daemon: nothing can end a thread that waits for DNS, and the process must not wait for it.
        try:
            threading.Thread(target=self._run, name="tell", daemon=True).start()
        except RuntimeError:
            # The system gives no more threads (its limit of tasks): the run goes on, and tells next time.
            self._came = NotSent("this machine gave no thread to send it in; raise its limit of tasks")
            self._done.set()

    def _run(self) -> None:
        try:
            came = self._work(max(self._seconds - _GRACE_SECONDS, self._seconds / 2))
        except OriginlockError as error:
            came = NotSent(f"{error.what}; {error.remedy}")
        except Exception as error:  # noqa: BLE001  a thread's end: the run goes on; its text may hold a secret
            came = NotSent(f"originlock's own sending failed ({type(error).__name__}); please report it")
        if not self._done.is_set():
            self._came = came
        self._done.set()

    def outcome(self) -> Sent | NotSent:
        """Wait until it is over, or given up; always the same answer."""
        if not self._done.wait(max(0.0, self._ends - time.monotonic())):
            self._done.set()
        return self._came


def _beginning(channel: ChannelPolicy, variables: Mapping[str, str]) -> _Work:
    def work(seconds: float) -> Sent | NotSent:
        return _monitor(channel, variables).begin(seconds)

    return work


def _sending(
    channel: ChannelPolicy, message: Message | None, run: Run, begun: Begun | None, variables: Mapping[str, str]
) -> _Work:
    def work(seconds: float) -> Sent | NotSent:
        ends = time.monotonic() + seconds
        if begun is not None:
            begun.over(channel.name)
        # Here, in the thread: a file that names a pipe would be waited for.
        return made(channel, variables).send(message, run, max(0.0, ends - time.monotonic()))

    return work


def _monitor(channel: ChannelPolicy, variables: Mapping[str, str]) -> Monitor:
    from originlock.channels.ping import PingChannel  # noqa: PLC0415  HTTP is loaded when it is needed
    from originlock.channels.tries import Pace  # noqa: PLC0415  ditto

    if not isinstance(channel.way, Ping):
        message = f"{channel.name} is no monitor"
        raise TypeError(message)
    return PingChannel(_url(channel, channel.way.url, variables), Pace(tries=1))


def made(channel: ChannelPolicy, variables: Mapping[str, str]) -> Channel:
    """The channel behind a kind, with its secrets.

    Raises:
        UsageError: a secret is not there, is not safe, or is not what it should be.
    """
    way = channel.way
    match way:
        case Webhook(url=url, secret=secret):
            from originlock.channels.webhook import WebhookChannel  # noqa: PLC0415  ditto

            signing = None if secret is None else _signing(channel, secret, variables)
            return WebhookChannel(_url(channel, url, variables), signing)
        case Slack(url=url):
            from originlock.channels.slack import SlackChannel  # noqa: PLC0415  ditto

            return SlackChannel(_url(channel, url, variables))
        case Ping(url=url):
            from originlock.channels.ping import PingChannel  # noqa: PLC0415  ditto

            return PingChannel(_url(channel, url, variables))
        case Email(password=password):
            from originlock.channels.mail import MailChannel  # noqa: PLC0415  SMTP is loaded when it is needed

            return MailChannel(way, None if password is None else _password(channel, password, variables))
        case Sns():
            return _topic(way)
        case Apprise(url=url):
            from originlock.channels.through_apprise import AppriseChannel  # noqa: PLC0415  ditto

            return AppriseChannel(secret_of(url, variables, _words(channel, "URL", "url")))
        case _:
            assert_never(way)


def _topic(way: Sns) -> Channel:
    from originlock.aws.session import Sessions  # noqa: PLC0415  botocore is loaded when it is needed
    from originlock.aws.topics import TopicChannel, region_of_topic  # noqa: PLC0415  ditto

    place = Place(region_of_topic(way.topic_arn), way.profile, way.role, way.external_id)
    return TopicChannel(Sessions(), place, way.topic_arn)


def _words(channel: ChannelPolicy, what: str, key: str) -> Words:
    place = f"notify.{channel.name}.{key}"
    how = f"set the variable that {place}_env names, or name a file with {place}_file"
    called = f"the {what} of the channel {channel.name}"
    return Words(called, f"no {what}", f"{place}_file", how, "make a new one")


def _url(channel: ChannelPolicy, secret: Secret, variables: Mapping[str, str]) -> Hidden:
    words = _words(channel, "URL", "url")
    found = secret_of(secret, variables, words)
    try:
        URL.read(found.text)
    except WrongValueError as error:
        message = f"{words.what} {'; '.join(fault for _, fault in error.faults)}"
        # Without its cause: a person is shown no traceback that could hold the URL.
        raise UsageError(message, words.how) from None
    return found


def _signing(channel: ChannelPolicy, secret: Secret, variables: Mapping[str, str]) -> Hidden:
    words = _words(channel, "secret", "secret")
    found = secret_of(secret, variables, words)
    if len(found.text) < _SHORTEST_SECRET:
        message = f"{words.what} is too short: fewer than {_SHORTEST_SECRET} characters"
        raise UsageError(message, "make one with `openssl rand -base64 24`")
    return found


def _password(channel: ChannelPolicy, secret: Secret, variables: Mapping[str, str]) -> Hidden:
    words = _words(channel, "password", "password")
    found = secret_of(secret, variables, words)
    if not (found.text.isascii() and found.text.isprintable()):
        message = f"{words.what} has characters that SMTP's login cannot carry"
        raise UsageError(message, "choose one of printable ASCII characters")
    return found
