"""Who is told, and how a run by itself goes: channels and the settings of a run, as data.

Lives here: what ``[notify.NAME]`` and ``[run]`` come to. Must not live here: how they are written in a file (see
`notify_keys`, `notify_decode`), where a secret is read, sending.
"""

from __future__ import annotations

import datetime
from typing import Literal

import msgspec

from originlock.facts.secret import Hidden
from originlock.facts.telling import On


class Secret(msgspec.Struct, frozen=True):
    """Where something that may be a secret is found: in just one of these places.

    Attributes:
        env: the name of an environment variable.
        file: a file's path.
        clear: itself, where it stands in the configuration.
    """

    env: str = ""
    file: str = ""
    clear: Hidden | None = None


class Webhook(msgspec.Struct, frozen=True, tag="webhook"):
    """JSON by POST.

    Attributes:
        secret: what it is signed with; None leaves it unsigned.
    """

    url: Secret
    secret: Secret | None = None


class Slack(msgspec.Struct, frozen=True, tag="slack"):
    """An incoming webhook of Slack."""

    url: Secret


class Sns(msgspec.Struct, frozen=True, tag="sns"):
    """A topic of Amazon SNS.

    Attributes:
        topic_arn: of a standard topic; it says the Region.
        profile, role, external_id: as whom it is published to, as `Place` has them.
    """

    topic_arn: str
    profile: str | None = None
    role: str | None = None
    external_id: str | None = None


class Email(msgspec.Struct, frozen=True, tag="email"):
    """E-mail by a server that takes it in.

    Attributes:
        tls: ``starttls``, ``tls`` from the first byte, or ``none``, which is for this machine only.
        user: who logs in; empty for nobody.
        password: of the user; None without one.
        sender: the address that it is from.
        to: the addresses that it is for.
    """

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: Secret | None = None


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """A monitor that is told when a run begins, and how it ended; it tells people when nothing comes."""

    url: Secret


class Apprise(msgspec.Struct, frozen=True, tag="apprise"):
    """Anything that Apprise knows, by a URL of its kind."""

    url: Secret


Way = Webhook | Slack | Sns | Email | Ping | Apprise
"""How people are told."""


class ChannelPolicy(msgspec.Struct, frozen=True):
    """One channel.

    Attributes:
        name: the person's own.
        way: how.
        on: of what; in the order of `On`.
    """

    name: str
    way: Way
    on: tuple[On, ...] = tuple(On)


class RunPolicy(msgspec.Struct, frozen=True):
    """How a run by itself goes.

    Attributes:
        oldest_list: how old an edge's list may be before people are told.
        metrics_file: where numbers for a monitor are written; empty for nowhere.
        tell_seconds: how long all telling together may take.
    """

    oldest_list: datetime.timedelta = datetime.timedelta(days=7)
    metrics_file: str = ""
    tell_seconds: float = 30.0
