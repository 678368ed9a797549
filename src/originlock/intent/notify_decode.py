"""What the keys of channels and of runs mean together.

Lives here: from ``[notify.NAME]`` and ``[run]`` to channels and settings. Must not live here: how one value is judged
(see `notify_values`), reading a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from originlock.facts.secret import Hidden
from originlock.facts.telling import On
from originlock.intent import notify_keys as keys
from originlock.intent.addresses import is_this_machine
from originlock.intent.entries import Key
from originlock.intent.notify_values import age_of
from originlock.intent.reading import Table
from originlock.intent.telling import (
    Apprise,
    ChannelPolicy,
    Email,
    Ping,
    RunPolicy,
    Secret,
    Slack,
    Sns,
    Way,
    Webhook,
)

T = TypeVar("T")

_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
"""RFC 6409 (submission), RFC 8314 (submission with TLS from the first byte), RFC 5321 (SMTP)."""

_URL: Final = "url"
_SECRET: Final = "secret"  # noqa: S105  the beginning of two keys' names
_PASSWORD: Final = "password"  # noqa: S105  ditto


def channel_of(name: str, table: Table) -> ChannelPolicy | None:
    """One channel; None if anything that it needs is missing or wrong."""
    kind, on = table.sound(keys.KIND), table.take(keys.ON)
    if kind is None or kind[0] is None:
        return None
    strangers = sorted(_all_names() - keys.SHAPES[kind[0]].names)
    for each in strangers:
        if table.has(each):
            message = f'is no key of kind = "{kind[0]}"; known there: {", ".join(_known(kind[0]))}'
            table.problem(message, each)
    way = _WAYS[kind[0]](table)
    return None if way is None else ChannelPolicy(name, way, tuple(On(each) for each in on))


def run_of(table: Table) -> RunPolicy:
    """The settings of a run by itself."""
    oldest, metrics = table.take(keys.OLDEST_LIST), table.take(keys.METRICS_FILE)
    return RunPolicy(age_of(oldest), metrics or "", table.take(keys.TELL_SECONDS))


def _all_names() -> frozenset[str]:
    return frozenset(name for shape in keys.SHAPES.values() for name in shape.names)


def _known(kind: str) -> list[str]:
    return [each.name for each in keys.CHANNEL.entries if each.name in keys.SHAPES[kind].names]


def _webhook(table: Table) -> Webhook | None:
    url = _one_of(table, _URL, keys.SHAPES["webhook"].one_of)
    secret = _found(table, _SECRET, (keys.SECRET_ENV, keys.SECRET_FILE))
    return None if url is None else Webhook(url, secret)


def _slack(table: Table) -> Slack | None:
    url = _one_of(table, _URL, keys.SHAPES["slack"].one_of)
    return None if url is None else Slack(url)


def _ping(table: Table) -> Ping | None:
    url = _one_of(table, _URL, keys.SHAPES["ping"].one_of)
    return None if url is None else Ping(url)


def _apprise(table: Table) -> Apprise | None:
    url = _one_of(table, _URL, keys.SHAPES["apprise"].one_of)
    return None if url is None else Apprise(url)


def _sns(table: Table) -> Sns | None:
    topic = _needed(table, keys.TOPIC_ARN)
    profile, role, external = table.take(keys.PROFILE), table.take(keys.ROLE), table.take(keys.EXTERNAL_ID)
    if external is not None and not table.has(keys.ROLE.name) and role is None:
        table.problem("is given without a role; it is what a role asks for", keys.EXTERNAL_ID.name)
    return None if topic is None else Sns(topic, profile, role, external)


def _email(table: Table) -> Email | None:
    host, port, tls = _needed(table, keys.HOST), table.take(keys.PORT), table.sound(keys.TLS)
    sender, to = _needed(table, keys.FROM), _needed(table, keys.TO)
    user = table.take(keys.USER)
    password = _found(table, _PASSWORD, (keys.PASSWORD_ENV, keys.PASSWORD_FILE))
    if host is not None and tls == ("none",) and not is_this_machine(host):
        table.problem(f"is none, and {host} is not this machine: all would be sent in clear", keys.TLS.name)
    _user_with_password(table, user, password)
    if host is None or tls is None or sender is None or not to:
        return None
    encryption = tls[0]
    return Email(host, port or _PORTS[encryption], encryption, sender, to, user or "", password)


def _user_with_password(table: Table, user: str | None, password: Secret | None) -> None:
    given = table.has(keys.PASSWORD_ENV.name, keys.PASSWORD_FILE.name)
    if user is not None and password is None and not given:
        message = f"logs in without a password; give {keys.PASSWORD_ENV.name} or {keys.PASSWORD_FILE.name}"
        table.problem(message, keys.USER.name)
    if password is not None and user is None and not table.has(keys.USER.name):
        key = keys.PASSWORD_ENV if password.env else keys.PASSWORD_FILE
        table.problem("is given without a user; it is what a user logs in with", key.name)


def _needed(table: Table, key: Key[T]) -> T | None:
    """The value of a key that this kind cannot do without; None, and a problem, if there is none."""
    found = table.sound(key)
    if found is None:
        return None
    if found[0] in (None, ()):
        table.problem(f"is missing: {key.description}", key.name)
        return None
    return found[0]


def _one_of(table: Table, what: str, choices: tuple[Key[object], ...]) -> Secret | None:
    """Where a secret is that this kind cannot do without; None, and a problem, if it is not said."""
    found = _found(table, what, choices)
    if found is None and not table.has(*(each.name for each in choices)) and not table.void:
        *others, last = (each.name for each in choices)
        table.problem(f"does not say its {what}; give either {', '.join(others)} or {last}")
    return found


def _found(table: Table, what: str, choices: tuple[Key[object], ...]) -> Secret | None:
    """Where a secret is, if that is said and said once."""
    said = {each.name: found[0] for each in choices if (found := table.sound(each)) is not None}
    given = {name: str(value) for name, value in said.items() if value is not None}
    if len(given) > 1:
        table.problem(f"{' and '.join(given)} are {'both' if len(given) == 2 else 'all'} given; keep one of them")  # noqa: PLR2004
    if len(given) != 1:
        return None
    clear = given.get(what)
    return Secret(given.get(f"{what}_env", ""), given.get(f"{what}_file", ""), Hidden(clear) if clear else None)


_WAYS: Final[Mapping[str, Callable[[Table], Way | None]]] = {
    "webhook": _webhook,
    "slack": _slack,
    "sns": _sns,
    "email": _email,
    "ping": _ping,
    "apprise": _apprise,
}
