"""What the values of a configuration mean: names, ids, ports, dates and tags.

Lives here: one kind for each sort of value, shared by the file, the environment and the command line.
Must not live here: addresses and hostnames (see `addresses`), and where a value stands (see `keys`).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Final, Literal

from originlock.intent.kinds import (
    Kind,
    checked,
    flag,
    line,
    list_of,
    matching,
    number,
    one_of,
    one_or_more,
    shown,
    whole_number,
    wrong,
)
from originlock.intent.policy import (
    COMMAND_LINE_ORIGIN,
    GroupsById,
    GroupsByTags,
    ListsAlone,
    LoadBalancerNamed,
    Target,
)

_TWO: Final = 2
_MOST_KEY, _MOST_VALUE = 128, 256
"""Tagging AWS Resources user guide, tag naming limits: key 1 to 128 characters, value 0 to 256."""

_NAME_PATTERN = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}"


def _origin_name(said: str) -> str:
    if said == COMMAND_LINE_ORIGIN:
        message = f"the name {said} belongs to the origin that is given by options; choose another"
        raise wrong(message)
    if re.fullmatch(_NAME_PATTERN, said) is None:
        message = (
            f"{shown(said)} cannot name an origin; write 1 to 63 letters, digits, dots, hyphens, underscores,"
            " the first a letter or digit"
        )
        raise wrong(message)
    return said


ORIGIN_NAME = checked(
    "the name of an origin",
    _origin_name,
    {"pattern": f"^(?:{_NAME_PATTERN})$", "not": {"const": COMMAND_LINE_ORIGIN}},
)

REGION = matching("an AWS region", "[a-z]{2,}(-[a-z]+)+-[0-9]+", "such as eu-west-1")
PROFILE = line("the name of a profile of the AWS configuration")

# IAM API reference, CreateRole: a name of 1 to 64 of these characters, a path of up to 512 between slashes.
ROLE = matching(
    "the ARN of a role",
    r"arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/([!-.0-~]{1,510}/){0,8}[A-Za-z0-9_+=,.@-]{1,64}",
    "such as arn:aws:iam::123456789012:role/originlock",
)
# STS API reference, AssumeRole, ExternalId.
EXTERNAL_ID = matching("an external id", r"[A-Za-z0-9_+=,.@:/-]{2,1224}", "2 to 1224 letters, digits and _+=,.@:/-")
OWNER = line("who answers for the exception")
REASON = line("why the exception is there")

# AWS began with 8 hex digits and gives 17 today; nothing promises that it stays so.
SECURITY_GROUPS = list_of(
    matching("the id of a security group", "sg-[0-9a-f]{8,}", "sg- and 8 or more of the digits 0-9a-f"),
    "security group ids",
    least=1,
    order=lambda ids: tuple(sorted(ids)),
)
RULES = list_of(
    matching("the id of a rule", "sgr-[0-9a-f]{8,}", "sgr- and 8 or more of the digits 0-9a-f"),
    "rule ids",
    order=lambda ids: tuple(sorted(ids)),
)

# Elastic Load Balancing API reference, CreateLoadBalancer: up to 32 letters, digits and hyphens, not at the ends.
_BALANCER_NAME = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?"
_BALANCER_ARN = (
    "arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/(?:app|net)/" + _BALANCER_NAME + "/[0-9a-f]+"
)
LOAD_BALANCER = matching(
    "a load balancer",
    f"(?:{_BALANCER_NAME}|{_BALANCER_ARN})",
    "its name (up to 32 letters, digits and hyphens) or its ARN",
)
SECURITY_GROUP: Kind[Literal["existing", "create"]] = one_of("which security group", ("existing", "create"))
MANAGED: Kind[Literal["refuse", "allow"]] = one_of("what to do about another tool's", ("refuse", "allow"))
VIA: Kind[Literal["rules", "prefix-list"]] = one_of("how groups let the ranges in", ("rules", "prefix-list"))
IPV6 = flag("whether IPv6 is let in")
PREFIX_LISTS = one_or_more(
    matching("the id of a managed prefix list", "pl-[0-9a-f]{8,}", "pl- and 8 or more of the digits 0-9a-f"),
    "prefix list ids",
    order=lambda ids: tuple(sorted(ids)),
)

PORT = whole_number("a port", 1, 65_535)
PORTS = list_of(PORT, "ports", least=1, order=lambda ports: tuple(sorted(ports)))
PROTOCOL: Kind[Literal["tcp", "udp"]] = one_of("the protocol", ("tcp", "udp"))
FOREIGN: Kind[Literal["report", "remove"]] = one_of("what to do with foreign rules", ("report", "remove"))

CHANGES_PER_SECOND = number(0)
SETTLE_SECONDS = number(0, 600)
DNS_SECONDS = number(0, 600)
POOLED_SECONDS = number(0, 86_400)
DEPLOY_SECONDS = number(0, 3_600)

PATH = matching(
    "a path", r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,1023}", "a slash and what follows, such as /healthz, without spaces"
)


def edge_name(names: tuple[str, ...]) -> Kind[str]:
    """The name of one of the edges that this version knows."""
    return one_of("the edge", names)


_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_DATE_TIME = re.compile(_ISO_DATE.pattern + r"[Tt ][0-9]")


def _date(value: object) -> datetime.date:
    # A datetime is a date to Python; but an exception holds to the end of a day: its time would be ignored.
    if isinstance(value, datetime.datetime) or (isinstance(value, str) and _ISO_DATE_TIME.match(value)):
        message = "must be a date without a time: an exception holds to the end of its last day (UTC)"
        raise wrong(message)
    if isinstance(value, datetime.date):
        return value
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        message = f"must be a date such as 2027-03-31, not {shown(value)}"
        raise wrong(message)
    try:
        return datetime.date.fromisoformat(value)
    except ValueError as error:
        message = f"{shown(value)} is no day of the calendar; write year-month-day"
        raise wrong(message) from error


DATE = Kind(_date, {"type": "string", "format": "date", "pattern": f"^{_ISO_DATE.pattern}$"}, str)


def _tag_key(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _MOST_KEY:
        message = f"the key of a tag has 1 to {_MOST_KEY} characters"
        raise wrong(message)
    if value.lower().startswith("aws:"):
        message = "tags that begin with aws: belong to AWS; choose a tag of your own"
        raise wrong(message)
    return value


def _tag_value(value: object) -> str:
    if not isinstance(value, str):
        message = f"the value of a tag must be a text in quotes, not {shown(value)}"
        raise wrong(message)
    if len(value) > _MOST_VALUE:
        message = f"the value of a tag has at most {_MOST_VALUE} characters, not {len(value)}"
        raise wrong(message)
    return value


TAG_KEY = Kind(
    _tag_key,
    {"type": "string", "minLength": 1, "maxLength": _MOST_KEY, "not": {"pattern": "^[aA][wW][sS]:"}},
    str,
)
TAG_VALUE = Kind(_tag_value, {"type": "string", "maxLength": _MOST_VALUE}, str)


def target_fault(given: Mapping[str, bool]) -> str | None:
    """What is wrong with the choice of a target: it is named in exactly one way.

    Args:
        given: whether each of the ways is used, by what it is called where it is given.
    """
    used = [name for name, so in given.items() if so]
    if len(used) == 1:
        return None
    *others, last = given
    ways = f"{', '.join(others)} or {last}"
    if not used:
        return f"does not say what to lock; give either {ways}"
    return f"{' and '.join(used)} are {'both' if len(used) == _TWO else 'all'} given; keep one of them"


def target_of(
    ids: tuple[str, ...] | None,
    tags: tuple[tuple[str, str], ...] | None,
    load_balancer: str | None,
    *,
    lists: bool = False,
) -> Target | None:
    """The target; None where it was not given, or was wrong. Prefix lists are it where nothing else is given."""
    if ids:
        return GroupsById(ids)
    if load_balancer:
        return LoadBalancerNamed(load_balancer)
    if tags:
        return GroupsByTags(tags)
    return ListsAlone() if lists else None
