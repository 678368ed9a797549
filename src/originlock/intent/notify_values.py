"""What the values of ``[notify.NAME]`` and ``[run]`` mean: names of channels, of variables, of topics, addresses, ages.

Lives here: their kinds. Must not live here: where they stand (see `notify_keys`).
"""

from __future__ import annotations

import datetime
import re
from typing import Final, Literal

from originlock.facts.telling import On
from originlock.intent import addresses
from originlock.intent.environment import PREFIX
from originlock.intent.kinds import Kind, checked, line, list_of, matching, number, one_of, shown, whole_number, wrong

KINDS: Final = ("webhook", "slack", "sns", "email", "ping", "apprise")
KIND = one_of("the kind", KINDS)

CHANNEL_NAME = matching(
    "the name of a channel", "[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "as an origin's: letters, digits, . - _, at most 63"
)

_EVERYTHING: Final = tuple(each.value for each in On)
ON = list_of(
    one_of("what it is told of", _EVERYTHING),
    "kinds of news",
    least=1,
    order=lambda said: tuple(sorted(said, key=_EVERYTHING.index)),
)


def _variable(said: str) -> str:
    if re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,127}", said) is None:
        # Not shown: a secret may have been put where the name of its variable belongs.
        message = "is not the name of an environment variable (letters, digits and _, no digit first)"
        raise wrong(message)
    if said.startswith(f"{PREFIX}_"):
        message = f"{shown(said)} belongs to originlock's own settings ({PREFIX}_...); choose another name"
        raise wrong(message)
    return said


VARIABLE = checked(
    "the name of an environment variable",
    _variable,
    {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$", "not": {"pattern": f"^{PREFIX}_"}},
)
FILE = line("the path of a file")
URL = addresses.URL

# Amazon SNS API reference, CreateTopic: 1 to 256 letters, digits, hyphens, underscores; one of FIFO ends in .fifo, and
# delivers to queues alone.
TOPIC_ARN = matching(
    "the ARN of a standard topic",
    r"arn:aws[a-z-]*:sns:[a-z]{2,}(-[a-z]+)+-[0-9]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}",
    "such as arn:aws:sns:eu-west-1:123456789012:ops",
)

HOST = addresses.ADDRESS
PORT = whole_number("a port", 1, 65_535)
TLS: Kind[Literal["starttls", "tls", "none"]] = one_of("the encryption", ("starttls", "tls", "none"))
USER = line("who logs in")

# RFC 5321, section 4.1.2: a dot-string of at most 64 octets, and a domain; quoted strings are not taken.
MAILBOX = matching(
    "an e-mail address",
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*",
    "name@example.org, without a name of the person",
)
MAILBOXES = list_of(MAILBOX, "e-mail addresses", least=1)

_HOURS: Final = {"h": 1, "d": 24}
AGE = matching("an age", "[1-9][0-9]{0,3}[dh]", "such as 7d or 36h")
TELL_SECONDS = number(1, 600)


def age_of(said: str) -> datetime.timedelta:
    """The age that `AGE` reads."""
    return datetime.timedelta(hours=int(said[:-1]) * _HOURS[said[-1]])
