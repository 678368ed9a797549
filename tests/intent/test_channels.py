"""Every way in which a channel can be wrong has its place and its words, and no word of a secret."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types of its own

from originlock.facts.edge import EdgeDescription
from originlock.facts.secret import Hidden
from originlock.facts.telling import On
from originlock.intent.decode import decode
from originlock.intent.schema import json_schema
from originlock.intent.telling import ChannelPolicy, Email, Ping, RunPolicy, Secret

SECRET = "T0KEN-of-the-channel"

MAIL = {"host": '"mail.example.org"', "from": '"originlock@example.org"', "to": '["ops@example.org"]'}


def ops(*lines: str) -> str:
    """A channel of these lines."""
    return "\n".join(("[notify.ops]", *lines))


def email(**changed: str | None) -> str:
    """A channel by e-mail, some of whose keys are changed or (None) left out."""
    lines = [f"{key} = {value}" for key, value in (MAIL | changed).items() if value is not None]
    return ops('kind = "email"', *lines)


BY_SCHEMA_TOO = {
    # what is wrong: document, place, distinctive words
    "no kind": (ops('url_env = "URL"'), "notify.ops.kind", "is missing: How people are told."),
    "an unknown kind": (ops('kind = "slak"'), "notify.ops.kind", "did you mean slack?"),
    "a key that no kind has": (
        ops('kind = "slack"', 'url_file = "/f"', 'url_evn = "URL"'),
        "notify.ops.url_evn",
        "did you mean url_env?",
    ),
    "a key of another kind": (
        ops('kind = "slack"', 'url_env = "URL"', 'topic_arn = "x"'),
        "notify.ops.topic_arn",
        'is no key of kind = "slack"; known there: url_env, url_file',
    ),
    "a secret in the file": (
        ops('kind = "webhook"', 'url_env = "URL"', f'secret = "{SECRET}"'),
        "notify.ops.secret",
        "does not stand in the configuration: name a variable with secret_env, or a file with secret_file",
    ),
    "a password in the file": (
        email(user='"originlock"', password_file='"/p"', password=f'"{SECRET}"'),
        "notify.ops.password",
        "name a variable with password_env",
    ),
    "the URL of Slack in the file": (
        ops('kind = "slack"', 'url_env = "URL"', f'url = "https://hooks.slack.com/{SECRET}"'),
        "notify.ops.url",
        'is no key of kind = "slack"',
    ),
    "the URL of Apprise in the file": (
        ops('kind = "apprise"', f'url = "tgram://{SECRET}/1"', 'url_env = "URL"'),
        "notify.ops.url",
        'is no key of kind = "apprise"',
    ),
    "a webhook to nowhere": (ops('kind = "webhook"'), "notify.ops", "give either url, url_env or url_file"),
    "Slack at nowhere": (ops('kind = "slack"'), "notify.ops", "does not say its url; give either url_env or url_file"),
    "two URLs": (
        ops('kind = "ping"', 'url_env = "URL"', 'url_file = "/f"'),
        "notify.ops",
        "url_env and url_file are both given; keep one of them",
    ),
    "two secrets": (
        ops('kind = "webhook"', 'url_env = "URL"', 'secret_env = "S"', 'secret_file = "/f"'),
        "notify.ops",
        "secret_env and secret_file are both given",
    ),
    "a variable with a hyphen": (
        ops('kind = "slack"', 'url_env = "MY-URL"'),
        "notify.ops.url_env",
        "is not the name of an environment variable",
    ),
    "a secret where its variable belongs": (
        ops('kind = "slack"', f'url_env = "https://hooks.slack.com/{SECRET}"'),
        "notify.ops.url_env",
        "is not the name of an environment variable",
    ),
    "a variable of our own": (
        ops('kind = "slack"', 'url_env = "ORIGINLOCK_SLACK_URL"'),
        "notify.ops.url_env",
        "belongs to originlock's own settings",
    ),
    "news that there are not": (
        ops('kind = "slack"', 'url_env = "URL"', 'on = ["holes"]'),
        "notify.ops.on[0]",
        "not 'holes'; did you mean hole?",
    ),
    "no news at all": (ops('kind = "slack"', 'url_env = "URL"', "on = []"), "notify.ops.on", "name at least 1 of the"),
    "a topic by its name": (ops('kind = "sns"', 'topic_arn = "ops"'), "notify.ops.topic_arn", "is not the ARN of a"),
    "a topic of a queue": (
        ops('kind = "sns"', 'topic_arn = "arn:aws:sns:eu-west-1:123456789012:ops.fifo"'),
        "notify.ops.topic_arn",
        "is not the ARN of a standard topic",
    ),
    "no topic": (ops('kind = "sns"'), "notify.ops.topic_arn", "is missing: SNS: the ARN of the topic"),
    "an external id without a role": (
        ops('kind = "sns"', 'topic_arn = "arn:aws:sns:eu-west-1:123456789012:ops"', 'external_id = "xy"'),
        "notify.ops.external_id",
        "is given without a role",
    ),
    "e-mail without a server": (email(host=None), "notify.ops.host", "is missing: E-mail: the server"),
    "e-mail from nobody": (email(**{"from": None}), "notify.ops.from", "is missing: E-mail: the address"),
    "e-mail for nobody": (email(to=None), "notify.ops.to", "is missing: E-mail: the addresses"),
    "e-mail to an empty list": (email(to="[]"), "notify.ops.to", "is an empty list"),
    "an address with a name": (email(to='["Ops <ops@example.org>"]'), "notify.ops.to[0]", "is not an e-mail address"),
    "an address with a second header": (
        email(**{"from": '"a@example.org\\r\\nBcc: b@example.org"'}),
        "notify.ops.from",
        "holds a line break or an unprintable character",
    ),
    "a password without a user": (
        email(password_env='"P"'),
        "notify.ops.password_env",
        "is given without a user",
    ),
    "a port that is none": (email(port="0"), "notify.ops.port", "from 1 to 65535, not 0"),
    "an encryption that there is not": (email(tls='"ssl"'), "notify.ops.tls", "must be 'starttls' or 'tls' or 'none'"),
    "a name of a channel with a space": (
        '[notify."my ops"]\nkind = "slack"\nurl_env = "URL"',
        'notify."my ops"',
        "is not the name of a",
    ),
    "a channel that is a text": ('[notify]\nops = "slack"', "notify.ops", "must be a table, not 'slack'"),
    "an age without a unit": ('[run]\noldest_list = "7"', "run.oldest_list", "'7' is not an age (such as 7d or 36h)"),
    "an age that is a number": ("[run]\noldest_list = 7", "run.oldest_list", "must be an age, as a text"),
    "no time to tell": ("[run]\ntell_seconds = 0", "run.tell_seconds", "from 1 to 600, not 0"),
    "an unknown setting of a run": ("[run]\nmetric_file = 1", "run.metric_file", "did you mean metrics_file?"),
}

BY_DECODING_ONLY = {
    "mail in clear": (email(tls='"none"'), "notify.ops.tls", "mail.example.org is not this machine: all would be sent"),
    "a user without a password": (
        email(user='"originlock"'),
        "notify.ops.user",
        "logs in without a password; give password_env or password_file",
    ),
    "plain http to elsewhere": (
        ops('kind = "webhook"', f'url = "http://example.org/{SECRET}"'),
        "notify.ops.url",
        "speaks to 'example.org' in clear",
    ),
    "a password in a URL": (
        ops('kind = "ping"', f'url = "https://me:{SECRET}@example.org/"'),
        "notify.ops.url",
        "must not hold a user or a password",
    ),
}

ALL = BY_SCHEMA_TOO | BY_DECODING_ONLY


@pytest.mark.parametrize("name", ALL)
def test_what_is_wrong_is_said_where_it_is(name: str, edges: Sequence[EdgeDescription]) -> None:
    """A person mends a configuration by these words alone."""
    document, place, words = ALL[name]
    decoded = decode(tomllib.loads(document), {}, edges)
    assert decoded.configuration is None
    assert [each.place for each in decoded.problems] == [place]
    assert words in decoded.problems[0].message


@pytest.mark.parametrize("name", ALL)
def test_no_word_of_a_secret(name: str, edges: Sequence[EdgeDescription]) -> None:
    """What was put into the wrong key may be the secret itself."""
    document, _, _ = ALL[name]
    assert SECRET not in repr(decode(tomllib.loads(document), {}, edges))


@pytest.mark.parametrize("name", BY_SCHEMA_TOO)
def test_an_editor_sees_it_too(name: str, edges: Sequence[EdgeDescription]) -> None:
    """What the schema can say is marked while it is written."""
    document = json.loads(json.dumps(tomllib.loads(BY_SCHEMA_TOO[name][0]), default=str))
    assert not Draft202012Validator(json_schema(edges)).is_valid(document)


def test_everything_wrong_is_told_at_once(edges: Sequence[EdgeDescription]) -> None:
    """A person mends once, not as often as there are faults."""
    document = email(host=None, tls='"ssl"', to='["nobody"]', user='"me"') + '\n[notify.chat]\nkind = "slack"'
    places = [each.place for each in decode(tomllib.loads(document), {}, edges).problems]
    assert sorted(places) == ["notify.chat", "notify.ops.host", "notify.ops.tls", "notify.ops.to[0]", "notify.ops.user"]


def test_a_url_is_shown_by_its_host(edges: Sequence[EdgeDescription]) -> None:
    """`config show` prints every setting, and a pinging URL is all that is needed to silence a monitor."""
    document = tomllib.loads(ops('kind = "ping"', f'url = "https://hc.example.org:8443/{SECRET}"'))
    decoded = decode(document, {}, edges)
    assert SECRET not in repr(decoded)
    assert {each.path: each.value for each in decoded.sources}["notify.ops.url"] == "https://hc.example.org:8443/..."
    assert decoded.configuration is not None
    (channel,) = decoded.configuration.channels
    assert channel == ChannelPolicy("ops", Ping(Secret(clear=Hidden(f"https://hc.example.org:8443/{SECRET}"))))


def test_the_environment_names_the_url(edges: Sequence[EdgeDescription]) -> None:
    """A container has its settings there; the variable's URL is as hidden as the file's."""
    variables = {"ORIGINLOCK_NOTIFY_OPS_URL": f"https://hc.example.org/{SECRET}"}
    decoded = decode(tomllib.loads(ops('kind = "ping"')), variables, edges)
    assert decoded.problems == decoded.warnings == ()
    assert SECRET not in repr(decoded)


def test_defaults(edges: Sequence[EdgeDescription]) -> None:
    """All news by default, and the usual port of each encryption."""
    for tls, port in (("starttls", 587), ("tls", 465), ("none", 25)):
        document = email(host='"localhost"', tls=f'"{tls}"')
        configuration = decode(tomllib.loads(document), {}, edges).configuration
        assert configuration is not None
        (channel,) = configuration.channels
        assert isinstance(channel.way, Email)
        assert (channel.way.port, channel.on) == (port, tuple(On))
        assert configuration.run == RunPolicy()
