"""The table of keys of channels and of runs: ``[notify.NAME]`` and ``[run]``.

Lives here: names, kinds, descriptions and defaults, and which keys a kind of channel has.
Must not live here: the other keys (see `keys`), how a value is judged (see `notify_values`), what they mean together
(see `notify_decode`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from originlock.facts.telling import On
from originlock.intent import notify_values as values
from originlock.intent.entries import Key, Named, Section
from originlock.intent.telling import RunPolicy
from originlock.intent.values import EXTERNAL_ID as ANY_EXTERNAL_ID, PROFILE as ANY_PROFILE, ROLE as ANY_ROLE

KIND: Key[str | None] = Key("kind", values.KIND, "How people are told.", None, required=True)
ON = Key(
    "on",
    values.ON,
    "What they are told of; without it, everything. A ping is sent for each run all the same.",
    tuple(each.value for each in On),
)
URL: Key[str | None] = Key(
    "url",
    values.URL,
    "Webhook, ping: where it is sent, if that is no secret. No more than its host is ever shown.",
    None,
    secret=True,
)
URL_ENV: Key[str | None] = Key(
    "url_env", values.VARIABLE, "Webhook, Slack, ping, Apprise: the environment variable that holds the URL.", None
)
URL_FILE: Key[str | None] = Key(
    "url_file",
    values.FILE,
    "Webhook, Slack, ping, Apprise: a file that holds the URL, which nobody else may read. "
    "A name without a slash is one in /etc/originlock/credentials, or what systemd gives a service by it.",
    None,
)
SECRET_ENV: Key[str | None] = Key(
    "secret_env",
    values.VARIABLE,
    "Webhook: the environment variable that holds what messages are signed with; without a secret they are not.",
    None,
)
SECRET_FILE: Key[str | None] = Key(
    "secret_file", values.FILE, "Webhook: a file that holds what messages are signed with, as url_file.", None
)
TOPIC_ARN: Key[str | None] = Key(
    "topic_arn", values.TOPIC_ARN, "SNS: the ARN of the topic, which says its Region too.", None
)
PROFILE: Key[str | None] = Key(
    "profile", ANY_PROFILE, "SNS: the profile of the AWS configuration; without it, what boto3 finds.", None
)
ROLE: Key[str | None] = Key("role", ANY_ROLE, "SNS: the ARN of a role to assume, such as one in another account.", None)
EXTERNAL_ID: Key[str | None] = Key(
    "external_id", ANY_EXTERNAL_ID, "SNS: what the role's trust policy asks for as sts:ExternalId.", None
)
HOST: Key[str | None] = Key("host", values.HOST, "E-mail: the server that takes it in.", None)
PORT: Key[int | None] = Key(
    "port", values.PORT, "E-mail: its port; without it, 587, with tls 465, without any encryption 25.", None
)
TLS = Key(
    "tls",
    values.TLS,
    "E-mail: starttls asks for encryption first, tls has it from the first byte; none is for this machine only.",
    "starttls",
)
USER: Key[str | None] = Key("user", values.USER, "E-mail: who logs in; without it, nobody does.", None)
PASSWORD_ENV: Key[str | None] = Key(
    "password_env", values.VARIABLE, "E-mail: the environment variable that holds the user's password.", None
)
PASSWORD_FILE: Key[str | None] = Key(
    "password_file", values.FILE, "E-mail: a file that holds the user's password, as url_file.", None
)
FROM: Key[str | None] = Key("from", values.MAILBOX, "E-mail: the address that it is from.", None)
TO: Key[tuple[str, ...]] = Key("to", values.MAILBOXES, "E-mail: the addresses that it is for.", ())


class Shape(msgspec.Struct, frozen=True):
    """The keys of one kind of channel, beside its kind and what it is told of.

    Attributes:
        needed: each must be given.
        one_of: just one of these must be given.
        at_most_one_of: not two of these.
        others: may be given.
    """

    needed: tuple[Key[object], ...] = ()
    one_of: tuple[Key[object], ...] = ()
    at_most_one_of: tuple[Key[object], ...] = ()
    others: tuple[Key[object], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names of all of them."""
        return frozenset(each.name for each in (*self.needed, *self.one_of, *self.at_most_one_of, *self.others))


SHAPES: Final[Mapping[str, Shape]] = {
    "webhook": Shape(one_of=(URL, URL_ENV, URL_FILE), at_most_one_of=(SECRET_ENV, SECRET_FILE)),
    "slack": Shape(one_of=(URL_ENV, URL_FILE)),
    "sns": Shape(needed=(TOPIC_ARN,), others=(PROFILE, ROLE, EXTERNAL_ID)),
    "email": Shape(needed=(HOST, FROM, TO), at_most_one_of=(PASSWORD_ENV, PASSWORD_FILE), others=(PORT, TLS, USER)),
    "ping": Shape(one_of=(URL, URL_ENV, URL_FILE)),
    "apprise": Shape(one_of=(URL_ENV, URL_FILE)),
}
"""Which keys each kind has. Of Slack and Apprise the URL is the password, so it never stands in the file."""

_OWN: Final[tuple[Key[object], ...]] = (
    *(URL, URL_ENV, URL_FILE, SECRET_ENV, SECRET_FILE, TOPIC_ARN, PROFILE, ROLE, EXTERNAL_ID),
    *(HOST, PORT, TLS, USER, PASSWORD_ENV, PASSWORD_FILE, FROM, TO),
)


def _rules(kind: str, shape: Shape) -> dict[str, object]:
    """What JSON Schema is to say of the keys of one kind."""
    strangers = {each.name: False for each in _OWN if each.name not in shape.names}
    said: dict[str, object] = {"properties": strangers}
    if shape.needed:
        said["required"] = [each.name for each in shape.needed]
    if shape.one_of:
        said["oneOf"] = [{"required": [each.name]} for each in shape.one_of]
    if shape.at_most_one_of:
        said["not"] = {"required": [each.name for each in shape.at_most_one_of]}
    return {"if": {"properties": {KIND.name: {"const": kind}}, "required": [KIND.name]}, "then": said}


_ELSEWHERE: Final = "does not stand in the configuration: name a variable with {0}_env, or a file with {0}_file"

CHANNEL = Section(
    "channel",
    "One way in which people are told.",
    (KIND, ON, *_OWN),
    rules={
        "allOf": [_rules(kind, shape) for kind, shape in SHAPES.items()],
        "dependentRequired": {
            EXTERNAL_ID.name: [ROLE.name],
            PASSWORD_ENV.name: [USER.name],
            PASSWORD_FILE.name: [USER.name],
        },
    },
    not_yet=(("secret", _ELSEWHERE.format("secret")), ("password", _ELSEWHERE.format("password"))),
)
NOTIFY = Named("notify", "Who is told, by a name of your choice.", values.CHANNEL_NAME, CHANNEL)

OLDEST_LIST = Key(
    "oldest_list",
    values.AGE,
    "How old the edge's list may be before people are told: days or hours.",
    f"{RunPolicy().oldest_list.days}d",
)
METRICS_FILE: Key[str | None] = Key(
    "metrics_file",
    values.FILE,
    "Where numbers are written for Prometheus's node_exporter; without it, nowhere.",
    None,
)
TELL_SECONDS = Key(
    "tell_seconds",
    values.TELL_SECONDS,
    "How many seconds all telling together may take; what is not told by then is given up.",
    RunPolicy().tell_seconds,
)
RUN = Section("run", "How a run by itself goes.", (OLDEST_LIST, METRICS_FILE, TELL_SECONDS))
